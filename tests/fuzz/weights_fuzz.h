#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/base/error.h"

namespace fw {

/// Weights files come from anyone: whatever the bytes, reading them ends with tensors or with an Error.
template <class Read>
int endsWell(const uint8_t* data, std::size_t size, Read read) {
  try {
    read(std::string_view(reinterpret_cast<const char*>(data), size));
  } catch (const Error&) {
  }
  return 0;
}

}  // namespace fw
