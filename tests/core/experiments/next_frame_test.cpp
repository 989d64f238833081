#include "core/experiments/next_frame.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/data/frame_sequences.h"
#include "core/learn/experiment.h"

namespace fw {
namespace {

std::unique_ptr<Experiment> made(const ExperimentKind& kind, const std::string& network) {
  Settings settings(kind.schema);
  settings.set("network", network);
  settings.set("size", int64_t{32});
  settings.set("width", int64_t{8});
  settings.set("batch", int64_t{8});
  settings.set("learning_rate", 4e-3);
  return kind.make(settings, {1, "cpu"});
}

TEST(NextFrame, ForeseesUnseenSequencesBetterThanCopying) {
  auto experiment = made(nextFrameGeneral(), "flow");
  const double copy = experiment->baselines().at("validation/psnr (copy the last)");
  for (int i = 0; i < 150; ++i) experiment->step();
  EXPECT_GT(experiment->evaluate().at("validation/psnr"), copy + 1.5);
}

TEST(NextFrame, EveryNetworkLearnsSequencesByHeart) {
  for (const auto* network : {"direct", "recurrent", "flow"}) {
    auto experiment = made(nextFrameSanity(), network);
    const double copy = experiment->baselines().at("training/psnr (copy the last)");
    for (int i = 0; i < 60; ++i) experiment->step();
    EXPECT_GT(experiment->evaluate().at("training/psnr"), copy + 1.0) << network;
  }
}

TEST(NextFrame, ShowsTheErrorGrowing) {
  auto experiment = made(nextFrameGeneral(), "recurrent");
  const auto gallery = experiment->gallery();
  const auto& frames = gallery.front().frames;
  const auto fedBack = std::ranges::find(frames, "fed back", &GalleryFrame::label);
  ASSERT_NE(fedBack, frames.end());
  EXPECT_EQ(fedBack->animation.size(), 8U);
  EXPECT_EQ(gallery.back().name, "fed back: how fast the error grows");
}

TEST(FrameSequences, TheBlobWorldAndSpritesMove) {
  Random random(1);
  for (const auto& sequences : {FrameSequences::sprites(32), FrameSequences::blobs(32)}) {
    const auto frames = sequences.heldOut(6, 3);
    ASSERT_EQ(frames.size(), 6U);
    EXPECT_GT(cv::norm(frames.front(), frames.back(), cv::NORM_L1), 0);
    EXPECT_EQ(cv::norm(sequences.heldOut(6, 3)[2], frames[2], cv::NORM_INF), 0);
    EXPECT_EQ(sequences.training(6, 32, random).size(), 6U);
  }
}

}  // namespace
}  // namespace fw
