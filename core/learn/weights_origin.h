#pragma once
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

namespace fw {

/// The experiment that trained some weights, and its settings.
struct WeightsOrigin {
  std::string experiment;
  nlohmann::json settings = nlohmann::json::object();
};
/// As the header of the file says; empty when it says nothing of the kind or cannot be read. Free of
/// LibTorch.
WeightsOrigin originOf(const std::filesystem::path& weights);

}  // namespace fw
