#pragma once
#include <filesystem>

#include "core/store/store.h"

/// Weights that a person trained may be deleted any day: a job that uses them keeps a copy of its own.
namespace fw {

/// Copies the weights that the job's engines are to use into its folder, and lets them use the copies.
void keepWeights(JobRecord& job);
/// Lets a job that waits use swift with these weights, kept with it.
void keepWithJob(Store& store, int64_t job, const std::filesystem::path& weights);

}  // namespace fw
