#include "core/slowmo/render_ahead.h"

#include <algorithm>

#include "core/slowmo/flow_motion.h"

namespace fw {
namespace {

const Moment& checked(const Moment& moment) {
  requirePair(moment.pair);
  requireBetween(moment.time);
  return moment;
}

bool same(const Moment& a, const Moment& b) { return a.time == b.time && samePair(a.pair, b.pair); }

}  // namespace

std::vector<BetweenFrame> RenderAhead::between(const FramePair& pair, std::span<const double> times) {
  std::vector<Moment> moments;
  for (const double time : times) moments.push_back(checked({pair, time}));
  std::ranges::move(std::exchange(expected_, {}), std::back_inserter(moments));
  std::vector<BetweenFrame> frames;
  if (times.empty()) return frames;
  seen_ = RimmedPair(pair, seen_);
  for (std::size_t i = 0; i < times.size(); ++i) {
    const MotionAtTime motion = motionOf(moments[i]);
    for (std::size_t next = i + 1; next < moments.size() && next <= i + kMomentsAhead; ++next)
      begin(moments[next]);
    frames.push_back(renderBetween(*seen_, motion, times[i], sharp_));
  }
  return frames;
}

void RenderAhead::expect(std::vector<Moment> next) { expected_ = std::move(next); }

MotionAtTime RenderAhead::motionOf(const Moment& moment) {
  while (!coming_.empty()) {  // what was begun and is not asked for is given up
    Coming coming = std::move(coming_.front());
    coming_.pop_front();
    if (same(coming.moment, moment)) return coming.motion.get();
  }
  return motion_(moment.pair, moment.time);
}

void RenderAhead::begin(const Moment& moment) {
  const bool begun =
      std::ranges::any_of(coming_, [&](const Coming& coming) { return same(coming.moment, moment); });
  if (!ahead_ || begun) return;
  coming_.push_back({moment, std::async(std::launch::async, [this, moment] {
                       return motion_(checked(moment).pair, moment.time);
                     })});
}

}  // namespace fw
