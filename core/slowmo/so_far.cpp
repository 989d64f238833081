#include "core/slowmo/so_far.h"

#include <fstream>
#include <nlohmann/json.hpp>

#include "core/slowmo/analysis.h"
#include "core/slowmo/segments.h"
#include "core/slowmo/settings.h"
#include "core/video/assemble.h"

namespace fw {
namespace fs = std::filesystem;

std::optional<fs::path> joinSoFar(const Store& store, int64_t jobId, std::stop_token stop) {
  const JobRecord record = store.job(jobId);
  std::ifstream in(record.folder / "analysis.json");
  const auto saved = nlohmann::json::parse(in, nullptr, false);
  if (!saved.is_object()) return std::nullopt;
  const SlowmoRequest request = slowmoRequestFromJson(record.request);
  const VideoInfo info = probe(request);
  const SlowmoChoices choices = choicesFor(request, info);
  const FramePlan plan(analysisFromJson(saved), info, choices.timing);
  const MadeSoFar made = madeSoFar(record.folder, plan, stop);
  if (made.files.empty()) return std::nullopt;
  // Matroska holds whatever the segments are compressed with, also those of a GIF or of pictures.
  const fs::path output = soFarFile(record.folder);
  assemble(made.files, info, {.stretch = choices.timing.stretch.value(), .picturesAlone = true}, output, {},
           stop);
  return output;
}

}  // namespace fw
