#include <gtest/gtest.h>

#include "core/experiments/blob_events.h"
#include "core/experiments/blob_forecast.h"
#include "core/learn/experiment.h"

namespace fw {
namespace {

std::unique_ptr<Experiment> small(const ExperimentKind& kind, const std::string& network = "sum") {
  Settings settings(kind.schema);
  settings.set("size", std::string("32"));
  settings.set("thin_out", int64_t{10});
  settings.set("network", network);
  settings.set("scored_videos", int64_t{network == "sum" ? 0 : 2});
  return kind.make(settings, {1, "cpu"});
}

TEST(BlobEvents, LearnsToSumOverTime) {
  auto experiment = small(blobEvents());
  auto baselines = experiment->baselines();
  for (int i = 0; i < 250; ++i) experiment->step();
  const double mse = experiment->evaluate().at("validation/mse");
  EXPECT_LT(mse, 0.3 * baselines.at("validation/mse (predict zero)"));
  EXPECT_GT(mse, 0.9 * baselines.at("validation/mse (noise floor)"));  // nobody can know the dice
}

TEST(BlobEvents, TheOriginalsFourthNetworkLearnsAVideo) {
  const auto kind = blobEvents();
  Settings settings(kind.schema);
  settings.set("size", std::string("32"));
  settings.set("thin_out", int64_t{10});
  settings.set("network", std::string("A4"));
  settings.set("batch", int64_t{1});
  settings.set("training_videos", int64_t{1});
  auto experiment = kind.make(settings, {1, "cpu"});
  const auto first = experiment->step();
  EXPECT_TRUE(first.contains("loss/16×16, normalised"));
  double last = 0;
  for (int i = 0; i < 5; ++i) last = experiment->step().at("loss");
  EXPECT_LT(last, 0.8 * first.at("loss"));
}

TEST(BlobEvents, SaysWhyTheWhoopsHappened) {
  auto experiment = small(blobEvents(), "A3");
  EXPECT_EQ(experiment->diagnosis(), "");
  // What an exploding step does: the bias before the last rectifier is pushed far below 0.
  torch::NoGradGuard noGrad;
  auto parameters = experiment->state().modules.front().module->named_parameters();
  parameters["up.0.4.weight"].zero_();  // the last normalisation
  parameters["up.0.4.bias"].fill_(-1);
  EXPECT_NE(experiment->diagnosis().find("outputs 0 for every pixel"), std::string::npos);
  EXPECT_NEAR(experiment->evaluate().at("validation/silent pixels"), 100.0, 1e-6);
}

TEST(BlobForecast, ImprovesOnTheStraightLine) {
  const auto kind = blobForecast();
  Settings settings(kind.schema);
  settings.set("size", std::string("32"));
  settings.set("thin_out", int64_t{4});
  settings.set("width", int64_t{8});
  auto experiment = kind.make(settings, {1, "cpu"});
  const double line = experiment->baselines().at("validation/mse (it goes on)");
  EXPECT_LT(line, 0.5 * experiment->baselines().at("validation/mse (nothing more happens)"));
  for (int i = 0; i < 150; ++i) experiment->step();
  EXPECT_LT(experiment->evaluate().at("validation/mse"), 0.97 * line);
}

}  // namespace
}  // namespace fw
