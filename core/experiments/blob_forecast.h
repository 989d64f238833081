#pragma once
#include "core/experiments/catalog.h"

namespace fw {

/// The end of a blob's journey from its beginning.
ExperimentKind blobForecast();

}  // namespace fw
