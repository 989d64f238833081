#include "core/video/steady_clock.h"

#include <algorithm>
#include <cstdlib>

namespace fw::ffmpeg {
namespace {

// Decoding times hardly step back, and few pauses of picture and sound are as long.
constexpr int64_t kBack = AV_TIME_BASE / 2, kAhead = int64_t{10} * AV_TIME_BASE;
constexpr int64_t kLongest = AV_TIME_BASE;  // that a packet is believed to last

int64_t inMicroseconds(int64_t time, const AVStream& stream) {
  return av_rescale_q(time, stream.time_base, {1, AV_TIME_BASE});
}

/// Not said, or what no recording reaches: it is left as it is.
bool saysNothing(int64_t time) {
  constexpr int64_t kAbsurd = int64_t{1} << 53;
  return time < -kAbsurd || time > kAbsurd;
}

bool isPictureOrSound(const AVStream& stream) {
  const auto type = stream.codecpar->codec_type;
  return type == AVMEDIA_TYPE_VIDEO || type == AVMEDIA_TYPE_AUDIO;
}

}  // namespace

bool SteadyClock::fits(int64_t time, const Track& track) const {
  return time >= track.end - kBack && time <= furthest_ + kAhead;
}

// What a track of the part before still had to say may come after the jump.
int64_t SteadyClock::shiftOf(int64_t time, Track& track) {
  const auto distance = [&](int64_t shift) { return std::abs(time + shift - track.end); };
  if (track.jumps < jumps_ && fits(time + shiftBefore_, track) && distance(shiftBefore_) < distance(shift_))
    return shiftBefore_;
  track.jumps = jumps_;
  if (fits(time + shift_, track)) return shift_;
  shiftBefore_ = shift_;
  shift_ = track.end - time;
  track.jumps = ++jumps_;
  jumped_ = true;
  return shift_;
}

void SteadyClock::correct(AVPacket& packet, const AVStream& stream) {
  const int64_t time = saysNothing(packet.dts) ? packet.pts : packet.dts;
  if (saysNothing(time)) return;
  int64_t shift = shift_;
  if (isPictureOrSound(stream)) {
    const int64_t said = inMicroseconds(time, stream);
    const auto [found, first] = tracks_.try_emplace(stream.index, Track{said + shift_, jumps_});
    furthest_ = std::max(furthest_, found->second.end);
    shift = shiftOf(said, found->second);
    const int64_t lasts = inMicroseconds(std::max<int64_t>(0, packet.duration), stream);
    found->second.end = said + shift + std::min(lasts, kLongest);
    furthest_ = std::max(furthest_, found->second.end);
  }
  const int64_t ticks = av_rescale_q(shift, {1, AV_TIME_BASE}, stream.time_base);
  if (!saysNothing(packet.pts)) packet.pts += ticks;
  if (!saysNothing(packet.dts)) packet.dts += ticks;
}

}  // namespace fw::ffmpeg
