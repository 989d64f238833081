#pragma once

namespace fw {

/// While one lives, memory that is freed stays with the program. glibc would give large blocks back to the
/// kernel at the end of every step and fetch them again, page by page, at the next one. Afterwards all of it
/// is given back.
class KeepsFreedMemory {
 public:
  KeepsFreedMemory();
  ~KeepsFreedMemory();
  KeepsFreedMemory(const KeepsFreedMemory&) = delete;
  KeepsFreedMemory& operator=(const KeepsFreedMemory&) = delete;
};

}  // namespace fw
