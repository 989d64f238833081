#include "core/image/views.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "core/base/error.h"

namespace fw {
namespace {

double fullRange(const cv::Mat& image) {
  return image.depth() == CV_8U ? 255.0 : image.depth() == CV_16U ? 65535.0 : 1.0;
}

// −1 … 1: how much brighter (above zero) or darker `a` is, in units of `fullScale`.
cv::Mat strongestDifference(const cv::Mat& a, const cv::Mat& b, double fullScale) {
  cv::Mat first, second;
  a.convertTo(first, CV_32F, 1 / (fullRange(a) * fullScale));
  b.convertTo(second, CV_32F, 1 / (fullRange(b) * fullScale));
  const cv::Mat difference = first - second;
  cv::Mat strongest(a.size(), CV_32F);
  const int channels = a.channels();
  for (int y = 0; y < a.rows; ++y) {
    const auto* in = difference.ptr<float>(y);
    auto* out = strongest.ptr<float>(y);
    for (int x = 0; x < a.cols; ++x, in += channels) {
      const float value =
          *std::max_element(in, in + channels, [](float l, float r) { return std::abs(l) < std::abs(r); });
      out[x] = std::clamp(value, -1.0F, 1.0F);
    }
  }
  return strongest;
}

}  // namespace

cv::Mat signedDifference(const cv::Mat& a, const cv::Mat& b, double fullScale) {
  if (a.size() != b.size() || a.channels() != b.channels() || a.empty())
    throw Error("These two pictures have no difference to show", "", "Both must have the same size.");
  if (!(fullScale > 0)) throw Error("A difference needs a scale above zero", "", "0.25 is a good one.");
  const cv::Mat difference = strongestDifference(a, b, fullScale);
  cv::Mat view(a.size(), CV_8UC3);
  for (int y = 0; y < a.rows; ++y)
    for (int x = 0; x < a.cols; ++x) {
      const float value = difference.at<float>(y, x);
      const auto faded = cv::saturate_cast<uchar>(255 * (1 - std::abs(value)));
      view.at<cv::Vec3b>(y, x) = value > 0 ? cv::Vec3b(faded, faded, 255) : cv::Vec3b(255, faded, faded);
    }
  return view;
}

cv::Mat heatMap(const cv::Mat& values, double low, double high) {
  if (values.channels() != 1 || !(high > low))
    throw Error("This map cannot be shown as colours", "",
                "It needs one channel and a range that is not empty.");
  cv::Mat scaled, view;
  values.convertTo(scaled, CV_32F);
  if (values.depth() >= CV_32F) cv::patchNaNs(scaled, low);
  scaled.convertTo(scaled, CV_8U, 255 / (high - low), -low * 255 / (high - low));
  cv::applyColorMap(scaled, view, cv::COLORMAP_VIRIDIS);
  return view;
}

cv::Mat flowColours(const cv::Mat& flow, double longest) {
  if (flow.type() != CV_32FC2 || !(longest > 0))
    throw Error("This flow cannot be shown as colours", "",
                "It needs two float channels and a length above zero.");
  cv::Mat known = flow.clone();
  cv::patchNaNs(known, 0);
  cv::Mat parts[2], length, angle, hsv, view;
  cv::split(known, parts);
  cv::cartToPolar(parts[0], parts[1], length, angle, true);
  cv::Mat saturation = cv::min(length / longest, 1.0);
  const cv::Mat channels[] = {angle, saturation, cv::Mat::ones(flow.size(), CV_32F)};
  cv::merge(channels, 3, hsv);
  cv::cvtColor(hsv, view, cv::COLOR_HSV2BGR);
  view.convertTo(view, CV_8U, 255);
  return view;
}

cv::Mat flowLegend(int size) {
  const double radius = size / 2.0;
  cv::Mat flow(size, size, CV_32FC2);
  for (int y = 0; y < size; ++y)
    for (int x = 0; x < size; ++x) {
      const double right = (x + 0.5) / radius - 1, down = (y + 0.5) / radius - 1;
      const bool inside = right * right + down * down <= 1;
      flow.at<cv::Vec2f>(y, x) =
          inside ? cv::Vec2f(static_cast<float>(right), static_cast<float>(down)) : cv::Vec2f(0, 0);
    }
  return flowColours(flow, 1);
}

cv::Mat to8Bit(const cv::Mat& image) {
  if (image.depth() == CV_8U) return image;
  cv::Mat view;
  image.convertTo(view, CV_8U, 255 / fullRange(image));
  return view;
}

}  // namespace fw
