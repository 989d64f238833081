#pragma once

namespace fw {

/// For the start of a program, before it has threads: memory for pictures is kept when it is freed, and shared
/// by all threads.
void keepFreedMemory();

}  // namespace fw
