#include "core/slowmo/job_weights.h"

#include "core/base/error.h"

namespace fw {
namespace fs = std::filesystem;

void keepWeights(JobRecord& job) {
  auto& settings = job.request["settings"];
  const auto weights = settings.value("swift_weights", std::string());
  if (weights.empty() || settings.value("engine", std::string()) != "swift") return;
  const fs::path kept = job.folder / "swift.safetensors";
  if (fs::path(weights) == kept) return;
  std::error_code failure;
  fs::copy_file(weights, kept, fs::copy_options::overwrite_existing, failure);
  if (failure) throw Error("The weights of the engine swift cannot be read", weights, failure.message());
  settings["swift_weights"] = kept.string();
}

void keepWithJob(Store& store, int64_t job, const fs::path& weights) {
  JobRecord record = store.job(job);
  record.request["settings"]["engine"] = "swift";
  record.request["settings"]["swift_weights"] = weights.string();
  keepWeights(record);
  store.updateJob(record);
}

}  // namespace fw
