#pragma once
#include <dlfcn.h>

namespace fw {

/// A C function of a library that this program may have loaded; null when it has not. (A weak declaration is
/// not enough: of a library that only another library names, mold takes it for null.)
template <class Function>
Function* loaded(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_DEFAULT, name));
}

}  // namespace fw
