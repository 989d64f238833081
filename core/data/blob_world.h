#pragma once
#include <torch/torch.h>

#include <cstdint>
#include <vector>

/// A blob drifts through the picture and leaves events where it is: the simulator of
/// awong234/torch-for-image-and-video (video_sim.py; there a hurricane and the claims it causes).
namespace fw {

constexpr int64_t kBlobFrames = 30;
constexpr double kBlobWorld = 128.0;  ///< side of the world; a picture may sample it more coarsely

struct Blob {
  double direction = 0;  ///< degrees
  double speed = 0;      ///< world units in a frame
  double x = 0, y = 0;   ///< where it starts
  double radius = 1;     ///< standard deviation
  double peak = 1;       ///< probability of an event in its middle, per pixel and frame
};

/// The original's thousand videos: NumPy's generator, seed 123, every quantity drawn as a whole vector.
std::vector<Blob> originalBlobs();
/// The original's split, Python's random.seed(123): true for the 777 videos to train on.
std::vector<bool> originalTrainingSplit();

/// The probability of an event in every frame, in the original's 8-bit steps: [N, 30, side, side] in 0 … 1.
torch::Tensor blobProbabilities(const std::vector<Blob>& blobs, int64_t side);  ///< without the steps
torch::Tensor blobFrames(const std::vector<Blob>& blobs, int64_t side);

/// Events counted since the first frame, [30, side, side]. The events of a blob follow from `seed` alone;
/// they are drawn anew, as the original's draws cannot be told from its parameters.
torch::Tensor eventFrames(const Blob& blob, int64_t side, uint64_t seed);
/// Its last frame, in a tenth of the time: [side, side].
torch::Tensor eventTotals(const Blob& blob, int64_t side, uint64_t seed);

}  // namespace fw
