#pragma once
#include <functional>
#include <future>

namespace fw {

/// Runs both, on two threads where asked for.
inline void bothWays(bool twoThreads, const std::function<void()>& first,
                     const std::function<void()>& second) {
  auto other = std::async(twoThreads ? std::launch::async : std::launch::deferred, first);
  second();
  other.get();
}

}  // namespace fw
