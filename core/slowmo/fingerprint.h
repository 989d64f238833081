#pragma once
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <vector>

namespace fw {

/// Enough of the sources to notice, days later, that they are not what the job began with: sizes and samples
/// spread over each file. A copy or a touched date is no change.
nlohmann::json fingerprint(const std::vector<std::filesystem::path>& sources);
/// Throws an Error that says which source is gone or changed.
void checkUnchanged(const std::vector<std::filesystem::path>& sources, const nlohmann::json& fingerprint);

}  // namespace fw
