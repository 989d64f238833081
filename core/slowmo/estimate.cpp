#include <algorithm>
#include <cmath>

#include "core/slowmo/job_checks.h"
#include "core/slowmo/pipeline.h"
#include "core/slowmo/settings.h"
#include "core/slowmo/tiled.h"

namespace fw {
namespace {

// Bits a pixel and frame at quality 18, medium effort, measured on the real test clips at 2×; made frames
// cost less than originals. Each 6 steps of quality halve them.
double bitsPerPixel(const EncodeSettings& encode) {
  const std::string& codec = encode.codec;
  if (codec == "ffv1") return encode.bitDepth > 8 ? 9.0 : 6.0;
  if (codec == "prores") return 4.5;
  if (codec == "gif") return 4.0;
  if (codec == "webp") return 1.0;
  const double at18 = codec == "h264" ? 0.11 : codec == "h265" ? 0.08 : codec == "av1" ? 0.06 : 0.09;
  return at18 * std::exp2((18 - encode.quality) / 6.0);
}

// Measured as the peak of a whole job less its frames and its engine: libraries and code, then what the
// encoder adds per pixel.
constexpr int64_t kProgramBytes = int64_t{250} << 20;
constexpr double kEncoderBytesPerPixel = 75;

int64_t engineBytes(const SlowmoRequest& request, cv::Size frame) {
  int64_t most = 0;
  for (const auto& engine : enginesOf(request)) {
    const EngineMemory memory = engineKind(engine).memory;
    const int64_t pixels = memory.inTiles ? pixelsAtOnce(frame) : int64_t{frame.width} * frame.height;
    most = std::max(most, memory.fixed + static_cast<int64_t>(memory.perPixel * static_cast<double>(pixels)));
  }
  return most;
}

int64_t sourceFrames(const VideoInfo& info, double from, double to) {
  const double rate = info.frameRate.value() > 0 ? info.frameRate.value() : 25;
  const int64_t all =
      info.frames > 0 ? info.frames : std::max<int64_t>(1, std::llround(info.duration * rate));
  if (from <= 0 && to <= 0) return all;
  // All that show between the two moments, if only for a part of their time.
  constexpr double kWhole = 1e-6;
  const auto first = static_cast<int64_t>(std::floor(from * rate + kWhole));
  const int64_t end = to > 0 ? static_cast<int64_t>(std::ceil(to * rate - kWhole)) : all;
  return std::clamp<int64_t>(std::min(end, all) - first, 1, all);
}

}  // namespace

SlowmoEstimate estimate(const SlowmoRequest& request, const VideoInfo& info) {
  checkWeightsThere(request);
  const SlowmoChoices choices = choicesFor(request, info);
  const AnalyseOptions options = analyseOptions(request);
  const double sourceRate = info.frameRate.value() > 0 ? info.frameRate.value() : 25;
  const int64_t frames = sourceFrames(info, options.from, options.to);
  const bool whole = options.from <= 0 && options.to <= 0;
  const double sourceSeconds =
      whole && info.duration > 0 ? info.duration : static_cast<double>(frames) / sourceRate;

  SlowmoEstimate result;
  const double stretch = choices.timing.stretch.value();
  result.duration = sourceSeconds * stretch;
  result.rate = choices.timing.rate.value_or(info.frameRate);
  result.frames = choices.timing.rate
                      ? std::max<int64_t>(1, std::llround(result.duration * choices.timing.rate->value()))
                      : static_cast<int64_t>(std::ceil(static_cast<double>(frames) * stretch - 1e-9));
  const double pixels = static_cast<double>(choices.size.width) * choices.size.height;
  double bits = bitsPerPixel(choices.encode);
  if (choices.kind == ResultKind::Pictures)
    bits = choices.ending == "jpeg" ? 3.0 : info.bitDepth > 8 ? 30.0 : 14.0;
  result.bytes = static_cast<int64_t>(bits / 8 * pixels * static_cast<double>(result.frames));
  if (choices.kind == ResultKind::Video && choices.sound != Sound::None)
    for (const auto& track : info.audio)
      result.bytes += static_cast<int64_t>(track.duration * stretch * 8000.0 * std::max(1, track.channels));

  const double sourcePixels = static_cast<double>(info.width) * info.height;
  const auto bytesPerFrame = static_cast<int64_t>(pixels * 3 * (info.bitDepth > 8 ? 2 : 1));
  // A batch is only as large as there are frames between two of the source.
  const auto perPair =
      static_cast<int64_t>(std::ceil(static_cast<double>(result.frames) / static_cast<double>(frames)));
  const int64_t inFlight = std::min(framesInFlight(bytesPerFrame), 16 + perPair);
  result.peakMemory = kProgramBytes + inFlight * bytesPerFrame + engineBytes(request, choices.size) +
                      static_cast<int64_t>(kEncoderBytesPerPixel * std::max(pixels, sourcePixels));

  result.notes = choices.notes;
  if (choices.kind != ResultKind::Pictures) {
    Retiming retiming;
    retiming.stretch = stretch;
    retiming.sound = choices.sound;
    retiming.trimStart = options.from;
    retiming.trimEnd = options.to;
    const auto more = assembleNotes(info, retiming, "result." + choices.ending);
    result.notes.insert(result.notes.end(), more.begin(), more.end());
  }
  return result;
}

}  // namespace fw
