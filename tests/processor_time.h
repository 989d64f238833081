#pragma once
#include <sys/resource.h>

namespace fw {

inline double processorSeconds(const rusage& usage) {
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// What this program has used of all processors so far: other work on the machine does not count.
inline double processorSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return processorSeconds(usage);
}

}  // namespace fw
