#include "core/slowmo/tiled.h"

#include <gtest/gtest.h>

#include "core/base/error.h"
#include "core/image/metrics.h"
#include "core/slowmo/flow.h"
#include "core/slowmo/settings.h"
#include "tests/core/slowmo/engine_motion.h"

namespace fw {
namespace {

/// Small enough that a test's frame needs six of them.
constexpr Tiling kSmallTiles{.wholeUpTo = 0, .longestSide = 256, .margin = 48};

std::unique_ptr<Engine> flow() {
  Settings settings(flowEngine().schema);
  return flowEngine().make(settings, {.device = "cpu", .threads = 1});
}

/// Fails when it is shown more than a tile.
class Watched : public Engine {
 public:
  explicit Watched(int& largest) : engine_(flow()), largest_(largest) {}
  std::vector<BetweenFrame> between(const FramePair& pair, std::span<const double> times) override {
    largest_ = std::max({largest_, pair.first.cols, pair.first.rows});
    return engine_->between(pair, times);
  }

 private:
  std::unique_ptr<Engine> engine_;
  int& largest_;
};

TEST(Tiled, TheSeamIsInvisible) {
  const FramePair pair{scene::translating({560, 352}, 12, 4, 0), scene::translating({560, 352}, 12, 4, 1)};
  const std::vector times{0.25, 0.5};
  const auto whole = flow()->between(pair, times);
  int largest = 0;
  const auto pieces = tiled(std::make_unique<Watched>(largest), kSmallTiles)->between(pair, times);
  EXPECT_LE(largest, kSmallTiles.longestSide);
  ASSERT_EQ(pieces.size(), whole.size());
  const cv::Rect within(16, 16, 560 - 32, 352 - 32);  // at the rim something new comes into sight
  for (std::size_t i = 0; i < whole.size(); ++i) {
    EXPECT_GT(psnr(whole[i].image(within), pieces[i].image(within)), 50.0);
    EXPECT_EQ(pieces[i].confidence.size(), whole[i].confidence.size());
    EXPECT_NEAR(cv::mean(pieces[i].confidence(within))[0], cv::mean(whole[i].confidence(within))[0], 8);
  }
}

TEST(Tiled, FramesThatFitAreMadeWhole) {
  const FramePair pair{scene::translating({160, 96}, 6, 0, 0), scene::translating({160, 96}, 6, 0, 1)};
  int largest = 0;
  tiled(std::make_unique<Watched>(largest))->between(pair, std::vector{0.5});
  EXPECT_EQ(largest, 160);
}

TEST(Tiled, ExplainsTheWholeFrame) {
  const FramePair pair{scene::translating({560, 352}, 6, 0, 0), scene::translating({560, 352}, 6, 0, 1)};
  const auto shown = tiled(flow(), kSmallTiles)->explain(pair, 0.25);
  ASSERT_TRUE(shown);
  EXPECT_EQ(shown->flowToFirst.size(), pair.first.size());
  EXPECT_NEAR(cv::mean(shown->flowToFirst)[0], -1.5, 0.3);
  EXPECT_THROW(tiled(flow(), kSmallTiles)->explain({pair.first, cv::Mat(3, 3, CV_8UC3)}, 0.25), Error);
}

TEST(Tiled, NetworksDoNotTakeMoreMemoryForLargerFrames) {
  VideoInfo info;
  info.file = "/films/walk.mp4";
  info.frameRate = {25, 1};
  info.frames = 100;
  info.duration = 4;
  const auto bytes = [&](const std::string& engine, int width, int height) {
    info.width = width;
    info.height = height;
    SlowmoRequest request;
    request.sources = {info.file};
    request.settings = {{"engine", engine}, {"container", "gif"}};
    return estimate(request, info).peakMemory;
  };
  EXPECT_GT(bytes("rife", 1920, 1080) - bytes("flow", 1920, 1080), int64_t{2} << 30);
  EXPECT_LT(bytes("rife", 3840, 2160) - bytes("flow", 3840, 2160), int64_t{1} << 30);
  for (const auto* engine : {"rife", "swift", "flow"}) EXPECT_LT(bytes(engine, 3840, 2160), int64_t{3} << 30);
}

}  // namespace
}  // namespace fw
