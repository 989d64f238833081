#include "core/learn/weights_origin.h"

#include "core/base/error.h"
#include "core/learn/safetensors.h"

namespace fw {

WeightsOrigin originOf(const std::filesystem::path& weights) try {
  const Metadata about = readSafetensorsMetadata(weights);
  const auto told = [&](const char* name) {
    const auto found = about.find(name);
    return found == about.end() ? std::string() : found->second;
  };
  WeightsOrigin origin{told("experiment")};
  if (auto settings = nlohmann::json::parse(told("settings"), nullptr, false); settings.is_object())
    origin.settings = std::move(settings);
  return origin;
} catch (const Error&) {
  return {};
}

}  // namespace fw
