#include "core/slowmo/plan.h"

#include <algorithm>
#include <cmath>

namespace fw {
namespace {

// A crash costs at most this many frames of work, and each segment begins with a key frame: at 25 to 60
// frames a second two to five seconds, as players like it.
constexpr int64_t kFramesPerSegment = 120;

// Screen recordings and slide shows leave out what does not change: a gap this long, in seconds and in usual
// intervals, is a picture that stood still, and the change took one usual interval at its end.
constexpr double kLongGap = 0.25;
constexpr int64_t kLongGapIntervals = 4;

int64_t usualIntervalOf(const Timeline& timeline) {
  std::vector<int64_t> intervals;
  intervals.reserve(static_cast<std::size_t>(timeline.sourceFrames()));
  for (int64_t i = 0; i < timeline.sourceFrames(); ++i)
    intervals.push_back(timeline.sourceTicks(i + 1) - timeline.sourceTicks(i));
  const auto middle = intervals.begin() + std::ssize(intervals) / 2;
  std::nth_element(intervals.begin(), middle, intervals.end());
  return *middle;
}

Timeline timelineOf(const Analysis& analysis, const VideoInfo& info, const Timing& timing) {
  const SourceClock clock(info);
  std::vector<int64_t> ticks;
  ticks.reserve(analysis.pts.size() + 1);
  for (const int64_t pts : analysis.pts) ticks.push_back(clock.ticks(pts, analysis.firstPts));
  ticks.push_back(clock.ticks(analysis.endPts, analysis.firstPts));
  // Snapping to the rate may move stamps of a damaged file onto each other; then they are taken as they are.
  if (std::ranges::adjacent_find(ticks, std::greater_equal<>{}) != ticks.end()) {
    for (std::size_t i = 0; i < analysis.pts.size(); ++i) ticks[i] = analysis.pts[i] - analysis.firstPts;
    ticks.back() = std::max(analysis.endPts, analysis.pts.back() + 1) - analysis.firstPts;
    return {std::move(ticks), reduced(info.timeBase.num, info.timeBase.den), timing};
  }
  return {std::move(ticks), clock.unit(), timing};
}

Rational rateOf(const Timeline& timeline, const VideoInfo& info, const Timing& timing) {
  if (timing.rate) return *timing.rate;
  if (info.frameRate.num > 0 && info.frameRate.den > 0) return info.frameRate;
  const double fps = static_cast<double>(timeline.count()) / std::max(1e-9, timeline.seconds());
  return reduced(std::max<int64_t>(1, std::llround(fps * 1000)), 1000);
}

}  // namespace

FramePlan::FramePlan(const Analysis& analysis, const VideoInfo& info, const Timing& timing)
    : timeline_(timelineOf(analysis, info, timing)),
      nominalRate_(rateOf(timeline_, info, timing)),
      loop_(timing.loop && analysis.roundClean),
      usualInterval_(usualIntervalOf(timeline_)),
      beginsScene_(analysis.pts.size() + 1),
      duplicate_(analysis.pts.size() + 1) {
  for (const int64_t cut : analysis.cuts)
    if (cut > 0 && cut < analysis.frames()) beginsScene_[static_cast<std::size_t>(cut)] = true;
  for (const int64_t repeat : analysis.duplicates)
    if (repeat > 0 && repeat < analysis.frames() && !beginsScene_[static_cast<std::size_t>(repeat)])
      duplicate_[static_cast<std::size_t>(repeat)] = true;
  const double perSourceFrame =
      std::max(1e-6, static_cast<double>(count()) / static_cast<double>(timeline_.sourceFrames()));
  sourceFramesPerSegment_ =
      std::max<int64_t>(1, std::llround(static_cast<double>(kFramesPerSegment) / perSourceFrame));
}

PlannedFrame FramePlan::at(int64_t number) const {
  PlannedFrame planned;
  planned.time = timeline_.at(number);
  const int64_t end = timeline_.sourceFrames();
  int64_t first = planned.time.frame, second = first + 1;
  while (repeats(first)) --first;
  while (second < end && repeats(second)) ++second;
  planned.first = planned.second = first;
  // Nothing is made across a cut nor after the last frame: the frame before stays until the next one's time.
  const bool nothingFollows = second == end ? !loop_ || end == 1 : beginsScene(second);
  if (nothingFollows) return planned;
  const int64_t until = timeline_.sourceTicks(second);
  int64_t begin = timeline_.sourceTicks(first);
  const int64_t gap = until - begin;
  if (second == first + 1 && gap > kLongGapIntervals * usualInterval_ &&
      timeline_.sourceSeconds({gap, 1}) > kLongGap)
    begin = until - usualInterval_;
  constexpr double kLast = 0.999;  // a loop's last moment may be that of its first picture
  const double t = std::min(kLast, fractionBetween(planned.time.source, begin, until));
  if (t <= 0) return planned;
  planned.second = second;
  planned.t = t;
  addNeighbours(planned, until - begin);
  return planned;
}

void FramePlan::addNeighbours(PlannedFrame& planned, int64_t gap) const {
  constexpr double kFarthest = 3;  // steps of time too unlike each other say little about one another
  const auto near = [&](int64_t frame, int64_t from, int64_t until) -> PlannedNeighbour {
    const int64_t passed = timeline_.sourceTicks(until) - timeline_.sourceTicks(from);
    const double distance = static_cast<double>(passed) / static_cast<double>(gap);
    if (distance > kFarthest || distance < 1 / kFarthest) return {};
    return {frame, distance};
  };
  if (planned.first > 0 && !beginsScene(planned.first)) {
    int64_t before = planned.first - 1;
    while (repeats(before)) --before;
    planned.before = near(before, before, planned.first);
  }
  int64_t after = planned.second + 1;
  const int64_t end = timeline_.sourceFrames();
  while (after < end && repeats(after)) ++after;
  if (after < end && !beginsScene(after)) planned.after = near(after, planned.second, after);
}

int64_t FramePlan::segments() const {
  return (timeline_.sourceFrames() + sourceFramesPerSegment_ - 1) / sourceFramesPerSegment_;
}

PlannedSegment FramePlan::segment(int64_t index) const {
  const auto begin = [&](int64_t of) {
    return of >= segments() ? count() : timeline_.firstShowing(of * sourceFramesPerSegment_);
  };
  return {begin(index), begin(index + 1)};
}

}  // namespace fw
