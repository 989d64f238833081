#include <dlfcn.h>

#include <cstring>

/// Preloaded, it makes FFmpeg look as if it had been built without x265.
extern "C" const void* avcodec_find_encoder_by_name(const char* name) {
  using Find = const void* (*)(const char*);
  static const Find real = reinterpret_cast<Find>(dlsym(RTLD_NEXT, "avcodec_find_encoder_by_name"));
  return std::strcmp(name, "libx265") == 0 ? nullptr : real(name);
}
