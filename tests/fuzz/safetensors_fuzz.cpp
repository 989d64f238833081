#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/base/error.h"
#include "core/learn/pytorch_file.h"
#include "core/learn/safetensors.h"

/// Weights files come from anyone: whatever the bytes, reading them ends with tensors or with an Error.
int fuzzSafetensors(const uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try {
    fw::parseSafetensors(bytes, "fuzz");
  } catch (const fw::Error&) {
  }
  try {
    fw::parsePytorchFile(bytes, "fuzz");
  } catch (const fw::Error&) {
  }
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  return fuzzSafetensors(data, size);
}
