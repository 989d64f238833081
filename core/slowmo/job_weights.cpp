#include "core/slowmo/job_weights.h"

#include "core/base/error.h"
#include "core/slowmo/settings.h"

namespace fw {
namespace fs = std::filesystem;
void keepWeights(JobRecord& job) {
  auto& settings = job.request["settings"];
  for (const auto& engine : enginesOf(slowmoRequestFromJson(job.request))) {
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
