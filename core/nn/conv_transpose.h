#pragma once
#include <torch/torch.h>

namespace fw {

/// nn::ConvTranspose2d, two to three times faster on a processor: LibTorch 1.13 multiplies matrices picture
/// by picture, although a transposed convolution is the gradient of a convolution, and oneDNN is quick at
/// both. Where someone wants to read the layers from the recorded graph, with gradients in evaluation mode,
/// it stays LibTorch's.
struct ConvTranspose2dImpl : torch::nn::ConvTranspose2dImpl {
  using torch::nn::ConvTranspose2dImpl::ConvTranspose2dImpl;
  torch::Tensor forward(const torch::Tensor& x);
  torch::Tensor forwardTo(const torch::Tensor& x, at::IntArrayRef size);  ///< height and width of the output
};
TORCH_MODULE(ConvTranspose2d);

}  // namespace fw
