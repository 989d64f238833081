#include "core/learn/freed_memory.h"

#include <cstdlib>  // says whether this is glibc

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace fw {

#ifdef __GLIBC__
namespace {

constexpr int kLargestOnTheHeap = 32 << 20;  // the most that glibc accepts
constexpr int kKept = 1 << 30;
constexpr int kUsual = 128 << 10;  // glibc's own beginning, for both

}  // namespace

KeepsFreedMemory::KeepsFreedMemory() {
  mallopt(M_MMAP_THRESHOLD, kLargestOnTheHeap);
  mallopt(M_TRIM_THRESHOLD, kKept);
}

KeepsFreedMemory::~KeepsFreedMemory() {
  mallopt(M_MMAP_THRESHOLD, kUsual);
  mallopt(M_TRIM_THRESHOLD, kUsual);
  malloc_trim(0);
}
#else
KeepsFreedMemory::KeepsFreedMemory() = default;
KeepsFreedMemory::~KeepsFreedMemory() = default;
#endif

}  // namespace fw
