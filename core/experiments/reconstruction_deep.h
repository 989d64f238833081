#pragma once
#include "core/experiments/catalog.h"

namespace fw {

/// Four ways to give back three pictures through a bottleneck, and which way the picture really takes.
ExperimentKind reconstructionDeep();
/// The same networks on many pictures, judged on others.
ExperimentKind reconstructionGeneral();

}  // namespace fw
