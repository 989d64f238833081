#pragma once
#include "core/nn/swift.h"

namespace fw {

/// The number type the network runs faster in on this machine: measured for about a second at first use, then
/// remembered in the state folder for this processor and number of threads.
torch::ScalarType fastestType(SwiftNet& net, int threads);

}  // namespace fw
