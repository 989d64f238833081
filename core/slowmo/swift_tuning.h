#pragma once
#include "core/slowmo/swift_mix.h"

namespace fw {

/// The pace at which the network runs fastest on this machine: measured in less than a second at first use,
/// then remembered in the state folder for this processor.
SwiftPace fastestPace(SwiftNet& net);

}  // namespace fw
