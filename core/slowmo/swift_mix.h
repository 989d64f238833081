#pragma once
#include <filesystem>

#include "core/nn/swift.h"
#include "core/slowmo/flow_at_time.h"

namespace fw {

/// What the network sees of one between frame: everything at the reduced size motion was found in. [1,
/// kSwiftView, H, W]
torch::Tensor swiftView(const TwoWayMotion& pair, const MotionAtTime& guess, double time);

/// The same two motions, moved a little for either frame, with the network's shares in place of the classical
/// ones. `guess` has two hypotheses.
MotionAtTime swiftMix(SwiftNet& net, const TwoWayMotion& pair, const MotionAtTime& guess, double time,
                      torch::ScalarType type, const torch::Device& device);

/// How carefully motion is looked for at each quality: "fast", "balanced", "best".
MotionOptions swiftMotion(const std::string& quality);

/// Weights into a network of their shape. Throws Error for what is no swift network.
SwiftNet loadSwift(const std::filesystem::path& file);

}  // namespace fw
