#include "core/slowmo/score.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "core/base/error.h"
#include "core/image/metrics.h"
#include "core/image/views.h"
#include "tests/core/slowmo/engine_motion.h"

namespace fw {
namespace {

namespace fs = std::filesystem;

class Score : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) /
              ("fw_score_" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  void triplet(const std::string& name, int first, int truth, int last) {
    fs::create_directories(folder_ / name);
    int number = 0;
    for (const int level : {first, truth, last})
      writeImage(folder_ / name / ("im" + std::to_string(++number) + ".png"),
                 cv::Mat(40, 50, CV_8UC3, cv::Scalar::all(level)));
  }

  std::unique_ptr<Engine> engine_ = engineKind("blend").make(Settings(engineKind("blend").schema), {});
  fs::path folder_;
};

TEST_F(Score, MeasuresTheHiddenFrameAndAveragesOverPictures) {
  triplet("b", 100, 120, 120);  // the cross-fade is 110: 10 off
  triplet("a", 100, 115, 120);  // 5 off
  std::vector<int> steps;
  const ScoreTable table = scoreTriplets(folder_, *engine_, {}, [&](int done, int total) {
    EXPECT_EQ(total, 2);
    steps.push_back(done);
  });
  ASSERT_EQ(table.triplets.size(), 2U);
  EXPECT_EQ(table.triplets[0].name, "a");
  EXPECT_NEAR(table.triplets[0].meanAbsoluteError * 255, 5, 1e-9);
  EXPECT_NEAR(table.triplets[1].psnr, 20 * std::log10(255.0 / 10), 1e-9);
  EXPECT_NEAR(table.average.psnr, (table.triplets[0].psnr + table.triplets[1].psnr) / 2, 1e-9);
  EXPECT_NEAR(table.average.meanAbsoluteError * 255, 7.5, 1e-9);
  EXPECT_EQ(steps, (std::vector{1, 2}));
}

// Shows the frame before, so that what an engine is handed can be told from its answer.
class ShowsTheOneBefore : public Engine {
 public:
  std::vector<BetweenFrame> between(const FramePair& pair, std::span<const double>) override {
    return {{pair.before.frame.empty() ? pair.first : pair.before.frame, {}}};
  }
};

TEST_F(Score, FivePicturesAreATripletAndItsNeighbours) {
  triplet("a", 100, 90, 120);
  for (const auto& [name, level] : {std::pair("im0.png", 92), {"im4.png", 140}})
    writeImage(folder_ / "a" / name, cv::Mat(40, 50, CV_8UC3, cv::Scalar::all(level)));
  ShowsTheOneBefore engine;
  EXPECT_NEAR(scoreTriplets(folder_, engine, {}).average.meanAbsoluteError * 255, 2, 1e-9);
  fs::remove(folder_ / "a" / "im4.png");
  EXPECT_THROW(scoreTriplets(folder_, engine, {}), Error) << "four are neither";
}

TEST_F(Score, APerfectFrameDoesNotMakeTheAverageInfinite) {
  triplet("a", 100, 110, 120);
  triplet("b", 100, 120, 120);
  EXPECT_EQ(scoreTriplets(folder_, *engine_, {}).triplets[0].psnr, 100);
  EXPECT_LT(scoreTriplets(folder_, *engine_, {}).average.psnr, 100);
}

TEST_F(Score, StopsWithWhatIsDone) {
  triplet("a", 1, 2, 3);
  triplet("b", 1, 2, 3);
  std::stop_source stop;
  const auto table =
      scoreTriplets(folder_, *engine_, stop.get_token(), [&](int, int) { stop.request_stop(); });
  EXPECT_EQ(table.triplets.size(), 1U);
}

TEST_F(Score, SaysWhatIsWrongWithAFolder) {
  EXPECT_THROW(scoreTriplets(folder_ / "missing", *engine_, {}), Error);
  EXPECT_THROW(scoreTriplets(folder_, *engine_, {}), Error);
  triplet("a", 1, 2, 3);
  fs::remove(folder_ / "a" / "im2.png");
  EXPECT_THROW(scoreTriplets(folder_, *engine_, {}), Error);
  writeImage(folder_ / "a" / "im2.png", cv::Mat(40, 49, CV_8UC3, cv::Scalar::all(0)));
  EXPECT_THROW(scoreTriplets(folder_, *engine_, {}), Error);
  std::ofstream(folder_ / "a" / "im2.png") << "no picture";
  EXPECT_THROW(scoreTriplets(folder_, *engine_, {}), Error);
}

}  // namespace
}  // namespace fw
