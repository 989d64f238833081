#pragma once
#include <algorithm>

#include "core/slowmo/analysis.h"
#include "core/slowmo/timing.h"

namespace fw {

/// A distinct source frame beside those that a made frame lies between.
struct PlannedNeighbour {
  int64_t frame = -1;   ///< −1: none in the same scene
  double distance = 1;  ///< Neighbour::distance
};

/// What to do for one frame of the result.
struct PlannedFrame {
  OutputTime time;
  int64_t first = 0, second = 0;  ///< the distinct source frames around it; equal: `first` is shown untouched
  double t = 0;                   ///< how far from first to second
  PlannedNeighbour before{}, after{};  ///< of a made frame

  bool made() const { return first != second; }
  int64_t earliest() const { return before.frame >= 0 ? before.frame : first; }
  int64_t latest() const { return std::max(second, after.frame); }
};

/// Frames [begin, end) of the result: they are finished together and survive a crash.
struct PlannedSegment {
  int64_t begin = 0, end = 0;
  bool operator==(const PlannedSegment&) const = default;
};

/// Timeline, cuts and duplicates together. Everything follows from the request and the analysis, nothing from
/// when it is asked: a resumed job makes the same frames in the same segments.
class FramePlan {
 public:
  FramePlan(const Analysis&, const VideoInfo&, const Timing&);

  const Timeline& timeline() const { return timeline_; }
  int64_t count() const { return timeline_.count(); }
  PlannedFrame at(int64_t number) const;
  /// With Timing::loop the frame after the last one is the first: number sourceFrames().
  int64_t pictureOf(int64_t frame) const { return frame == timeline_.sourceFrames() ? 0 : frame; }
  /// Shows what the frame before shows: never asked for.
  bool repeats(int64_t frame) const { return duplicate_[static_cast<std::size_t>(frame)]; }
  int64_t segments() const;
  PlannedSegment segment(int64_t index) const;
  Rational nominalRate() const { return nominalRate_; }

 private:
  bool beginsScene(int64_t frame) const { return beginsScene_[static_cast<std::size_t>(frame)]; }
  void addNeighbours(PlannedFrame& planned, int64_t gap) const;

  Timeline timeline_;
  Rational nominalRate_;
  bool loop_;
  int64_t usualInterval_ = 1;  // ticks
  std::vector<bool> beginsScene_, duplicate_;
  int64_t sourceFramesPerSegment_ = 1;
};

}  // namespace fw
