#include "core/slowmo/layers.h"

#include <gtest/gtest.h>

#include <opencv2/imgproc.hpp>

#include "core/image/metrics.h"
#include "core/slowmo/flow_render.h"
#include "tests/core/slowmo/engine_motion.h"

namespace fw {
namespace {

// Two guesses whose motion and shares change from pixel to pixel, and leave a little to the fade.
MotionAtTime wavyMotion(cv::Size size) {
  MotionAtTime motion{{}, cv::Mat::ones(size, CV_32F)};
  for (int guess = 0; guess < 2; ++guess) {
    Hypothesis hypothesis{cv::Mat(size, CV_32FC2), cv::Mat(size, CV_32F), cv::Mat(size, CV_32F)};
    for (int y = 0; y < size.height; ++y)
      for (int x = 0; x < size.width; ++x) {
        const auto wave = static_cast<float>(std::sin(0.3 * x + 0.2 * y + guess));
        hypothesis.motion.at<cv::Vec2f>(y, x) = {9 * wave, 4 - 7 * wave};
        hypothesis.firstShare.at<float>(y, x) = 0.2F + 0.15F * wave;
        hypothesis.secondShare.at<float>(y, x) = 0.25F - 0.1F * wave;
      }
    motion.hypotheses.push_back(hypothesis);
  }
  return motion;
}

TEST(Layers, TheFastRowsShowTheSame) {
  const cv::Size size(203, 97);  // neither runs nor groups of pixels fit
  const cv::Mat first = scene::occluding(size, 0), second = scene::occluding(size, 1);
  const std::vector<Layer> layers = layersOf(wavyMotion({51, 24}), 0.3, size);
  const RimmedFrame rimmedFirst(first), rimmedSecond(second);
  for (const bool sharp : {false, true}) {
    RenderRow* const fastRow = fastRowRenderer(sharp);
    if (fastRow == nullptr) GTEST_SKIP() << "this processor has no AVX2";
    cv::Mat plain(size, CV_8UC3), fast(size, CV_8UC3);
    LayerRows rows(layers, size);
    for (int y = 0; y < size.height; ++y) {
      rowRenderer(CV_8U, sharp)(rimmedFirst, rimmedSecond, rows.at(y), 0.3F, y, plain);
      fastRow(rimmedFirst, rimmedSecond, rows.at(y), 0.3F, y, fast);
    }
    EXPECT_LE(cv::norm(plain, fast, cv::NORM_INF), 2) << sharp;
    EXPECT_GT(psnr(plain, fast), 58) << sharp;
  }
}

TEST(Layers, RowsAreThoseOfTheEnlargedMaps) {
  for (const auto& [small, size] : {std::pair(cv::Size(51, 24), cv::Size(203, 97)),
                                    {cv::Size(7, 5), cv::Size(8, 5)},
                                    {cv::Size(1, 1), cv::Size(5, 3)},
                                    {cv::Size(9, 1), cv::Size(40, 4)},
                                    {cv::Size(1, 9), cv::Size(1, 31)}}) {
    const std::vector<Layer> layers = layersOf(wavyMotion(small), 0.3, size);
    ASSERT_FALSE(layers.empty());
    for (const int first : {0, size.height / 2}) {  // as when several threads share a frame
      LayerRows rows(layers, size);
      for (int y = first; y < size.height; ++y) {
        const auto& here = rows.at(y);
        ASSERT_EQ(here.size(), layers.size());
        for (std::size_t i = 0; i < layers.size(); ++i)
          for (const auto& [map, row] : {std::pair(&layers[i].wayX, &here[i].wayX),
                                         {&layers[i].wayY, &here[i].wayY},
                                         {&layers[i].share, &here[i].share}}) {
            cv::Mat whole;
            cv::resize(*map, whole, size, 0, 0, cv::INTER_LINEAR);
            for (int x = 0; x < size.width; ++x)
              ASSERT_NEAR((*row)[x], whole.at<float>(y, x), 2e-3)
                  << small << size << " at " << x << ", " << y;
          }
      }
    }
  }
}

TEST(Layers, GuessesThatAgreeAreReadOnce) {
  const cv::Size size(160, 96), small(40, 24);
  const cv::Mat first = scene::translating(size, 8, 4, 0), second = scene::translating(size, 8, 4, 1);
  const auto guess = [&](cv::Vec2f motion, float share) {
    return Hypothesis{cv::Mat(small, CV_32FC2, cv::Scalar(motion[0], motion[1])),
                      cv::Mat(small, CV_32F, cv::Scalar(share)), cv::Mat(small, CV_32F, cv::Scalar(share))};
  };
  const auto rendered = [&](std::vector<Hypothesis> guesses) {
    return renderBetween({{first, second}}, {std::move(guesses), cv::Mat::ones(small, CV_32F)}, 0.5, true)
        .image;
  };
  const auto layers = [&](std::vector<Hypothesis> guesses) {
    return layersOf({std::move(guesses), cv::Mat::ones(small, CV_32F)}, 0.5, size).size();
  };
  // In the small picture's pixels: a quarter of the frame's. Half of it is read on either side.
  const auto near = guess({2.05F, 1}, 0.2F), nearer = guess({1.98F, 1}, 0.3F), far = guess({3, 1}, 0.3F);
  EXPECT_EQ(layers({near, nearer}), 2U);
  EXPECT_EQ(layers({near, nearer, far}), 4U);
  EXPECT_EQ(layers({near, guess({9, 9}, 0)}), 2U);
  EXPECT_EQ(layers({}), 0U);
  const auto together = guess({(0.2F * 2.05F + 0.3F * 1.98F) / 0.5F, 1}, 0.5F);
  EXPECT_LE(cv::norm(rendered({near, nearer}), rendered({together}), cv::NORM_INF), 1);
}

}  // namespace
}  // namespace fw
