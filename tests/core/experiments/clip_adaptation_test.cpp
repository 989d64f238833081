#include "core/experiments/clip_adaptation.h"

#include <gtest/gtest.h>

#include <opencv2/imgcodecs.hpp>

#include "core/base/error.h"
#include "core/data/layered_motion.h"
#include "core/learn/checkpoint.h"
#include "core/nn/swift.h"
#include "tests/core/slowmo/engine_motion.h"
#include "tests/core/store/temporary_folder.h"

namespace fw {
namespace {

namespace fs = std::filesystem;

/// A camera that pans over a picture.
fs::path writtenClip(const fs::path& folder, int frames) {
  fs::create_directories(folder);
  Random random(5);
  const cv::Mat scene = inventedPhoto(384, random);
  for (int i = 0; i < frames; ++i)
    cv::imwrite((folder / (std::to_string(100 + i) + ".png")).string(),
                scene(cv::Rect(3 * i, 2 * i, 256, 192)));
  return folder;
}

/// Notes what it hears and asks to stop after a number of steps.
class Listener : public TrainObserver {
 public:
  Listener(std::stop_source& stop, int64_t steps) : stop_(stop), steps_(steps) {}
  void onScalars(int64_t step, double, const Scalars&) override {
    if (step >= steps_) stop_.request_stop();
  }
  void onScores(int64_t step, double, const Scores& scores, bool) override {
    if (step == 0) before = scores.at("validation/psnr");
  }
  void onGallery(int64_t, const Gallery& gallery) override { rows = gallery.size(); }

  double before = 0;
  std::size_t rows = 0;

 private:
  std::stop_source& stop_;
  int64_t steps_;
};

TEST(ClipAdaptation, NeverGivesWeightsThatDoNotHelp) {
  const TemporaryFolder folder;
  Store store(folder.path() / "home");
  std::stop_source stop;
  Listener listener(stop, 3);
  TrainControl control;
  const auto adapted = adaptToClip(store, {.clip = writtenClip(folder.path() / "pan", 24), .threads = 2},
                                   listener, control, stop.get_token());
  EXPECT_GT(listener.rows, 0U);
  EXPECT_DOUBLE_EQ(adapted.before, listener.before);
  EXPECT_GE(adapted.after, adapted.before);
  EXPECT_EQ(adapted.helps(), adapted.after > std::max(adapted.before, adapted.flow) + 0.02);
  EXPECT_EQ(adapted.helps(), fs::exists(adapted.weights));
  EXPECT_NE(store.run(adapted.run).name.find("pan"), std::string::npos);
}

TEST(ClipAdaptation, LearnsWhatTheClipShows) {
  const TemporaryFolder folder;
  Store store(folder.path() / "home");
  const fs::path clip = folder.path() / "passing", untaught = folder.path() / "untaught.safetensors";
  fs::create_directories(clip);
  for (int i = 0; i < 20; ++i)
    cv::imwrite((clip / (std::to_string(100 + i) + ".png")).string(), scene::occluding({320, 200}, 0.5 * i));
  writeSafetensors(untaught, {weightsOf({{"swift", SwiftNet().ptr()}}), {}});
  std::stop_source stop;
  Listener listener(stop, 60);
  TrainControl control;
  const auto adapted =
      adaptToClip(store, {.clip = clip, .quality = "fast", .weights = untaught, .threads = 2}, listener,
                  control, stop.get_token());
  EXPECT_GT(adapted.after, adapted.before + 0.1);
  EXPECT_TRUE(adapted.helps());

  const auto again = learnedBefore(store, clip);  // as when the clip is opened another day
  ASSERT_TRUE(again);
  EXPECT_EQ(again->weights, adapted.weights);
  EXPECT_EQ(again->run, adapted.run);
  EXPECT_DOUBLE_EQ(again->after, adapted.after);
  EXPECT_FALSE(learnedBefore(store, folder.path() / "nowhere"));
  fs::last_write_time(clip, fs::file_time_type::clock::now() + std::chrono::seconds(5));
  EXPECT_FALSE(learnedBefore(store, clip)) << "it is another clip of that name now";
}

TEST(ClipAdaptation, IsForTheQualityThatIsAskedFor) {
  SlowmoRequest request;
  request.sources = {"clip.mp4"};
  EXPECT_EQ(adaptationFor(request).quality, "balanced");
  request.settings = {{"swift_quality", "best"}};
  EXPECT_EQ(adaptationFor(request).quality, "best");
  EXPECT_EQ(adaptationFor(request).clip, "clip.mp4");
  request.settings = {{"trim_in", 14.0}, {"trim_out", 20.0}, {"swift_weights", "/a/mine.safetensors"}};
  EXPECT_EQ(adaptationFor(request).weights, "/a/mine.safetensors");
  EXPECT_EQ(adaptationFor(request).from, 14);
  EXPECT_EQ(adaptationFor(request).to, 20);
  request.sources.emplace_back("another.mp4");
  EXPECT_THROW(adaptationFor(request), Error);
}

TEST(ClipAdaptation, EndsWhenTheTimeIsOver) {
  const TemporaryFolder folder;
  Store store(folder.path() / "home");
  TrainObserver nobody;
  TrainControl control;
  const auto adapted =
      adaptToClip(store, {.clip = writtenClip(folder.path() / "pan", 16), .minutes = 0.001, .threads = 2},
                  nobody, control, {});
  EXPECT_LE(store.run(adapted.run).step, 1);
}

TEST(ClipAdaptation, SaysWhatIsMissing) {
  const TemporaryFolder folder;
  Store store(folder.path() / "home");
  TrainObserver nobody;
  TrainControl control;
  EXPECT_THROW(adaptToClip(store, {.clip = folder.path() / "nowhere.mp4", .threads = 2}, nobody, control, {}),
               Error);
  EXPECT_THROW(
      adaptToClip(store, {.clip = writtenClip(folder.path() / "pan", 3), .threads = 2}, nobody, control, {}),
      Error);
  EXPECT_THROW(
      adaptToClip(store, {.clip = folder.path() / "pan", .minutes = 0, .threads = 2}, nobody, control, {}),
      Error);
}

}  // namespace
}  // namespace fw
