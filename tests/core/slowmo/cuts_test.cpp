#include "core/slowmo/cuts.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "core/base/random.h"
#include "core/image/views.h"
#include "core/video/video.h"

namespace fw {
namespace {

namespace fs = std::filesystem;

// A scene of its own colours and shapes; it moves by (dx, dy) a frame.
cv::Mat scene(uint64_t seed, double dx, double dy) {
  Random random(seed);
  cv::Mat picture(180, 320, CV_8UC3,
                  cv::Scalar(random.uniform(40, 200), random.uniform(40, 200), random.uniform(40, 200)));
  for (int i = 0; i < 60; ++i) {
    const cv::Point centre(static_cast<int>(random.uniform(-200, 520) + dx),
                           static_cast<int>(random.uniform(-100, 280) + dy));
    const cv::Scalar colour(random.uniform(0, 255), random.uniform(0, 255), random.uniform(0, 255));
    cv::circle(picture, centre, static_cast<int>(random.integer(6, 40)), colour, cv::FILLED, cv::LINE_AA);
  }
  return picture;
}

std::vector<int> cutsIn(const std::vector<cv::Mat>& frames, double sensitivity = 0.5) {
  CutDetector detector(sensitivity);
  std::vector<int> cuts;
  for (std::size_t i = 0; i < frames.size(); ++i)
    if (const auto cut = detector.next(frames[i]); cut && *cut) cuts.push_back(static_cast<int>(i) - 1);
  if (const auto cut = detector.finish(); cut && *cut) cuts.push_back(static_cast<int>(frames.size()) - 1);
  return cuts;
}

TEST(Cuts, AreFoundWhereTheSceneChanges) {
  std::vector<cv::Mat> frames;
  for (int i = 0; i < 8; ++i) frames.push_back(scene(1, 3.0 * i, 0));
  for (int i = 0; i < 8; ++i) frames.push_back(scene(2, 0, 2.0 * i));
  frames.push_back(scene(3, 0, 0));
  EXPECT_EQ(cutsIn(frames), (std::vector<int>{8, 16}));
}

TEST(Cuts, SeparateAPairFromItsNeighbours) {
  FramePair pair{scene(1, 0, 0), scene(1, 3, 0), {scene(2, 0, 0)}, {scene(1, 6, 0)}};
  keepToScene(pair);
  EXPECT_TRUE(pair.before.frame.empty());
  EXPECT_FALSE(pair.after.frame.empty());
  pair.after.frame = scene(3, 0, 0);
  keepToScene(pair);
  EXPECT_TRUE(pair.after.frame.empty());
}

TEST(Cuts, AreNotFastMotion) {
  std::vector<cv::Mat> frames;
  for (int i = 0; i < 12; ++i) frames.push_back(scene(4, 20.0 * i, 6.0 * i));
  EXPECT_TRUE(cutsIn(frames).empty());
}

TEST(Cuts, AreNotFlashesNorFades) {
  std::vector<cv::Mat> frames;
  for (int i = 0; i < 12; ++i) {
    cv::Mat frame = scene(5, 2.0 * i, 0);
    if (i == 5) frame.convertTo(frame, -1, 1.5, 90);
    if (i > 7) frame.convertTo(frame, -1, 1.0 - 0.2 * (i - 7));
    frames.push_back(frame);
  }
  EXPECT_TRUE(cutsIn(frames).empty());
}

TEST(Cuts, AreSeenBesideAStillBorder) {
  std::vector<cv::Mat> frames;
  for (int i = 0; i < 12; ++i) {
    cv::Mat frame = scene(9, 0, 0);
    scene(i < 6 ? 6 : 7, 2.0 * i, 0)(cv::Rect(0, 0, 160, 180)).copyTo(frame(cv::Rect(0, 0, 160, 180)));
    frames.push_back(frame);
  }
  EXPECT_EQ(cutsIn(frames), (std::vector<int>{6}));
}

TEST(Cuts, HandleStillBlackAndTinyPictures) {
  EXPECT_TRUE(cutsIn(std::vector<cv::Mat>(5, cv::Mat::zeros(90, 160, CV_8UC3))).empty());
  EXPECT_TRUE(cutsIn(std::vector<cv::Mat>(5, cv::Mat::zeros(2, 2, CV_16UC3))).empty());
  EXPECT_TRUE(cutsIn({scene(1, 0, 0)}).empty());
  EXPECT_TRUE(cutsIn({}).empty());
}

TEST(Cuts, AllFiveOfTheRealClipAndNothingElse) {
  const fs::path clips = fs::path(FW_SHARED_DATA) / "clips";
  if (!fs::exists(clips)) GTEST_SKIP() << "the real clips are not on this machine";
  for (const char* name : {"scene_cuts.mp4", "bikes.mp4"}) {
    ReadOptions small;
    small.maxHeight = 180;
    VideoReader reader(clips / name, small);
    std::vector<cv::Mat> frames;
    while (auto frame = reader.next()) frames.push_back(frame->image);
    EXPECT_EQ(cutsIn(frames), (std::vector<int>{30, 76, 137, 187, 242})) << name;
  }
}

TEST(Cuts, PrecisionAndRecallOnCutsMadeFromRealSequences) {
  const fs::path davis = fs::path(FW_SHARED_DATA) / "davis";
  if (!fs::exists(davis)) GTEST_SKIP() << "the real sequences are not on this machine";
  std::vector<std::vector<cv::Mat>> sequences;
  for (const char* name : {"drift-straight", "motocross-jump", "soapbox", "breakdance", "horsejump-high"}) {
    std::vector<cv::Mat> frames;
    const auto files = picturesIn(davis / name);
    for (std::size_t i = 0; i < files.size() && i < 40; i += 2)  // every second frame: fast motion
      frames.push_back(cv::imread(files[i].string(), cv::IMREAD_REDUCED_COLOR_4));
    sequences.push_back(frames);
  }
  Random random(11);
  int found = 0, missed = 0, wrong = 0;
  for (int film = 0; film < 6; ++film) {
    std::vector<cv::Mat> frames;
    std::vector<int> truth;
    int64_t last = -1;
    for (int shot = 0; shot < 6; ++shot) {
      int64_t next = last;
      while (next == last) next = random.integer(0, std::ssize(sequences) - 1);
      last = next;
      if (shot > 0) truth.push_back(static_cast<int>(frames.size()));
      const auto& from = sequences[static_cast<std::size_t>(next)];
      const auto length = random.integer(3, 12), begin = random.integer(0, std::ssize(from) - length);
      frames.insert(frames.end(), from.begin() + begin, from.begin() + begin + length);
    }
    const auto cuts = cutsIn(frames);
    for (const int cut : truth) ++(std::ranges::find(cuts, cut) != cuts.end() ? found : missed);
    for (const int cut : cuts) wrong += std::ranges::find(truth, cut) == truth.end() ? 1 : 0;
  }
  RecordProperty("found", found);
  EXPECT_LE(missed, found / 50) << "recall of at least 98 %";
  EXPECT_LE(wrong, found / 50) << "precision of at least 98 %";
}

}  // namespace
}  // namespace fw
