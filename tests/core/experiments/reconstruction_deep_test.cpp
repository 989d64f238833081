#include "core/experiments/reconstruction_deep.h"

#include <gtest/gtest.h>

#include "core/learn/experiment.h"

namespace fw {
namespace {

std::unique_ptr<Experiment> deep(const std::string& variant, uint64_t seed = 1) {
  const auto kind = reconstructionDeep();
  Settings settings(kind.schema);
  settings.set("variant", variant);
  settings.set("width", int64_t{64});
  settings.set("height", int64_t{48});
  settings.set("learning_rate", 3e-3);
  return kind.make(settings, {seed, "cpu"});
}

TEST(ReconstructionDeep, EveryVariantLearns) {
  for (const auto* variant : {"V1", "V2", "V3", "V4"}) {
    auto experiment = deep(variant);
    const double before = experiment->step().at("loss");
    double after = 0;
    for (int i = 0; i < 60; ++i) after = experiment->step().at("loss");
    EXPECT_LT(after, 0.6 * before) << variant;
  }
}

TEST(ReconstructionDeep, TheMeterShowsThatSkipsStarveTheBottleneckAndNoiseCuresIt) {
  // By what numbers a run begins with, and by how a processor rounds, noise helps from not at all to by 60 %.
  double starved = 0, cured = 0;
  for (const uint64_t seed : {1U, 2U, 3U, 4U}) {
    auto skips = deep("V3", seed), noisy = deep("V4", seed);
    for (int i = 0; i < 250; ++i) {
      skips->step();
      noisy->step();
    }
    starved += skips->evaluate().at("meter/change without bottleneck");
    cured += noisy->evaluate().at("meter/change without bottleneck");
  }
  EXPECT_GT(cured, 1.1 * starved);
}

TEST(ReconstructionGeneral, GivesBackPicturesItHasNeverSeen) {
  const auto kind = reconstructionGeneral();
  Settings settings(kind.schema);
  settings.set("count", std::string("64"));
  settings.set("size", int64_t{32});
  settings.set("learning_rate", 3e-3);
  auto experiment = kind.make(settings, {1, "cpu"});
  const auto baselines = experiment->baselines();
  for (int i = 0; i < 80; ++i) experiment->step();
  EXPECT_GT(experiment->evaluate().at("validation/psnr"), baselines.at("validation/psnr (mean picture)") + 4);
}

}  // namespace
}  // namespace fw
