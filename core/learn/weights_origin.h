#pragma once
#include <filesystem>
#include <string>

namespace fw {

/// The experiment that trained these weights, as their header says; empty when it says nothing of the kind or
/// the file cannot be read. Free of LibTorch.
std::string experimentOf(const std::filesystem::path& weights);

}  // namespace fw
