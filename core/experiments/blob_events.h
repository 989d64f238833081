#pragma once
#include "core/experiments/catalog.h"

namespace fw {

/// From a video of a drifting blob to the map of events it leaves behind.
ExperimentKind blobEvents();

}  // namespace fw
