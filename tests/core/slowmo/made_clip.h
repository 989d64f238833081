#pragma once
#include <filesystem>
#include <functional>
#include <opencv2/imgproc.hpp>

#include "core/video/writer.h"

namespace fw {

inline cv::Mat movingDisc(int i, cv::Size size = {96, 64}) {
  cv::Mat frame(size, CV_8UC3);
  for (int y = 0; y < size.height; ++y)
    for (int x = 0; x < size.width; ++x)
      frame.at<cv::Vec3b>(y, x) = {static_cast<uchar>(60 + x % 80), static_cast<uchar>(80 + y), 110};
  cv::circle(frame, {10 + 2 * i % size.width, size.height / 2}, 8, {30, 60, 230}, cv::FILLED, cv::LINE_AA);
  return frame;
}

/// A small real video file, drawn frame by frame.
inline std::filesystem::path makeClip(
    const std::filesystem::path& file, int frames, Rational rate = {25, 1},
    const std::function<cv::Mat(int)>& draw = [](int i) { return movingDisc(i); },
    const std::string& codec = "h264") {
  EncodeSettings encode;
  encode.codec = codec;
  encode.quality = 12;
  encode.speed = "fast";
  const cv::Mat first = draw(0);
  VideoWriter writer(file, encode, {first.cols, first.rows, rate, {rate.den, rate.num}, {}});
  for (int i = 0; i < frames; ++i) writer.write(draw(i), i, 1);
  writer.finish();
  return file;
}

inline std::vector<cv::Mat> framesOf(const std::filesystem::path& file) {
  VideoReader reader(file);
  std::vector<cv::Mat> frames;
  while (auto frame = reader.next()) frames.push_back(frame->image);
  return frames;
}

}  // namespace fw
