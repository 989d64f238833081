#include "core/slowmo/finish.h"

#include "core/base/error.h"

namespace fw {
namespace fs = std::filesystem;
namespace {

// Every frame of the lossless segments, in order.
void forEachFrame(const FinishInput& input, const std::function<void(Frame&&, int64_t number)>& take,
                  const std::function<void(double)>& onProgress, std::stop_token stop) {
  const ReadOptions reading{.coloursOf = std::make_shared<VideoInfo>(input.info)};
  int64_t number = 0;
  for (const auto& file : input.made.files) {
    VideoReader reader(file, reading);
    while (auto frame = reader.next()) {
      if (stop.stop_requested()) return;
      take(std::move(*frame), number++);
      if (onProgress) onProgress(static_cast<double>(number) / static_cast<double>(input.plan.count()));
    }
  }
}

fs::path besides(const fs::path& output) {
  return output.parent_path() / ("." + output.stem().string() + ".part" + output.extension().string());
}

void renameOrExplain(const fs::path& from, const fs::path& to) {
  std::error_code failure;
  fs::rename(from, to, failure);
  if (!failure) return;
  std::error_code ignored;
  fs::remove_all(from, ignored);
  throw Error("The result could not be given its name", to.string(), failure.message() + ".");
}

void finishPictures(const FinishInput& input, const fs::path& output,
                    const std::function<void(double)>& onProgress, std::stop_token stop) {
  const fs::path beside = besides(output);
  std::error_code ignored;
  fs::remove_all(beside, ignored);
  try {
    ImageSequenceWriter writer(beside, input.choices.ending, 1, output.filename().string());
    forEachFrame(
        input, [&](Frame&& frame, int64_t) { writer.write(frame.image); }, onProgress, stop);
  } catch (...) {
    fs::remove_all(beside, ignored);  // it may be what fills the disk
    throw;
  }
  if (stop.stop_requested()) {
    fs::remove_all(beside, ignored);
    return;
  }
  renameOrExplain(beside, output);
}

}  // namespace

Retiming retimingFor(const FinishInput& input) {
  Retiming retiming;
  retiming.stretch = input.choices.timing.stretch.value();
  retiming.sound = input.choices.sound;
  retiming.trimStart = sourceSeconds(input.analysis, input.info, 0);
  const bool whole = input.made.frames >= input.plan.count();
  const OutputTime last = input.plan.timeline().at(input.made.frames - 1);
  const double tick = input.plan.timeline().timeBase().value();
  retiming.lastFrame = static_cast<double>(last.duration) * tick;
  retiming.end = static_cast<double>(last.pts) * tick + retiming.lastFrame;
  const AnalyseOptions options = analyseOptions(input.request);
  if (!whole)
    retiming.trimEnd =
        input.plan.timeline().sourceSeconds(input.plan.timeline().at(input.made.frames).source);
  else if (options.to > 0)
    retiming.trimEnd = sourceSeconds(input.analysis, input.info, input.analysis.frames());
  return retiming;
}

std::vector<std::string> finish(const FinishInput& input, const fs::path& output,
                                const std::function<void(double)>& onProgress, std::stop_token stop) {
  if (input.choices.kind == ResultKind::Pictures) {
    finishPictures(input, output, onProgress, stop);
    return {};
  }
  VideoInfo like = input.info;
  like.clockJumps = input.analysis.clockJumps;
  if (input.choices.timing.loop) like.loops = std::max(0, like.loops);  // made to go round
  return assemble(input.made.files, like, retimingFor(input), output, onProgress, stop,
                  input.choices.encode.quality)
      .notes;
}

}  // namespace fw
