#include "core/slowmo/analysis.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/core/slowmo/made_clip.h"
#include "tests/core/store/temporary_folder.h"

namespace fw {
namespace {

// Two scenes of 12 frames.
SlowmoRequest twoScenes(const std::filesystem::path& file) {
  SlowmoRequest request;
  request.sources = {makeClip(file, 24, {25, 1}, [](int i) {
    if (i < 12) return movingDisc(i);
    cv::Mat stripes(64, 96, CV_8UC3);
    for (int x = 0; x < stripes.cols; ++x)
      stripes.col(x).setTo(((x + i) / 6) % 2 == 0 ? cv::Scalar(20, 200, 40) : cv::Scalar(90, 10, 250));
    return stripes;
  })};
  return request;
}

/// How many frames were decoded for it.
int64_t framesLookedAt(const std::filesystem::path& home, const SlowmoRequest& request, Analysis& analysis) {
  int64_t looked = 0;
  analysis = analyseOnce(home, request, analyseOptions(request),
                         [&](int64_t frames, const Analysis&) { looked = frames; }, {});
  return looked;
}

TEST(Analysis, AKnownClipIsNotDecodedAgain) {
  const TemporaryFolder folder;
  SlowmoRequest request = twoScenes(folder.path() / "scenes.mp4");
  Analysis first, second;
  EXPECT_EQ(framesLookedAt(folder.path(), request, first), 24);
  request.settings = {{"factor", 8.0}, {"engine", "flow"}};
  EXPECT_EQ(framesLookedAt(folder.path(), request, second), 0);
  EXPECT_EQ(first.cuts, std::vector<int64_t>{12});
  EXPECT_EQ(toJson(first), toJson(second));
}

TEST(Analysis, EditsOfAKnownClipAreAsOfANewOne) {
  const TemporaryFolder folder;
  SlowmoRequest request = twoScenes(folder.path() / "scenes.mp4");
  Analysis known;
  framesLookedAt(folder.path(), request, known);
  request.cutsRemoved = {12 / 25.0};
  request.cutsAdded = {5 / 25.0};
  EXPECT_EQ(framesLookedAt(folder.path(), request, known), 0);
  EXPECT_EQ(known.cuts, std::vector<int64_t>{5});
  EXPECT_EQ(toJson(known), toJson(analyse(request, analyseOptions(request), {}, {})));
}

TEST(Analysis, WhatIsLookedForDifferentlyIsLookedAtAgain) {
  const TemporaryFolder folder;
  SlowmoRequest request = twoScenes(folder.path() / "scenes.mp4");
  Analysis analysis;
  framesLookedAt(folder.path(), request, analysis);
  request.settings = {{"trim_in", 0.2}};
  EXPECT_EQ(framesLookedAt(folder.path(), request, analysis), 19);
  request.settings = {{"cut_sensitivity", 0.9}};
  EXPECT_EQ(framesLookedAt(folder.path(), request, analysis), 24);
}

TEST(Analysis, AChangedSourceIsLookedAtAgain) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "scenes.mp4";
  const SlowmoRequest request = twoScenes(file);
  Analysis analysis;
  framesLookedAt(folder.path(), request, analysis);
  makeClip(file, 10);
  EXPECT_EQ(framesLookedAt(folder.path(), request, analysis), 10);
  EXPECT_TRUE(analysis.cuts.empty());
}

TEST(Analysis, ADamagedMemoryIsMadeAgain) {
  const TemporaryFolder folder;
  const SlowmoRequest request = twoScenes(folder.path() / "scenes.mp4");
  Analysis first, second;
  framesLookedAt(folder.path(), request, first);
  for (const auto& file : std::filesystem::directory_iterator(folder.path() / "clips"))
    std::filesystem::resize_file(file.path(), 100);
  EXPECT_EQ(framesLookedAt(folder.path(), request, second), 24);
  EXPECT_EQ(toJson(first), toJson(second));
}

TEST(Analysis, SeesWhetherALoopWouldJump) {
  const TemporaryFolder folder;
  const auto looked = [&](const char* name, const std::function<cv::Mat(int)>& draw) {
    SlowmoRequest request;
    request.sources = {makeClip(folder.path() / name, 16, {25, 1}, draw)};
    return analyse(request, {}, {}, {});
  };
  cv::RNG random(3);
  const auto photo = [&] {
    cv::Mat picture(120, 200, CV_8UC3);
    random.fill(picture, cv::RNG::UNIFORM, 0, 256);
    cv::GaussianBlur(picture, picture, {}, 6);
    cv::normalize(picture, picture, 0, 255, cv::NORM_MINMAX);
    return picture;
  };
  const cv::Mat scene = photo(), another = 255 - photo();
  const auto there = [&](int i) { return scene(cv::Rect(2 * (i < 8 ? i : 16 - i), 0, 160, 120)).clone(); };
  const auto jumps = [&](int i) {
    const double part = i / 15.0;  // fades: no cut on the way
    cv::Mat frame;
    cv::addWeighted(scene(cv::Rect(0, 0, 160, 120)), 1 - part, another(cv::Rect(0, 0, 160, 120)), part, 0,
                    frame);
    return frame;
  };
  const Analysis swings = looked("swings.mp4", there), fades = looked("fades.mp4", jumps);
  EXPECT_TRUE(swings.roundClean);
  EXPECT_FALSE(fades.roundClean);
  EXPECT_EQ(fades.cuts.size(), 0u);
  EXPECT_FALSE(analysisFromJson(toJson(fades)).roundClean);
}

}  // namespace
}  // namespace fw
