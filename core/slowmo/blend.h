#pragma once
#include "core/slowmo/engine.h"

namespace fw {

/// Cross-fade: what every other engine must beat, and what none can do worse than where nothing moves.
EngineKind blendEngine();

}  // namespace fw
