#pragma once
#include "core/nn/swift.h"

namespace fw {

/// The number type the network runs faster in on this machine: measured in a moment at first use, then
/// remembered in the state folder for this processor.
torch::ScalarType fastestType(SwiftNet& net);

}  // namespace fw
