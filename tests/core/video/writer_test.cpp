#include "core/video/writer.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <csignal>
#include <opencv2/imgcodecs.hpp>

#include "clips.h"
#include "core/image/metrics.h"
#include "core/image/views.h"

namespace fw::test {
namespace {

std::vector<Frame> readAll(const fs::path& file) {
  VideoReader reader(file);
  std::vector<Frame> frames;
  while (std::optional<Frame> frame = reader.next()) frames.push_back(std::move(*frame));
  return frames;
}

TEST(VideoWriter, EncodesEveryCodecItOffers) {
  const Folder folder;
  struct Kind {
    const char *codec, *ending, *name;
    int bitDepth;
  };
  for (const Kind& kind :
       {Kind{"h264", "mp4", "h264", 8}, Kind{"h264", "mkv", "h264", 10}, Kind{"h265", "mp4", "hevc", 8},
        Kind{"h265", "mkv", "hevc", 10}, Kind{"av1", "mp4", "av1", 8}, Kind{"av1", "webm", "av1", 10},
        Kind{"vp9", "webm", "vp9", 8}, Kind{"vp9", "webm", "vp9", 10}, Kind{"prores", "mov", "prores", 10},
        Kind{"ffv1", "mkv", "ffv1", 8}, Kind{"ffv1", "mkv", "ffv1", 10}}) {
    SCOPED_TRACE(std::string(kind.codec) + " " + kind.ending + " " + std::to_string(kind.bitDepth));
    if (!canEncode(kind.codec)) continue;
    const fs::path file =
        folder / (std::string(kind.codec) + std::to_string(kind.bitDepth) + "." + kind.ending);
    writeScene(file, {.codec = kind.codec, .quality = 12, .speed = "fast", .bitDepth = kind.bitDepth},
               formatOf(128, 96, {30000, 1001}), 12);
    const auto stream = ffprobe(file, "-count_frames -show_streams")["streams"][0];
    EXPECT_EQ(stream["codec_name"], kind.name);
    EXPECT_EQ(stream["nb_read_frames"], "12");
    EXPECT_NEAR(fraction(stream["avg_frame_rate"]), 30000 / 1001.0, 0.001);
    EXPECT_EQ(stream["pix_fmt"].get<std::string>().find("10le") != std::string::npos, kind.bitDepth == 10);
    EXPECT_GT(psnr(to8Bit(readAll(file)[6].image), scene(128, 96, 6 * 1.001 / 30)), 34);
  }
}

TEST(VideoWriter, KeepsTheTrueSizeOfOddPictures) {
  const Folder folder;
  for (const char* codec : {"h264", "h265", "av1", "vp9", "ffv1", "prores"}) {
    SCOPED_TRACE(codec);
    if (!canEncode(codec)) continue;
    const fs::path file = folder / (std::string(codec) + (codec == std::string("prores") ? ".mov" : ".mkv"));
    writeScene(file, {.codec = codec, .quality = 10, .speed = "fast"}, formatOf(101, 75, {25, 1}), 4);
    const std::vector<Frame> frames = readAll(file);
    ASSERT_EQ(frames.size(), 4u);
    EXPECT_EQ(frames[0].image.size(), cv::Size(101, 75));
    EXPECT_GT(psnr(to8Bit(frames[2].image), scene(101, 75, 2 / 25.0)), 34);
  }
}

TEST(VideoWriter, PassesOriginalsThroughUnharmed) {
  const Folder folder;
  for (const char* pixels : {"yuv420p", "yuvj420p", "yuv422p", "yuv444p", "yuv420p10le", "gray"}) {
    SCOPED_TRACE(pixels);
    const fs::path source = folder / "source.mkv", copy = folder / "copy.mkv";
    ffmpeg(std::string("-f lavfi -i testsrc2=s=128x96:r=25:d=0.4 -pix_fmt ") + pixels + " -c:v ffv1", source);
    VideoReader reader(source);
    const bool deep = reader.info().bitDepth > 8;
    VideoWriter writer(copy, {.codec = "ffv1", .bitDepth = deep ? 10 : 8},
                       {128, 96, {25, 1}, reader.info().timeBase, reader.info()});
    std::vector<cv::Mat> originals;
    while (std::optional<Frame> frame = reader.next()) {
      writer.write(*frame, frame->pts, frame->duration);
      originals.push_back(frame->image);
    }
    writer.finish();
    const std::vector<Frame> frames = readAll(copy);
    ASSERT_EQ(frames.size(), originals.size());
    for (std::size_t i = 0; i < frames.size(); ++i) EXPECT_GT(psnr(frames[i].image, originals[i]), 100);
  }
}

// What a made frame goes through, with lossless storage: any loss is the colour path's own.
TEST(VideoWriter, TakesMadeFramesThroughTheSameColours) {
  const Folder folder;
  for (const char* pixels : {"yuv420p", "yuvj420p", "yuv420p10le"})
    for (const char* matrix : {"bt709", "smpte170m"}) {
      SCOPED_TRACE(std::string(pixels) + " " + matrix);
      const fs::path source = folder / "source.mkv", copy = folder / "copy.mkv";
      const bool deep = std::string(pixels).ends_with("10le");
      VideoFormat smooth = formatOf(160, 120, {25, 1}, pixels);
      smooth.like.colourMatrix = matrix;
      smooth.like.colourRange = pixels == std::string("yuvj420p") ? "pc" : "tv";
      smooth.like.bitDepth = deep ? 10 : 8;
      writeScene(source, {.codec = "ffv1", .bitDepth = deep ? 10 : 8}, smooth, 3);
      VideoReader reader(source);
      VideoWriter writer(copy, {.codec = "ffv1", .bitDepth = deep ? 10 : 8},
                         {160, 120, {25, 1}, reader.info().timeBase, reader.info()});
      std::vector<Frame> originals;
      while (std::optional<Frame> frame = reader.next()) {
        writer.write(frame->image, frame->pts, frame->duration);  // not the frame: its picture alone
        originals.push_back(*frame);
      }
      writer.finish();
      const std::vector<Frame> frames = readAll(copy);
      ASSERT_EQ(frames.size(), originals.size());
      EXPECT_EQ(frames[1].image.type(), deep ? CV_16UC3 : CV_8UC3);
      EXPECT_GT(psnr(frames[1].image, originals[1].image), 48);
      const cv::Scalar shift = cv::mean(frames[1].image) - cv::mean(originals[1].image);
      for (int c = 0; c < 3; ++c) EXPECT_LT(std::abs(shift[c]), deep ? 30 : 0.3) << "no shift of colours";
    }
}

TEST(VideoWriter, ProResHoldsFullRangeAsLimited) {
  const Folder folder;
  const fs::path source = folder / "source.mkv", copy = folder / "copy.mov";
  ffmpeg("-f lavfi -i testsrc2=s=128x96:r=25:d=0.2 -pix_fmt yuvj422p -color_range pc -c:v ffv1", source);
  VideoReader reader(source);
  ASSERT_EQ(reader.info().colourRange, "pc");
  VideoWriter writer(copy, {.codec = "prores", .quality = 5, .bitDepth = 10},
                     {128, 96, {25, 1}, reader.info().timeBase, reader.info()});
  const std::vector<Frame> originals = readAll(source);
  for (const Frame& frame : originals) writer.write(frame, frame.pts, frame.duration);
  writer.finish();
  const std::vector<Frame> frames = readAll(copy);
  ASSERT_EQ(frames.size(), originals.size());
  cv::Scalar mean, contrast, meanBefore, contrastBefore;
  cv::meanStdDev(to8Bit(frames[2].image), mean, contrast);
  cv::meanStdDev(originals[2].image, meanBefore, contrastBefore);
  for (int c = 0; c < 3; ++c) {
    EXPECT_NEAR(mean[c], meanBefore[c], 1);
    EXPECT_NEAR(contrast[c] / contrastBefore[c], 1, 0.02) << "read as the other range, it would be 1.16";
  }
}

TEST(VideoWriter, CarriesColourTagsAndShape) {
  const Folder folder;
  for (const char* codec : {"h264", "h265", "vp9", "av1", "prores", "ffv1"}) {
    SCOPED_TRACE(codec);
    if (!canEncode(codec)) continue;
    VideoFormat format = formatOf(96, 64, {25, 1});
    format.like.colourMatrix = "bt2020nc";
    format.like.colourPrimaries = "bt2020";
    format.like.colourTransfer = "smpte2084";
    format.like.colourRange = "tv";
    format.like.pixelAspect = {4, 3};
    const fs::path file = folder / (std::string(codec) + (codec == std::string("prores") ? ".mov" : ".mkv"));
    writeScene(file, {.codec = codec, .speed = "fast"}, format, 3);
    const auto stream = ffprobe(file)["streams"][0];
    EXPECT_EQ(stream["color_space"], "bt2020nc");
    EXPECT_EQ(stream["color_primaries"], "bt2020");
    EXPECT_EQ(stream["color_transfer"], "smpte2084");
    EXPECT_EQ(stream["color_range"], "tv");
    EXPECT_EQ(stream["sample_aspect_ratio"], "4:3");
  }
}

TEST(VideoWriter, TagsWhatPlayersWouldGuessWrong) {
  const Folder folder;
  VideoFormat format =
      formatOf(320, 240, {25, 1});  // scaled down from an untagged HD source, which players take for BT.709
  format.like.width = 1920;
  format.like.height = 1080;
  writeScene(folder / "small.mkv", {.speed = "fast"}, format, 2);
  EXPECT_EQ(probe(folder / "small.mkv").colourMatrix, "bt709");
  VideoFormat same = formatOf(320, 240, {25, 1});
  writeScene(folder / "same.mkv", {.speed = "fast"}, same, 2);
  EXPECT_EQ(probe(folder / "same.mkv").colourMatrix, "unknown");
}

TEST(VideoWriter, WritesVariableTimesExactly) {
  const Folder folder;
  const std::vector<int64_t> times{0, 1001, 3003, 3500, 9009};
  for (const char* name : {"a.mp4", "a.segment"}) {
    VideoFormat format = formatOf(96, 64, {30000, 1001});
    format.timeBase = {1, 30000};
    VideoWriter writer(folder / name, {}, format);
    for (std::size_t i = 0; i < times.size(); ++i)
      writer.write(scene(96, 64, 0), times[i], i + 1 < times.size() ? times[i + 1] - times[i] : 2002);
    writer.finish();
    const std::vector<Frame> frames = readAll(folder / name);
    ASSERT_EQ(frames.size(), times.size());
    for (std::size_t i = 0; i < times.size(); ++i) EXPECT_EQ(frames[i].pts, times[i]);
    EXPECT_EQ(frames.back().duration, 2002);
  }
}

TEST(VideoWriter, MakesGifsAndWebps) {
  const Folder folder;
  for (const char* codec : {"gif", "webp"}) {
    SCOPED_TRACE(codec);
    const fs::path file = folder / (std::string("a.") + codec);
    writeScene(file, {.codec = codec, .quality = 10, .loops = 3}, formatOf(192, 64, {20, 1}), 10);
    VideoReader reader(file);
    EXPECT_EQ(reader.info().frames, 10);
    EXPECT_EQ(reader.info().loops, 3);
    EXPECT_NEAR(reader.info().duration, 0.5, 0.011);
    EXPECT_NEAR(reader.info().frameRate.value(), 20, 0.5);
    reader.seek(0.26);
    const std::optional<Frame> frame = reader.next();
    ASSERT_TRUE(frame);
    EXPECT_GT(psnr(frame->image, scene(192, 64, 5 / 20.0)), 27);
    for (const auto& entry : fs::directory_iterator(folder.path()))
      EXPECT_EQ(entry.path().filename().string().find("part"), std::string::npos);
  }
}

TEST(VideoWriter, WritesPicturesOneByOne) {
  const Folder folder;
  for (const char* format : {"png", "tiff", "jpg"}) {
    ImageSequenceWriter writer(folder / format, format, 7);
    const cv::Mat image(20, 30, CV_16UC3, cv::Scalar(1000, 30000, 60001));
    writer.write(image);
    writer.write(image);
    const fs::path second = folder / format / (std::string(format) + "_000008." + format);
    ASSERT_TRUE(fs::exists(second)) << second;
    const cv::Mat back = cv::imread(second.string(), cv::IMREAD_UNCHANGED);
    if (format == std::string("jpg")) {
      EXPECT_EQ(back.depth(), CV_8U);
    } else {
      EXPECT_EQ(cv::norm(back, image, cv::NORM_INF), 0);
    }
  }
}

TEST(VideoWriter, LeavesNothingWhenItIsNotFinished) {
  const Folder folder;
  {
    VideoWriter writer(folder / "a.mp4", {}, formatOf(96, 64, {25, 1}));
    writer.write(scene(96, 64, 0), 0, 1);
  }
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST(VideoWriter, ClearsAwayWhatAProgramThatDiedLeftOfTheSameFile) {
  const Folder folder;
  const pid_t dead = ::fork();
  if (dead == 0) ::_exit(0);
  ::waitpid(dead, nullptr, 0);
  const fs::path leftover = folder / ("a.mp4.part-" + std::to_string(dead)),
                 alive = folder / ("a.mp4.part-" + std::to_string(::getppid())),
                 another = folder / ("b.mp4.part-" + std::to_string(dead));
  for (const auto& file : {leftover, alive, another}) std::ofstream(file) << "part";
  writeScene(folder / "a.mp4", {}, formatOf(96, 64, {25, 1}), 2);
  EXPECT_FALSE(fs::exists(leftover));
  EXPECT_TRUE(fs::exists(alive));
  EXPECT_TRUE(fs::exists(another));
}

TEST(VideoWriter, TakesNamesAsLongAsNamesCanBe) {
  const Folder folder;
  std::string name;
  while (name.size() < 249) name += "長";
  const fs::path file = folder / (name + ".m4v");
  writeScene(file, {.codec = "h265", .speed = "fast"}, formatOf(96, 64, {25, 1}), 2);
  EXPECT_EQ(probe(file).frames, 2);
}

TEST(VideoWriter, ExplainsWhatCannotBe) {
  const Folder folder;
  const VideoFormat format = formatOf(96, 64, {25, 1});
  EXPECT_THROW(VideoWriter(folder / "a.webm", {.codec = "h264"}, format), Error);
  EXPECT_THROW(VideoWriter(folder / "a.mp4", {.codec = "magic"}, format), Error);
  EXPECT_THROW(VideoWriter(folder / "a.what", {}, format), Error);
  EXPECT_THROW(VideoWriter(folder / "no such folder" / "a.mp4", {}, format), Error);
  EXPECT_THROW(VideoWriter(folder / "a.mp4", {.bitDepth = 12}, format), Error);
  VideoWriter writer(folder / "a.mp4", {}, format);
  EXPECT_THROW(writer.write(scene(90, 64, 0), 0, 1), Error);
  writer.write(scene(96, 64, 0), 5, 1);
  EXPECT_THROW(writer.write(scene(96, 64, 0), 5, 1), Error);
}

TEST(VideoWriter, SaysWhenTheDiskIsFull) {
  const Folder folder;
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit little{20'000, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &little);
  bool explained = false;
  try {
    VideoWriter writer(folder / "a.mkv", {.codec = "ffv1"}, formatOf(160, 120, {25, 1}));
    cv::Mat noise(120, 160, CV_8UC3);
    for (int i = 0; i < 20; ++i) {
      cv::randu(noise, 0, 255);
      writer.write(noise, i, 1);
    }
    writer.finish();
  } catch (const Error& error) {
    explained = std::string(error.what()).find("a.mkv") != std::string::npos;
  }
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_TRUE(explained);
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

}  // namespace
}  // namespace fw::test
