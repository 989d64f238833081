#pragma once
#include <chrono>
#include <deque>

#include "core/slowmo/job.h"

namespace fw {

/// Turns counts into what a person wants to know. Time left follows the last seconds, not the whole past: a
/// clip whose second half is harder says so as soon as it begins.
class ProgressMeter {
 public:
  using Clock = std::chrono::steady_clock;
  ProgressMeter(int64_t framesInBefore, int64_t framesOutBefore, int64_t totalOut);

  void paused(bool now);  ///< the time of a pause counts for nothing
  SlowmoProgress at(int64_t framesIn, int64_t framesOut);
  double secondsSpent() const;

 private:
  struct Sample {
    double seconds;
    int64_t in, out;
  };
  Clock::time_point began_ = Clock::now();
  std::optional<Clock::time_point> pausedAt_;
  Clock::duration pauses_{};
  std::deque<Sample> recent_;
  int64_t totalOut_;
};

}  // namespace fw
