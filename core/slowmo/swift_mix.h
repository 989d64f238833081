#pragma once
#include <filesystem>

#include "core/nn/swift.h"
#include "core/slowmo/flow_at_time.h"

namespace fw {

/// What the network sees of one between frame: everything at the reduced size motion was found in. [1,
/// kSwiftView, H, W]. `guess` has two hypotheses.
torch::Tensor swiftView(const TwoWayMotion& pair, const MotionAtTime& guess, double time);

/// The same two motions, with the network's shares in place of the classical ones.
MotionAtTime swiftMix(SwiftNet& net, const TwoWayMotion& pair, const MotionAtTime& guess, double time,
                      torch::ScalarType type, const torch::Device& device);

/// Weights into a network of their shape. Throws Error for what is no swift network.
SwiftNet loadSwift(const std::filesystem::path& file);

}  // namespace fw
