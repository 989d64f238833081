#pragma once
#include <memory>

#include "core/slowmo/engine.h"

namespace fw {

struct Tiling {
  int64_t wholeUpTo = 1920 * 1088;  ///< pixels; larger frames are made in tiles
  int longestSide = 1024;           ///< of a tile
  int margin = 128;  ///< pixels that a tile sees beyond the middle of where it meets the next one
};

/// For networks, whose memory grows with what they look at: large frames are made in overlapping tiles that
/// fade into one another. For engines that look at the pair alone.
std::unique_ptr<Engine> tiled(std::unique_ptr<Engine> engine, const Tiling& tiling = {});

/// How many pixels of such a frame are looked at together, at most.
int64_t pixelsAtOnce(cv::Size frame, const Tiling& tiling = {});

}  // namespace fw
