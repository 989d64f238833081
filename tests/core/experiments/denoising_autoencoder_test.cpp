#include "core/experiments/denoising_autoencoder.h"

#include <gtest/gtest.h>

#include "core/learn/experiment.h"

namespace fw {
namespace {

std::unique_ptr<Experiment> made(const std::string& network, const std::string& noise, int64_t patience = 0) {
  const auto kind = denoisingAutoencoder();
  Settings settings(kind.schema);
  settings.set("network", network);
  settings.set("noise", noise);
  settings.set("training_pictures", int64_t{1000});
  settings.set("patience", patience);
  settings.set("batch", int64_t{32});
  return kind.make(settings, {1, "cpu"});
}

TEST(DenoisingAutoencoder, BothNetworksCleanBothNoises) {
  for (const auto& [network, noise] :
       {std::pair{"conv", "gaussian"}, std::pair{"dense", "salt-and-pepper"}}) {
    auto experiment = made(network, noise);
    const auto baselines = experiment->baselines();
    for (int i = 0; i < 150; ++i) experiment->step();
    EXPECT_GT(experiment->evaluate().at("validation/psnr"),
              baselines.at("validation/psnr (left noisy)") + 1.0)
        << network << ' ' << noise;
  }
}

TEST(DenoisingAutoencoder, EndsWhenTheValidationLossNoLongerFalls) {
  auto experiment = made("dense", "gaussian", 1);
  int steps = 0;
  auto state = experiment->state();
  for (auto* optimizer : state.optimizers)
    for (auto& group : optimizer->param_groups())
      group.options().set_lr(0.5);  // far too much: it soon gets worse
  while (!experiment->finished() && steps < 200) {
    experiment->step();
    ++steps;
  }
  EXPECT_LT(steps, 200);
  EXPECT_TRUE(experiment->finished());
}

}  // namespace
}  // namespace fw
