#include "core/experiments/cnn_classifier.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "core/base/error.h"
#include "core/learn/experiment.h"

namespace fw {
namespace {

TEST(CnnClassifier, TellsDrawnDigitsApart) {
  const auto kind = cnnClassifier();
  Settings settings(kind.schema);
  settings.set("training_pictures", int64_t{2000});
  settings.set("learning_rate", 3e-3);
  auto experiment = kind.make(settings, {1, "cpu"});
  const double chance = experiment->baselines().at("validation/accuracy (chance)");
  EXPECT_LT(chance, 15);
  for (int i = 0; i < 250; ++i) experiment->step();
  const auto scores = experiment->evaluate();
  EXPECT_GT(scores.at("validation/accuracy"), 80);
  EXPECT_GT(scores.at("validation/accuracy (dense)"), 40);
  // Translation invariance: the convolutions lose less when the digits move.
  EXPECT_GT(scores.at("shift-test/accuracy at 4 pixels"),
            scores.at("shift-test/accuracy at 4 pixels (dense)"));
}

TEST(CnnClassifier, LearnsFromAugmentedColourPicturesAndShowsWhereItErrs) {
  const auto kind = cnnClassifier();
  Settings settings(kind.schema);
  settings.set("data", std::string("shapes"));
  settings.set("augment", true);
  settings.set("training_pictures", int64_t{500});
  auto experiment = kind.make(settings, {1, "cpu"});
  const double before = experiment->step().at("loss");
  double after = 0;
  for (int i = 0; i < 80; ++i) after = experiment->step().at("loss");
  EXPECT_LT(after, 0.97 * before);
  const auto gallery = experiment->gallery();
  EXPECT_EQ(gallery.front().frames.front().label, "confusion: rows true, columns predicted");
  EXPECT_EQ(gallery.back().name, "augmentation of a training picture");
}

TEST(CnnClassifier, AsksForAFolderWhenThePicturesAreOnesOwn) {
  const auto kind = cnnClassifier();
  Settings settings(kind.schema);
  settings.set("data", std::string("own"));
  EXPECT_THROW(kind.make(settings, {}), Error);
}

TEST(CnnClassifier, ReadsRealDigits) {
  const std::string folder = FW_SHARED_DATA "/mnist";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no MNIST at " << folder;
  const auto kind = cnnClassifier();
  Settings settings(kind.schema);
  settings.set("data", std::string("own"));
  settings.set("folder", folder);
  auto experiment = kind.make(settings, {1, "cpu"});
  for (int i = 0; i < 120; ++i) experiment->step();
  EXPECT_GT(experiment->evaluate().at("validation/accuracy"), 85);
}

}  // namespace
}  // namespace fw
