#include "core/base/error.h"
