#include "core/base/version.h"

namespace fw {

const char* version() { return FW_VERSION; }

}  // namespace fw
