#include "core/nn/device.h"

#include "core/base/error.h"

namespace fw {

int graphicsCards() {
  return torch::cuda::is_available() ? static_cast<int>(torch::cuda::device_count()) : 0;
}

torch::Device deviceCalled(const std::string& name) {
  const auto unknown = [&](const std::string& advice) {
    return Error("There is no such device", name, advice);
  };
  try {
    const torch::Device device(name);
    const int graphics = graphicsCards();
    if (device.is_cpu() || (device.is_cuda() && std::max<int>(0, device.index()) < graphics)) return device;
    throw unknown(graphics > 0 ? "Choose cpu or cuda:0 … cuda:" + std::to_string(graphics - 1) + "."
                               : "Here there is only cpu.");
  } catch (const c10::Error&) {
    throw unknown("Choose cpu, cuda or cuda:1.");
  }
}

}  // namespace fw
