#pragma once
#include <map>

extern "C" {
#include <libavformat/avformat.h>
}

namespace fw::ffmpeg {

/// Recordings that were joined, and DVDs, set their clock anew where a part begins. Here time goes on.
class SteadyClock {
 public:
  /// Puts the times of the next packet of the file right. Wants all its pictures and sounds: where one pauses
  /// the others say that time went on.
  void correct(AVPacket& packet, const AVStream& stream);
  bool jumped() const { return jumped_; }

 private:
  struct Track {
    int64_t end = 0;  // of its last packet, in microseconds
    int jumps = 0;    // that it went along with
  };
  bool fits(int64_t time, const Track&) const;
  int64_t shiftOf(int64_t time, Track&);

  std::map<int, Track> tracks_;
  int64_t shift_ = 0, shiftBefore_ = 0, furthest_ = INT64_MIN;
  int jumps_ = 0;
  bool jumped_ = false;
};

}  // namespace fw::ffmpeg
