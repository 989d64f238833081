#include "core/learn/weights_origin.h"

#include "core/base/error.h"
#include "core/learn/safetensors.h"

namespace fw {

std::string experimentOf(const std::filesystem::path& weights) try {
  const Metadata about = readSafetensorsMetadata(weights);
  const auto found = about.find("experiment");
  return found == about.end() ? std::string() : found->second;
} catch (const Error&) {
  return {};
}

}  // namespace fw
