#include "core/experiments/glow_unet.h"

#include <gtest/gtest.h>

#include "core/learn/experiment.h"

namespace fw {
namespace {

TEST(GlowUnet, BeginsAtBlendingStraightensItsCodesAndStaysExactlyInvertible) {
  const auto kind = glowUnet();
  Settings settings(kind.schema);
  settings.set("crop", int64_t{32});
  settings.set("width", int64_t{16});
  settings.set("flow_steps", int64_t{2});
  settings.set("learning_rate", 2e-3);
  auto experiment = kind.make(settings, {1, "cpu"});
  EXPECT_NEAR(experiment->evaluate().at("validation/gain over blending"), 0.0, 0.01);
  double early = 0, late = 0;
  for (int i = 0; i < 60; ++i) {
    const double consistency = experiment->step().at("consistency");
    if (i < 10) early += consistency;
    if (i >= 50) late += consistency;
  }
  EXPECT_LT(late, 0.7 * early);
  EXPECT_LT(experiment->evaluate().at("validation/largest error of the inverse"), 1e-4);
}

}  // namespace
}  // namespace fw
