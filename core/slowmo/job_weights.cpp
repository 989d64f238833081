#include "core/slowmo/job_weights.h"

#include <set>

#include "core/base/error.h"

namespace fw {
namespace fs = std::filesystem;
namespace {

std::set<std::string> enginesOf(const nlohmann::json& request) {
  std::set<std::string> engines{request["settings"].value("engine", std::string())};
  for (const auto& range : request.value("engine_ranges", nlohmann::json::array()))
    engines.insert(range.value("engine", std::string()));
  return engines;
}

}  // namespace

void keepWeights(JobRecord& job) {
  for (const auto& engine : enginesOf(job.request)) {
    auto& settings = job.request["settings"];
    const std::string setting = engine + "_weights";
    const fs::path weights = settings.value(setting, std::string());
    if (weights.empty()) continue;
    const fs::path kept = job.folder / (engine + weights.extension().string());
    if (weights == kept) continue;
    std::error_code failure;
    fs::copy_file(weights, kept, fs::copy_options::overwrite_existing, failure);
    if (failure)
      throw Error("The weights of the engine " + engine + " cannot be read", weights.string(),
                  failure.message());
    settings[setting] = kept.string();
  }
}

void keepWithJob(Store& store, int64_t job, const fs::path& weights) {
  JobRecord record = store.job(job);
  record.request["settings"]["engine"] = "swift";
  record.request["settings"]["swift_weights"] = weights.string();
  keepWeights(record);
  store.updateJob(record);
}

}  // namespace fw
