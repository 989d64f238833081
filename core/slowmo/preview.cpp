#include "core/slowmo/preview.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/image/views.h"
#include "core/slowmo/pipeline.h"

namespace fw {
namespace {

constexpr double kMemory = 400e6;  // bytes for all pictures of a preview
constexpr int kLowest = 180, kHighest = 1080;

struct SourceFrame {
  double time = 0;
  cv::Mat image;
};

int64_t expectedFrames(SlowmoRequest request, const VideoInfo& info, const PreviewSpan& span) {
  request.settings["trim_in"] = span.from;
  request.settings["trim_out"] = std::min(span.from + span.seconds, info.duration);
  return std::max<int64_t>(1, estimate(request, info).frames);
}

/// The largest height at which all pictures fit into memory; 0: their own.
int heightFor(cv::Size picture, double pictures) {
  const double aspect = static_cast<double>(picture.width) / picture.height;
  const int fits = static_cast<int>(std::sqrt(kMemory / (3 * pictures * aspect))) / 2 * 2;
  const int height = std::clamp(fits, kLowest, kHighest);
  return height < picture.height ? height : 0;
}

std::vector<SourceFrame> readSpan(const SlowmoRequest& request, const VideoInfo& info,
                                  const PreviewSpan& span, std::stop_token stop) {
  const SlowmoChoices choices = choicesFor(request, info);
  VideoReader reader = openSource(request, readingFor(choices, span.maxHeight));
  std::vector<SourceFrame> frames;
  reader.seek(span.from);
  while (!stop.stop_requested()) {
    const auto frame = reader.next();
    if (!frame) break;
    const double time = info.momentOf(frame->pts);
    frames.push_back({time, to8Bit(asInResult(choices, frame->image, span.maxHeight))});
    if (time >= span.from + span.seconds) break;
  }
  return frames;
}

cv::Mat shownAt(const std::vector<SourceFrame>& frames, double time) {
  constexpr double kRounding = 1e-4;
  const auto after = std::ranges::upper_bound(frames, time + kRounding, {}, &SourceFrame::time);
  if (frames.empty()) return {};
  return (after == frames.begin() ? after : std::prev(after))->image;
}

}  // namespace

void makePreview(const SlowmoRequest& asked, const PreviewSpan& span,
                 const std::function<void(const MadeFrame&)>& onFrame, std::stop_token stop) {
  SlowmoRequest request = asked;
  const VideoInfo info = probe(request);
  AnalyseOptions options = analyseOptions(request);
  const double end = options.to > 0 ? options.to : span.from + span.seconds;
  options.from = std::max(span.from, options.from);
  options.to = std::min(span.from + span.seconds, end);
  const Analysis analysis = analyse(request, options, {}, stop);
  if (stop.stop_requested()) return;
  SlowmoChoices choices = choicesFor(request, info);
  choices.timing.loop = false;  // a part does not end where it began
  const FramePlan plan(analysis, info, choices.timing);
  Engines engines(request);
  JobControl control;
  PipelineEvents events;
  events.onFrame = [&](ReadyFrame&& frame) {
    const double time = static_cast<double>(frame.planned.time.pts) * plan.timeline().timeBase().value();
    const bool original = !frame.made();
    onFrame({std::move(frame.picture.image), std::move(frame.confidence), frame.sourceTime, time, original});
  };
  makeFrames({request, info, choices, analysis, plan, 0, plan.count(), span.maxHeight}, engines, events,
             control, stop);
}

PreviewSpan previewedFrom(const SlowmoRequest& request, double from, double seconds, double duration) {
  const AnalyseOptions trim = analyseOptions(request);
  double first = 0, last = duration;
  if ((trim.from > 0 || trim.to > 0) && from >= trim.from && (trim.to <= 0 || from < trim.to)) {
    first = trim.from;
    if (trim.to > 0) last = std::min(trim.to, duration);
    seconds = std::min(seconds, last - first);
  }
  return {std::clamp(from, first, std::max(first, last - seconds)), seconds};
}

PreviewFrames previewFrames(const SlowmoRequest& request, double from, double seconds,
                            const std::function<void(const PreviewFrame&, double fraction)>& onFrame,
                            std::stop_token stop) {
  const VideoInfo info = probe(request);
  PreviewSpan span = previewedFrom(request, from, seconds, info.duration);
  const auto expected = static_cast<double>(expectedFrames(request, info, span));
  const double originals = seconds * std::max(1.0, info.frameRate.value());
  const cv::Size whole = choicesFor(request, info).size;
  span.maxHeight = heightFor(whole, expected + originals);
  const auto source = readSpan(request, info, span, stop);
  PreviewFrames preview;
  preview.height = span.maxHeight > 0 ? span.maxHeight : whole.height;
  std::vector<double> outputTimes;
  SlowmoRequest untrimmed = request;  // the preview is about the settings, also outside the trimmed part
  untrimmed.settings["trim_in"] = untrimmed.settings["trim_out"] = 0.0;
  const auto take = [&](const MadeFrame& frame) {
    PreviewFrame shown;
    shown.result = to8Bit(frame.image);
    shown.original = shownAt(source, frame.sourceTime);
    shown.sourceTime = frame.sourceTime;
    shown.made = !frame.original;
    outputTimes.push_back(frame.outputTime);
    preview.frames.push_back(shown);
    onFrame(shown, std::min(1.0, static_cast<double>(preview.frames.size()) / expected));
  };
  makePreview(untrimmed, span, take, stop);
  const std::size_t count = preview.frames.size();
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t interval = std::min(i, count - 2);  // the last frame stays as long as the one before
    preview.frames[i].duration = count < 2 ? seconds : outputTimes[interval + 1] - outputTimes[interval];
  }
  return preview;
}

}  // namespace fw
