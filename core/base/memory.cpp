#include "core/base/memory.h"

#include <cstdlib>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace fw {

// Pictures of some megabytes come and go with every frame. By default glibc gives their pages back to the
// system each time and asks for cleared ones again, which took a twentieth of a job's time. (That it keeps
// some for each of many threads is a quarter of a job's memory; but when they share it, it goes to pieces and
// grows.)
void keepFreedMemory() {
#ifdef __GLIBC__
  ::mallopt(M_MMAP_THRESHOLD, 32 << 20);
  ::mallopt(M_TRIM_THRESHOLD, 64 << 20);
#endif
}

}  // namespace fw
