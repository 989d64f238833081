#pragma once
#include <filesystem>
#include <optional>
#include <stop_token>

#include "core/store/store.h"

namespace fw {

/// Joins what is finished of a job, which may go on meanwhile, into a silent file in the job's folder, to be
/// looked at. Empty while nothing is finished yet. Throws Error.
std::optional<std::filesystem::path> joinSoFar(const Store&, int64_t jobId, std::stop_token);

}  // namespace fw
