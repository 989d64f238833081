#include "core/experiments/interpolation.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "core/base/error.h"
#include "core/learn/experiment.h"
#include "core/learn/optimizer_state.h"

namespace fw {
namespace {

Settings small(const char* network) {
  Settings settings(interpolation().schema);
  settings.set("network", std::string(network));
  settings.set("crop", int64_t{64});
  settings.set("batch", int64_t{2});
  return settings;
}

TEST(InterpolationExperiment, LearnsWithNoPicturesGiven) {
  for (const char* network : {"swift", "rife"}) {
    const auto experiment = interpolation().make(small(network), {.seed = 3, .device = "cpu"});
    const auto told = experiment->step();
    EXPECT_GT(told.at("loss"), 0.0) << network;
    EXPECT_GT(told.at("gradient"), 0.0) << network;
  }
}

TEST(InterpolationExperiment, SwiftStartsAtClassicalFlow) {
  const auto experiment = interpolation().make(small("swift"), {.seed = 3, .device = "cpu"});
  const auto scores = experiment->evaluate();
  const auto baselines = experiment->baselines();
  EXPECT_NEAR(scores.at("validation/psnr"), baselines.at("validation/psnr (classical flow)"), 1e-6);
  EXPECT_GT(scores.at("validation/psnr"), baselines.at("validation/psnr (blend)") + 2.0);
}

TEST(InterpolationExperiment, SameSeedSameRun) {
  std::vector<double> losses[2];
  for (auto& series : losses) {
    const auto experiment = interpolation().make(small("swift"), {.seed = 5, .device = "cpu"});
    for (int i = 0; i < 3; ++i) series.push_back(experiment->step().at("loss"));
  }
  for (std::size_t i = 0; i < losses[0].size(); ++i) EXPECT_NEAR(losses[0][i], losses[1][i], 1e-6);
}

TEST(InterpolationExperiment, ALearningRateSetByHandFallsOnWhenARunGoesOn) {
  auto settings = small("swift");
  settings.set("decay_steps", int64_t{100});
  const auto optimizerOf = [](Experiment& experiment) { return experiment.state().optimizers.front(); };
  const auto rateOf = [&](Experiment& experiment) {
    return optimizerOf(experiment)->param_groups().front().options().get_lr();
  };
  const auto whole = interpolation().make(settings, {.seed = 5, .device = "cpu"});
  whole->step();
  optimizerOf(*whole)->param_groups().front().options().set_lr(0.01);
  whole->step();
  TensorMap kept;
  saveOptimizer(*optimizerOf(*whole), "", kept);
  const auto resumed = interpolation().make(settings, {.seed = 5, .device = "cpu"});
  restoreOptimizer(*optimizerOf(*resumed), "", kept);
  for (const auto& experiment : {&whole, &resumed}) (*experiment)->step();
  EXPECT_GT(rateOf(*whole), 0.01) << "it still warms up";
  EXPECT_NEAR(rateOf(*resumed), rateOf(*whole), 1e-9);
}

TEST(InterpolationExperiment, GalleryShowsInputTruthAndPrediction) {
  const auto experiment = interpolation().make(small("swift"), {.seed = 5, .device = "cpu"});
  const auto gallery = experiment->gallery();
  ASSERT_FALSE(gallery.empty());
  for (const auto role : {FrameRole::Input, FrameRole::Target, FrameRole::Prediction, FrameRole::Difference,
                          FrameRole::Baseline})
    EXPECT_EQ(std::count_if(gallery[0].frames.begin(), gallery[0].frames.end(),
                            [&](const auto& f) { return f.role == role; }),
              1);
}

TEST(InterpolationExperiment, RefusesWhatItCannotRead) {
  auto settings = small("swift");
  settings.set("data", std::vector<std::string>{"/nowhere"});
  EXPECT_THROW(interpolation().make(settings, {}), Error);
  settings = small("swift");
  settings.set("held_out", std::string("no such clip"));
  EXPECT_THROW(interpolation().make(settings, {}), Error);
  settings = small("swift");
  settings.set("start", std::string("file"));
  EXPECT_THROW(interpolation().make(settings, {}), Error);
}

}  // namespace
}  // namespace fw
