#include "core/data/frame_windows.h"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <set>

#include "core/base/error.h"
#include "core/image/views.h"
#include "core/video/video.h"

namespace fw {
namespace {

constexpr std::size_t kCacheBytes = std::size_t{1200} << 20;  // decoded frames kept in memory
constexpr int kJpegQuality = 97;  // for frames of videos, which are kept compressed

std::string endingOf(const std::filesystem::path& file) {
  std::string ending = file.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return ending;
}

bool isVideo(const std::filesystem::path& file) {
  static const std::set<std::string> endings{".mp4", ".mkv", ".mov",  ".avi", ".webm",
                                             ".m4v", ".mpg", ".mpeg", ".ts"};
  return endings.contains(endingOf(file));
}

/// Frames of a sequence are numbered without gaps and have one size; anything else is a pile of photographs.
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
    std::filesystem::path file;  // empty: `bytes` holds a JPEG
    std::vector<uchar> bytes;
    cv::Mat decoded;
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
  for (auto& file : files) sequence.shots.push_back({std::move(file), {}, {}});
  if (sequence.shots.size() >= 3) sequences_->list.push_back(std::move(sequence));
}

void FrameWindows::addVideo(const std::filesystem::path& file, int64_t mostFrames) {
  Sequences::Sequence sequence{file.filename().string(), {}};
  VideoReader reader(file);
  for (auto frame = reader.next(); frame && std::ssize(sequence.shots) < mostFrames; frame = reader.next()) {
    std::vector<uchar> bytes;
    cv::imencode(".jpg", to8Bit(frame->image), bytes, {cv::IMWRITE_JPEG_QUALITY, kJpegQuality});
    sequence.shots.push_back({{}, std::move(bytes), {}});
  }
  if (sequence.shots.size() >= 3) sequences_->list.push_back(std::move(sequence));
}

bool FrameWindows::empty() const { return sequences_->list.empty(); }

std::vector<std::string> FrameWindows::names() const {
  std::vector<std::string> names;
  for (const auto& sequence : sequences_->list) names.push_back(sequence.name);
  return names;
}

FrameWindows FrameWindows::takeAside() {
  constexpr std::size_t kStretches = 12, kFewest = 5, kEvery = 4;
  FrameWindows aside;
  std::vector<Sequences::Sequence> rest;
  for (auto& whole : sequences_->list) {
    const auto count = whole.shots.size();
    const auto stretches = std::clamp<std::size_t>(count / kFewest, 1, kStretches);
    for (std::size_t i = 0; i < stretches; ++i) {
      const auto begin = whole.shots.begin() + static_cast<std::ptrdiff_t>(i * count / stretches);
      const auto end = whole.shots.begin() + static_cast<std::ptrdiff_t>((i + 1) * count / stretches);
      const bool taken = i % kEvery == kEvery / 2;
      auto& list = taken ? aside.sequences_->list : rest;
      // Stretches that stay together stay one sequence.
      const bool goesOn = !taken && i > 0 && (i - 1) % kEvery != kEvery / 2;
      if (!goesOn) list.push_back({whole.name, {}});
      list.back().shots.insert(list.back().shots.end(), std::make_move_iterator(begin),
                               std::make_move_iterator(end));
    }
  }
  sequences_->list = std::move(rest);
  return aside;
}

std::optional<BetweenSample> FrameWindows::crop(int side, Random& random) const {
  constexpr double kStill = 0.8, kCut = 45.0;  // mean differences, of 255
  constexpr int kTries = 6;
  std::size_t total = 0;
  for (const auto& sequence : sequences_->list) total += sequence.shots.size();
  for (int attempt = 0; attempt < kTries && total > 0; ++attempt) {
    // Every frame is as likely as any other, so long sequences are seen more often.
    auto start = static_cast<std::size_t>(random.integer(0, static_cast<int64_t>(total) - 1));
    std::size_t which = 0;
    while (start >= sequences_->list[which].shots.size()) start -= sequences_->list[which++].shots.size();
    const double kind = random.uniform();
    const std::size_t length = kind < 0.7 ? 2 : kind < 0.83 ? 3 : 4;
    if (start + length >= sequences_->list[which].shots.size()) continue;
    const auto middle = static_cast<std::size_t>(random.integer(1, static_cast<int64_t>(length) - 1));
    const cv::Mat first = sequences_->frame(which, start), between = sequences_->frame(which, start + middle),
                  second = sequences_->frame(which, start + length);
    if (first.size() != between.size() || first.size() != second.size()) continue;
    const int shorter = std::min(first.rows, first.cols);
    const double smallest = std::min(1.0, static_cast<double>(side) / shorter);
    const double scale =
        random.chance(0.8) ? random.uniform(std::max(0.4, smallest), std::max(1.0, smallest)) : 1.0;
    const int source = static_cast<int>(std::lround(side / scale));
    if (source > shorter) continue;
    const cv::Rect window(static_cast<int>(random.integer(0, first.cols - source)),
                          static_cast<int>(random.integer(0, first.rows - source)), source, source);
    BetweenSample sample;
    sample.time = static_cast<double>(middle) / static_cast<double>(length);
    const auto cut = [&](const cv::Mat& frame) {
      cv::Mat out;
      if (source == side)
        out = frame(window).clone();
      else
        cv::resize(frame(window), out, cv::Size(side, side), 0, 0, cv::INTER_AREA);
      return out;
    };
    sample.first = cut(first);
    sample.middle = cut(between);
    sample.second = cut(second);
    const double whole = meanDifference(sample.first, sample.second);
    if (whole < kStill || whole > kCut) continue;
    const auto neighbour = [&](std::size_t index, const cv::Mat& beside) {
      const cv::Mat frame = sequences_->frame(which, index);
      if (frame.size() != first.size()) return cv::Mat();
      const cv::Mat seen = cut(frame);
      return meanDifference(seen, beside) > kCut ? cv::Mat() : seen;
    };
    if (start >= length) sample.before = neighbour(start - length, sample.first);
    if (start + 2 * length < sequences_->list[which].shots.size())
      sample.after = neighbour(start + 2 * length, sample.second);
    return sample;
  }
  return std::nullopt;
}

std::vector<BetweenSample> FrameWindows::triplets(int most) const {
  std::vector<std::pair<std::size_t, std::size_t>> all;
  for (std::size_t s = 0; s < sequences_->list.size(); ++s)
    for (std::size_t i = 0; i + 2 < sequences_->list[s].shots.size(); i += 2) all.emplace_back(s, i);
  std::vector<BetweenSample> samples;
  const std::size_t count = std::min(all.size(), static_cast<std::size_t>(std::max(most, 0)));
  for (std::size_t k = 0; k < count; ++k) {
    const auto [s, i] = all[k * all.size() / count];
    BetweenSample sample{sequences_->frame(s, i), sequences_->frame(s, i + 1), sequences_->frame(s, i + 2)};
    if (i >= 2) sample.before = sequences_->frame(s, i - 2);
    if (i + 4 < sequences_->list[s].shots.size()) sample.after = sequences_->frame(s, i + 4);
    samples.push_back(sample);
  }
  return samples;
}

FoundPictures findPictures(const std::vector<std::string>& paths) {
  FoundPictures found;
  const auto takeFolder = [&](const auto& self, const std::filesystem::path& folder) -> void {
    std::vector<std::filesystem::path> pictures, folders;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      if (entry.is_directory())
        folders.push_back(entry.path());
      else if (isPicture(entry.path()))
        pictures.push_back(entry.path());
      else if (isVideo(entry.path()))
        found.videos.push_back(entry.path());
    }
    std::sort(pictures.begin(), pictures.end());
    std::sort(folders.begin(), folders.end());
    if (isSequence(pictures))
      found.sequences.push_back({folder.filename().string(), pictures});
    else
      found.photos.insert(found.photos.end(), pictures.begin(), pictures.end());
    for (const auto& inner : folders) self(self, inner);
  };
  for (const std::filesystem::path path : paths) {
    if (std::filesystem::is_directory(path))
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
