#pragma once
#include "core/slowmo/engine.h"

namespace fw {

/// Classical optical flow (patch_flow.h) in both directions, carried to the asked time, with each pixel
/// taken from the frame that sees it.
EngineKind flowEngine();

/// Whether moved pixels are read with cubic interpolation; a setting that "best" leaves no choice in.
Parameter sharpParameter();
bool readsSharply(const Settings& settings);

}  // namespace fw
