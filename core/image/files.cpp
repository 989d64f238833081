#include <fstream>
#include <iterator>
#include <opencv2/imgcodecs.hpp>
#include <vector>

#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/image/views.h"

namespace fw {

cv::Mat readImage(const std::filesystem::path& file) {
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored))
    throw Error("Cannot read this picture", file.string(), "It is a folder; choose a file in it.");
  std::ifstream stream(file, std::ios::binary);
  if (!stream)
    throw Error("Cannot open this picture", file.string(),
                "Check that it is there and that you may read it.");
  const std::vector<char> bytes{std::istreambuf_iterator<char>(stream), {}};
  if (bytes.empty()) throw Error("Cannot read this picture", file.string(), "The file is empty.");
  cv::Mat image;
  try {
    const cv::Mat data(1, static_cast<int>(bytes.size()), CV_8U,
                       const_cast<char*>(bytes.data()));  // only read
    image = cv::imdecode(data, cv::IMREAD_COLOR);
  } catch (const cv::Exception&) {  // pictures larger than OpenCV allows; the text below says enough
  }
  if (image.empty())
    throw Error("Cannot read this picture", file.string(),
                "It is damaged or of a kind that is not known here. PNG, JPEG, TIFF, WebP and BMP are.");
  return image;
}

void writeImage(const std::filesystem::path& file, const cv::Mat& image) {
  std::vector<uchar> bytes;
  bool encoded = false;
  try {
    encoded = !image.empty() && cv::imencode(file.extension().string(), image, bytes);
  } catch (const cv::Exception&) {  // an ending OpenCV does not know, or a type this kind cannot hold
  }
  if (!encoded)
    throw Error("Cannot write this picture", file.string(), "End the name with .png, .jpg, .tif or .webp.");
  writeAtomically(file, std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

}  // namespace fw
