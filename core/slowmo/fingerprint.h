#pragma once
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <vector>

namespace fw {

/// Enough of the sources to notice, days later, that they are not what the job began with: sizes and samples
/// spread over each file. A copy or a touched date is no change.
nlohmann::json fingerprint(const std::vector<std::filesystem::path>& sources);
/// Keeps the sources' fingerprint in a job's folder, or compares them with the one kept there: throws an
/// Error that says which source is gone or changed.
void rememberOrCheckSource(const std::filesystem::path& jobFolder,
                           const std::vector<std::filesystem::path>& sources);

}  // namespace fw
