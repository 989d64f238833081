#pragma once
#include <torch/torch.h>

#include <filesystem>
#include <string>
#include <vector>

#include "core/base/random.h"

namespace fw {

/// Pictures of one size, each with the number of its class.
struct LabelledPictures {
  torch::Tensor pictures;  ///< bytes [N, C, H, W], gray or BGR
  torch::Tensor labels;    ///< [N]
  int64_t count() const { return labels.defined() ? labels.size(0) : 0; }
};

struct LabelledData {
  std::string name;
  std::vector<std::string> classes;
  LabelledPictures training, test;  ///< no picture is in both
};

/// The digits 0 … 9 in many hands: Hershey's fonts, thick and thin, turned, sheared and shifted. 28 × 28,
/// gray.
LabelledData drawnDigits(int64_t training, int64_t test);
/// Ten shapes (disc, ring, square, …) in any colours on coloured, noisy ground. 32 × 32, BGR.
LabelledData drawnShapes(int64_t training, int64_t test);

/// What a folder holds: MNIST's IDX files (also .gz), CIFAR-10's binary batches, or a folder of pictures for
/// each class, below train/ and test/ or, without these, split four to one; a folder of nothing but pictures
/// is one class. Pictures of classes are cut to `side`. Throws Error.
LabelledData readLabelled(const std::filesystem::path& folder, int64_t side);

}  // namespace fw
