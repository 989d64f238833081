#include "core/slowmo/progress_meter.h"

#include <algorithm>

namespace fw {
namespace {

constexpr double kWindow = 20;  // seconds looked back
constexpr double kSampleEvery = 0.25;
constexpr double kFirstGuess = 1.5;  // seconds of work before a time left is more than a guess

}  // namespace

ProgressMeter::ProgressMeter(int64_t framesInBefore, int64_t framesOutBefore, int64_t totalOut)
    : totalOut_(totalOut) {
  recent_.push_back({0, framesInBefore, framesOutBefore});
}

void ProgressMeter::paused(bool now) {
  if (now && !pausedAt_) pausedAt_ = Clock::now();
  if (!now && pausedAt_) {
    pauses_ += Clock::now() - *pausedAt_;
    pausedAt_.reset();
  }
}

double ProgressMeter::secondsSpent() const {
  const auto until = pausedAt_.value_or(Clock::now());
  return std::chrono::duration<double>(until - began_ - pauses_).count();
}

SlowmoProgress ProgressMeter::at(int64_t framesIn, int64_t framesOut) {
  const double now = secondsSpent();
  if (now - recent_.back().seconds >= kSampleEvery) recent_.push_back({now, framesIn, framesOut});
  while (recent_.size() > 2 && now - recent_[1].seconds > kWindow) recent_.pop_front();
  const Sample& since = recent_.front();
  const double passed = std::max(1e-3, now - since.seconds);
  SlowmoProgress progress;
  progress.stage = "making frames";
  progress.framesIn = framesIn;
  progress.framesOut = framesOut;
  progress.totalOut = totalOut_;
  progress.fpsIn = static_cast<double>(framesIn - since.in) / passed;
  progress.fpsOut = static_cast<double>(framesOut - since.out) / passed;
  progress.secondsSpent = now;
  if (now >= kFirstGuess && progress.fpsOut > 0)
    progress.secondsLeft = static_cast<double>(totalOut_ - framesOut) / progress.fpsOut;
  return progress;
}

}  // namespace fw
