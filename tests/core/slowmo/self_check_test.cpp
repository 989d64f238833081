#include "core/slowmo/self_check.h"

#include <gtest/gtest.h>

#include "core/base/error.h"
#include "core/image/views.h"
#include "tests/core/slowmo/engine_motion.h"

namespace fw {
namespace {

namespace fs = std::filesystem;

// A folder of pictures is a video like any other.
class SelfCheck : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) /
              ("fw_self_check_" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  void add(const cv::Mat& frame) {
    char name[32];
    std::snprintf(name, sizeof name, "%04d.png", count_++);
    writeImage(folder_ / name, frame);
  }
  void addMoving(int frames, uint64_t seed = 11) {
    for (int i = 0; i < frames; ++i) add(scene::occluding({160, 96}, i * 0.5, seed));
  }

  SelfCheckOptions options_{.triplets = 4, .engines = {"blend", "flow"}};
  fs::path folder_;
  int count_ = 0;
};

TEST_F(SelfCheck, FindsThatFlowIsBetterThanCrossFadeOnAMovingClip) {
  addMoving(24);
  int last = 0;
  const SelfCheckResult result = selfCheck(folder_, options_, {}, [&](const SelfCheckProgress& progress) {
    EXPECT_EQ(progress.done, ++last);
    EXPECT_EQ(progress.total, 8);
  });
  EXPECT_EQ(last, 8);
  EXPECT_EQ(result.triplets, 4);
  ASSERT_EQ(result.engines.size(), 2U);
  const EngineCheck &blend = result.engines[0], &flow = result.engines[1];
  EXPECT_EQ(blend.engine, "blend");
  EXPECT_GT(flow.average.psnr, blend.average.psnr + 3);
  EXPECT_GT(flow.average.milliseconds, 0);
  EXPECT_EQ(result.recommended, "flow");
  EXPECT_NE(result.reason.find("dB better"), std::string::npos) << result.reason;

  for (const EngineCheck& check : result.engines) {
    ASSERT_EQ(check.triplets.size(), 4U);
    double worst = 1e9;
    for (const TripletScore& score : check.triplets) worst = std::min(worst, score.psnr);
    EXPECT_DOUBLE_EQ(check.worst.psnr, worst);
    EXPECT_GE(check.median.psnr, worst);
    for (const cv::Mat* picture :
         {&check.worst.before, &check.worst.truth, &check.worst.made, &check.worst.after})
      EXPECT_EQ(picture->size(), cv::Size(160, 96));
    EXPECT_EQ(check.worst.made.type(), CV_8UC3);
  }
}

TEST_F(SelfCheck, LooksNeitherAtStillsNorAcrossCuts) {
  const cv::Mat still = scene::occluding({160, 96}, 0);
  for (int i = 0; i < 6; ++i) add(still);
  addMoving(3, 51);
  for (int i = 0; i < 6; ++i) add(255 - still);
  options_.triplets = 1;
  options_.from = 0.1;  // would begin among the stills
  const SelfCheckResult result = selfCheck(folder_, options_, {});
  EXPECT_EQ(result.triplets, 1);
  EXPECT_GT(result.engines[1].average.psnr, 25);  // across a cut it would be far less
}

TEST_F(SelfCheck, AClipWithNothingToCheckIsAnErrorThatSaysWhy) {
  const cv::Mat still = scene::occluding({160, 96}, 0);
  for (int i = 0; i < 8; ++i) add(still);
  EXPECT_THROW(selfCheck(folder_, options_, {}), Error);
  EXPECT_THROW(selfCheck(folder_ / "missing.mp4", options_, {}), Error);
  addMoving(12);
  options_.from = 0.3;
  options_.to = 0.2;
  EXPECT_THROW(selfCheck(folder_, options_, {}), Error) << "it would end before it begins";
}

TEST_F(SelfCheck, StopsWithWhatIsDone) {
  addMoving(24);
  std::stop_source stop;
  const auto result =
      selfCheck(folder_, options_, stop.get_token(), [&](const auto&) { stop.request_stop(); });
  EXPECT_EQ(result.engines[0].triplets.size(), 1U);
  EXPECT_TRUE(result.engines[1].triplets.empty());
}

TEST_F(SelfCheck, AnUnknownEngineIsAnError) {
  addMoving(6);
  options_.engines = {"nothing"};
  EXPECT_THROW(selfCheck(folder_, options_, {}), Error);
}

}  // namespace
}  // namespace fw
