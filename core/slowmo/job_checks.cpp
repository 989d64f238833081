#include "core/slowmo/job_checks.h"

#include <fcntl.h>
#include <unistd.h>

#include "core/base/error.h"
#include "core/nn/device.h"
#include "core/slowmo/swift_mix.h"

namespace fw {
namespace fs = std::filesystem;

void checkFolderWritable(const fs::path& output) {
  const fs::path folder = output.has_parent_path() ? output.parent_path() : fs::path(".");
  const fs::path trial = folder / (".framewright-" + std::to_string(::getpid()));
  const int file = ::open(trial.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0)
    throw Error("The result cannot be written there", folder.string(),
                "Choose a folder that exists and that you may write to.");
  ::close(file);
  ::unlink(trial.c_str());
}

void checkEncoder(const SlowmoChoices& choices) {
  for (const auto& codec : {choices.encode.codec, choices.segmentEncode.codec})
    if (!canEncode(codec))
      throw Error("This build of FFmpeg has no encoder for it", codec,
                  "Choose another compression or file type.");
}

void checkWeightsThere(const SlowmoRequest& request) {
  const Settings settings = settingsOf(request);
  std::error_code ignored;
  for (const auto& engine : enginesOf(request)) {
    const EngineKind& kind = engineKind(engine);
    if (!kind.schema.find("weights")) continue;
    const std::string weights = engineSettings(settings, kind).text("weights");
    if (!weights.empty() && !fs::exists(weights, ignored))
      throw Error("The weights of the engine " + kind.title + " are not there any more", weights,
                  kind.id == "swift" ? "Empty the field Weights for the bundled ones, or choose others."
                                     : "Choose others in the field Weights.");
  }
}

void checkEngines(const SlowmoRequest& request) {
  const Settings settings = settingsOf(request);
  const EngineOptions options = engineOptions(settings);
  deviceCalled(options.device);
  for (const auto& engine : enginesOf(request)) {
    const EngineKind& kind = engineKind(engine);
    const Settings own = engineSettings(settings, kind);
    if (engine != "swift")
      kind.make(own, options);
    else if (!own.text("weights").empty())  // making it measures the machine, which can wait
      loadSwift(own.text("weights"));
  }
}

void checkMoments(const SlowmoRequest& request, const VideoInfo& info) {
  if (info.duration <= 0) return;  // it is not known how long a raw stream is
  const std::string length = toText(info.duration) + " s long.";
  for (const double cut : request.cutsAdded)
    if (cut <= 0 || cut >= info.duration)
      throw Error("A cut lies outside the clip", toText(cut) + " s", "It is " + length);
  for (const auto& range : request.engineRanges)
    if (range.from < 0 || range.to <= range.from || range.from >= info.duration)
      throw Error("A part with another engine lies outside the clip",
                  toText(range.from) + " s to " + toText(range.to) + " s", "It is " + length);
}

void checkNotTheSource(const SlowmoRequest& request) {
  std::error_code ignored;
  for (const auto& source : request.sources)
    if (fs::equivalent(source, request.output, ignored))
      throw Error("The result cannot replace its own source", request.output.string(),
                  "Choose another name.");
}

void checkName(const fs::path& output) {
  constexpr std::size_t kLongest = 240;  // file systems hold 255 bytes, and a taken name gets a number
  if (output.filename().native().size() > kLongest)
    throw Error("The result's name is too long", output.filename().string(), "Give it a shorter one.");
}

}  // namespace fw
