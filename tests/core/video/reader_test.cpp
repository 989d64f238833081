#include "core/video/video.h"

#include <gtest/gtest.h>

#include <fstream>
#include <opencv2/imgcodecs.hpp>
#include <set>

#include "clips.h"
#include "core/image/metrics.h"
#include "core/video/thumbnails.h"

namespace fw::test {
namespace {

constexpr const char* kX264 = " -c:v libx264 -preset ultrafast -pix_fmt yuv420p";

std::vector<Frame> readAll(VideoReader& reader) {
  std::vector<Frame> frames;
  while (std::optional<Frame> frame = reader.next()) frames.push_back(std::move(*frame));
  return frames;
}

TEST(VideoReader, KeepsExactTimesOfConstantRates) {
  const Folder folder;
  for (const char* rate : {"25", "30000/1001", "25/2", "179/6", "60000/1001"}) {
    for (const char* ending : {"mp4", "mkv"}) {
      SCOPED_TRACE(std::string(rate) + " in " + ending);
      const fs::path file = folder / (std::string("clip.") + ending);
      ffmpeg(std::string("-f lavfi -i testsrc2=s=96x64:r=") + rate + ":d=2" + kX264, file);
      VideoReader reader(file);
      const VideoInfo info = reader.info();
      const std::string text = rate;
      const auto slash = text.find('/');
      const Rational wanted{std::stoll(text),
                            slash == std::string::npos ? 1 : std::stoll(text.substr(slash + 1))};
      EXPECT_EQ(info.frameRate, wanted) << info.frameRate.num << "/" << info.frameRate.den;
      EXPECT_FALSE(info.variableRate);
      const std::vector<Frame> frames = readAll(reader);
      EXPECT_EQ(static_cast<int64_t>(frames.size()), info.frames);
      EXPECT_TRUE(info.framesExact);
      EXPECT_EQ(frames.front().pts, info.startPts);
      const double tick = info.timeBase.value();
      for (std::size_t i = 0; i < frames.size(); ++i) {
        const double seconds = static_cast<double>(frames[i].pts - info.startPts) * tick;
        ASSERT_NEAR(seconds, static_cast<double>(i) / wanted.value(),
                    ending == std::string("mkv") ? 0.0011 : tick * 0.51);
        ASSERT_NEAR(static_cast<double>(frames[i].duration) * tick, 1 / wanted.value(), 0.0011);
      }
      EXPECT_NEAR(info.duration, static_cast<double>(frames.size()) / wanted.value(), 0.002);
    }
  }
}

TEST(VideoReader, SaysSoWhenTheRateVaries) {
  const Folder folder;
  const fs::path file = folder / "vfr.mkv";
  ffmpeg(std::string(
             "-f lavfi -i testsrc2=s=96x64:r=30:d=2 -vf select='not(mod(n\\,7))+lt(n\\,20)' -fps_mode vfr") +
             kX264,
         file);
  VideoReader reader(file);
  EXPECT_TRUE(reader.info().variableRate);
  const std::vector<Frame> frames = readAll(reader);
  EXPECT_EQ(static_cast<int64_t>(frames.size()), reader.info().frames);
  int64_t shortest = frames[0].duration, longest = 0;
  for (std::size_t i = 0; i + 1 < frames.size(); ++i) {
    EXPECT_EQ(frames[i].pts + frames[i].duration, frames[i + 1].pts);
    shortest = std::min(shortest, frames[i].duration);
    longest = std::max(longest, frames[i].duration);
  }
  EXPECT_EQ(shortest, 33);
  EXPECT_NEAR(static_cast<double>(longest), 233, 2);
}

TEST(VideoReader, TakesNegativeAndLateStarts) {
  const Folder folder;
  const fs::path late = folder / "late.ts", negative = folder / "negative.avi";
  ffmpeg(std::string("-f lavfi -i testsrc2=s=96x64:r=25:d=1") + kX264 + " -bf 2 -output_ts_offset 3.5", late);
  VideoReader reader(late);
  EXPECT_GT(reader.info().start, 3.0);
  EXPECT_EQ(readAll(reader).size(), 25u);
  EXPECT_NEAR(reader.info().duration, 1.0, 0.041);
  reader.seek(0.5);
  const std::optional<Frame> middle = reader.next();
  ASSERT_TRUE(middle);
  EXPECT_NEAR(static_cast<double>(middle->pts) * reader.info().timeBase.value() - reader.info().start, 0.5,
              0.041);

  const fs::path cut = folder / "cut.mp4";
  ffmpeg(std::string("-f lavfi -i testsrc2=s=96x64:r=25:d=2") + kX264 + " -g 50 -bf 2", folder / "whole.mp4");
  ffmpeg("-ss 0.5 -i " + quoted((folder / "whole.mp4").string()) + " -c copy",
         cut);  // starts before zero, hidden by an edit list
  VideoReader afterCut(cut);
  const std::vector<Frame> frames = readAll(afterCut);
  ASSERT_FALSE(frames.empty());
  EXPECT_EQ(frames.front().pts, afterCut.info().startPts);
  EXPECT_NEAR(afterCut.info().start, 0.0, 0.041);
}

TEST(VideoReader, TurnsPicturesUpright) {
  const Folder folder;
  const fs::path flat = folder / "flat.mp4";
  writeScene(flat, {.quality = 4}, formatOf(128, 96, {25, 1}), 3);
  const cv::Mat upright = VideoReader(flat).next()->image;
  std::set<int> seen;
  for (const int turn : {0, 90, 180, 270}) {
    SCOPED_TRACE(turn);
    const fs::path turned = folder / ("turned" + std::to_string(turn) + ".mp4"), shown = folder / "shown.png";
    const std::string number = std::to_string(turn), input = " -i " + quoted(flat.string()) + " -c copy";
    try {
      ffmpeg("-display_rotation " + number + input, turned);  // since FFmpeg 6
    } catch (const Error&) {
      ffmpeg(input + " -metadata:s:v rotate=" + number, turned);
    }
    ffmpeg("-i " + quoted(turned.string()) + " -frames:v 1 -update 1",
           shown);  // the program turns it upright itself
    const cv::Mat expected = cv::imread(shown.string());
    VideoReader reader(turned);
    seen.insert(reader.info().rotation);
    cv::Mat turnedBack = upright.clone();
    switch (reader.info().rotation) {
      case 90:
        cv::rotate(upright, turnedBack, cv::ROTATE_90_CLOCKWISE);
        break;
      case 180:
        cv::rotate(upright, turnedBack, cv::ROTATE_180);
        break;
      case 270:
        cv::rotate(upright, turnedBack, cv::ROTATE_90_COUNTERCLOCKWISE);
        break;
      default:
        break;
    }
    const std::optional<Frame> frame = reader.next();
    ASSERT_TRUE(frame);
    ASSERT_EQ(frame->image.size(), expected.size());
    EXPECT_EQ(reader.info().width, expected.cols);
    EXPECT_GT(psnr(frame->image, turnedBack), 60);
    EXPECT_GT(psnr(frame->image, expected), 35);
  }
  EXPECT_EQ(seen, (std::set<int>{0, 90, 180, 270}));
}

TEST(VideoReader, SeeksToTheFrameShownThen) {
  const Folder folder;
  const std::vector<std::pair<std::string, std::string>> kinds{
      {"a.mp4", std::string(kX264) + " -bf 3 -g 40"},
      {"a.mkv", std::string(kX264) + " -g 250"},
      {"a.ts", " -c:v mpeg2video -g 15 -bf 2"},
      {"a.gif", ""},
      {"a.webm", " -c:v libvpx-vp9 -deadline realtime -cpu-used 8"}};
  for (const auto& [name, codec] : kinds) {
    SCOPED_TRACE(name);
    ffmpeg("-f lavfi -i testsrc2=s=96x64:r=20:d=4" + codec, folder / name);
    VideoReader reader(folder / name);
    const std::vector<Frame> frames = readAll(reader);
    ASSERT_EQ(frames.size(), 80u);
    for (const std::size_t wanted : {79u, 3u, 41u, 0u, 60u, 40u}) {
      reader.seekTo(frames[wanted].pts);
      const std::optional<Frame> frame = reader.next();
      ASSERT_TRUE(frame);
      EXPECT_EQ(frame->pts, frames[wanted].pts);
      EXPECT_GT(psnr(frame->image, frames[wanted].image), 60) << wanted;
      reader.seek(static_cast<double>(frames[wanted].pts - frames[0].pts) * reader.info().timeBase.value() +
                  0.02);
      EXPECT_EQ(reader.next()->pts, frames[wanted].pts);
    }
    reader.seek(1000);
    EXPECT_EQ(reader.next()->pts, frames.back().pts);
    reader.seek(-5);
    EXPECT_EQ(reader.next()->pts, frames.front().pts);
  }
}

TEST(VideoReader, LosesNoFrameAfterASeekIntoOpenGroups) {
  const Folder folder;
  for (const char* name : {"a.mp4", "a.ts"}) {
    ffmpeg(
        "-f lavfi -i testsrc2=s=96x64:r=25:d=3.6,noise=alls=20:allf=t -pix_fmt yuv420p -c:v libx264 "
        "-x264-params open-gop=1:keyint=12:bframes=3",
        folder / name);
    VideoReader reader(folder / name);
    const std::vector<Frame> frames = readAll(reader);
    ASSERT_EQ(frames.size(), 90U);
    for (std::size_t wanted = 1; wanted < frames.size(); wanted += 6) {
      SCOPED_TRACE(std::string(name) + " " + std::to_string(wanted));
      reader.seekTo(frames[wanted].pts);
      for (std::size_t i = wanted; i < frames.size(); ++i) {
        const auto frame = reader.next();
        ASSERT_TRUE(frame);
        ASSERT_EQ(frame->pts, frames[i].pts);
        EXPECT_EQ(cv::norm(frame->image, frames[i].image, cv::NORM_INF), 0) << i;
      }
    }
  }
}

TEST(VideoReader, SeeksInATransportStreamOfHevcToRealPictures) {
  if (!canEncode("h265")) GTEST_SKIP() << "no encoder for H.265";
  const Folder folder;
  ffmpeg(
      "-f lavfi -i testsrc2=s=96x64:r=20:d=12 -pix_fmt yuv420p -c:v libx265 -preset ultrafast -x265-params "
      "log-level=none:keyint=100:min-keyint=100",
      folder / "a.ts");
  VideoReader reader(folder / "a.ts");
  const std::vector<Frame> frames = readAll(reader);
  ASSERT_EQ(frames.size(), 240u);
  for (const std::size_t wanted : {150u, 30u, 99u, 100u, 231u, 199u, 0u}) {
    reader.seekTo(frames[wanted].pts);
    const std::optional<Frame> frame = reader.next();
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->pts, frames[wanted].pts);
    EXPECT_GT(psnr(frame->image, frames[wanted].image), 60) << wanted;
  }
}

TEST(VideoReader, DeinterlacesAndSeeksToTheSamePictures) {
  const Folder folder;
  const fs::path file = folder / "fields.mkv";
  ffmpeg(
      "-f lavfi -i testsrc2=s=128x96:r=50:d=2 -vf tinterlace=interleave_top,fieldorder=tff -c:v libx264 "
      "-preset ultrafast -pix_fmt yuv420p -flags +ildct+ilme -x264opts tff=1 -g 10",
      file);
  VideoReader reader(file), raw(file, {.deinterlace = false});
  EXPECT_TRUE(reader.info().interlaced);
  const std::vector<Frame> frames = readAll(reader), combed = readAll(raw);
  EXPECT_EQ(frames.size(), combed.size());
  EXPECT_NEAR(static_cast<double>(frames[5].pts), static_cast<double>(combed[5].pts), 1);
  const auto combing =
      [](const cv::Mat& image) {  // what alternate lines differ by, beyond what neighbours do
        cv::Mat even, odd;
        cv::Mat grey;
        cv::cvtColor(image, grey, cv::COLOR_BGR2GRAY);
        cv::Mat kernel = (cv::Mat_<float>(5, 1) << 1, -4, 6, -4, 1), response;
        cv::filter2D(grey, response, CV_32F, kernel);
        return cv::norm(response, cv::NORM_L1) / static_cast<double>(response.total());
      };
  EXPECT_LT(combing(frames[20].image), combing(combed[20].image) * 0.8);
  for (const std::size_t at : {30u, 11u, 20u}) {
    reader.seekTo(frames[at].pts);
    EXPECT_EQ(cv::norm(reader.next()->image, frames[at].image, cv::NORM_INF), 0) << at;
  }
}

TEST(VideoReader, GivesDeepColourInFullScale) {
  const Folder folder;
  const fs::path file = folder / "deep.mkv";
  ffmpeg("-f lavfi -i color=white:s=64x48:r=5:d=1 -pix_fmt yuv420p10le -c:v ffv1", file);
  VideoReader reader(file);
  EXPECT_EQ(reader.info().bitDepth, 10);
  const cv::Mat image = reader.next()->image;
  ASSERT_EQ(image.type(), CV_16UC3);
  EXPECT_GT(cv::mean(image)[0], 65000);
}

TEST(VideoReader, ReadsColoursAsTheirTagsSay) {
  const Folder folder;
  for (const char* matrix : {"bt709", "smpte170m", "bt2020nc"})
    for (const char* range : {"tv", "pc"}) {
      SCOPED_TRACE(std::string(matrix) + " " + range);
      const fs::path file = folder / "colour.mkv";
      const std::string scaled = matrix == std::string("bt2020nc") ? "bt2020" : matrix;
      ffmpeg(std::string("-f lavfi -i color=0xC83C28:s=64x48:r=5:d=0.4 -vf scale=out_color_matrix=") +
                 scaled + ":out_range=" + range +
                 ":flags=accurate_rnd,format=yuv444p -c:v ffv1 -colorspace " + matrix + " -color_range " +
                 range,
             file);
      VideoReader reader(file);
      EXPECT_EQ(reader.info().colourMatrix, matrix);
      EXPECT_EQ(reader.info().colourRange, range);
      const cv::Vec3b pixel = reader.next()->image.at<cv::Vec3b>(24, 32);
      EXPECT_NEAR(pixel[2], 0xC8, 2);
      EXPECT_NEAR(pixel[1], 0x3C, 2);
      EXPECT_NEAR(pixel[0], 0x28, 2);
    }
}

TEST(VideoReader, ListsEveryStream) {
  const Folder folder;
  const fs::path file = folder / "Ünï \"quoted\" it's 50%d.mkv";
  writeRichSource(folder, file);
  const VideoInfo info = probe(file);
  ASSERT_EQ(info.audio.size(), 2u);
  EXPECT_EQ(info.audio[0].codec, "aac");
  EXPECT_EQ(info.audio[1].language, "deu");
  EXPECT_EQ(info.audio[1].title, "Commentary");
  ASSERT_EQ(info.subtitles.size(), 2u);
  EXPECT_EQ(info.subtitles[0].language, "fra");
  EXPECT_EQ(info.chapters, 2);
  EXPECT_EQ(info.attachments, 1);
  EXPECT_EQ(info.frames, 50);
}

TEST(VideoReader, ReadsAFolderOfPicturesInTheirOrder) {
  const Folder folder;
  for (int i = 0; i < 12; ++i)
    cv::imwrite((folder / ("p_" + std::to_string(i) + ".png")).string(),
                cv::Mat(40, 60, CV_16UC3, cv::Scalar::all(i * 5000)));
  std::ofstream(folder / "notes.txt") << "not a picture";
  VideoReader reader(folder.path(), {.imageRate = {10, 1}});
  EXPECT_DOUBLE_EQ(reader.info().duration, 1.2);
  const std::vector<Frame> frames = readAll(reader);
  ASSERT_EQ(frames.size(), 12u);
  for (int i = 0; i < 12; ++i)
    EXPECT_EQ(frames[static_cast<std::size_t>(i)].image.at<cv::Vec3w>(0, 0)[0], i * 5000);
  const std::vector<fs::path> chosen{folder / "p_11.png", folder / "p_3.png"};
  VideoReader selection(chosen);
  EXPECT_EQ(readAll(selection).front().image.at<cv::Vec3w>(0, 0)[0], 55000);
}

TEST(VideoReader, WhatIsTransparentLiesOnWhite) {
  const Folder folder;
  const std::string half =
      "-f lavfi -i \"color=red:s=64x48:r=10:d=0.5,format=rgba,geq=r=255:g=0:b=0:a='255*lt(X,32)'\" ";
  const fs::path pictures = folder / "pictures";
  fs::create_directory(pictures);
  ffmpeg(half, pictures / "%03d.png");
  ffmpeg(half + "-c:v qtrle", folder / "clip.mov");
  ffmpeg(half + "-vf 'split[a][b];[a]palettegen[p];[b][p]paletteuse'", folder / "clip.gif");
  std::vector<fs::path> files = {pictures, folder / "clip.mov", folder / "clip.gif"};
  if (canEncode("vp9")) {
    files.push_back(folder / "clip.webm");
    ffmpeg(half + "-c:v libvpx-vp9 -lossless 1 -pix_fmt yuva420p", files.back());
  }
  for (const auto& file : files) {
    SCOPED_TRACE(file.filename());
    VideoReader reader(file);
    EXPECT_TRUE(reader.info().hasAlpha);
    const auto frame = reader.next();
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->original, nullptr) << "its hidden colours would show";
    EXPECT_LT(cv::norm(frame->image.at<cv::Vec3b>(24, 10), cv::Vec3b(0, 0, 255), cv::NORM_INF), 4);
    EXPECT_LT(cv::norm(frame->image.at<cv::Vec3b>(24, 50), cv::Vec3b(255, 255, 255), cv::NORM_INF), 4);
  }
  ffmpeg("-f lavfi -i testsrc2=s=64x48:r=10:d=0.5", folder / "opaque.gif");
  EXPECT_FALSE(probe(folder / "opaque.gif").hasAlpha);
}

TEST(VideoReader, TimeGoesOnWhereRecordingsWereJoined) {
  const Folder folder;
  const fs::path file = folder / "joined.ts";
  constexpr double kSoundsOverhang = 0.03;  // its packets do not end with the last frame
  for (const int later : {0, 3600}) {
    SCOPED_TRACE(later);
    writeJoined(folder, file, 2, later);
    VideoReader reader(file);
    EXPECT_NEAR(reader.info().duration, 4, kSoundsOverhang);
    const auto frames = readAll(reader);
    ASSERT_EQ(frames.size(), 100u);
    EXPECT_TRUE(reader.clockJumped());
    for (std::size_t i = 1; i < frames.size(); ++i)
      ASSERT_NEAR(static_cast<double>(frames[i].pts - frames[i - 1].pts) / 90'000, 0.04,
                  i == 50 ? kSoundsOverhang : 1e-9)
          << i;
    reader.seekTo(frames[80].pts);
    EXPECT_EQ(cv::norm(reader.next()->image, frames[80].image, cv::NORM_INF), 0);
    VideoReader told(file, {.clockJumps = true});
    told.seekTo(frames[20].pts);
    EXPECT_EQ(cv::norm(told.next()->image, frames[20].image, cv::NORM_INF), 0);
  }
  ffmpeg("-f lavfi -i testsrc2=s=96x64:r=25:d=1" + std::string(kX264), folder / "one.ts");
  VideoReader one(folder / "one.ts");
  readAll(one);
  EXPECT_FALSE(one.clockJumped());
}

TEST(VideoReader, KnowsTheLengthOfAStreamWithoutTimes) {
  const Folder folder;
  ffmpeg("-f lavfi -i testsrc2=s=96x64:r=25:d=2" + std::string(kX264), folder / "raw.h264");
  const VideoInfo info = probe(folder / "raw.h264");
  EXPECT_EQ(info.frames, 50);
  EXPECT_NEAR(info.duration, 2, 0.001);
}

TEST(VideoReader, CountsOnlyTheFramesThatAnEditListShows) {
  const Folder folder;
  const fs::path whole = folder / "whole.mp4", part = folder / "part.mp4";
  ffmpeg(
      "-f lavfi -i testsrc2=s=96x64:r=30000/1001:d=4 -c:v libx264 -preset ultrafast -g 250 -pix_fmt yuv420p",
      whole);
  ffmpeg("-ss 2 -i " + quoted(whole.string()) + " -c copy", part);
  const VideoInfo info = probe(part);
  EXPECT_EQ(info.frameRate, (Rational{30000, 1001}));
  VideoReader reader(part);
  int64_t shown = 0;
  while (reader.next()) ++shown;
  EXPECT_EQ(info.frames, shown);
}

TEST(VideoReader, MakesThumbnails) {
  const Folder folder;
  writeScene(folder / "clip.mp4", {}, formatOf(160, 120, {25, 1}), 50);
  const std::vector<double> moments{0.0, 1.0, 1.9};
  const std::vector<cv::Mat> pictures = thumbnails(folder / "clip.mp4", moments, 60, {});
  ASSERT_EQ(pictures.size(), 3u);
  EXPECT_EQ(pictures[0].size(), cv::Size(80, 60));
  cv::Mat expected;
  cv::resize(scene(160, 120, 1.0), expected, {80, 60}, 0, 0, cv::INTER_AREA);
  EXPECT_GT(psnr(pictures[1], expected), 32);
}

TEST(VideoReader, SaysPlainlyWhatIsNoVideo) {
  const Folder folder;
  std::ofstream(folder / "empty.mp4");
  std::ofstream(folder / "text.mp4") << std::string(5000, 'x') << "\nplain words\n";
  std::ofstream(folder / "list.m3u8")
      << "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://127.0.0.1:1/a.ts\n";
  ffmpeg("-f lavfi -i sine=d=1", folder / "sound.wav");
  for (const char* name : {"empty.mp4", "text.mp4", "list.m3u8", "sound.wav", "missing.mp4"}) {
    SCOPED_TRACE(name);
    try {
      probe(folder / name);
      ADD_FAILURE() << "no error";
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find(name), std::string::npos) << error.what();
      EXPECT_FALSE(error.advice().empty());
    }
  }
}

TEST(VideoReader, SurvivesATruncatedFileAndCountsDamage) {
  const Folder folder;
  const fs::path file = folder / "whole.mkv", cut = folder / "cut.mkv";
  ffmpeg(std::string("-f lavfi -i testsrc2=s=160x120:r=25:d=4") + kX264 + " -g 25", file);
  std::ifstream in(file, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(in)), {});
  std::ofstream(cut, std::ios::binary)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size() * 6 / 10));
  VideoReader reader(cut);
  const std::size_t frames = readAll(reader).size();
  EXPECT_GT(frames, 40u);
  EXPECT_LT(frames, 75u);
  // Not so much that Matroska loses its place, but enough that pictures lose theirs.
  for (std::size_t i = bytes.size() / 3; i < bytes.size() * 2 / 3; i += 97)
    bytes[i] = static_cast<char>(bytes[i] ^ 0x5a);
  std::ofstream(folder / "damaged.mkv", std::ios::binary)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  VideoReader damaged(folder / "damaged.mkv");
  EXPECT_GT(readAll(damaged).size(), 40u);
  EXPECT_GT(damaged.damagedPackets(), 0);
}

}  // namespace
}  // namespace fw::test
