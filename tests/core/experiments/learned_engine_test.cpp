#include <gmock/gmock.h>

#include <opencv2/imgproc.hpp>

#include "core/base/error.h"
#include "core/experiments/catalog.h"
#include "core/image/metrics.h"
#include "core/learn/safetensors.h"
#include "core/nn/device.h"
#include "core/slowmo/learned.h"
#include "tests/core/store/temporary_folder.h"

namespace fw {
namespace {

/// The weights of a short run, as the engine finds them.
std::string trainedFile(Store& store, const std::string& experiment, nlohmann::json settings) {
  RunRequest request;
  request.experiment = experiment;
  request.settings = std::move(settings);
  request.steps = 1;
  request.threads = 1;
  TrainObserver nobody;
  TrainControl control;
  startRun(store, request, nobody, control, {});
  return weightsFile(store.runs().front().folder, Weights::Last).string();
}

std::unique_ptr<Engine> engineOf(const std::string& weights) {
  Settings settings(learnedEngine().schema);
  settings.set("weights", weights);
  return learnedEngine().make(settings, {"cpu", 1});
}

FramePair movingDisc() {
  FramePair pair;
  for (auto* frame : {&pair.first, &pair.second}) {
    *frame = cv::Mat(45, 62, CV_8UC3, cv::Scalar(60, 90, 120));
    cv::circle(*frame, {frame == &pair.first ? 20 : 24, 22}, 9, {200, 180, 40}, cv::FILLED, cv::LINE_AA);
  }
  return pair;
}

TEST(LearnedEngine, MakesFramesWithWhatAnyOfTheThreeExperimentsLearned) {
  TemporaryFolder folder;
  Store store{folder.path()};
  const auto pair = movingDisc();
  const nlohmann::json small{{"crop", 32}, {"batch", 1}};
  auto glow = small, clip = small, middle = small;
  glow.update({{"width", 8}, {"flow_steps", 1}});
  clip.update({{"network", "small"}, {"height", 48}});
  middle.update({{"width", "16"}});
  for (const auto& [experiment, settings] :
       {std::pair{"glow-unet", glow}, {"clip-unet", clip}, {"middle-frame-unet", middle}}) {
    const auto engine = engineOf(trainedFile(store, experiment, settings));
    const std::vector<double> times{0.25, 0.5, 0.75};
    const auto frames = engine->between(pair, times);
    ASSERT_EQ(frames.size(), 3u) << experiment;
    for (const auto& frame : frames) {
      EXPECT_EQ(frame.image.size(), pair.first.size()) << experiment;
      EXPECT_EQ(frame.image.type(), CV_8UC3) << experiment;
    }
    cv::Mat average;
    cv::addWeighted(pair.first, 0.5, pair.second, 0.5, 0, average);
    if (std::string(experiment) == "glow-unet") {
      EXPECT_GT(psnr(frames[1].image, average), 35) << "untrained, it is the blend";
    }
  }
}

TEST(LearnedEngine, SaysWhichWeightsItCannotUse) {
  EXPECT_THROW(engineOf(""), Error);
  TemporaryFolder folder;
  const auto file = folder.path() / "other.safetensors";
  writeSafetensors(file,
                   {{{"weight", torch::zeros({2})}}, {{"experiment", "cnn-classifier"}, {"settings", "{}"}}});
  try {
    engineOf(file.string());
    FAIL() << "taken for a network that makes frames";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("cnn-classifier"));
  }
  for (const auto& [experiment, settings] :
       {std::pair{"glow-unet", R"({"levels":70,"flow_steps":1,"width":8,"couplings":"none"})"},
        {"glow-unet", R"({"levels":2,"flow_steps":100000000,"width":8,"couplings":"none"})"},
        {"middle-frame-unet", R"({"width":"-4"})"}}) {
    writeSafetensors(file,
                     {{{"weight", torch::zeros({2})}}, {{"experiment", experiment}, {"settings", settings}}});
    EXPECT_THROW(engineOf(file.string()), Error) << settings;
  }
}

TEST(LearnedEngine, SaysThatADeviceIsNotThere) {
  for (const char* device : {"banana", "cuda:99"}) EXPECT_THROW(deviceCalled(device), Error) << device;
  EXPECT_TRUE(deviceCalled("cpu").is_cpu());
}

}  // namespace
}  // namespace fw
