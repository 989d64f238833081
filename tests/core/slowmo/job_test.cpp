#include "core/slowmo/job.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "core/base/error.h"
#include "core/image/metrics.h"
#include "core/slowmo/analysis.h"
#include "core/slowmo/preview.h"
#include "tests/core/slowmo/made_clip.h"
#include "tests/core/store/temporary_folder.h"

namespace fw {
namespace {

namespace fs = std::filesystem;

class Watcher : public SlowmoObserver {
 public:
  void onProgress(const SlowmoProgress& progress) override {
    EXPECT_GE(progress.fraction, last.fraction) << "a bar never goes back";
    last = progress;
  }
  void onNote(const std::string& note) override { notes.push_back(note); }
  void onCut(double time) override { cuts.push_back(time); }
  void onConfidence(double, double mean) override {
    EXPECT_GE(mean, 0);
    EXPECT_LE(mean, 1);
    ++confidences;
  }
  bool wantsFrames() override { return watch; }
  void onFrame(const MadeFrame& frame) override {
    frames.push_back(frame);
    if (stopAfter > 0 && std::ssize(frames) >= stopAfter) stop.request_stop();
  }

  SlowmoProgress last;
  std::vector<std::string> notes;
  std::vector<double> cuts;
  int confidences = 0;
  bool watch = true;
  std::vector<MadeFrame> frames;
  int64_t stopAfter = 0;
  std::stop_source stop;
};

class Jobs : public testing::Test {
 protected:
  SlowmoRequest request(const fs::path& source, nlohmann::json settings = {}) {
    SlowmoRequest request;
    request.sources = {source};
    settings["engine"] = "blend";
    request.settings = settings;
    return request;
  }
  JobResult run(int64_t job, SlowmoObserver& observer, std::stop_token stop = {}) {
    JobControl control;
    return runJob(store, job, observer, control, stop);
  }
  JobResult run(int64_t job) {
    SlowmoObserver nobody;
    return run(job, nobody);
  }

  TemporaryFolder folder;
  fs::path place = folder.path();
  Store store{place / "store"};
};

void expectEqualFrames(const fs::path& a, const fs::path& b) {
  const auto first = framesOf(a), second = framesOf(b);
  ASSERT_EQ(first.size(), second.size());
  for (std::size_t i = 0; i < first.size(); ++i)
    ASSERT_EQ(cv::norm(first[i], second[i], cv::NORM_INF), 0) << "frame " << i;
}

TEST_F(Jobs, MakeAClipTwiceAsLong) {
  const auto source = makeClip(place / "disc.mp4", 30);
  const auto job = queueJob(store, request(source));
  EXPECT_EQ(job.state, "queued");
  Watcher watcher;
  const auto result = run(job.id, watcher);
  EXPECT_EQ(result.state, "done");
  EXPECT_EQ(result.output, place / "disc 2x.mp4");
  EXPECT_EQ(result.framesIn, 30);
  EXPECT_EQ(result.framesOut, 60);
  const VideoInfo made = probe(result.output);
  EXPECT_EQ(made.frames, 60);
  EXPECT_NEAR(made.duration, 2.4, 0.04);
  EXPECT_EQ(made.frameRate, (Rational{25, 1}));
  EXPECT_EQ(store.job(job.id).state, "done");
  EXPECT_EQ(store.job(job.id).progress, 1.0);
  EXPECT_EQ(watcher.last.fraction, 1.0);
  EXPECT_EQ(watcher.frames.size(), 60u);
  EXPECT_EQ(watcher.confidences, 29);
  EXPECT_EQ(confidenceCurve(job.folder).size(), 29u);
  EXPECT_THROW(run(job.id), Error) << "it is over";
}

TEST_F(Jobs, OriginalsPassThrough) {
  const auto source = makeClip(place / "disc.mp4", 12);
  const auto job = queueJob(store, request(source, {{"quality", 4}}));
  const auto made = framesOf(run(job.id).output), before = framesOf(source);
  ASSERT_EQ(made.size(), 24u);
  for (std::size_t i = 0; i < before.size(); ++i) EXPECT_GT(psnr(before[i], made[2 * i]), 45) << i;
}

TEST_F(Jobs, SmootherKeepsTheLength) {
  const auto source = makeClip(place / "disc.mp4", 48, {24, 1});
  const auto job = queueJob(store, request(source, {{"mode", "smooth"}, {"rate", "60"}}));
  const auto result = run(job.id);
  const VideoInfo made = probe(result.output);
  EXPECT_EQ(made.frames, 120);
  EXPECT_NEAR(made.duration, 2.0, 1.0 / 60);
  EXPECT_EQ(made.frameRate, (Rational{60, 1}));
}

TEST_F(Jobs, StoppedAndResumedIsTheSameAsNeverStopped) {
  const auto source = makeClip(place / "disc.mp4", 200);
  const auto whole = run(queueJob(store, request(source)).id);
  const auto job = queueJob(store, request(source));
  for (const int64_t after : {150, 30, 170}) {
    Watcher watcher;
    watcher.stopAfter = after;
    const auto part = run(job.id, watcher, watcher.stop.get_token());
    EXPECT_EQ(part.state, "stopped");
    EXPECT_EQ(store.job(job.id).state, "stopped");
  }
  Watcher watcher;
  const auto resumed = run(job.id, watcher);
  EXPECT_EQ(resumed.state, "done");
  EXPECT_LT(watcher.frames.size(), 400u) << "what was finished is not made again";
  EXPECT_EQ(resumed.output.filename(), "disc 2x (2).mp4");
  expectEqualFrames(whole.output, resumed.output);
}

TEST_F(Jobs, ADamagedSegmentIsMadeAgain) {
  const auto source = makeClip(place / "disc.mp4", 200);
  const auto whole = run(queueJob(store, request(source)).id);
  const auto job = queueJob(store, request(source));
  Watcher watcher;
  watcher.stopAfter = 300;
  run(job.id, watcher, watcher.stop.get_token());
  int damaged = 0;
  for (const auto& entry : fs::directory_iterator(job.folder / "segments"))
    if (entry.path().stem() == "000000" && entry.path().extension() != ".json") {
      std::fstream(entry.path(), std::ios::in | std::ios::out | std::ios::binary).seekp(200) << "oops";
      ++damaged;
    }
  ASSERT_EQ(damaged, 1);
  expectEqualFrames(whole.output, run(job.id).output);
}

TEST_F(Jobs, AFilmThatWasCutShortIsTold) {
  const auto source = makeClip(place / "film.mkv", 200);
  const auto told = [&](const nlohmann::json& settings) {
    Watcher watcher;
    const int64_t id = queueJob(store, request(source, settings)).id;
    run(id, watcher);
    std::string all;  // and kept for those who come later
    for (const auto& note : watcher.notes) all += (all.empty() ? "" : " ") + note;
    EXPECT_EQ(store.job(id).message, all);
    return std::ranges::any_of(watcher.notes, [](const std::string& note) {
      return note.find("lasts 0:08.0: it may have been cut short") != std::string::npos;
    });
  };
  EXPECT_FALSE(told({}));
  fs::resize_file(source, fs::file_size(source) / 2);
  EXPECT_TRUE(told({}));
  EXPECT_FALSE(told({{"trim_out", 1.0}})) << "a person wants no more";
}

TEST_F(Jobs, CutsStayClean) {
  const auto draw = [](int i) {
    cv::Mat frame = movingDisc(i, {160, 96});
    if (i >= 10) {
      cv::applyColorMap(frame, frame, cv::COLORMAP_JET);
      cv::flip(frame, frame, -1);
      for (int x = 0; x < 160; x += 16) cv::line(frame, {x, 0}, {160 - x, 95}, {0, 0, 0}, 3);
    }
    return frame;
  };
  const auto source = makeClip(place / "cut.mp4", 20, {25, 1}, draw);
  Watcher watcher;
  const auto result = run(queueJob(store, request(source, {{"factor", 4.0}})).id, watcher);
  ASSERT_EQ(watcher.cuts.size(), 1u);
  EXPECT_NEAR(watcher.cuts[0], 0.4, 1e-6);
  const auto made = framesOf(result.output), before = framesOf(source);
  ASSERT_EQ(made.size(), 80u);
  for (std::size_t k = 36; k < 40; ++k) EXPECT_GT(psnr(made[k], before[9]), 35) << k;
  EXPECT_GT(psnr(made[40], before[10]), 35);
  EXPECT_LT(psnr(made[40], before[9]), 20);
}

TEST_F(Jobs, APersonsEditsOfCutsCount) {
  const auto source = makeClip(place / "disc.mp4", 20);
  SlowmoRequest edited = request(source);
  edited.cutsAdded = {0.4};
  Watcher watcher;
  run(queueJob(store, edited).id, watcher);
  for (const auto& frame : watcher.frames)
    if (frame.sourceTime > 0.36 && frame.sourceTime < 0.4) {
      EXPECT_TRUE(frame.original);
    }
}

TEST_F(Jobs, AChangedOrMissingSourceWaits) {
  const auto source = makeClip(place / "disc.mp4", 20);
  const auto job = queueJob(store, request(source));
  fs::rename(source, place / "away.mp4");
  EXPECT_THROW(run(job.id), Error);
  EXPECT_EQ(store.job(job.id).state, "stopped");
  EXPECT_NE(store.job(job.id).message.find("disc.mp4"), std::string::npos);
  makeClip(source, 25);
  EXPECT_THROW(run(job.id), Error);
  fs::remove(source);
  fs::rename(place / "away.mp4", source);
  EXPECT_EQ(run(job.id).state, "done");
}

TEST_F(Jobs, AreRefusedBeforeTheyCanFail) {
  const auto source = makeClip(place / "disc.mp4", 5);
  SlowmoRequest bad = request(source);
  bad.output = place / "no such folder" / "x.mp4";
  EXPECT_THROW(queueJob(store, bad), Error);
  bad = request(place / "nothing.mp4");
  EXPECT_THROW(queueJob(store, bad), Error);
  bad = request(source, {{"overwrite", true}});
  bad.output = source;
  EXPECT_THROW(queueJob(store, bad), Error);
  bad = request(source, {{"device", "cuda"}});
  EXPECT_THROW(queueJob(store, bad), Error);
  bad = request(source);
  bad.settings["engine"] = "rife";  // without weights
  EXPECT_THROW(queueJob(store, bad), Error);
  bad = request(source);
  bad.engineRanges = {{0, 1, "nobody"}};
  EXPECT_THROW(queueJob(store, bad), Error);
  bad.engineRanges = {{90, 99, "flow"}};  // beyond the end
  EXPECT_THROW(queueJob(store, bad), Error);
  bad = request(source);
  bad.cutsAdded = {99};
  EXPECT_THROW(queueJob(store, bad), Error);
  EXPECT_TRUE(store.jobs().empty());
}

TEST_F(Jobs, NeverOverwriteUnlessTold) {
  const auto source = makeClip(place / "disc.mp4", 5);
  SlowmoRequest named = request(source);
  named.output = place / "mine.mp4";
  std::ofstream(named.output) << "precious";
  const auto job = queueJob(store, named);
  EXPECT_EQ(run(job.id).output, place / "mine (2).mp4");
  EXPECT_EQ(slowmoRequestFromJson(store.job(job.id).request).output, place / "mine (2).mp4")
      << "the store knows where it really is";
  EXPECT_EQ(fs::file_size(named.output), 8u);
  named.settings["overwrite"] = true;
  EXPECT_EQ(run(queueJob(store, named).id).output, named.output);
  EXPECT_GT(fs::file_size(named.output), 8u);
}

TEST_F(Jobs, WaitingJobsOfOneClipPromiseDifferentFiles) {
  const auto source = makeClip(place / "disc.mp4", 5);
  const auto first = queueJob(store, request(source)), second = queueJob(store, request(source));
  EXPECT_EQ(slowmoRequestFromJson(first.request).output, place / "disc 2x.mp4");
  EXPECT_EQ(slowmoRequestFromJson(second.request).output, place / "disc 2x (2).mp4");
  EXPECT_EQ(run(second.id).output, place / "disc 2x (2).mp4");
  EXPECT_EQ(slowmoRequestFromJson(queueJob(store, request(source)).request).output,
            place / "disc 2x (3).mp4");
  EXPECT_EQ(run(first.id).output, place / "disc 2x.mp4");
}

TEST_F(Jobs, CancelKeepsAPlayableFile) {
  const auto source = makeClip(place / "disc.mp4", 200);
  const auto job = queueJob(store, request(source));
  Watcher watcher;
  watcher.stopAfter = 260;
  run(job.id, watcher, watcher.stop.get_token());
  const auto result = cancelJob(store, job.id, true);
  EXPECT_EQ(result.state, "cancelled");
  EXPECT_GE(result.framesOut, 260) << "the segment it was stopped in is not lost";
  EXPECT_EQ(probe(result.output).frames, result.framesOut);
  EXPECT_EQ(store.job(job.id).state, "cancelled");
  EXPECT_THROW(run(job.id), Error);
  const auto untouched = queueJob(store, request(source));
  EXPECT_TRUE(cancelJob(store, untouched.id, true).output.empty());
  EXPECT_THAT(store.job(untouched.id).message, testing::HasSubstr("nothing to keep"));
}

TEST_F(Jobs, WaitWhilePaused) {
  const auto source = makeClip(place / "disc.mp4", 60);
  const auto job = queueJob(store, request(source));
  JobControl control;
  control.pause();
  std::atomic<bool> done = false;
  std::jthread runner([&](std::stop_token stop) {
    Store own(place / "store");
    SlowmoObserver nobody;
    EXPECT_EQ(runJob(own, job.id, nobody, control, stop).state, "done");
    done = true;
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_FALSE(done);
  control.resume();
  runner.join();
  EXPECT_TRUE(done);
}

TEST_F(Jobs, AStoppedPauseEnds) {
  const auto job = queueJob(store, request(makeClip(place / "disc.mp4", 60)));
  JobControl control;
  control.pause();
  std::stop_source stop;
  std::jthread stopper([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    stop.request_stop();
  });
  SlowmoObserver nobody;
  EXPECT_EQ(runJob(store, job.id, nobody, control, stop.get_token()).state, "stopped");
}

TEST_F(Jobs, MakeAnimationsAndPictures) {
  const auto source = makeClip(place / "disc.mp4", 10);
  SlowmoRequest gif = request(source, {{"loop", "on"}});
  gif.output = place / "disc.gif";
  EXPECT_EQ(probe(run(queueJob(store, gif).id).output).frames, 20);
  const auto pictures = run(queueJob(store, request(source, {{"container", "png"}})).id);
  EXPECT_EQ(picturesIn(pictures.output).size(), 20u);
  // And pictures in: the folder just made, twice as long again.
  SlowmoRequest again = request(pictures.output, {{"picture_rate", "50"}});
  again.output = place / "again.mp4";
  const VideoInfo made = probe(run(queueJob(store, again).id).output);
  EXPECT_EQ(made.frames, 40);
  EXPECT_EQ(made.frameRate, (Rational{50, 1}));
  SlowmoRequest chosen = again;
  chosen.sources = picturesIn(pictures.output);
  chosen.sources.resize(7);
  EXPECT_EQ(probe(run(queueJob(store, chosen).id).output).frames, 14);
}

TEST_F(Jobs, PicturesAreNamedAfterTheResult) {
  const auto source = makeClip(place / "disc.mp4", 3);
  const auto made = run(queueJob(store, request(source, {{"container", "png"}})).id).output;
  EXPECT_TRUE(fs::exists(made / (made.filename().string() + "_000001.png"))) << made;
  SlowmoRequest named = request(source);
  named.output = place / "walk.jpg";
  const auto pictures = run(queueJob(store, named).id).output;
  EXPECT_EQ(pictures, place / "walk");
  EXPECT_TRUE(fs::exists(pictures / "walk_000006.jpeg"));
}

TEST_F(Jobs, PicturesAndAnimationsKeepTheSourcesColours) {
  const cv::Scalar colour(0x3E, 0xC0, 0x20);
  for (const auto& [range, matrix, height] :
       {std::tuple("pc", "unknown", 64), {"tv", "bt709", 64}, {"tv", "unknown", 720}}) {
    SCOPED_TRACE(std::string(range) + " " + matrix + " " + std::to_string(height));
    VideoInfo like;
    like.width = like.height = height;
    like.pixelFormat = "yuv420p";
    like.colourRange = range;
    like.colourMatrix = matrix;
    const fs::path source = place / "plain.mkv";
    {
      VideoWriter writer(source, {.quality = 5, .speed = "fast"}, {height, height, {25, 1}, {1, 25}, like});
      for (int i = 0; i < 3; ++i) writer.write(cv::Mat(height, height, CV_8UC3, colour), i, 1);
      writer.finish();
    }
    for (const char* container : {"png", "gif"}) {
      const auto made = run(queueJob(store, request(source, {{"container", container}, {"scale", 48}})).id);
      const cv::Mat first = framesOf(made.output).front();
      for (int channel = 0; channel < 3; ++channel)
        EXPECT_NEAR(cv::mean(first)[channel], colour[channel], 3) << container << channel;
    }
  }
}

TEST_F(Jobs, GetANameThatCanBeWritten) {
  std::string longName;
  while (longName.size() < 240) longName += "長";
  const auto source = makeClip(place / (longName + ".mp4"), 3);
  EXPECT_EQ(run(queueJob(store, request(source)).id).state, "done");
  SlowmoRequest named = request(source);
  named.output = place / "plain";
  EXPECT_EQ(run(queueJob(store, named).id).output, place / "plain.mp4");
  fs::create_directories(place / "results");
  named.output = place / "results";
  const std::string first = run(queueJob(store, named).id).output.filename().string();
  EXPECT_EQ(first.find("(2)"), std::string::npos) << "nothing is in that folder yet";
  EXPECT_EQ(run(queueJob(store, named).id).output.parent_path(), place / "results");
  named.output = place / (longName + longName + ".mp4");
  EXPECT_THROW(queueJob(store, named), Error);
}

TEST_F(Jobs, ALastFrameThatIsHeldStaysHeld) {
  const fs::path source = place / "held.gif";
  {
    VideoWriter writer(source, {.codec = "gif"}, {64, 48, {10, 1}, {1, 10}, {}});
    for (int i = 0; i < 10; ++i) writer.write(movingDisc(i, {64, 48}), i, i == 9 ? 20 : 1);
    writer.finish();
  }
  ASSERT_NEAR(probe(source).duration, 2.9, 0.05);
  for (const char* container : {"mp4", "mov"}) {
    const auto made = probe(run(queueJob(store, request(source, {{"container", container}})).id).output);
    EXPECT_NEAR(made.duration, 5.8, 0.15) << container;
    EXPECT_EQ(made.frames, 20) << container;
  }
}

TEST_F(Jobs, ALoopEndsWhereItBegins) {
  SlowmoRequest loop =
      request(makeClip(place / "disc.mp4", 11), {{"loop", "on"}, {"factor", 2.5}, {"sampling", "soft"}});
  loop.output = place / "loop.gif";
  EXPECT_EQ(run(queueJob(store, loop).id).state, "done");
}

TEST_F(Jobs, APartThatCannotBeIsRefused) {
  const auto source = makeClip(place / "disc.mp4", 50);
  EXPECT_THROW(queueJob(store, request(source, {{"trim_in", 30}})), Error);
  EXPECT_THROW(queueJob(store, request(source, {{"trim_in", 1.5}, {"trim_out", 0.5}})), Error);
}

TEST_F(Jobs, ThePartOfAPictureThatStandsForLongIsCutToo) {
  const auto source = place / "slides.mkv";
  {
    VideoWriter writer(source, {.speed = "fast"}, {96, 64, {25, 1}, {1, 25}, {}});
    writer.write(movingDisc(0), 0, 250);
    for (int i = 0; i < 25; ++i) writer.write(movingDisc(i), 250 + i, i == 24 ? 250 : 1);
    writer.write(movingDisc(40), 524, 1);
    writer.finish();
  }
  const auto made = [&](double from, double to) {
    const auto result =
        run(queueJob(store, request(source, {{"trim_in", from}, {"trim_out", to}, {"container", "mp4"}})).id);
    VideoReader reader(result.output);
    double end = 0;
    while (const auto frame = reader.next())
      end = static_cast<double>(frame->pts + frame->duration) * reader.info().timeBase.value();
    return end;
  };
  EXPECT_NEAR(made(9, 10.4), 2 * 1.4, 0.1);
  const auto part = request(source, {{"trim_in", 10.4}, {"trim_out", 12}});
  const Analysis analysis = analyse(part, analyseOptions(part), {}, {});
  EXPECT_NEAR(sourceSeconds(analysis, probe(part), analysis.frames()), 12, 1e-3);
}

TEST_F(Jobs, AFailedResumeKeepsTheProgressInSight) {
  const auto source = makeClip(place / "disc.mp4", 10);
  auto job = queueJob(store, request(source));
  job.state = "stopped";
  job.progress = 0.6;
  store.updateJob(job);
  fs::rename(source, place / "away.mp4");
  EXPECT_THROW(run(job.id), Error);
  EXPECT_EQ(store.job(job.id).progress, 0.6);
}

TEST_F(Jobs, TrimCropAndScale) {
  const auto source = makeClip(place / "disc.mp4", 50);
  const auto result = run(
      queueJob(store,
               request(source, {{"trim_in", 0.4}, {"trim_out", 1.2}, {"crop", "8,8,64,48"}, {"scale", 24}}))
          .id);
  const VideoInfo made = probe(result.output);
  EXPECT_EQ(made.frames, 40);
  EXPECT_EQ(cv::Size(made.width, made.height), cv::Size(32, 24));
}

TEST_F(Jobs, AnotherEngineForARange) {
  SlowmoRequest ranged = request(makeClip(place / "disc.mp4", 20));
  ranged.engineRanges = {{0.2, 0.4, "flow"}};
  EXPECT_EQ(run(queueJob(store, ranged).id).state, "done");
}

TEST_F(Jobs, PreviewsMakeOnlyTheirSpan) {
  const auto source = makeClip(place / "disc.mp4", 100);
  std::vector<MadeFrame> frames;
  makePreview(request(source), {1.0, 0.4, 32}, [&](const MadeFrame& frame) { frames.push_back(frame); }, {});
  ASSERT_EQ(frames.size(), 20u);
  EXPECT_NEAR(frames[0].sourceTime, 1.0, 1e-6);
  EXPECT_TRUE(frames[0].original);
  EXPECT_FALSE(frames[1].original);
  EXPECT_NEAR(frames[19].outputTime, 0.76, 1e-6);
  EXPECT_EQ(frames[3].image.rows, 32);
  EXPECT_TRUE(store.jobs().empty());
}

TEST_F(Jobs, APreviewSetsTheSameViewOfTheSourceBesideTheResult) {
  const cv::Size portrait(1080, 1920);
  const auto source =
      makeClip(place / "tall.mp4", 12, {25, 1}, [&](int i) { return movingDisc(i, portrait); });
  for (const char* crop : {"", "0,1121,1080,799", "279,0,801,1920"}) {
    SCOPED_TRACE(crop);
    int untouched = 0;
    const auto preview =
        previewFrames(request(source, {{"crop", crop}}), 0.08, 0.16, [](const PreviewFrame&, double) {}, {});
    ASSERT_EQ(preview.frames.size(), 8u);
    EXPECT_EQ(preview.frames[0].result.rows, preview.height);
    for (const auto& frame : preview.frames) {
      ASSERT_EQ(frame.original.size(), frame.result.size());
      if (frame.made) continue;
      EXPECT_EQ(cv::norm(frame.original, frame.result, cv::NORM_INF), 0);
      ++untouched;
    }
    EXPECT_EQ(untouched, 5) << "four and the last one, which is held";
  }
}

TEST_F(Jobs, APreviewFromTheTrimmedPartStaysInIt) {
  const auto source = makeClip(place / "disc.mp4", 100);
  const auto times = [&](double from) {
    const auto preview = previewFrames(request(source, {{"trim_in", 0.8}, {"trim_out", 1.6}}), from, 1.0,
                                       [](const PreviewFrame&, double) {}, {});
    return std::pair(preview.frames.front().sourceTime, preview.frames.back().sourceTime);
  };
  EXPECT_NEAR(times(1.4).first, 0.8, 1e-6);
  EXPECT_LT(times(1.4).second, 1.6);
  EXPECT_NEAR(times(2.4).first, 2.4, 1e-6) << "elsewhere the settings are looked at";
}

TEST(WorstMoments, AreApart) {
  const std::vector<ConfidencePoint> curve{{0, 0.9}, {1, 0.2}, {1.1, 0.1}, {3, 0.3}, {4, 0.95}};
  const auto worst = worstMoments(curve, 2);
  ASSERT_EQ(worst.size(), 2u);
  EXPECT_EQ(worst[0].sourceTime, 1.1);
  EXPECT_EQ(worst[1].sourceTime, 3);
}

}  // namespace
}  // namespace fw
