#pragma once
#include "core/slowmo/engine.h"

namespace fw {

/// RIFE with the person's own weights: ECCV 2022 (flownet.pkl) or Practical RIFE 4.6, as PyTorch file or
/// safetensors.
EngineKind rifeEngine();

}  // namespace fw
