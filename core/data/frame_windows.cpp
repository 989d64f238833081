#include "core/data/frame_windows.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <mutex>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "core/base/error.h"
#include "core/image/views.h"
#include "core/video/video.h"

namespace fw {
namespace {

constexpr std::size_t kCacheBytes = std::size_t{1200} << 20;  // decoded frames kept in memory
constexpr int kJpegQuality = 97;  // for frames of videos, which are kept compressed

/// Frames of a sequence are numbered without gaps; anything else is a pile of photographs.
bool isSequence(const std::vector<std::filesystem::path>& files) {
  if (files.size() < 3) return false;
  int64_t previous = -1;
  for (const auto& file : files) {
    const auto name = file.stem().string();
    const auto digits = name.find_last_not_of("0123456789") + 1;  // npos + 1 = 0
    if (digits >= name.size() || name.size() - digits > 12) return false;
    const auto number = std::stoll(name.substr(digits));
    if (previous >= 0 && number != previous + 1) return false;
    previous = number;
  }
  return true;
}

double meanDifference(const cv::Mat& a, const cv::Mat& b) {
  return cv::norm(a, b, cv::NORM_L1) / static_cast<double>(a.total() * 3);
}

}  // namespace

struct FrameWindows::Sequences {
  struct Shot {
    std::filesystem::path file{};  // empty: `bytes` holds a JPEG
    std::vector<uchar> bytes{};
    cv::Mat decoded{};
    bool heldOut = false;
  };
  struct Sequence {
    std::string name;
    std::vector<Shot> shots;
  };

  cv::Mat frame(std::size_t sequence, std::size_t index) {
    Shot* shot = nullptr;
    {
      std::scoped_lock lock(mutex);
      shot = &list[sequence].shots[index];
      if (!shot->decoded.empty()) return shot->decoded;
    }
    const cv::Mat image =
        shot->file.empty() ? cv::imdecode(shot->bytes, cv::IMREAD_COLOR) : readImage(shot->file);
    std::scoped_lock lock(mutex);
    const auto size = image.total() * image.elemSize();
    if (shot->decoded.empty() && cached + size <= kCacheBytes) {
      shot->decoded = image;
      cached += size;
    }
    return image;
  }

  std::mutex mutex;
  std::vector<Sequence> list;
  std::size_t cached = 0;
};

FrameWindows::FrameWindows() : sequences_(std::make_unique<Sequences>()) {}
FrameWindows::~FrameWindows() = default;
FrameWindows::FrameWindows(FrameWindows&&) noexcept = default;
FrameWindows& FrameWindows::operator=(FrameWindows&&) noexcept = default;

void FrameWindows::addFrames(const std::string& name, std::vector<std::filesystem::path> files) {
  Sequences::Sequence sequence{name, {}};
  for (auto& file : files) sequence.shots.push_back({.file = std::move(file)});
  if (sequence.shots.size() >= 3) sequences_->list.push_back(std::move(sequence));
}

void FrameWindows::addVideo(const std::filesystem::path& file, int64_t mostFrames) {
  VideoReader reader(file);
  addRun(reader, file.filename().string(), std::numeric_limits<double>::max(), mostFrames);
}

void FrameWindows::addClip(const std::filesystem::path& clip, double from, double to, int64_t mostFrames) {
  constexpr int64_t kRun = 40;  // frames
  VideoReader reader(clip);
  const VideoInfo& info = reader.info();
  const double end = to > 0 ? to : info.duration > 0 ? info.duration : std::numeric_limits<double>::max();
  const bool isLong = (end - from) * info.frameRate.value() > static_cast<double>(mostFrames);
  const int64_t runs = isLong && info.duration > 0 ? std::max<int64_t>(1, mostFrames / kRun) : 1;
  for (int64_t run = 0; run < runs; ++run) {
    const double begin =
        from + (runs > 1 ? (end - from) * static_cast<double>(run) / static_cast<double>(runs) : 0);
    if (begin > 0) reader.seek(begin);
    addRun(reader, clip.filename().string(), end, mostFrames / runs);
  }
}

void FrameWindows::addRun(VideoReader& reader, const std::string& name, double until, int64_t mostFrames) {
  Sequences::Sequence sequence{name, {}};
  const VideoInfo& info = reader.info();
  const auto before = [&](const Frame& frame) { return info.momentOf(frame.pts) < until; };
  while (std::ssize(sequence.shots) < mostFrames) {
    const auto frame = reader.next();
    if (!frame || !before(*frame)) break;
    std::vector<uchar> bytes;
    cv::imencode(".jpg", to8Bit(frame->image), bytes, {cv::IMWRITE_JPEG_QUALITY, kJpegQuality});
    sequence.shots.push_back({.bytes = std::move(bytes)});
  }
  if (sequence.shots.size() >= 3) sequences_->list.push_back(std::move(sequence));
}

bool FrameWindows::empty() const { return sequences_->list.empty(); }

std::vector<std::string> FrameWindows::names() const {
  std::vector<std::string> names;
  for (const auto& sequence : sequences_->list) names.push_back(sequence.name);
  return names;
}

void FrameWindows::holdOutFrames(int most) {
  constexpr std::size_t kFewestBetween = 8;
  std::size_t total = 0;
  for (const auto& sequence : sequences_->list) total += sequence.shots.size();
  const auto every = std::max(kFewestBetween, total / static_cast<std::size_t>(std::max(1, most)));
  for (auto& sequence : sequences_->list)
    for (auto i = every / 2; i + 1 < sequence.shots.size(); i += every) sequence.shots[i].heldOut = true;
}

/// Neighbouring frames of a sequence: what lies between the first and the second, and as far beyond.
struct FrameWindows::Window {
  std::size_t sequence, first, middle, second;

  std::size_t length() const { return second - first; }
};

std::optional<FrameWindows::Window> FrameWindows::drawn(Random& random) const {
  std::size_t total = 0;
  for (const auto& sequence : sequences_->list) total += sequence.shots.size();
  if (total == 0) return std::nullopt;
  // Every frame is as likely as any other, so long sequences are seen more often.
  auto start = static_cast<std::size_t>(random.integer(0, static_cast<int64_t>(total) - 1));
  std::size_t which = 0;
  while (start >= sequences_->list[which].shots.size()) start -= sequences_->list[which++].shots.size();
  const double kind = random.uniform();
  const std::size_t length = kind < 0.7 ? 2 : kind < 0.83 ? 3 : 4;
  const auto& shots = sequences_->list[which].shots;
  if (start + length >= shots.size()) return std::nullopt;
  const auto middle = start + static_cast<std::size_t>(random.integer(1, static_cast<int64_t>(length) - 1));
  if (shots[start].heldOut || shots[middle].heldOut || shots[start + length].heldOut) return std::nullopt;
  return Window{which, start, middle, start + length};
}

std::optional<BetweenSample> FrameWindows::cut(const Window& window, cv::Rect part, cv::Size size) const {
  constexpr double kStill = 0.8, kCut = 45.0;  // mean differences, of 255
  const cv::Size full = sequences_->frame(window.sequence, window.first).size();
  const auto frame = [&](std::size_t index) -> cv::Mat {
    const cv::Mat whole = sequences_->frame(window.sequence, index);
    if (whole.size() != full) return {};
    if (part.size() == size) return whole(part).clone();
    cv::Mat out;
    cv::resize(whole(part), out, size, 0, 0, cv::INTER_AREA);
    return out;
  };
  BetweenSample sample{frame(window.first), frame(window.middle), frame(window.second)};
  if (sample.first.empty() || sample.middle.empty() || sample.second.empty()) return std::nullopt;
  sample.time = static_cast<double>(window.middle - window.first) / static_cast<double>(window.length());
  const double change = meanDifference(sample.first, sample.second);
  if (change < kStill || change > kCut) return std::nullopt;
  const auto& shots = sequences_->list[window.sequence].shots;
  const auto neighbour = [&](std::size_t index, const cv::Mat& beside) -> cv::Mat {
    if (shots[index].heldOut) return {};
    const cv::Mat seen = frame(index);
    return seen.empty() || meanDifference(seen, beside) > kCut ? cv::Mat() : seen;
  };
  if (window.first >= window.length())
    sample.before = neighbour(window.first - window.length(), sample.first);
  if (window.second + window.length() < shots.size())
    sample.after = neighbour(window.second + window.length(), sample.second);
  return sample;
}

std::optional<BetweenSample> FrameWindows::crop(int side, Random& random) const {
  constexpr int kTries = 6;
  for (int attempt = 0; attempt < kTries; ++attempt) {
    const auto window = drawn(random);
    if (!window) continue;
    const cv::Size full = sequences_->frame(window->sequence, window->first).size();
    const int shorter = std::min(full.height, full.width);
    const double smallest = std::min(1.0, static_cast<double>(side) / shorter);
    const double scale =
        random.chance(0.8) ? random.uniform(std::max(0.4, smallest), std::max(1.0, smallest)) : 1.0;
    const int source = static_cast<int>(std::lround(side / scale));
    if (source > shorter) continue;
    const cv::Rect part(static_cast<int>(random.integer(0, full.width - source)),
                        static_cast<int>(random.integer(0, full.height - source)), source, source);
    if (auto sample = cut(*window, part, {side, side})) return sample;
  }
  return std::nullopt;
}

std::optional<BetweenSample> FrameWindows::whole(Random& random) const {
  constexpr int kTries = 40;
  for (int attempt = 0; attempt < kTries; ++attempt) {
    const auto window = drawn(random);
    if (!window) continue;
    const cv::Size full = sequences_->frame(window->sequence, window->first).size();
    if (auto sample = cut(*window, cv::Rect({}, full), full)) return sample;
  }
  return std::nullopt;
}

std::optional<BetweenSample> FrameWindows::triplet(std::size_t sequence, std::size_t middle) const {
  const auto frame = [&](std::size_t index) { return sequences_->frame(sequence, index); };
  BetweenSample sample{frame(middle - 1), frame(middle), frame(middle + 1)};
  const cv::Size size = sample.first.size();
  if (size.empty() || sample.middle.size() != size || sample.second.size() != size) return std::nullopt;
  if (middle >= 3) sample.before = frame(middle - 3);
  if (middle + 3 < sequences_->list[sequence].shots.size()) sample.after = frame(middle + 3);
  for (cv::Mat* beside : {&sample.before, &sample.after})
    if (beside->size() != size) beside->release();
  return sample;
}

std::vector<BetweenSample> FrameWindows::triplets(int most) const {
  std::vector<std::pair<std::size_t, std::size_t>> all;
  for (std::size_t s = 0; s < sequences_->list.size(); ++s)
    for (std::size_t i = 1; i + 1 < sequences_->list[s].shots.size(); i += 2) all.emplace_back(s, i);
  std::vector<BetweenSample> samples;
  const std::size_t count = std::min(all.size(), static_cast<std::size_t>(std::max(most, 0)));
  for (std::size_t k = 0; k < count; ++k) {
    const auto [sequence, middle] = all[k * all.size() / count];
    if (auto sample = triplet(sequence, middle)) samples.push_back(std::move(*sample));
  }
  return samples;
}

std::vector<BetweenSample> FrameWindows::heldOutTriplets() const {
  std::vector<BetweenSample> samples;
  for (std::size_t s = 0; s < sequences_->list.size(); ++s)
    for (std::size_t i = 0; i < sequences_->list[s].shots.size(); ++i)
      if (sequences_->list[s].shots[i].heldOut)
        if (auto sample = triplet(s, i)) samples.push_back(std::move(*sample));
  return samples;
}

FoundPictures findPictures(const std::vector<std::string>& paths) {
  FoundPictures found;
  const auto takeFolder = [&](const auto& self, const std::filesystem::path& folder) -> void {
    std::vector<std::filesystem::path> pictures, folders;
    std::error_code failure;
    for (const auto& entry : std::filesystem::directory_iterator(folder, failure)) {
      if (entry.is_directory(failure))
        folders.push_back(entry.path());
      else if (isPicture(entry.path()))
        pictures.push_back(entry.path());
      else if (isVideo(entry.path()))
        found.videos.push_back(entry.path());
    }
    std::ranges::sort(pictures, comesBefore);
    std::sort(folders.begin(), folders.end());
    if (isSequence(pictures))
      found.sequences.push_back({folder.filename().string(), pictures});
    else
      found.photos.insert(found.photos.end(), pictures.begin(), pictures.end());
    for (const auto& inner : folders) self(self, inner);
  };
  std::error_code ignored;
  for (const std::filesystem::path path : paths) {
    if (std::filesystem::is_directory(path, ignored))
      takeFolder(takeFolder, path);
    else if (isVideo(path) && std::filesystem::exists(path))
      found.videos.push_back(path);
    else if (isPicture(path) && std::filesystem::exists(path))
      found.photos.push_back(path);
    else
      throw Error("Cannot read training pictures", path.string(),
                  "Choose a folder of frames, videos or photographs, or such files themselves.");
  }
  std::sort(found.videos.begin(), found.videos.end());
  return found;
}

}  // namespace fw
