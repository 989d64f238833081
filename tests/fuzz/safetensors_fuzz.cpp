#include "core/learn/safetensors.h"
#include "tests/fuzz/weights_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  return fw::endsWell(data, size, [](std::string_view bytes) { fw::parseSafetensors(bytes, "fuzz"); });
}
