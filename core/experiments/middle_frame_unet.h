#pragma once
#include "core/experiments/catalog.h"

namespace fw {

/// The frame between two frames by a plain U-Net, and why squared error blurs it.
ExperimentKind middleFrameUnet();

}  // namespace fw
