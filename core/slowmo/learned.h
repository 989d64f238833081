#pragma once
#include "core/slowmo/engine.h"

namespace fw {

/// The person's own network: the weights of a run of one of the experiments that make the frame between two
/// frames (middle-frame-unet, clip-unet, glow-unet). They know the middle alone; other times are halved
/// towards.
EngineKind learnedEngine();

}  // namespace fw
