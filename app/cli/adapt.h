#pragma once
#include <CLI/App.hpp>

#include "core/experiments/clip_adaptation.h"

namespace fw::cli {

/// Adapts the engine swift to the clip, shows how it goes and says what it gained.
AdaptedClip adaptShowingProgress(Store& store, const ClipAdaptation& wish);
void addAdaptCommand(CLI::App& app);

}  // namespace fw::cli
