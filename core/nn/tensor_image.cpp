#include "core/nn/tensor_image.h"

#include <sstream>

#include "core/base/error.h"

namespace fw {
namespace {

double fullRange(const cv::Mat& image) {
  switch (image.depth()) {
    case CV_8U:
      return 255.0;
    case CV_16U:
      return 65535.0;
    case CV_32F:
      return 1.0;
    default:
      throw Error("This kind of picture cannot be used", cv::typeToString(image.type()),
                  "Convert it to 8 or 16 bit, or to 32-bit floating point.");
  }
}

std::string shapeText(const torch::Tensor& tensor) {
  std::ostringstream out;
  out << tensor.sizes();
  return out.str();
}

}  // namespace

torch::Tensor toTensor(const cv::Mat& image) {
  if (image.empty()) throw Error("There is no picture to use", "an empty picture", "Choose another file.");
  if (image.channels() > 3)
    throw Error("This kind of picture cannot be used", std::to_string(image.channels()) + " channels",
                "Only gray and three-channel pictures can be used.");
  cv::Mat scaled;
  image.convertTo(scaled, CV_32F, 1.0 / fullRange(image));
  const auto pixels = torch::from_blob(scaled.data, {scaled.rows, scaled.cols, scaled.channels()},
                                       {static_cast<int64_t>(scaled.step1()), scaled.channels(), 1});
  return pixels.permute({2, 0, 1}).clone(torch::MemoryFormat::Contiguous);
}

cv::Mat toImage(const torch::Tensor& tensor) {
  torch::Tensor planes = tensor.detach();
  if (planes.dim() == 4 && planes.size(0) == 1) planes = planes[0];
  if (planes.dim() != 3 || (planes.size(0) != 1 && planes.size(0) != 3))
    throw Error("This tensor is not a picture", shapeText(tensor),
                "Its shape must be 1 or 3 × height × width.");
  // A NaN has no 8-bit value; black is at least the same everywhere.
  const auto bytes = torch::nan_to_num(planes.to(torch::kCPU, torch::kFloat), 0.0, 1.0, 0.0)
                         .clamp(0, 1)
                         .mul(255)
                         .round()
                         .to(torch::kByte)
                         .permute({1, 2, 0})
                         .contiguous();
  const cv::Mat view(static_cast<int>(bytes.size(0)), static_cast<int>(bytes.size(1)),
                     CV_8UC(static_cast<int>(bytes.size(2))), bytes.data_ptr<uint8_t>());
  return view.clone();
}

torch::Tensor toBatch(std::span<const cv::Mat> images) {
  std::vector<torch::Tensor> tensors;
  tensors.reserve(images.size());
  for (const auto& image : images) {
    if (image.size() != images.front().size() || image.channels() != images.front().channels())
      throw Error("These pictures do not fit into one batch",
                  std::to_string(image.cols) + "×" + std::to_string(image.rows) + " beside " +
                      std::to_string(images.front().cols) + "×" + std::to_string(images.front().rows),
                  "Give them one size and one number of channels first.");
    tensors.push_back(toTensor(image));
  }
  if (tensors.empty()) throw Error("There is no picture to use", "an empty batch", "Choose at least one.");
  return torch::stack(tensors);
}

}  // namespace fw
