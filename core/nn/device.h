#pragma once
#include <torch/torch.h>

#include <string>

namespace fw {

int graphicsCards();
/// "cpu", "cuda", "cuda:1". Throws Error for what is no device, or is not there.
torch::Device deviceCalled(const std::string& name);

}  // namespace fw
