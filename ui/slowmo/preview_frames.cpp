#include "ui/slowmo/preview_frames.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <opencv2/imgproc.hpp>

#include "core/image/views.h"
#include "core/slowmo/analysis.h"
#include "core/slowmo/preview.h"
#include "core/slowmo/settings.h"

namespace fw {
namespace {

constexpr double kMemory = 400e6;  // bytes for all pictures of a preview
constexpr int kLowest = 180, kHighest = 1080;

struct SourceFrame {
  double time = 0;
  cv::Mat image;
};

int64_t expectedFrames(SlowmoRequest request, const VideoInfo& info, double from, double seconds) {
  request.settings["trim_in"] = from;
  request.settings["trim_out"] = std::min(from + seconds, info.duration);
  return std::max<int64_t>(1, estimate(request, info).frames);
}

/// The largest height at which all pictures fit into memory.
int heightFor(const VideoInfo& info, double pictures) {
  const double aspect = static_cast<double>(info.width) / std::max(1, info.height);
  const int fits = static_cast<int>(std::sqrt(kMemory / (3 * pictures * aspect)));
  return std::clamp(fits / 2 * 2, kLowest, std::min(kHighest, std::max(kLowest, info.height)));
}

std::vector<SourceFrame> readSpan(const SlowmoRequest& request, const VideoInfo& info, double from, double to,
                                  int height, std::stop_token stop) {
  ReadOptions options;
  options.maxHeight = height;
  VideoReader reader = openSource(request, options);
  const cv::Rect crop = choicesFor(request, info).crop;
  const double tick = info.timeBase.value();
  std::vector<SourceFrame> frames;
  reader.seek(from);
  while (!stop.stop_requested()) {
    const auto frame = reader.next();
    if (!frame) break;
    cv::Mat image = to8Bit(frame->image);
    const double scale = static_cast<double>(image.cols) / info.width;
    if (!crop.empty())
      image = image(cv::Rect(int(crop.x * scale), int(crop.y * scale), std::max(1, int(crop.width * scale)),
                             std::max(1, int(crop.height * scale))));
    frames.push_back({static_cast<double>(frame->pts - info.startPts) * tick, image});
    if (frames.back().time >= to) break;
  }
  return frames;
}

cv::Mat shownAt(const std::vector<SourceFrame>& frames, double time, cv::Size size) {
  constexpr double kRounding = 1e-4;
  const auto after = std::ranges::upper_bound(frames, time + kRounding, {}, &SourceFrame::time);
  if (frames.empty()) return {};
  cv::Mat image = (after == frames.begin() ? after : std::prev(after))->image;
  if (image.size() == size) return image;
  cv::Mat fitted;
  cv::resize(image, fitted, size, 0, 0, cv::INTER_AREA);
  return fitted;
}

}  // namespace

PreviewFrames previewFrames(const SlowmoRequest& request, double from, double seconds,
                            const std::function<void(const PreviewFrame&, double fraction)>& onFrame,
                            std::stop_token stop) {
  const VideoInfo info = probe(request);
  from = std::clamp(from, 0.0, std::max(0.0, info.duration - seconds));
  const auto expected = static_cast<double>(expectedFrames(request, info, from, seconds));
  const double originals = seconds * std::max(1.0, info.frameRate.value());
  const int height = heightFor(info, expected + originals);
  const auto source = readSpan(request, info, from, from + seconds, height, stop);
  PreviewFrames preview;
  preview.height = height;
  std::vector<double> outputTimes;
  SlowmoRequest whole = request;  // the preview is about the settings, also outside the trimmed part
  whole.settings["trim_in"] = whole.settings["trim_out"] = 0.0;
  makePreview(
      whole, {from, seconds, height < info.height ? height : 0},
      [&](const MadeFrame& frame) {
        PreviewFrame shown;
        shown.result = to8Bit(frame.image);
        shown.original = shownAt(source, frame.sourceTime, shown.result.size());
        shown.sourceTime = frame.sourceTime;
        shown.made = !frame.original;
        outputTimes.push_back(frame.outputTime);
        preview.frames.push_back(shown);
        onFrame(shown, std::min(1.0, static_cast<double>(preview.frames.size()) / expected));
      },
      stop);
  const std::size_t count = preview.frames.size();
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t interval = std::min(i, count - 2);  // the last frame stays as long as the one before
    preview.frames[i].duration = count < 2 ? seconds : outputTimes[interval + 1] - outputTimes[interval];
  }
  return preview;
}

}  // namespace fw
