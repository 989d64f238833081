#include "core/slowmo/pipeline.h"

#include <algorithm>
#include <deque>
#include <exception>
#include <mutex>
#include <opencv2/imgproc.hpp>
#include <thread>
#include <variant>

#include "core/base/bounded_queue.h"
#include "core/base/error.h"

namespace fw {
namespace {

// Few enough that memory stays flat, enough that no thread waits for another's hiccup (a key frame, a garbage
// page).
constexpr int64_t kDecodedAhead = 3;
constexpr int64_t kFarthestAnnounced = 4;  // what is announced may take so many frames of the source more
constexpr int64_t kMadeAheadBytes = int64_t{64} << 20;
constexpr int64_t kFewestMadeAhead = 2, kMostMadeAhead = 8;
// One call of an engine makes at most this much: 100× slow motion of 4K must not hold a hundred pictures.
constexpr int64_t kBatchBytes = int64_t{128} << 20;
constexpr int64_t kSmallestBatch = 2, kLargestBatch = 32;

int64_t madeAhead(int64_t bytesPerFrame) {
  return std::clamp(kMadeAheadBytes / std::max<int64_t>(1, bytesPerFrame), kFewestMadeAhead, kMostMadeAhead);
}

int64_t batchSize(int64_t bytesPerFrame) {
  return std::clamp(kBatchBytes / std::max<int64_t>(1, bytesPerFrame), kSmallestBatch, kLargestBatch);
}

int64_t bytesOf(const PipelineInput& input) {
  return int64_t{input.choices.size.width} * input.choices.size.height * 3 *
         (input.info.bitDepth > 8 ? 2 : 1);
}

struct DecodedFrame {
  int64_t index = 0;  ///< in the plan: sourceFrames() is the first one again, when looping
  Frame frame;
};

using Paused = bool;
using Message = std::variant<ReadyFrame, Paused>;

/// Threads that work for one result: the first failure stops all of them.
class Together {
 public:
  explicit Together(std::stop_token outside) : outside_(outside, [this] { all_.request_stop(); }) {}

  std::stop_token token() const { return all_.get_token(); }
  template <class Work>
  auto guarded(Work work) {
    return [this, work = std::move(work)]() mutable {
      try {
        work();
      } catch (...) {
        fail(std::current_exception());
      }
    };
  }
  void fail(std::exception_ptr failure) {
    const std::scoped_lock lock(mutex_);
    if (!failure_) failure_ = std::move(failure);
    all_.request_stop();
  }
  void stop() { all_.request_stop(); }
  void rethrow() {
    const std::scoped_lock lock(mutex_);
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  std::stop_source all_;
  std::mutex mutex_;
  std::exception_ptr failure_;
  std::stop_callback<std::function<void()>> outside_;
};

void fitToResult(const PipelineInput& input, Frame& frame) {
  const cv::Mat fitted = asInResult(input.choices, frame.image, input.maxHeight);
  if (fitted.data == frame.image.data && fitted.size() == frame.image.size()) return;
  frame.image = fitted;
  frame.original.reset();
}

// Untouched frames want nothing but themselves: the first and the last one that are made may look further.
int64_t firstWanted(const PipelineInput& input) {
  int64_t first = input.plan.at(input.begin).first;
  for (int64_t number = input.begin; number < input.end; ++number)
    if (const PlannedFrame planned = input.plan.at(number); planned.made())
      return std::min(first, planned.earliest());
  return first;
}
int64_t lastWanted(const PipelineInput& input) {
  const int64_t last = input.plan.at(input.end - 1).first;
  for (int64_t number = input.end; number-- > input.begin;)
    if (const PlannedFrame planned = input.plan.at(number); planned.made())
      return std::max(last, planned.latest());
  return last;
}

void decode(const PipelineInput& input, BoundedQueue<DecodedFrame>& queue, std::stop_token stop) {
  const int64_t sourceFrames = input.analysis.frames();
  const int64_t last = lastWanted(input);
  ReadOptions options = readingFor(input.choices, input.maxHeight);
  options.clockJumps = input.analysis.clockJumps;
  VideoReader reader = openSource(input.request, options);
  int64_t index = firstWanted(input);
  const auto ptsOf = [&](int64_t frame) { return input.analysis.pts[static_cast<std::size_t>(frame)]; };
  bool sought = ptsOf(index) > input.analysis.firstPts;
  if (sought) reader.seekTo(ptsOf(index));
  while (index <= std::min(last, sourceFrames - 1)) {
    auto frame = reader.next();
    if (sought && (!frame || frame->pts > ptsOf(index))) {  // some decoders drop frames after a seek
      reader = openSource(input.request, options);
      sought = false;
      continue;
    }
    if (!frame)
      throw Error("The video ends earlier than it did before", input.info.file.string(),
                  "Put the file back as it was, or start a new job.");
    if (frame->pts < ptsOf(index) && index > 0) continue;  // the first one may have begun before the part
    if (frame->pts > ptsOf(index))
      throw Error("The video is not the one this job began with", input.info.file.string(),
                  "Put the file back as it was, or start a new job.");
    fitToResult(input, *frame);
    if (!queue.push({index, std::move(*frame)}, stop)) return;
    ++index;
  }
  if (last == sourceFrames) {
    VideoReader again = openSource(input.request, options);
    if (ptsOf(0) > input.analysis.firstPts) again.seekTo(ptsOf(0));
    if (auto frame = again.next()) {
      fitToResult(input, *frame);
      queue.push({sourceFrames, std::move(*frame)}, stop);
    }
  }
  queue.close();
}

/// The making thread: keeps the source frames around the current moment.
class Maker {
 public:
  Maker(const PipelineInput& input, Engines& engines, JobControl& control,
        BoundedQueue<DecodedFrame>& decoded, BoundedQueue<Message>& ready, std::stop_token stop)
      : input_(input), engines_(engines), control_(control), decoded_(decoded), ready_(ready), stop_(stop) {}

  void run() {
    const int64_t most = batchSize(bytesOf(input_));
    for (int64_t number = input_.begin; number < input_.end && !stop_.stop_requested();) {
      waitWhilePaused();
      std::vector<PlannedFrame> batch{input_.plan.at(number)};
      while (std::ssize(batch) < most && number + std::ssize(batch) < input_.end) {
        PlannedFrame next = input_.plan.at(number + std::ssize(batch));
        if (next.first != batch[0].first || next.second != batch[0].second) break;
        batch.push_back(next);
      }
      if (!bring(batch[0])) return;
      if (batch[0].made()) announceAfter(batch[0], number + std::ssize(batch));
      if (!make(number, batch)) return;
      number += std::ssize(batch);
    }
    ready_.close();
  }

 private:
  void waitWhilePaused() {
    if (!control_.paused()) return;
    ready_.push(Paused{true}, stop_);
    control_.waitWhilePaused(stop_);
    ready_.push(Paused{false}, stop_);
  }

  // Takes decoded frames until all that are wanted are here.
  bool bring(const PlannedFrame& planned) {
    if (!bringUpTo(planned.latest(), planned.first)) return false;
    leave(planned.first);
    return true;
  }

  // Repeats are never wanted.
  bool bringUpTo(int64_t latest, int64_t first) {
    while (around_.empty() || around_.back().index < latest) {
      auto next = decoded_.pop(stop_);
      if (!next) return false;
      if (!input_.plan.repeats(next->index)) around_.push_back(std::move(*next));
      leave(first);
    }
    return true;
  }

  // Tells the engine which frames will be made after those between this pair.
  void announceAfter(const PlannedFrame& planned, int64_t number) {
    std::vector<Moment> coming;
    for (; number < input_.end && std::ssize(coming) < kMomentsAhead; ++number) {
      const PlannedFrame next = input_.plan.at(number);
      if (next.latest() > planned.latest() + kFarthestAnnounced) break;
      if (!next.made()) continue;
      if (!bringUpTo(next.latest(), planned.first)) return;
      coming.push_back({pairOf(next), next.t});
    }
    engines_.at(secondsOf(planned)).expect(std::move(coming));
  }

  // One frame before stays: the next one that is made may look back at it.
  void leave(int64_t first) {
    while (around_.size() > 1 && around_[1].index < first) around_.pop_front();
  }

  const Frame& frame(int64_t index) const {
    return std::ranges::find(around_, index, &DecodedFrame::index)->frame;
  }
  Neighbour neighbour(const PlannedNeighbour& planned) const {
    if (planned.frame < 0) return {};
    return {frame(planned.frame).image, planned.distance};
  }

  FramePair pairOf(const PlannedFrame& planned) const {
    return {frame(planned.first).image, frame(planned.second).image, neighbour(planned.before),
            neighbour(planned.after)};
  }

  bool make(int64_t number, const std::vector<PlannedFrame>& batch) {
    std::vector<BetweenFrame> made;
    if (batch[0].made()) {
      std::vector<double> times;
      for (const auto& planned : batch) times.push_back(planned.t);
      made = engines_.at(secondsOf(batch[0])).between(pairOf(batch[0]), times);
    }
    for (std::size_t i = 0; i < batch.size(); ++i) {
      ReadyFrame ready;
      ready.number = number + static_cast<int64_t>(i);
      ready.planned = batch[i];
      ready.sourceTime = secondsOf(batch[i]);
      if (made.empty()) {
        ready.picture = frame(batch[0].first);
      } else {
        ready.picture.image = std::move(made[i].image);
        ready.confidence = std::move(made[i].confidence);
      }
      if (!ready_.push(std::move(ready), stop_)) return false;
    }
    return true;
  }

  double secondsOf(const PlannedFrame& planned) const {
    return input_.plan.timeline().sourceSeconds(planned.time.source);
  }

  const PipelineInput& input_;
  Engines& engines_;
  JobControl& control_;
  BoundedQueue<DecodedFrame>& decoded_;
  BoundedQueue<Message>& ready_;
  std::stop_token stop_;
  std::deque<DecodedFrame> around_;
};

}  // namespace

ReadOptions readingFor(const SlowmoChoices& choices, int maxHeight) {
  ReadOptions options;
  if (choices.crop.empty()) options.maxHeight = maxHeight;  // crops are said in the source's own pixels
  return options;
}

cv::Mat asInResult(const SlowmoChoices& choices, const cv::Mat& picture, int maxHeight) {
  cv::Size size = choices.size;
  if (maxHeight > 0 && size.height > maxHeight)
    size = {std::max(1, size.width * maxHeight / size.height), maxHeight};
  const cv::Mat kept = choices.crop.empty() ? picture : picture(choices.crop).clone();
  if (kept.size() == size) return kept;
  cv::Mat resized;
  cv::resize(kept, resized, size, 0, 0, size.area() < kept.size().area() ? cv::INTER_AREA : cv::INTER_CUBIC);
  return resized;
}

std::string engineAt(const Settings& settings, const std::vector<EngineRange>& parts, double sourceSeconds) {
  std::string id = settings.text("engine");
  for (const auto& part : parts)
    if (sourceSeconds >= part.from && sourceSeconds < part.to) id = part.engine;
  return id;
}

Engines::Engines(const SlowmoRequest& request)
    : settings_(settingsOf(request)), ranges_(request.engineRanges) {
  for (const auto& range : ranges_) engineKind(range.engine);  // says now when there is no such engine
}

Engine& Engines::at(double sourceSeconds) {
  const std::string id = engineAt(settings_, ranges_, sourceSeconds);
  auto& engine = made_[id];
  if (!engine) {
    const EngineKind& kind = engineKind(id);
    engine = kind.make(engineSettings(settings_, kind), engineOptions(settings_));
  }
  return *engine;
}

int64_t framesInFlight(int64_t bytesPerFrame) {
  // Decoded ones also keep the decoder's own picture; the pair in work, its neighbours and what the encoder
  // holds come on top.
  return kDecodedAhead + madeAhead(bytesPerFrame) + batchSize(bytesPerFrame) + kFarthestAnnounced + 6;
}

void makeFrames(const PipelineInput& input, Engines& engines, const PipelineEvents& events,
                JobControl& control, std::stop_token stop) {
  if (input.begin >= input.end) return;
  BoundedQueue<DecodedFrame> decoded(static_cast<std::size_t>(kDecodedAhead));
  BoundedQueue<Message> ready(static_cast<std::size_t>(madeAhead(bytesOf(input))));
  Together together(stop);
  Maker maker(input, engines, control, decoded, ready, together.token());
  {
    const std::jthread decoder(together.guarded([&] { decode(input, decoded, together.token()); }));
    const std::jthread making(together.guarded([&] { maker.run(); }));
    try {
      while (auto message = ready.pop(together.token())) {
        if (auto* frame = std::get_if<ReadyFrame>(&*message))
          events.onFrame(std::move(*frame));
        else if (events.onPause)
          events.onPause(std::get<Paused>(*message));
      }
    } catch (...) {
      together.fail(std::current_exception());
    }
    together.stop();
  }
  together.rethrow();
}

}  // namespace fw
