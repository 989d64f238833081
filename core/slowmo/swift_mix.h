#pragma once
#include <filesystem>

#include "core/nn/swift.h"
#include "core/slowmo/flow_at_time.h"
#include "core/slowmo/shot_motion.h"

namespace fw {

/// How motion is looked for at this quality, when a network is there to choose.
ShotMotion swiftMotion(const std::string& quality, bool twoThreads);

/// What the network can choose from: kSwiftMotions hypotheses, of which the first two have their classical
/// shares. What nothing is known for is the motion of one of these, once more.
MotionAtTime swiftGuesses(const TwoWayMotion& pair, double time, bool twoThreads);

/// What the network sees of one between frame: everything at the reduced size motion was found in. [1,
/// kSwiftView, H, W].
torch::Tensor swiftView(const TwoWayMotion& pair, const MotionAtTime& guess, double time, bool twoThreads);

/// How the network is run: what is fastest differs from machine to machine.
struct SwiftPace {
  torch::ScalarType type = torch::kFloat32;
  int64_t bandPixels = 4096;  ///< worked on together; a processor's cache should hold what is known of them
  int threads = 1;
  bool operator==(const SwiftPace&) const = default;
};

/// The network's shares of a view, on the view's device.
torch::Tensor swiftShares(SwiftNet& net, const torch::Tensor& view, const SwiftPace& pace);

/// The same motions, with the network's shares in place of the classical ones.
MotionAtTime swiftMix(SwiftNet& net, const TwoWayMotion& pair, const MotionAtTime& guess, double time,
                      const SwiftPace& pace, const torch::Device& device, bool twoThreads);

/// Weights into a network of their shape. Throws Error for what is no swift network.
SwiftNet loadSwift(const std::filesystem::path& file);

}  // namespace fw
