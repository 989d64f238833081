#pragma once
#include "core/slowmo/engine.h"

namespace fw {

/// Classical optical flow (patch_flow.h) in both directions, carried to the asked time, with each pixel
/// taken from the frame that sees it.
EngineKind flowEngine();

/// Whether moved pixels are read with cubic interpolation: a choice at these qualities, a matter of course at
/// others.
Parameter sharpParameter(const std::vector<std::string>& qualities);
bool readsSharply(const Settings& settings);

}  // namespace fw
