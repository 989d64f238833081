#include "core/slowmo/self_check.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <deque>
#include <limits>
#include <optional>

#include "core/base/error.h"
#include "core/image/metrics.h"
#include "core/image/views.h"
#include "core/nn/device.h"
#include "core/params/schema.h"
#include "core/slowmo/cuts.h"
#include "core/video/video.h"

namespace fw {
namespace {

constexpr double kStillPsnr =
    45;  // neighbours that alike are a still: every engine makes it, nothing is learnt
constexpr double kWorthTheTime = 0.3;  // dB: a slower engine must be at least this much better
constexpr double kReadBetween =
    2.5;  // times a triplet's length: farther apart, jumping is quicker than decoding

// How to find a triplet again: the first frame that was read for it, and how many come before the pair.
struct Place {
  int64_t pts = 0;
  std::size_t before = 0;
  auto operator<=>(const Place&) const = default;
};

// Every second frame is hidden; `pair` may know its neighbours.
struct Triplet {
  std::string name;
  double seconds = 0;  // of the middle frame
  Place place;
  FramePair pair;
  cv::Mat truth;
};

std::string clockName(double seconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%d:%05.2f", static_cast<int>(seconds / 60), std::fmod(seconds, 60));
  return text;
}

// A cut is where the frames on both sides do not explain the middle one: then no engine can be right.
bool hasCut(const Triplet& triplet) {
  const auto cuts = cutsBefore({triplet.pair.first, triplet.truth, triplet.pair.second});
  return std::ranges::find(cuts, true) != cuts.end();
}

bool worthChecking(const Triplet& triplet) {
  return psnr(triplet.pair.first, triplet.truth) < kStillPsnr &&
         psnr(triplet.truth, triplet.pair.second) < kStillPsnr && !hasCut(triplet);
}

constexpr std::size_t kTriplet = 3, kStep = 2;  // from one frame that is seen to the next

// Triplets one after another, with the frames around them.
class Walk {
 public:
  explicit Walk(VideoReader& reader) : reader_(reader) {}

  // Reading begins anew: `before` frames come before the first triplet.
  void begin(std::size_t before) {
    frames_.clear();
    first_ = before;
  }

  // Empty at the end of the part that is checked.
  std::optional<Triplet> next(double until) {
    while (frames_.size() < first_ + kTriplet + kStep)
      if (auto frame = reader_.next())
        frames_.push_back(std::move(*frame));
      else
        break;
    const std::size_t second = first_ + kStep;
    if (second >= frames_.size() || secondsOf(frames_[second]) > until) return std::nullopt;
    Triplet triplet;
    triplet.place = {frames_.front().pts, first_};
    triplet.seconds = secondsOf(frames_[first_ + 1]);
    triplet.name = clockName(triplet.seconds);
    triplet.truth = frames_[first_ + 1].image;
    triplet.pair = {frames_[first_].image, frames_[second].image};
    if (first_ >= kStep) triplet.pair.before.frame = frames_[first_ - kStep].image;
    if (second + kStep < frames_.size()) triplet.pair.after.frame = frames_[second + kStep].image;
    keepToScene(triplet.pair);
    for (first_ += kTriplet; first_ > kStep; --first_) frames_.pop_front();
    return triplet;
  }

 private:
  double secondsOf(const Frame& frame) const { return reader_.info().momentOf(frame.pts); }

  VideoReader& reader_;
  std::deque<Frame> frames_;
  std::size_t first_ = 0;  // of the next pair, in frames_
};

// One triplet from each of `count` equal parts of the clip: the first of the part that is worth checking.
class TripletSource {
 public:
  TripletSource(const std::filesystem::path& video, const SelfCheckOptions& options)
      : reader_(video, {.maxHeight = options.maxHeight}) {
    if (options.to > 0 && options.to <= options.from)
      throw Error("The part to be checked ends before it begins",
                  toText(options.from) + " s to " + toText(options.to) + " s",
                  "Choose an end that comes later.");
    const VideoInfo& info = reader_.info();
    from_ = std::max(0.0, options.from);
    const bool known = info.duration > 0;  // raw streams do not say how long they are
    until_ = options.to > from_ ? options.to
             : known            ? std::max(info.duration, from_)
                                : std::numeric_limits<double>::max();
    frame_ = info.frameRate.num > 0 ? 1 / info.frameRate.value() : 0.04;
    const double room = (until_ - from_) / (3 * frame_);
    const int most = std::max(1, options.triplets);
    parts_ = !known && options.to <= from_ ? 1 : static_cast<int>(std::clamp(room, 1.0, 1.0 * most));
  }

  int parts() const { return parts_; }

  std::optional<Triplet> inPart(int part, const std::stop_token& stop) {
    const double length = (until_ - from_) / parts_;
    const double begin = from_ + part * length, end = part + 1 == parts_ ? until_ : begin + length;
    // A little before the middle of the part: clips begin and end with stills and fades.
    const double middle = until_ < std::numeric_limits<double>::max() ? length / 2 - 3 * frame_ : 0;
    const double start = begin + std::max(0.0, middle), early = start - kStep * frame_;
    if (part == 0 && start <= kReadBetween * kTriplet * frame_) {
      walk_.begin(0);
    } else {
      reader_.seek(std::max(0.0, early));
      walk_.begin(early > 0 ? kStep : 0);
    }
    while (!stop.stop_requested()) {
      auto triplet = walk_.next(end + frame_ / 2);
      if (!triplet || worthChecking(*triplet)) return triplet;
    }
    return std::nullopt;
  }

  std::optional<Triplet> again(const Place& place) {
    reader_.seekTo(place.pts);
    walk_.begin(place.before);
    return walk_.next(std::numeric_limits<double>::max());
  }

 private:
  VideoReader reader_;
  Walk walk_{reader_};
  double from_ = 0, until_ = 0, frame_ = 0;
  int parts_ = 1;
};

struct Competitor {
  EngineCheck check;
  std::unique_ptr<Engine> engine;
  std::vector<std::pair<double, Place>> ranking;  // by PSNR
};

std::vector<Competitor> competitors(const SelfCheckOptions& options) {
  deviceCalled(options.device.device);  // also where no engine needs it: says now what is wrong with it
  std::vector<Competitor> all;
  const auto take = [&](const EngineKind& kind) {
    Competitor competitor;
    competitor.check.engine = kind.id;
    competitor.check.title = kind.title;
    try {
      competitor.engine = kind.make(Settings(kind.schema), options.device);
    } catch (const Error& error) {
      competitor.check.failure = error.what();
    }
    // An engine nobody asked for that needs weights nobody has is no news.
    if (competitor.engine || !options.engines.empty()) all.push_back(std::move(competitor));
  };
  if (options.engines.empty())
    for (const EngineKind& kind : engineList()) take(kind);
  for (const std::string& id : options.engines) take(engineKind(id));
  return all;
}

void checkOne(Competitor& competitor, const Triplet& triplet) {
  if (!competitor.engine) return;
  try {
    const auto score = scoreMiddle(triplet.name, triplet.pair, triplet.truth, *competitor.engine);
    competitor.check.triplets.push_back(score);
    competitor.ranking.emplace_back(score.psnr, triplet.place);
  } catch (const Error& error) {
    competitor.check.failure = error.what();
    competitor.engine.reset();
  }
}

// Engines are compared on the same triplets only.
void forgetBeyond(int triplets, Competitor& competitor) {
  const auto most = static_cast<std::size_t>(triplets);
  if (competitor.ranking.size() <= most) return;
  competitor.check.triplets.resize(most);
  competitor.ranking.resize(most);
}

// Pictures are made again rather than kept: twelve triplets of a 4K clip fill the memory.
CheckedFrame picturesOf(const std::pair<double, Place>& ranked, Engine& engine, TripletSource& source) {
  CheckedFrame frame;
  frame.psnr = ranked.first;
  const auto triplet = source.again(ranked.second);
  if (!triplet) return frame;
  frame.psnr = scoreMiddle(triplet->name, triplet->pair, triplet->truth, engine, &frame.made).psnr;
  frame.seconds = triplet->seconds;
  frame.before = to8Bit(triplet->pair.first);
  frame.truth = to8Bit(triplet->truth);
  frame.after = to8Bit(triplet->pair.second);
  return frame;
}

EngineCheck summary(Competitor& competitor, TripletSource& source, const std::stop_token& stop) {
  EngineCheck check = std::move(competitor.check);
  if (!competitor.engine || competitor.ranking.empty()) return check;
  check.average = averageScore(check.triplets);
  auto& ranking = competitor.ranking;
  std::ranges::sort(ranking);
  if (stop.stop_requested()) return check;  // pictures take an engine's time
  check.worst = picturesOf(ranking.front(), *competitor.engine, source);
  check.median = picturesOf(ranking[ranking.size() / 2], *competitor.engine, source);
  return check;
}

std::string decimal(double value, int digits) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

// The quickest engine that is not clearly worse than the best one.
void recommend(SelfCheckResult& result) {
  std::vector<const EngineCheck*> ranked;
  for (const EngineCheck& check : result.engines)
    if (check.failure.empty() && !check.triplets.empty()) ranked.push_back(&check);
  if (ranked.empty()) return;
  const auto quality = [](const EngineCheck* check) { return check->average.psnr; };
  std::ranges::sort(ranked, std::greater{}, quality);
  const EngineCheck* best = ranked.front();
  const EngineCheck* chosen = best;
  for (const EngineCheck* check : ranked)
    if (quality(check) >= quality(best) - kWorthTheTime &&
        check->average.milliseconds < chosen->average.milliseconds)
      chosen = check;
  result.recommended = chosen->engine;
  result.reason = chosen->title + ": " + decimal(quality(chosen), 1) + " dB";
  if (chosen != best)
    result.reason += ", as good as " + best->title + " and " +
                     decimal(best->average.milliseconds / std::max(chosen->average.milliseconds, 0.01), 1) +
                     " times as fast";
  else if (ranked.size() > 1)
    result.reason +=
        ", " + decimal(quality(best) - quality(ranked[1]), 1) + " dB better than " + ranked[1]->title;
  result.reason += "; " + decimal(chosen->average.milliseconds, 0) + " ms a frame";
}

}  // namespace

SelfCheckResult selfCheck(const std::filesystem::path& video, const SelfCheckOptions& options,
                          std::stop_token stop,
                          const std::function<void(const SelfCheckProgress&)>& onProgress) {
  auto all = competitors(options);
  TripletSource source(video, options);
  SelfCheckResult result;
  int done = 0;
  const int total = source.parts() * static_cast<int>(all.size());
  for (int part = 0; part < source.parts() && !stop.stop_requested(); ++part) {
    const auto triplet = source.inPart(part, stop);
    for (Competitor& competitor : all) {
      if (stop.stop_requested()) break;
      if (triplet) checkOne(competitor, *triplet);
      if (onProgress) onProgress({competitor.check.engine, ++done, total});
    }
    if (triplet && !stop.stop_requested()) ++result.triplets;
  }
  if (result.triplets > 0)  // a part that was stopped in the middle is no comparison
    for (Competitor& competitor : all) forgetBeyond(result.triplets, competitor);
  else if (!stop.stop_requested())
    throw Error("This clip has nothing to check", video.string(),
                "It needs at least three frames in a row that move and hold no cut.");
  for (Competitor& competitor : all) result.engines.push_back(summary(competitor, source, stop));
  if (result.triplets > 0) recommend(result);
  return result;
}

}  // namespace fw
