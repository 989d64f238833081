#include "core/data/between_sample.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

namespace fw {
namespace {

template <class Change>
void forAll(BetweenSample& sample, const Change& change) {
  for (cv::Mat* image : {&sample.before, &sample.first, &sample.middle, &sample.second, &sample.after}) {
    if (image->empty()) continue;
    cv::Mat changed;
    change(*image, changed);
    *image = changed;
  }
}

// All but the truth.
template <class Change>
void forSeen(BetweenSample& sample, const Change& change) {
  for (cv::Mat* image : {&sample.before, &sample.first, &sample.second, &sample.after})
    if (!image->empty()) change(*image);
}

void compress(cv::Mat& image, int quality) {
  std::vector<uchar> bytes;
  cv::imencode(".jpg", image, bytes, {cv::IMWRITE_JPEG_QUALITY, quality});
  image = cv::imdecode(bytes, cv::IMREAD_COLOR);
}

void addNoise(cv::Mat& image, double deviation, Random& random) {
  cv::Mat noise(image.size(), CV_16SC3), sum;
  cv::RNG generator(random.bits());  // millions of numbers: OpenCV's own generator is much quicker
  generator.fill(noise, cv::RNG::NORMAL, cv::Scalar::all(0), cv::Scalar::all(deviation));
  cv::add(image, noise, sum, cv::noArray(), CV_8UC3);
  image = sum;
}

}  // namespace

void turnBack(BetweenSample& sample) {
  std::swap(sample.first, sample.second);
  std::swap(sample.before, sample.after);
  sample.time = 1.0 - sample.time;
}

void augment(BetweenSample& sample, Random& random) {
  if (random.chance(0.5)) turnBack(sample);
  const auto flip = random.integer(0, 3);
  if (flip < 3)
    forAll(sample, [&](const cv::Mat& in, cv::Mat& out) { cv::flip(in, out, static_cast<int>(flip) - 1); });
  if (random.chance(0.3)) forAll(sample, [](const cv::Mat& in, cv::Mat& out) { cv::transpose(in, out); });
  if (random.chance(0.2)) {
    std::vector<int> order{0, 1, 2};
    random.shuffle(order);
    forAll(sample, [&](const cv::Mat& in, cv::Mat& out) {
      out.create(in.size(), in.type());
      const std::vector<int> fromTo{0, order[0], 1, order[1], 2, order[2]};
      cv::mixChannels(&in, 1, &out, 1, fromTo.data(), 3);
    });
  }
  if (random.chance(0.25)) {
    const double gamma = std::exp(random.uniform(-0.4, 0.4)), gain = random.uniform(0.7, 1.1);
    cv::Mat table(1, 256, CV_8UC1);
    for (int i = 0; i < 256; ++i)
      table.at<uchar>(i) = cv::saturate_cast<uchar>(255.0 * gain * std::pow(i / 255.0, gamma));
    forAll(sample, [&](const cv::Mat& in, cv::Mat& out) { cv::LUT(in, table, out); });
  }
  if (random.chance(0.15)) {
    const double deviation = random.uniform(0.5, 5.0);
    forSeen(sample, [&](cv::Mat& image) { addNoise(image, deviation, random); });
  }
  if (random.chance(0.25)) {
    const int quality = static_cast<int>(random.integer(40, 95));
    forSeen(sample, [&](cv::Mat& image) { compress(image, quality); });
  }
}

}  // namespace fw
