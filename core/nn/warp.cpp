#include "core/nn/warp.h"

namespace fw {

torch::Tensor warp(const torch::Tensor& image, const torch::Tensor& flow, int64_t rim) {
  const auto height = image.size(2), width = image.size(3);
  const auto options = flow.options();
  const auto x = torch::arange(rim, rim + flow.size(3), options).view({1, 1, -1});
  const auto y = torch::arange(rim, rim + flow.size(2), options).view({1, -1, 1});
  // align_corners = true: −1 and 1 are the centres of the first and last pixel.
  const auto gridX =
      (flow.select(1, 0) + x) * (2.0 / static_cast<double>(std::max<int64_t>(width - 1, 1))) - 1.0;
  const auto gridY =
      (flow.select(1, 1) + y) * (2.0 / static_cast<double>(std::max<int64_t>(height - 1, 1))) - 1.0;
  return torch::nn::functional::grid_sample(image, torch::stack({gridX, gridY}, 3),
                                            torch::nn::functional::GridSampleFuncOptions()
                                                .mode(torch::kBilinear)
                                                .padding_mode(torch::kBorder)
                                                .align_corners(true));
}

}  // namespace fw
