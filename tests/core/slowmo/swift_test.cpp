#include "core/slowmo/swift.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <opencv2/imgproc.hpp>

#include "core/base/error.h"
#include "core/base/paths.h"
#include "core/image/metrics.h"
#include "core/image/views.h"
#include "core/slowmo/flow.h"
#include "core/slowmo/shot_motion.h"
#include "core/slowmo/swift_tuning.h"

namespace fw {
namespace {

/// The state folder of these tests, so that a measurement is not left in the person's own.
class SwiftEngine : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) / ("fw_swift_" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
    ::setenv("XDG_STATE_HOME", folder_.c_str(), 1);
  }
  void TearDown() override {
    ::unsetenv("XDG_STATE_HOME");
    std::filesystem::remove_all(folder_);
  }

  static std::unique_ptr<Engine> engine(const std::string& quality = "balanced",
                                        const std::string& precision = "float32") {
    Settings settings(swiftEngine().schema);
    settings.set("quality", quality);
    settings.set("precision", precision);
    return swiftEngine().make(settings, {.device = "cpu", .threads = 2});
  }

  std::filesystem::path folder_;
};

/// A disc that moves before a still, detailed background.
cv::Mat scene(double x, int type = CV_8UC3) {
  cv::RNG generator(11);
  cv::Mat background(144, 192, CV_32FC3), out;
  generator.fill(background, cv::RNG::UNIFORM, 0, 255);
  cv::GaussianBlur(background, background, cv::Size(0, 0), 2.0);
  background = (background - cv::Scalar::all(127)) * 3.0 + cv::Scalar::all(127);
  cv::Mat bytes;
  background.convertTo(bytes, CV_8UC3);
  constexpr int kShift = 4;
  cv::circle(bytes, cv::Point(cvRound(x * (1 << kShift)), 72 << kShift), 24 << kShift,
             cv::Scalar(30, 160, 240), cv::FILLED, cv::LINE_AA, kShift);
  bytes.convertTo(out, type, type == CV_16UC3 ? 257.0 : 1.0);
  return out;
}

TEST_F(SwiftEngine, MakesEveryTimeAskedForInOrder) {
  const FramePair pair{scene(80), scene(96)};
  const std::vector<double> times{0.25, 0.5, 0.75};
  const auto frames = engine()->between(pair, times);
  ASSERT_EQ(frames.size(), 3U);
  for (std::size_t i = 0; i < times.size(); ++i) {
    EXPECT_GT(psnr(frames[i].image, scene(80 + 16 * times[i])), 30.0);
    EXPECT_EQ(frames[i].confidence.type(), CV_8UC1);
  }
}

// How little it matters to what is made whether the pictures are mirrored, in dB.
double sameWhenMirrored(Engine& engine, const FramePair& pair) {
  FramePair mirrored;
  cv::flip(pair.first, mirrored.first, 1);
  cv::flip(pair.second, mirrored.second, 1);
  cv::Mat back;
  cv::flip(engine.between(mirrored, std::vector{0.5})[0].image, back, 1);
  return psnr(back, engine.between(pair, std::vector{0.5})[0].image);
}

TEST_F(SwiftEngine, LooksAtPairsAloneFromSeveralSidesAtBest) {
  const FramePair pair{scene(70), scene(110)};
  const auto balanced = engine(), best = engine("best");
  EXPECT_GT(sameWhenMirrored(*best, pair), sameWhenMirrored(*balanced, pair) + 5);
}

TEST_F(SwiftEngine, IsSurestWhereNothingHappens) {
  const FramePair pair{scene(70), scene(110)};
  const auto frames = engine()->between(pair, std::vector{0.5});
  const double still = cv::mean(frames[0].confidence(cv::Rect(0, 0, 192, 30)))[0];
  EXPECT_GT(still, 230);
  EXPECT_GT(still, cv::mean(frames[0].confidence(cv::Rect(46, 48, 88, 48)))[0]);
}

TEST_F(SwiftEngine, KeepsSixteenBits) {
  const FramePair pair{scene(80, CV_16UC3), scene(88, CV_16UC3)};
  const auto frames = engine()->between(pair, std::vector{0.5});
  ASSERT_EQ(frames[0].image.type(), CV_16UC3);
  EXPECT_GT(psnr(frames[0].image, scene(84, CV_16UC3)), 30.0);
}

TEST_F(SwiftEngine, EveryQualityAndPrecisionWorksOnOddSizes) {
  const cv::Rect odd(0, 0, 157, 131);
  const FramePair pair{scene(80)(odd), scene(84)(odd)};
  for (const char* quality : {"fast", "balanced", "best"})
    for (const char* precision : {"auto", "float32", "bfloat16"}) {
      const auto frames = engine(quality, precision)->between(pair, std::vector{0.5});
      EXPECT_GT(psnr(frames[0].image, scene(82)(odd)), 30.0) << quality << " " << precision;
    }
}

TEST_F(SwiftEngine, ExplainsItself) {
  const auto explanation = engine()->explain({scene(80), scene(88)}, 0.5);
  ASSERT_TRUE(explanation);
  const cv::Rect disc(70, 60, 28, 24);
  EXPECT_NEAR(cv::mean(explanation->flowToFirst(disc))[0], -4.0, 1.0);
  EXPECT_NEAR(cv::mean(explanation->flowToSecond(disc))[0], 4.0, 1.0);
  double least = 0, most = 0;
  cv::minMaxLoc(explanation->occlusion, &least, &most);
  EXPECT_GE(least, 0.0);
  EXPECT_LE(most, 1.0);
}

TEST_F(SwiftEngine, ItsOwnArithmeticIsThatOfTheNetwork) {
  const auto net = loadSwift(resource("models/swift.safetensors"));
  const auto motion = swiftMotion("balanced", true).of({scene(80), scene(88), {scene(74)}, {scene(99)}});
  auto chosen = net;
  const auto view = swiftView(motion, swiftGuesses(motion, 0.4, true), 0.4, true);
  const torch::InferenceMode inference;
  for (const int threads : {1, 2})
    EXPECT_TRUE(
        torch::allclose(swiftShares(chosen, view, {.threads = threads}), chosen->forward(view), 0, 1e-4));
}

TEST_F(SwiftEngine, LooksTwiceWhereItPays) {
  auto net = loadSwift(resource("models/swift.safetensors"));
  const FramePair around{scene(80), scene(88), {scene(74)}, {scene(99)}}, alone{scene(80), scene(88)};
  const auto mixed = [&](const std::string& quality, const FramePair& pair) {
    const auto motion = swiftMotion(quality, false).of(pair);
    return swiftMix(net, motion, swiftGuesses(motion, 0.5, false), 0.5, {}, torch::kCPU, false);
  };
  const struct {
    const char* quality;
    const FramePair& pair;
    std::size_t motions;
  } known[] = {{"fast", around, 4}, {"balanced", around, 4}, {"best", around, 6},
               {"fast", alone, 2},  {"balanced", alone, 4},  {"best", alone, 4}};
  for (const auto& [quality, pair, motions] : known) {
    const auto mix = mixed(quality, pair);
    EXPECT_EQ(mix.hypotheses.size(), motions) << quality;  // what is the same is shown once
    cv::Mat sum = cv::Mat::zeros(mix.confidence.size(), CV_32F);
    for (const auto& guess : mix.hypotheses) sum += guess.firstShare + guess.secondShare;
    EXPECT_TRUE(cv::checkRange(sum, true, nullptr, 0.0, 1.0 + 1e-3)) << quality;
    EXPECT_GT(cv::mean(sum)[0], 0.5) << quality;
  }
}

TEST_F(SwiftEngine, FollowsABendWhenItSeesTheNeighbours) {
  const auto thrown = [](double time) {
    const cv::Mat shift = (cv::Mat_<double>(2, 3) << 1, 0, 12 * time - 6 * time * time, 0, 1, 3 * time);
    cv::Mat moved;
    cv::warpAffine(scene(90), moved, shift, {192, 144}, cv::INTER_CUBIC, cv::BORDER_REFLECT);
    return moved;
  };
  const FramePair alone{thrown(0), thrown(1)}, around{alone.first, alone.second, {thrown(-1)}, {thrown(2)}};
  const auto swift = engine();
  EXPECT_GT(psnr(swift->between(around, std::vector{0.5})[0].image, thrown(0.5)),
            psnr(swift->between(alone, std::vector{0.5})[0].image, thrown(0.5)) + 3);
}

TEST_F(SwiftEngine, RemembersItsMeasurement) {
  SwiftNet net;
  const auto pace = fastestPace(net);
  EXPECT_GE(pace.threads, 1);
  const auto file = stateHome() / "swift_tuning.json";
  ASSERT_TRUE(std::filesystem::exists(file));
  const auto written = std::filesystem::last_write_time(file);
  EXPECT_EQ(fastestPace(net), pace);
  EXPECT_EQ(std::filesystem::last_write_time(file), written);
  std::ofstream(file) << "{ broken";  // a damaged file is measured anew
  fastestPace(net);
  EXPECT_THAT(std::filesystem::file_size(file), testing::Gt(12U));
}

TEST_F(SwiftEngine, SaysWhatIsWrongWithWeights) {
  Settings settings(swiftEngine().schema);
  settings.set("weights", std::string("/nowhere/net.safetensors"));
  EXPECT_THROW(swiftEngine().make(settings, {}), Error);
  std::filesystem::create_directories(folder_ / "models");
  std::ofstream(folder_ / "models/swift.safetensors") << "no weights";
  ::setenv("FRAMEWRIGHT_RESOURCES", folder_.c_str(), 1);
  try {
    engine();
    ADD_FAILURE() << "ran without weights";
  } catch (const Error& error) {
    EXPECT_THAT(error.advice(), testing::HasSubstr("flow"));
  }
  ::unsetenv("FRAMEWRIGHT_RESOURCES");
}

TEST_F(SwiftEngine, BeatsClassicalFlowOnSequencesItNeverSaw) {
  const std::filesystem::path folder = std::filesystem::path(FW_SHARED_DATA) / "davis";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "needs the DAVIS sequences beside the checkout";
  const auto swift = engine("balanced", "auto");
  Settings settings(flowEngine().schema);
  const auto flow = flowEngine().make(settings, {.device = "cpu", .threads = 2});
  double gain = 0, gainAlone = 0;
  for (const char* held : {"breakdance", "car-shadow", "horsejump-high", "soapbox"})
    for (const int first : {4, 10, 24, 34}) {
      const auto frame = [&](int index) {
        const auto number = std::to_string(index);
        return readImage(folder / held / (std::string(5 - number.size(), '0') + number + ".jpg"));
      };
      const FramePair pair{frame(first), frame(first + 2), {frame(first - 2)}, {frame(first + 4)}},
          alone{pair.first, pair.second};
      const cv::Mat truth = frame(first + 1);
      const auto made = [&](Engine& engine, const FramePair& of) {
        return psnr(engine.between(of, std::vector{0.5})[0].image, truth);
      };
      const double classical = made(*flow, pair);
      gain += (made(*swift, pair) - classical) / 16;
      gainAlone += (made(*swift, alone) - classical) / 16;
    }
  EXPECT_GT(gain, 0.65);
  EXPECT_GT(gainAlone, 0.08);
}

}  // namespace
}  // namespace fw
