#pragma once

namespace fw {

/// OpenBLAS takes a processor that is newer than itself for one of 2004 and then multiplies matrices four
/// times slower than it could. Here it is told what the processor can do, unless a person has told it
/// already. First thing in main(): nothing may be computing yet.
void useFastBlas();

/// LibTorch does not tell OpenBLAS how many threads it may use.
void setBlasThreads(int threads);

}  // namespace fw
