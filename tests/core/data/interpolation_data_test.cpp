#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "core/base/error.h"
#include "core/data/frame_windows.h"
#include "core/data/layered_motion.h"
#include "core/video/writer.h"

namespace fw {
namespace {

double distance(const cv::Mat& a, const cv::Mat& b) {
  return cv::norm(a, b, cv::NORM_L1) / static_cast<double>(a.total() * 3);
}

class Folder {
 public:
  Folder() : path_(std::filesystem::path(testing::TempDir()) / ("fw_frames_" + std::to_string(::getpid()))) {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

void writeSequence(const std::filesystem::path& folder, int frames, int speed) {
  std::filesystem::create_directories(folder);
  Random random(5);
  const cv::Mat scene = inventedPhoto(256, random);
  for (int i = 0; i < frames; ++i)
    cv::imwrite((folder / (std::to_string(1000 + i) + ".png")).string(),
                scene(cv::Rect(i * speed, 8, 160, 128)));
}

TEST(LayeredMotion, SameSeedSameSample) {
  Random photos(1), a(7), b(7), c(8);
  const std::vector<cv::Mat> pictures{inventedPhoto(128, photos), inventedPhoto(128, photos)};
  const auto one = layeredMotion(pictures, 96, a), two = layeredMotion(pictures, 96, b),
             three = layeredMotion(pictures, 96, c);
  EXPECT_EQ(distance(one.middle, two.middle), 0.0);
  EXPECT_GT(distance(one.middle, three.middle), 1.0);
}

TEST(LayeredMotion, MiddleLiesBetweenTheFrames) {
  Random photos(1), random(3);
  const std::vector<cv::Mat> pictures{inventedPhoto(128, photos), inventedPhoto(128, photos)};
  int nearer = 0;
  constexpr int kSamples = 30;
  for (int i = 0; i < kSamples; ++i) {
    const auto sample = layeredMotion(pictures, 96, random);
    ASSERT_GT(sample.time, 0.0);
    ASSERT_LT(sample.time, 1.0);
    ASSERT_EQ(sample.middle.size(), cv::Size(96, 96));
    const double whole = distance(sample.first, sample.second);
    nearer += distance(sample.first, sample.middle) <= whole + 1 &&
              distance(sample.second, sample.middle) <= whole + 1;
  }
  EXPECT_GE(nearer, kSamples * 9 / 10);
}

TEST(Augment, TimeTurnsWithTheFrames) {
  int reversed = 0;
  for (uint64_t seed = 0; seed < 40; ++seed) {
    BetweenSample sample{cv::Mat(32, 32, CV_8UC3, cv::Scalar::all(10)),
                         cv::Mat(32, 32, CV_8UC3, cv::Scalar::all(50)),
                         cv::Mat(32, 32, CV_8UC3, cv::Scalar::all(200)), 0.25};
    Random random(seed);
    augment(sample, random);
    const bool darkFirst = cv::mean(sample.first)[0] < cv::mean(sample.second)[0];
    EXPECT_DOUBLE_EQ(sample.time, darkFirst ? 0.25 : 0.75);
    reversed += !darkFirst;
  }
  EXPECT_GT(reversed, 8);
  EXPECT_LT(reversed, 32);
}

TEST(FrameWindows, GivesRealTripletsWithMotion) {
  const Folder folder;
  writeSequence(folder.path() / "moving", 12, 3);
  const auto found = findPictures({folder.path().string()});
  ASSERT_EQ(found.sequences.size(), 1U);
  FrameWindows windows;
  windows.addFrames(found.sequences[0].name, found.sequences[0].frames);
  EXPECT_EQ(windows.names(), std::vector<std::string>{"moving"});
  const auto triplets = windows.triplets(100);
  ASSERT_EQ(triplets.size(), 5U);
  const cv::Rect left(0, 0, 154, 128), right(6, 0, 154, 128);
  EXPECT_LT(distance(triplets[0].first(right), triplets[0].second(left)), 1.0);  // two frames of three pixels
  Random random(2);
  for (int i = 0; i < 10; ++i) {
    const auto crop = windows.crop(64, random);
    ASSERT_TRUE(crop);
    EXPECT_EQ(crop->middle.size(), cv::Size(64, 64));
    EXPECT_GT(distance(crop->first, crop->second), 0.5);
  }
}

TEST(FrameWindows, AFrameOfAnotherSizeIsLeftOut) {
  const Folder folder;
  writeSequence(folder.path() / "moving", 12, 3);
  auto frames = findPictures({folder.path().string()}).sequences.at(0).frames;
  cv::imwrite(frames[4].string(), cv::Mat(50, 70, CV_8UC3, cv::Scalar::all(9)));
  FrameWindows windows;
  windows.addFrames("moving", frames);
  const auto triplets = windows.triplets(100);
  EXPECT_EQ(triplets.size(), 3U);  // middles 3 and 5 stand beside it
  for (const auto& triplet : triplets)
    for (const auto* beside : {&triplet.middle, &triplet.second, &triplet.before, &triplet.after})
      EXPECT_TRUE(beside->empty() || beside->size() == triplet.first.size());
}

TEST(FrameWindows, TakeThePartOfAClipThatIsAskedFor) {
  const Folder folder;
  const auto clip = folder.path() / "title.gif";  // still, then moving
  {
    VideoWriter writer(clip, {.codec = "gif"}, {160, 128, {10, 1}, {1, 10}, {}});
    for (int i = 0; i < 40; ++i) {
      cv::Mat picture(128, 160, CV_8UC3, cv::Scalar(20, 60, 90));
      cv::circle(picture, {20 + 5 * std::max(0, i - 20), 60}, 24, {200, 180, 40}, cv::FILLED);
      writer.write(picture, i, 1);
    }
    writer.finish();
  }
  Random random(2);
  FrameWindows title, rest;
  title.addClip(clip, 0, 1.9, 400);
  EXPECT_FALSE(title.crop(96, random));
  rest.addClip(clip, 2, 0, 400);
  EXPECT_EQ(rest.triplets(100).size(), 9U);
  EXPECT_TRUE(rest.crop(96, random));
}

TEST(FrameWindows, SeeALongClipFromBeginningToEnd) {
  const Folder folder;
  const auto clip = folder.path() / "long.gif";
  {
    VideoWriter writer(clip, {.codec = "gif"}, {64, 48, {10, 1}, {1, 10}, {}});
    for (int i = 0; i < 200; ++i) writer.write(cv::Mat(48, 64, CV_8UC3, cv::Scalar::all(i)), i, 1);
    writer.finish();
  }
  FrameWindows windows;
  windows.addClip(clip, 0, 0, 80);
  EXPECT_EQ(windows.names().size(), 2U) << "runs of frames";
  double latest = 0;
  for (const auto& triplet : windows.triplets(100)) latest = std::max(latest, cv::mean(triplet.second)[0]);
  EXPECT_GT(latest, 130);
  EXPECT_LT(latest, 150);
}

TEST(FrameWindows, StillPicturesAreNoMotion) {
  const Folder folder;
  writeSequence(folder.path() / "still", 6, 0);
  const auto found = findPictures({folder.path().string()});
  FrameWindows windows;
  windows.addFrames("still", found.sequences.at(0).frames);
  Random random(2);
  EXPECT_FALSE(windows.crop(64, random));
}

TEST(FindPictures, TellsSequencesFromPhotographs) {
  const Folder folder;
  writeSequence(folder.path() / "clip", 4, 1);
  for (const char* name : {"sea.png", "hill.png", "12.png", "40.png"})
    cv::imwrite((folder.path() / name).string(), cv::Mat(8, 8, CV_8UC3, cv::Scalar::all(3)));
  std::ofstream(folder.path() / "notes.txt") << "nothing";
  const auto found = findPictures({folder.path().string()});
  EXPECT_EQ(found.sequences.size(), 1U);
  EXPECT_EQ(found.photos.size(), 4U);
  EXPECT_TRUE(found.videos.empty());
  EXPECT_THROW(findPictures({(folder.path() / "gone").string()}), Error);
}

TEST(FrameWindows, FramesHeldOutAreNeverShown) {
  const Folder folder;
  writeSequence(folder.path() / "pan", 30, 3);
  const auto found = findPictures({folder.path().string()});
  FrameWindows windows;
  windows.addFrames("pan", found.sequences.at(0).frames);
  windows.holdOutFrames(3);
  const auto tested = windows.heldOutTriplets();
  ASSERT_EQ(tested.size(), 3U);
  for (const auto& test : tested) {
    EXPECT_FALSE(test.first.empty() || test.second.empty());
    EXPECT_GT(distance(test.first, test.middle), 0.5);
  }
  Random random(4);
  for (int i = 0; i < 40; ++i) {
    const auto sample = windows.whole(random);
    ASSERT_TRUE(sample);
    EXPECT_EQ(sample->first.size(), tested.front().first.size());
    for (const auto& test : tested)
      for (const auto& shown : {sample->first, sample->middle, sample->second, sample->before, sample->after})
        EXPECT_TRUE(shown.empty() || distance(test.middle, shown) > 0.5);
  }
}

TEST(FrameWindows, KnowWhatLiesBeyondTheirPairs) {
  const Folder folder;
  writeSequence(folder.path() / "one", 9, 4);
  FrameWindows windows;
  windows.addFrames("one", findPictures({folder.path().string()}).sequences.front().frames);
  const auto triplets = windows.triplets(4);
  ASSERT_EQ(triplets.size(), 4U);
  EXPECT_TRUE(triplets[0].before.empty());
  EXPECT_EQ(distance(triplets[0].after, triplets[1].second), 0.0);
  EXPECT_EQ(distance(triplets[2].before, triplets[1].first), 0.0);
  EXPECT_TRUE(triplets[3].after.empty());

  Random random(3);
  BetweenSample sample = triplets[1];
  augment(sample, random);
  // However it was turned, what lies beyond still lies farther from the middle than the pair does.
  EXPECT_GT(distance(sample.before, sample.middle), distance(sample.first, sample.middle));
  EXPECT_GT(distance(sample.before, sample.second), distance(sample.before, sample.first));
}

}  // namespace
}  // namespace fw
