#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <opencv2/imgcodecs.hpp>

#include "core/base/error.h"
#include "core/slowmo/job.h"
#include "tests/core/slowmo/made_clip.h"
#include "tests/core/store/temporary_folder.h"

namespace fw {
namespace {

namespace fs = std::filesystem;

TEST(CollectClips, ASelectionOfPicturesIsOneClipAndVideosAreOneEach) {
  const auto found = collectClips({"/x/b.mp4", "/x/p10.png", "/x/p2.png", "/x/a.mkv"});
  ASSERT_EQ(found.clips.size(), 3u);
  EXPECT_EQ(found.clips[0].sources, (std::vector<fs::path>{"/x/p2.png", "/x/p10.png"}));
  EXPECT_EQ(found.clips[1].sources, std::vector<fs::path>{"/x/a.mkv"});
}

TEST(CollectClips, AFolderIsItsVideosOrItsPictures) {
  const TemporaryFolder folder;
  const fs::path videos = folder.path() / "videos", pictures = folder.path() / "pictures";
  fs::create_directories(videos);
  fs::create_directories(pictures);
  makeClip(videos / "b.mp4", 3);
  makeClip(videos / "a.mkv", 3);
  cv::imwrite((videos / "cover.png").string(), movingDisc(0));
  std::ofstream(videos / "a.srt") << "words";
  for (const char* name : {"1.png", "2.png"}) cv::imwrite((pictures / name).string(), movingDisc(0));
  const auto found = collectClips({videos, pictures});
  ASSERT_EQ(found.clips.size(), 3u);
  EXPECT_EQ(found.clips[0].sources.front(), pictures);
  EXPECT_EQ(found.clips[1].sources.front(), videos / "a.mkv");
  EXPECT_EQ(found.skipped, (std::vector<fs::path>{videos / "a.srt", videos / "cover.png"}));
  std::ofstream(pictures / "notes.txt") << "words";
  EXPECT_EQ(collectClips({pictures}).clips.size(), 1u) << "a note among pictures does not matter";
  fs::remove_all(videos);
  fs::create_directories(videos);
  EXPECT_TRUE(collectClips({videos}).clips.empty());
}

TEST(CollectClips, AFolderMadeTwiceDoesNotTakeItsOwnResults) {
  const TemporaryFolder folder;
  ASSERT_EQ(sourceOfResult("/a/walk 2.5x"), "walk") << "a folder of pictures";
  EXPECT_EQ(sourceOfResult("/a/walk\n2 2x.mp4"), "walk\n2") << "names hold anything";
  for (const char* name : {"walk.mp4", "walk 2x.mp4", "walk 2.5x 60 fps (2).mp4", "run 4x.mp4"})
    makeClip(folder.path() / name, 3);
  const auto found = collectClips({folder.path()});
  ASSERT_EQ(found.clips.size(), 2u);
  EXPECT_EQ(found.clips[0].sources.front().filename(), "run 4x.mp4") << "nothing lies there it was made of";
  EXPECT_EQ(found.clips[1].sources.front().filename(), "walk.mp4");
  EXPECT_EQ(found.results.size(), 2u);
  EXPECT_EQ(collectClips({folder.path() / "walk.mp4", folder.path() / "walk 2x.mp4"}).clips.size(), 2u)
      << "what is named is taken";
}

TEST(CollectClips, AnAnimatedWebpIsAClip) {
  const TemporaryFolder folder;
  const auto animated = [&](const char* name) {
    return makeClip(
        folder.path() / name, 3, {10, 1}, [](int i) { return movingDisc(4 * i); }, "webp");
  };
  cv::imwrite((folder.path() / "still.webp").string(), movingDisc(0));
  fs::rename(animated("a.webp"), folder.path() / "a.WEBP");
  const auto found =
      collectClips({folder.path() / "a.WEBP", animated("b.webp"), folder.path() / "still.webp"});
  ASSERT_EQ(found.clips.size(), 3u);
  EXPECT_EQ(found.clips[0].sources.front().filename(), "still.webp");
  EXPECT_EQ(collectClips({folder.path()}).clips.size(), 2u);
}

TEST(OwnPresets, AreKeptSharedAndForgotten) {
  const TemporaryFolder home;
  Settings settings(slowmoSchema());
  settings.set("factor", 3.0);
  keepPreset("Ballet", settings, home.path());
  settings.set("factor", 5.0);
  keepPreset("Ballet", settings, home.path());
  ASSERT_EQ(ownPresets(home.path()).size(), 1u);
  EXPECT_EQ(Settings::fromJson(slowmoSchema(), presetCalled("Ballet", home.path()).settings), settings);
  EXPECT_EQ(presetCalled("smooth-60", home.path()).title, "Smooth 60");
  forgetPreset("Ballet", home.path());
  EXPECT_THROW(presetCalled("Ballet", home.path()), Error);
  EXPECT_THROW(keepPreset("  ", settings, home.path()), Error);
  EXPECT_THROW(keepPreset("smooth-60", settings, home.path()), Error) << "that name is taken";
  EXPECT_THROW(forgetPreset("Ballet", home.path()), Error) << "it is gone";
}

TEST(OwnPresets, ThatCannotBeReadAreNotWrittenOver) {
  const TemporaryFolder home;
  const std::string written = "{\"Ballet\": {\"factor\": 3.0},}";  // by hand, with a comma too many
  std::ofstream(home.path() / "presets.json") << written;
  const Settings settings(slowmoSchema());
  EXPECT_TRUE(ownPresets(home.path()).empty());
  EXPECT_THROW(keepPreset("Skating", settings, home.path()), Error);
  EXPECT_THROW(forgetPreset("Ballet", home.path()), Error);
  std::ifstream in(home.path() / "presets.json");
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), written);
}

TEST(Queue, NoTwoJobsPromiseTheSameFile) {
  const TemporaryFolder folder;
  Store store(folder.path() / "store");
  SlowmoRequest request;
  request.sources = {makeClip(folder.path() / "disc.mp4", 5)};
  const auto outputOf = [](const JobRecord& job) {
    return fs::path(job.request.at("output").get<std::string>()).filename().string();
  };
  const JobRecord first = queueJob(store, request);
  EXPECT_EQ(outputOf(first), "disc 2x.mp4");
  EXPECT_EQ(outputOf(replaceJob(store, first.id, request)), "disc 2x.mp4") << "its own name is free again";
  request.output = folder.path() / "mine.mp4";
  JobRecord named = queueJob(store, request);
  EXPECT_EQ(outputOf(named), "mine.mp4");
  EXPECT_EQ(outputOf(queueJob(store, request)), "mine (2).mp4");
  named.state = "done";
  store.updateJob(named);
  EXPECT_THROW(replaceJob(store, named.id, request), Error) << "it is over";
}

TEST(Queue, RefusesNamesThatCannotBeKept) {
  const TemporaryFolder folder;
  Store store(folder.path() / "store");
  SlowmoRequest request;
  request.sources = {makeClip(folder.path() / "disc.mp4", 5)};
  fs::rename(request.sources[0], folder.path() / "caf\xe9.mp4");
  request.sources[0] = folder.path() / "caf\xe9.mp4";
  EXPECT_THROW(queueJob(store, request), Error);
  EXPECT_TRUE(store.jobs().empty());
}

TEST(Queue, JobsMoveAndAreReplacedInTheirPlace) {
  const TemporaryFolder folder;
  Store store(folder.path() / "store");
  SlowmoRequest request;
  request.sources = {makeClip(folder.path() / "disc.mp4", 5)};
  for (int i = 0; i < 3; ++i) queueJob(store, request);
  const auto order = [&] {
    std::vector<int64_t> ids;
    for (const auto& job : store.jobs()) ids.push_back(job.id);
    return ids;
  };
  moveJob(store, 3, -2);
  EXPECT_EQ(order(), (std::vector<int64_t>{3, 1, 2}));
  moveJob(store, 3, 9);
  EXPECT_EQ(order(), (std::vector<int64_t>{1, 2, 3}));
  request.settings = {{"factor", 4.0}};
  const int64_t made = replaceJob(store, 2, request).id;
  EXPECT_EQ(order(), (std::vector<int64_t>{1, made, 3}));
  request.sources = {folder.path() / "gone.mp4"};
  EXPECT_THROW(replaceJob(store, made, request), Error);
  EXPECT_EQ(order(), (std::vector<int64_t>{1, made, 3})) << "the old one stays";
}

}  // namespace
}  // namespace fw
