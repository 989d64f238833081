#include "core/slowmo/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "tests/core/slowmo/made_clip.h"
#include "tests/core/store/temporary_folder.h"

namespace fw {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::HasSubstr;

VideoInfo clip1080() {
  VideoInfo info;
  info.file = "/films/walk.mkv";
  info.width = 1920;
  info.height = 1080;
  info.frameRate = {24, 1};
  info.timeBase = {1, 1000};
  info.frames = 2400;
  info.duration = 100;
  return info;
}

SlowmoRequest asking(nlohmann::json settings) {
  SlowmoRequest request;
  request.sources = {"/films/walk.mkv"};
  request.settings = std::move(settings);
  return request;
}

TEST(SlowmoSettings, WhatDoesNotMatterHides) {
  Settings settings(slowmoSchema());
  EXPECT_TRUE(settings.matters("factor"));
  EXPECT_FALSE(settings.matters("rate"));
  settings.set("mode", std::string("smooth"));
  EXPECT_FALSE(settings.matters("factor"));
  EXPECT_TRUE(settings.matters("rate"));
  settings.set("container", std::string("gif"));
  EXPECT_FALSE(settings.matters("codec"));
  EXPECT_TRUE(settings.matters("loop"));
}

TEST(SlowmoSettings, EveryParameterSaysWhatItIsFor) {
  for (const auto& parameter : slowmoSchema().parameters()) {
    EXPECT_FALSE(parameter.label.empty()) << parameter.name;
    EXPECT_FALSE(parameter.help.empty()) << parameter.name;
  }
}

TEST(SlowmoSettings, EnginesHaveTheirOwn) {
  for (const auto& kind : engineList()) {
    const Settings own = engineSettings(Settings(slowmoSchema()), kind);
    for (const auto& parameter : kind.schema.parameters())
      EXPECT_EQ(own.value(parameter.name), parameter.fallback) << kind.id;
  }
}

TEST(SlowmoSettings, FactorsAreExact) {
  EXPECT_EQ(choicesFor(asking({{"factor", 1.3}}), clip1080()).timing.stretch, (Rational{13, 10}));
  EXPECT_EQ(choicesFor(asking({{"mode", "smooth"}, {"rate", "59.94"}}), clip1080()).timing.rate,
            (Rational{60000, 1001}));
}

TEST(SlowmoSettings, AutomaticFollowsTheSource) {
  const auto plain = choicesFor(asking({}), clip1080());
  EXPECT_EQ(plain.ending, "mkv");
  EXPECT_EQ(plain.encode.codec, "h264");
  EXPECT_EQ(plain.encode.bitDepth, 8);
  EXPECT_EQ(plain.sound, Sound::StretchKeepPitch);
  EXPECT_EQ(choicesFor(asking({{"mode", "smooth"}}), clip1080()).sound, Sound::Keep);
  VideoInfo deep = clip1080();
  deep.bitDepth = 10;
  EXPECT_EQ(choicesFor(asking({}), deep).encode.bitDepth, 10);
  VideoInfo gif = clip1080();
  gif.file = "/films/cat.gif";
  gif.loops = 0;
  EXPECT_TRUE(choicesFor(asking({}), gif).timing.loop);
  EXPECT_EQ(choicesFor(asking({}), gif).segmentEncode.codec, "ffv1");
}

TEST(SlowmoSettings, TheOutputsNameDecidesWhatItIs) {
  SlowmoRequest request = asking({});
  request.output = "/films/x.webm";
  EXPECT_EQ(choicesFor(request, clip1080()).encode.codec, "vp9");
  request.output = "/films/x.xyz";
  EXPECT_THROW(choicesFor(request, clip1080()), Error);
}

TEST(SlowmoSettings, RefuseWhatCannotBe) {
  EXPECT_THROW(choicesFor(asking({{"container", "mp4"}, {"codec", "prores"}}), clip1080()), Error);
  EXPECT_THROW(choicesFor(asking({{"container", "webm"}, {"codec", "h264"}}), clip1080()), Error);
  EXPECT_THROW(choicesFor(asking({{"mode", "smooth"}, {"rate", "fast"}}), clip1080()), Error);
  EXPECT_THROW(choicesFor(asking({{"factor", 0.0}}), clip1080()), Error);
  EXPECT_THROW(choicesFor(asking({{"crop", "0,0,9999,10"}}), clip1080()), Error);
  EXPECT_THROW(choicesFor(asking({{"crop", "2147483647,0,2147483647,10"}}), clip1080()), Error);
  EXPECT_THROW(choicesFor(asking({{"nonsense", 1}}), clip1080()), Error);
}

TEST(SlowmoSettings, SayWhatWillBeLostOrChanged) {
  const auto told = [](const nlohmann::json& settings, const VideoInfo& info) {
    std::string all;
    for (const auto& note : choicesFor(asking(settings), info).notes) all += note + "\n";
    return all;
  };
  EXPECT_EQ(told({}, clip1080()), "");
  VideoInfo odd = clip1080();
  odd.width = 641;
  EXPECT_THAT(told({}, odd), HasSubstr("4:4:4"));
  EXPECT_EQ(told({{"container", "webm"}}, odd), "");
  EXPECT_EQ(told({{"crop", "0,0,640,480"}}, odd), "");
  VideoInfo fine = clip1080();
  fine.pixelFormat = "yuv444p";
  EXPECT_THAT(told({}, fine), HasSubstr("(4:2:0)"));
  EXPECT_EQ(told({{"quality", 0}}, fine), "");
  EXPECT_EQ(told({{"codec", "ffv1"}}, fine), "");
  fine.pixelFormat = "yuv420p";
  EXPECT_EQ(told({}, fine), "");
  VideoInfo heard = clip1080();
  heard.audio.emplace_back();
  EXPECT_THAT(told({{"container", "png"}}, heard), HasSubstr("sound is left out"));
  EXPECT_THAT(told({{"mode", "smooth"}, {"rate", "12"}}, clip1080()), HasSubstr("below the source's"));
}

TEST(SlowmoSettings, AGifIsNoFasterThanViewersShowIt) {
  const auto fast =
      choicesFor(asking({{"mode", "smooth"}, {"rate", "60"}, {"container", "gif"}}), clip1080());
  EXPECT_EQ(fast.timing.rate, (Rational{50, 1}));
  EXPECT_THAT(fast.notes, Contains(HasSubstr("50 frames a second")));
  VideoInfo phone = clip1080();
  phone.frameRate = {60, 1};
  EXPECT_EQ(choicesFor(asking({{"container", "gif"}}), phone).timing.rate, (Rational{50, 1}));
  EXPECT_EQ(choicesFor(asking({{"container", "gif"}}), clip1080()).timing.rate, std::nullopt);
}

TEST(SlowmoSettings, CropAndScaleGiveTheSize) {
  EXPECT_EQ(choicesFor(asking({{"crop", "10, 20, 640, 360"}, {"scale", 180}}), clip1080()).size,
            cv::Size(320, 180));
  EXPECT_EQ(choicesFor(asking({{"container", "gif"}, {"scale", 2160}}), clip1080()).size,
            cv::Size(1920, 1080))
      << "nobody wants a larger GIF";
  VideoInfo wide = clip1080();
  wide.width = 720;
  wide.height = 576;
  wide.pixelAspect = {64, 45};
  EXPECT_EQ(choicesFor(asking({{"container", "gif"}}), wide).size, cv::Size(1024, 576)) << "it has no aspect";
  EXPECT_EQ(choicesFor(asking({{"container", "png"}, {"scale", 288}}), wide).size, cv::Size(512, 288));
  EXPECT_EQ(choicesFor(asking({}), wide).size, cv::Size(720, 576));
}

TEST(SlowmoSettings, PresetsAreValid) {
  ASSERT_GE(slowmoPresets().size(), 5u);
  for (const auto& preset : slowmoPresets())
    EXPECT_NO_THROW(choicesFor(asking(preset.settings), clip1080())) << preset.id;
}

TEST(SlowmoRequests, SurviveTheDisk) {
  SlowmoRequest request = asking({{"factor", 4.0}});
  request.sources = {"/a \"b\"/Ünï.mp4", "/c.mp4"};
  request.output = "/out.mp4";
  request.cutsAdded = {1.5};
  request.cutsRemoved = {2, 3};
  request.engineRanges = {{1, 2, "blend"}};
  EXPECT_EQ(toJson(slowmoRequestFromJson(nlohmann::json::parse(toJson(request).dump()))), toJson(request));
  EXPECT_THROW(slowmoRequestFromJson(nlohmann::json::object()), Error);
  EXPECT_THROW(slowmoRequestFromJson({{"sources", 3}}), Error);
}

TEST(SuggestedOutput, SaysWhatWasDoneAndNeverOverwrites) {
  TemporaryFolder folder;
  VideoInfo info = clip1080();
  info.file = folder.path() / "walk.mkv";
  SlowmoRequest request = asking({{"factor", 2.5}});
  request.sources = {info.file};
  EXPECT_EQ(suggestedOutput(request, info), folder.path() / "walk 2.5x.mkv");
  std::ofstream(folder.path() / "walk 2.5x.mkv") << "here";
  EXPECT_EQ(suggestedOutput(request, info), folder.path() / "walk 2.5x (2).mkv");
  request.settings = {{"mode", "smooth"}, {"rate", "59.94"}};
  EXPECT_EQ(suggestedOutput(request, info).filename(), "walk 59.94 fps.mkv");
}

TEST(SuggestedOutput, FollowsTheFileType) {
  EXPECT_EQ(outputAs("mkv", "/a/walk 2.5x.mp4"), "/a/walk 2.5x.mkv");
  EXPECT_EQ(outputAs("png", "/a/walk 2.5x.mp4"), "/a/walk 2.5x");
  EXPECT_EQ(outputAs("webm", "/a/walk 2.5x"), "/a/walk 2.5x.webm");
  EXPECT_EQ(outputAs("auto", "/a/walk.mov"), "/a/walk.mov");
}

TEST(Estimate, KnowsFramesRateAndLength) {
  TemporaryFolder folder;
  VideoInfo info = clip1080();
  info.file = makeClip(folder.path() / "walk.mkv", 5);
  const auto twice = estimate(asking({}), info);
  EXPECT_EQ(twice.frames, 4800);
  EXPECT_EQ(twice.rate, (Rational{24, 1}));
  EXPECT_DOUBLE_EQ(twice.duration, 200);
  EXPECT_GT(twice.bytes, 10 << 20);
  EXPECT_GT(twice.peakMemory, 100 << 20);
  const auto smooth =
      estimate(asking({{"mode", "smooth"}, {"rate", "60"}, {"trim_in", 10.0}, {"trim_out", 20.0}}), info);
  EXPECT_EQ(smooth.frames, 600);
  EXPECT_DOUBLE_EQ(smooth.duration, 10);
  EXPECT_EQ(estimate(asking({{"trim_in", 10.02}, {"trim_out", 10.05}}), info).frames, 4)
      << "24 a second: of frames 240 and 241 a part is wanted";
}

TEST(Estimate, WeightsThatAreGoneAreTold) {
  TemporaryFolder folder;
  VideoInfo info = clip1080();
  info.file = makeClip(folder.path() / "walk.mkv", 5);
  const std::string gone = folder.path() / "best.safetensors";
  EXPECT_THROW(estimate(asking({{"engine", "swift"}, {"swift_weights", gone}}), info), Error);
  EXPECT_GT(estimate(asking({{"engine", "flow"}, {"swift_weights", gone}}), info).frames, 0);
}

TEST(Estimate, SaysWhatIsLost) {
  TemporaryFolder folder;
  VideoInfo info = clip1080();
  info.file = makeClip(folder.path() / "walk.mkv", 5);
  info.interlaced = true;
  info.bitDepth = 10;
  const auto notes = estimate(asking({{"depth", "8"}}), info).notes;
  EXPECT_GE(notes.size(), 2u);
}

}  // namespace
}  // namespace fw
