#pragma once

namespace fw {

/// For the start of a program: memory of pictures is kept for the next ones when it is freed.
void keepFreedMemory();

}  // namespace fw
