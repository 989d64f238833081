#pragma once
#include <deque>
#include <functional>
#include <future>
#include <optional>

#include "core/slowmo/flow_render.h"

namespace fw {

/// Renders frame after frame; meanwhile the motion of the next ones is looked for, so that no processor waits
/// for steps that only one can take.
class RenderAhead {
 public:
  /// Called by several threads at once.
  using Motion = std::function<MotionAtTime(const FramePair&, double time)>;
  RenderAhead(Motion motion, bool sharp, bool ahead)
      : motion_(std::move(motion)), sharp_(sharp), ahead_(ahead) {}

  /// As Engine has them.
  std::vector<BetweenFrame> between(const FramePair& pair, std::span<const double> times);
  void expect(std::vector<Moment> next);

 private:
  struct Coming {
    Moment moment;
    std::future<MotionAtTime> motion;
  };
  MotionAtTime motionOf(const Moment& moment);
  void begin(const Moment& moment);

  Motion motion_;
  bool sharp_, ahead_;
  std::optional<RimmedPair> seen_;  ///< the last one
  std::vector<Moment> expected_;
  std::deque<Coming> coming_;  ///< the last member: it is waited for before the others go
};

}  // namespace fw
