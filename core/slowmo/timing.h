#pragma once
#include <optional>
#include <string_view>
#include <vector>

#include "core/video/video.h"

/// When every frame of the result is shown and which moment of the source it shows. All times are computed
/// exactly from the frame's number (64-bit fractions, 128 bits in between), never added up, so nothing
/// drifts.
namespace fw {

/// In lowest terms with a positive denominator; throws Error for a zero denominator or when 64 bits do not
/// hold it.
Rational reduced(__int128 num, __int128 den);
/// "2", "2.5", "30000/1001": exactly. Throws Error for anything else and for what is not above zero.
Rational fractionFromText(std::string_view text);
/// Likewise for frame rates: 23.976, 29.97, 47.952, 59.94 and 119.88 mean 24000/1001, 30000/1001 …
Rational rateFromText(std::string_view text);

struct Timing {
  Rational stretch{1, 1};  ///< how many times longer the result is
  /// Frames a second; none: the source's own rhythm, every interval divided alike.
  std::optional<Rational> rate = std::nullopt;
  bool equallySoft = false;  ///< half a step later in the source: at 2× at ¼ and ¾ instead of 0 and ½
  bool loop = false;         ///< after the last frame comes the first one again
};

/// Times of source frames in whole ticks, 0 at the first. Containers that round (Matroska to 1 ms) are read
/// as the constant rate they mean, each frame for itself.
class SourceClock {
 public:
  explicit SourceClock(const VideoInfo& info);
  Rational unit() const { return unit_; }  ///< seconds a tick
  int64_t ticks(int64_t pts, int64_t firstPts) const;

 private:
  Rational timeBase_, unit_, rate_;
  bool constantRate_ = false;
};

/// One frame of the result.
struct OutputTime {
  int64_t pts = 0, duration = 0;  ///< in Timeline::timeBase(), 0 at the first
  int64_t frame = 0;              ///< the source frame shown at `source`
  Rational source;                ///< exact, in ticks; equal to the frame's own time: that frame, untouched
};

class Timeline {
 public:
  /// `ticks`: when each source frame begins, and at the end when the last one stops being shown. Strictly
  /// rising.
  Timeline(std::vector<int64_t> ticks, Rational unit, const Timing& timing);

  int64_t sourceFrames() const { return static_cast<int64_t>(ticks_.size()) - 1; }
  int64_t sourceTicks(int64_t frame) const { return ticks_[static_cast<std::size_t>(frame)]; }
  int64_t count() const { return count_; }
  Rational timeBase() const { return timeBase_; }
  OutputTime at(int64_t number) const;
  int64_t firstShowing(
      int64_t frame) const;  ///< the first number whose source frame is this one or a later one
  double seconds() const;    ///< of the whole result
  double sourceSeconds(const Rational& ticks) const;

 private:
  OutputTime atPosition(int64_t number) const;
  OutputTime atTime(int64_t number) const;
  int64_t ptsOf(int64_t number) const;
  int64_t frameAt(int64_t number) const;
  int64_t interval(int64_t frame) const;

  std::vector<int64_t> ticks_;
  Rational unit_;
  Timing timing_;
  Rational timeBase_;
  Rational step_;  // constant rate only: ticks from one frame of the result to the next
  int64_t count_ = 0;
};

/// How far `time` is from `first` to `second` (all in ticks): 0 … 1.
double fractionBetween(const Rational& time, int64_t first, int64_t second);

}  // namespace fw
