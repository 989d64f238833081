#pragma once
#include <opencv2/core.hpp>

#include "core/slowmo/engine.h"
#include "core/slowmo/flow_at_time.h"
#include "core/slowmo/layers.h"

namespace fw {

/// Throws Error unless both frames have the same size and are 8- or 16-bit BGR.
void requirePair(const FramePair& pair);
/// Throws Error unless 0 < time < 1.
void requireBetween(double time);

/// CV_8UC1: 255 where the two pictures show the same, towards 0 the more they differ.
cv::Mat photometricAgreement(const cv::Mat& a, const cv::Mat& b);

/// A pair that can be read anywhere, and a little beyond.
struct RimmedPair {
  /// Takes over what it shares with the one before.
  RimmedPair(const FramePair& pair, const std::optional<RimmedPair>& before = std::nullopt);

  RimmedFrame first, second;
};

/// The frame at `time`: both frames moved by each hypothesis, mixed by their shares, at their own size and
/// depth. `sharp` samples them with cubic instead of linear interpolation.
BetweenFrame renderBetween(const RimmedPair& pair, const MotionAtTime& motion, double time, bool sharp);

/// The same with every step on show.
Explanation explainBetween(const FramePair& pair, const MotionAtTime& motion, double time);

}  // namespace fw
