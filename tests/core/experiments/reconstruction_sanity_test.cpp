#include "core/experiments/reconstruction_sanity.h"

#include <gmock/gmock.h>

#include <opencv2/imgcodecs.hpp>

#include "core/base/error.h"
#include "core/data/sample_pictures.h"
#include "core/image/metrics.h"
#include "core/learn/experiment.h"
#include "tests/core/store/temporary_folder.h"

namespace fw {
namespace {

std::unique_ptr<Experiment> small(const nlohmann::json& more = {}) {
  nlohmann::json settings = {{"width", 64}, {"height", 40}};
  if (more.is_object()) settings.update(more);
  torch::manual_seed(1);
  const ExperimentKind kind = reconstructionSanity();
  return kind.make(Settings::fromJson(kind.schema, settings), {1, "cpu"});
}

double trained(Experiment& experiment, int steps) {
  double loss = 0;
  for (int i = 0; i < steps; ++i) loss = experiment.step().at("loss");
  return loss;
}

}  // namespace

TEST(ReconstructionSanity, LearnsItsPicturesByHeartAndBeatsTheMeanPicture) {
  const auto experiment = small();
  const double first = experiment->step().at("loss"), last = trained(*experiment, 300);
  EXPECT_LT(last, 1e-4);
  EXPECT_LT(last, first / 100);
  const double reached = experiment->evaluate().at("reconstruction/psnr");
  EXPECT_GT(reached, 35);
  EXPECT_GT(reached, experiment->baselines().at("reconstruction/psnr (mean picture)") + 15);
}

TEST(ReconstructionSanity, SaysThatItHasNotUnderstoodShiftedPictures) {
  const auto experiment = small();
  trained(*experiment, 300);
  const Scores scores = experiment->evaluate();
  EXPECT_LT(scores.at("validation/psnr"), scores.at("reconstruction/psnr") - 10);
  for (const auto& kind : reconstructionSanity().scores) EXPECT_TRUE(scores.contains(kind.name)) << kind.name;
}

TEST(ReconstructionSanity, IsTheOriginalsNetworkAtTheOriginalsSize) {
  const auto experiment = small({{"width", 512}, {"height", 352}});
  int64_t parameters = 0;
  for (const auto& parameter : experiment->state().modules.front().module->parameters())
    parameters += parameter.numel();
  EXPECT_EQ(parameters, 11'354'122);
}

TEST(ReconstructionSanity, ShowsLyingPicturesLying) {
  const auto experiment = small();
  const Gallery gallery = experiment->gallery();
  ASSERT_EQ(gallery.size(), 6u) << "three pictures and their held-out variants";
  for (const auto& row : gallery)
    for (const auto& frame : row.frames)
      EXPECT_EQ(frame.image.size(), cv::Size(64, 40)) << row.name << frame.label;
  EXPECT_EQ(gallery[0].frames[2].role, FrameRole::Difference) << "right behind the prediction";
  EXPECT_EQ(gallery[0].frames.back().role, FrameRole::Baseline);
}

TEST(ReconstructionSanity, TakesAPersonsOwnPicturesOfAnySize) {
  const TemporaryFolder folder;
  std::vector<std::string> files;
  for (const auto& size : {cv::Size(300, 100), cv::Size(31, 97), cv::Size(64, 40), cv::Size(1, 1)}) {
    files.push_back((folder.path() / (std::to_string(size.width) + ".png")).string());
    cv::imwrite(files.back(), cv::Mat(size, CV_8UC3, cv::Scalar(size.width % 256, 9, 40)));
  }
  const auto experiment = small({{"pictures", files}});
  const Gallery gallery = experiment->gallery();
  ASSERT_EQ(gallery.size(), 8u);
  EXPECT_EQ(gallery[1].frames[0].image.at<cv::Vec3b>(20, 30), cv::Vec3b(31, 9, 40));
  EXPECT_THROW(small({{"pictures", {"/nowhere/a.png"}}}), Error);
}

TEST(SamplePictures, AreThreeDifferentPicturesOfTheSizeAskedFor) {
  const auto pictures = samplePictures(60, 44);
  ASSERT_EQ(pictures.size(), 3u);
  for (const auto& picture : pictures) {
    EXPECT_EQ(picture.size(), cv::Size(60, 44));
    EXPECT_EQ(picture.type(), CV_8UC3);
    EXPECT_GT(sharpness(picture), 0.005) << "there is something to see";
  }
  EXPECT_LT(psnr(pictures[0], pictures[1]), 20);
  EXPECT_LT(psnr(pictures[1], pictures[2]), 20);
  EXPECT_EQ(cv::norm(samplePictures(60, 44)[2], pictures[2], cv::NORM_INF), 0) << "and the same each time";
}

}  // namespace fw
