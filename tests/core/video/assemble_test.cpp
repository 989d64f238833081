#include "core/video/assemble.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "clips.h"
#include "core/image/metrics.h"
#include "core/image/views.h"

namespace fw::test {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// Segments of the scene at `rate`, cut where `cuts` says, and what assemble() makes of them.
std::vector<fs::path> writeSegments(const Folder& folder, const EncodeSettings& settings,
                                    const VideoFormat& format, std::vector<int> cuts) {
  std::vector<fs::path> files;
  for (std::size_t i = 0; i + 1 < cuts.size(); ++i) {
    files.push_back(folder / ("part" + std::to_string(i) + kSegmentEnding));
    writeScene(files.back(), settings, format, cuts[i + 1] - cuts[i], cuts[i]);
  }
  return files;
}

std::string durationOf(const nlohmann::json& stream) {
  return stream.contains("duration") ? stream["duration"].get<std::string>()
                                     : stream["tags"]["DURATION"].get<std::string>();
}

double seconds(const std::string& text) {
  const auto colon = text.rfind(':');
  return colon == std::string::npos
             ? std::stod(text)
             : std::stod(text.substr(0, 2)) * 3600 + std::stod(text.substr(3, 2)) * 60 +
                   std::stod(text.substr(colon + 1));
}

/// The sound of a file as mono numbers at 8 kHz, from where the track begins.
std::vector<double> soundOf(const Folder& folder, const fs::path& file, const std::string& stream = "a:0") {
  const fs::path raw = folder / "sound.raw";
  ffmpeg("-i " + quoted(file.string()) + " -map 0:" + stream + " -ac 1 -ar 8000 -f s16le", raw);
  std::ifstream in(raw, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), {});
  std::vector<double> samples(bytes.size() / 2);
  for (std::size_t i = 0; i < samples.size(); ++i)
    samples[i] = static_cast<int16_t>(static_cast<unsigned char>(bytes[2 * i]) |
                                      static_cast<unsigned char>(bytes[2 * i + 1]) << 8);
  return samples;
}

/// Of the middle half, where no codec's run-up disturbs.
double dominantFrequency(const std::vector<double>& samples) {
  const std::vector<double> middle(samples.begin() + static_cast<std::ptrdiff_t>(samples.size() / 4),
                                   samples.begin() + static_cast<std::ptrdiff_t>(samples.size() * 3 / 4));
  cv::Mat spectrum;
  cv::dft(cv::Mat(middle), spectrum, cv::DFT_COMPLEX_OUTPUT);
  int best = 1;
  for (int i = 1; i < spectrum.rows / 2; ++i)
    if (cv::norm(spectrum.at<cv::Vec2d>(i)) > cv::norm(spectrum.at<cv::Vec2d>(best))) best = i;
  return 8000.0 * best / spectrum.rows;
}

/// Every frame in order, each showing the scene at its own time.
void expectScene(const fs::path& file, int frames, Rational rate, double least = 32) {
  VideoReader reader(file);
  int seen = 0;
  while (const std::optional<Frame> frame = reader.next()) {
    const double at = static_cast<double>(frame->pts) * reader.info().timeBase.value();
    ASSERT_NEAR(at, seen / rate.value(), 0.0011);
    if (seen % 7 == 0) {
      const cv::Mat image = to8Bit(frame->image);
      EXPECT_GT(psnr(image, scene(image.cols, image.rows, seen / rate.value())), least) << seen;
    }
    ++seen;
  }
  EXPECT_EQ(seen, frames);
}

TEST(Assemble, JoinsSegmentsOfEveryCodecWithoutASeam) {
  const Folder folder;
  const Rational rate{60000, 1001};
  VideoInfo source;
  source.container = "pictures";
  struct Kind {
    const char *codec, *ending;
  };
  for (const Kind& kind : {Kind{"h264", "mp4"}, Kind{"h264", "mkv"}, Kind{"h265", "mp4"}, Kind{"h265", "mkv"},
                           Kind{"av1", "mp4"}, Kind{"vp9", "webm"}, Kind{"prores", "mov"},
                           Kind{"prores", "mkv"}, Kind{"ffv1", "mkv"}}) {
    SCOPED_TRACE(std::string(kind.codec) + " " + kind.ending);
    if (!canEncode(kind.codec)) continue;
    const VideoFormat format = formatOf(128, 96, rate);
    const auto parts = writeSegments(folder, {.codec = kind.codec, .quality = 10, .speed = "medium"}, format,
                                     {0, 17, 18, 20, 51, 60});
    const fs::path file = folder / (std::string("joined.") + kind.ending);
    const AssembleReport report = assemble(parts, source, {}, file, {}, {});
    EXPECT_THAT(report.notes, IsEmpty());
    expectScene(file, 60, rate);
    const auto probed = ffprobe(file);
    EXPECT_NEAR(std::stod(probed["format"]["duration"].get<std::string>()), 60 / rate.value(),
                1.0 / rate.value());
    EXPECT_NEAR(fraction(probed["streams"][0]["avg_frame_rate"]), rate.value(), 0.001);
    if (kind.codec == std::string("prores")) {
      EXPECT_EQ(probed["streams"][0]["codec_tag_string"], "apch") << "its tag says which ProRes it is";
    }
    if (kind.ending == std::string("mp4")) {
      EXPECT_EQ(probed["streams"][0]["start_pts"], 0);
      std::ifstream in(file, std::ios::binary);
      std::string head(256, '\0');
      in.read(head.data(), 256);
      EXPECT_NE(head.find("moov"), std::string::npos) << "plays while it is still being downloaded";
    }
  }
}

TEST(Assemble, CopiesSoundBitForBitAndKeepsAllElseInMatroska) {
  const Folder folder;
  const fs::path source = folder / "rich source.mkv", file = folder / "smooth.mkv";
  writeRichSource(folder, source);
  const auto parts = writeSegments(folder, {.speed = "fast"}, formatOf(160, 120, {50, 1}), {0, 40, 100});
  const AssembleReport report = assemble(parts, probe(source), {}, file, {}, {});
  EXPECT_THAT(report.notes, IsEmpty());
  for (const char* stream : {"a:0", "a:1"})
    EXPECT_EQ(packetSum(file, stream), packetSum(source, stream)) << stream;
  const VideoInfo info = probe(file);
  ASSERT_EQ(info.audio.size(), 2u);
  EXPECT_EQ(info.audio[1].language, "deu");
  EXPECT_EQ(info.audio[1].title, "Commentary");
  ASSERT_EQ(info.subtitles.size(), 2u);
  EXPECT_EQ(info.subtitles[0].codec, "subrip");
  EXPECT_EQ(info.subtitles[1].codec, "ass");
  EXPECT_EQ(info.attachments, 1);
  EXPECT_EQ(info.chapters, 2);
  EXPECT_EQ(info.frames, 100);
  const auto probed = ffprobe(file);
  EXPECT_EQ(probed["format"]["tags"]["title"], "A short film");
  EXPECT_EQ(probed["chapters"][1]["tags"]["title"], "Two");
  const auto before = ffprobe(source, "-select_streams a:0 -show_packets")["packets"],
             after = ffprobe(file, "-select_streams a:0 -show_packets")["packets"];
  ASSERT_EQ(before.size(), after.size());
  for (const std::size_t i : {std::size_t{0}, before.size() - 1})
    EXPECT_NEAR(std::stod(before[i]["pts_time"].get<std::string>()) - probe(source).start,
                std::stod(after[i]["pts_time"].get<std::string>()), 0.0015);
}

TEST(Assemble, CopiesSoundFromMp4AndSaysWhatMp4CannotHold) {
  const Folder folder;
  const fs::path source = folder / "it's \"rich\" ünï.mkv", file = folder / "smooth.mp4";
  writeRichSource(folder, source);
  const auto parts = writeSegments(folder, {.speed = "fast"}, formatOf(160, 120, {50, 1}), {0, 100});
  const VideoInfo info = probe(source);
  const AssembleReport report = assemble(parts, info, {}, file, {}, {});
  EXPECT_THAT(report.notes, Contains(HasSubstr("attached file")));
  EXPECT_THAT(report.notes, Contains(HasSubstr("styles")));
  EXPECT_EQ(assembleNotes(info, {}, file), report.notes);
  EXPECT_EQ(packetSum(file, "a:0"), packetSum(source, "a:0"));
  const VideoInfo made = probe(file);
  EXPECT_EQ(made.audio.size(), 2u);
  ASSERT_EQ(made.subtitles.size(), 2u);
  EXPECT_EQ(made.subtitles[0].codec, "mov_text");
  EXPECT_EQ(made.chapters, 2);

  // And from MP4, whose sound begins before zero, to Matroska, which has no time before zero.
  const fs::path third = folder / "third.mkv";
  assemble(parts, made, {}, third, {}, {});
  EXPECT_EQ(packetSum(third, "a:0"), packetSum(file, "a:0"));
  EXPECT_EQ(probe(third).startPts, 0);
  EXPECT_EQ(probe(third).subtitles[0].codec, "subrip");
  EXPECT_NEAR(std::stod(ffprobe(third)["format"]["duration"].get<std::string>()), 2.0, 0.03);
}

TEST(Assemble, StretchesSoundLinesAndChaptersWithTheVideo) {
  const Folder folder;
  const fs::path source = folder / "source.mkv";
  writeRichSource(folder, source);
  const VideoInfo info = probe(source);
  const auto parts = writeSegments(folder, {.speed = "fast"}, formatOf(160, 120, {25, 1}), {0, 60, 125});
  for (const char* ending : {"mkv", "mp4"}) {
    SCOPED_TRACE(ending);
    const fs::path file = folder / (std::string("slow.") + ending);
    assemble(parts, info, {.stretch = 2.5, .sound = Sound::StretchKeepPitch}, file, {}, {});
    const auto probed = ffprobe(file);
    EXPECT_NEAR(std::stod(probed["format"]["duration"].get<std::string>()), 5.0, 0.045);
    for (const auto& stream : probed["streams"])
      if (stream["codec_type"] == "audio") {
        EXPECT_NEAR(seconds(durationOf(stream)), 5.0, 0.045);
      }
    EXPECT_NEAR(dominantFrequency(soundOf(folder, file, "a:0")), 440, 3);
    EXPECT_NEAR(dominantFrequency(soundOf(folder, file, "a:1")), 880, 5);
    const auto lines = ffprobe(file, "-select_streams s:0 -show_packets")["packets"];
    std::vector<double> starts;
    for (const auto& line : lines)
      if (std::stoi(line["size"].get<std::string>()) > 2)
        starts.push_back(std::stod(line["pts_time"].get<std::string>()));  // MP4 fills gaps with empty lines
    ASSERT_EQ(starts.size(), 2u);
    EXPECT_NEAR(starts[0], 1.25, 0.01);
    EXPECT_NEAR(starts[1], 3.0, 0.01);
    EXPECT_NEAR(std::stod(probed["chapters"][1]["start_time"].get<std::string>()), (1 - info.start) * 2.5,
                0.01);  // chapters are on the file's clock
  }
}

TEST(Assemble, SlowsSoundWithItsPitch) {
  const Folder folder;
  const fs::path source = folder / "source.mp4", file = folder / "slow.mp4";
  ffmpeg(
      "-f lavfi -i testsrc2=s=96x64:r=25:d=2 -f lavfi -i sine=f=800:r=44100:d=2 -c:v libx264 -preset "
      "ultrafast -pix_fmt yuv420p -c:a aac",
      source);
  const auto parts = writeSegments(folder, {.speed = "fast"}, formatOf(96, 64, {25, 1}), {0, 400});
  assemble(parts, probe(source), {.stretch = 8, .sound = Sound::SlowWithPitch}, file, {}, {});
  EXPECT_NEAR(dominantFrequency(soundOf(folder, file)), 100, 1);
  EXPECT_NEAR(seconds(durationOf(ffprobe(file)["streams"][1])), 16, 0.05);
  assemble(parts, probe(source), {.stretch = 8, .sound = Sound::None}, folder / "mute.mp4", {}, {});
  EXPECT_EQ(probe(folder / "mute.mp4").audio.size(), 0u);
}

TEST(Assemble, KeepsSurroundSoundAndSyncWhenStretching) {
  const Folder folder;
  const fs::path source = folder / "source.mkv", file = folder / "slow.mkv";
  // A beep half a second in, on a track that itself starts a quarter of a second after the video.
  ffmpeg(
      "-f lavfi -i testsrc2=s=96x64:r=25:d=2 -itsoffset 0.25 -f lavfi -i "
      "\"aevalsrc='if(between(t,0.5,0.6),sin(2*PI*1000*t),0)':s=48000:d=1.5\" "
      "-filter_complex '[1:a]pan=5.1|FL=c0|FR=c0|FC=c0|LFE=c0|BL=c0|BR=c0[a]' -map 0:v -map '[a]' -c:v "
      "libx264 "
      "-preset ultrafast -pix_fmt yuv420p -c:a flac",
      source);
  const auto parts = writeSegments(folder, {.speed = "fast"}, formatOf(96, 64, {25, 1}), {0, 200});
  assemble(parts, probe(source), {.stretch = 4, .sound = Sound::StretchKeepPitch}, file, {}, {});
  const auto sound = ffprobe(file)["streams"][1];
  EXPECT_EQ(sound["channels"], 6);
  EXPECT_EQ(sound["codec_name"], "flac");
  EXPECT_NEAR(std::stod(sound["start_time"].get<std::string>()), 1.0, 0.03);
  const std::vector<double> samples = soundOf(folder, file);
  double loudest = 0;
  for (const double sample : samples) loudest = std::max(loudest, std::abs(sample));
  std::size_t first = 0, last = 0;
  for (std::size_t i = 0; i < samples.size(); ++i)
    if (std::abs(samples[i]) > loudest / 2) {
      if (first == 0) first = i;
      last = i;
    }
  EXPECT_NEAR(static_cast<double>(first + last) / 2 / 8000, 4 * 0.55, 0.06)
      << "the beep's middle, within 60 ms";
}

TEST(Assemble, SlowedSoundComesWhenItIsSeenAndEndsWithThePicture) {
  const Folder folder;
  const fs::path source = folder / "source.mp4", file = folder / "slow.mp4";
  // Claps half a second in and at the very end.
  ffmpeg(
      "-f lavfi -i testsrc2=s=96x64:r=25:d=1.5 -f lavfi -i "
      "\"aevalsrc='(between(t,0.5,0.55)+between(t,1.4,1.45))*(random(0)-0.5)':s=48000:d=1.5\" -c:v libx264 "
      "-preset ultrafast -pix_fmt yuv420p -c:a aac -b:a 256k",
      source);
  const auto parts = writeSegments(folder, {.speed = "fast"}, formatOf(96, 64, {25, 1}), {0, 300});
  assemble(parts, probe(source), {.stretch = 8, .sound = Sound::StretchKeepPitch}, file, {}, {});
  const std::vector<double> samples = soundOf(folder, file);
  const auto middleOfSound = [&](double from, double to) {
    double energy = 0, moment = 0;
    for (auto i = static_cast<std::size_t>(from * 8000);
         i < std::min(samples.size(), static_cast<std::size_t>(to * 8000)); ++i) {
      energy += samples[i] * samples[i];
      moment += samples[i] * samples[i] * static_cast<double>(i) / 8000;
    }
    return moment / energy;
  };
  EXPECT_NEAR(middleOfSound(2, 7), 8 * 0.525, 0.05);
  EXPECT_NEAR(middleOfSound(9, 12), 8 * 1.425, 0.05);
  EXPECT_NEAR(static_cast<double>(samples.size()) / 8000, 12, 0.1);
}

TEST(Assemble, KeepsWhatHdrSaysOfItsDisplay) {
  if (!canEncode("h265")) GTEST_SKIP() << "no encoder for H.265";
  const Folder folder;
  const fs::path source = folder / "hdr.mkv";
  ffmpeg(
      "-f lavfi -i testsrc2=s=96x64:r=25:d=0.4 -c:v libx265 -pix_fmt yuv420p10le -color_primaries bt2020 "
      "-color_trc smpte2084 -colorspace bt2020nc -x265-params \"log-level=none:hdr10=1:master-display="
      "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50):max-cll=1000,400\"",
      source);
  const auto parts = writeSegments(folder, {.codec = "h265", .speed = "fast", .bitDepth = 10},
                                   formatOf(96, 64, {25, 1}, "yuv420p10le"), {0, 10});
  for (const char* name : {"kept.mp4", "kept.mkv"}) {
    assemble(parts, probe(source), {}, folder / name, {}, {});
    const std::string told = ffprobe(folder / name)["streams"][0].dump();
    EXPECT_THAT(told, HasSubstr("\"max_luminance\":\"1000")) << name;
    EXPECT_THAT(told, HasSubstr("\"max_content\":1000")) << name;
  }
}

TEST(Assemble, SoundOfManyChannelsIsMadeOrLeftOutWithAWord) {
  const Folder folder;
  const fs::path side = folder / "side.mkv", many = folder / "many.mov";
  const auto source = [](const std::string& sound) {
    return "-f lavfi -i testsrc2=s=96x64:r=25:d=1 -f lavfi -i \"aevalsrc='" + sound +
           ":s=48000:d=1\" -c:v libx264 -preset ultrafast -pix_fmt yuv420p -c:a ";
  };
  ffmpeg(source("sin(300*t)|sin(500*t)|sin(700*t)|sin(60*t)|sin(900*t)|sin(1100*t)':c='5.1(side)'") + "ac3",
         side);
  std::string sixteen = "sin(100*t)";
  for (int i = 2; i <= 16; ++i) sixteen += "|sin(" + std::to_string(i * 100) + "*t)";
  ffmpeg(source(sixteen + "'") + "pcm_s16le", many);
  const auto parts =
      writeSegments(folder, {.codec = "vp9", .speed = "fast"}, formatOf(96, 64, {25, 1}), {0, 50});
  assemble(parts, probe(side), {.stretch = 2, .sound = Sound::StretchKeepPitch}, folder / "side.webm", {},
           {});
  EXPECT_EQ(ffprobe(folder / "side.webm")["streams"][1]["channels"], 6);
  for (const char* name : {"many.webm", "many.mp4", "many.mkv"}) {
    const auto report =
        assemble(parts, probe(many), {.stretch = 2, .sound = Sound::StretchKeepPitch}, folder / name, {}, {});
    const auto probed = ffprobe(folder / name);
    EXPECT_EQ(probed["streams"][0]["codec_type"], "video") << name;
    EXPECT_TRUE(probed["streams"].size() == 2 || !report.notes.empty()) << name;
  }
}

TEST(Assemble, SlowedSoundOfATransportStreamIsWhole) {
  const Folder folder;
  const fs::path source = folder / "source.ts", file = folder / "slow.mp4";
  ffmpeg(
      "-f lavfi -i testsrc2=s=96x64:r=25:d=2 -f lavfi -i sine=f=440:r=48000:d=2 -c:v libx264 -preset "
      "ultrafast "
      "-pix_fmt yuv420p -c:a ac3 -b:a 96k",
      source);
  const auto parts = writeSegments(folder, {.speed = "fast"}, formatOf(96, 64, {25, 1}), {0, 400});
  assemble(parts, probe(source), {.stretch = 8, .sound = Sound::SlowWithPitch}, file, {}, {});
  EXPECT_NEAR(seconds(durationOf(ffprobe(file)["streams"][1])), 16, 0.3);
}

TEST(Assemble, SlowedSoundGoesOnWhenItsLayoutChanges) {
  const Folder folder;
  const fs::path surround = folder / "a.ts", stereo = folder / "b.ts", source = folder / "source.ts",
                 file = folder / "slow.mp4";
  const std::string beep =
      "-f lavfi -i testsrc2=s=96x64:r=25:d=2 -f lavfi -i sine=f=440:r=48000:d=2 -c:v "
      "mpeg2video -c:a ac3 -ac ";
  ffmpeg(beep + "6", surround);
  ffmpeg(beep + "2 -output_ts_offset 2", stereo);
  std::ofstream(source, std::ios::binary)
      << std::ifstream(surround, std::ios::binary).rdbuf() << std::ifstream(stereo, std::ios::binary).rdbuf();
  const auto parts = writeSegments(folder, {.speed = "fast"}, formatOf(96, 64, {25, 1}), {0, 200});
  assemble(parts, probe(source), {.stretch = 2, .sound = Sound::StretchKeepPitch}, file, {}, {});
  const std::vector<double> samples = soundOf(folder, file);
  ASSERT_GT(samples.size(), 7u * 8000);
  const auto loudest = [&](std::size_t fromSecond, std::size_t toSecond) {
    double level = 0;
    for (std::size_t i = fromSecond * 8000; i < toSecond * 8000; ++i)
      level = std::max(level, std::abs(samples[i]));
    return level;
  };
  EXPECT_GT(loudest(1, 3), 500);
  EXPECT_GT(loudest(5, 7), loudest(1, 3) / 4);
}

TEST(Assemble, PicturesAloneTakeNothingAlong) {
  const Folder folder;
  const fs::path source = folder / "source.mkv", file = folder / "alone.mkv";
  writeRichSource(folder, source);
  const auto parts = writeSegments(folder, {.speed = "fast"}, formatOf(160, 120, {25, 1}), {0, 25});
  assemble(parts, probe(source), {.stretch = 2, .picturesAlone = true}, file, {}, {});
  EXPECT_EQ(ffprobe(file)["streams"].size(), 1u);
}

TEST(Assemble, TrimsTheCompanionsToo) {
  const Folder folder;
  const fs::path source = folder / "source.mkv";
  writeRichSource(folder, source);
  const VideoInfo info = probe(source);
  const auto parts = writeSegments(folder, {.speed = "fast"}, formatOf(160, 120, {25, 1}), {0, 25});
  for (const Sound sound : {Sound::Keep, Sound::StretchKeepPitch}) {
    const fs::path file = folder / "trimmed.mkv";
    assemble(parts, info, {.trimStart = 0.75, .trimEnd = 1.75, .sound = sound}, file, {}, {});
    const auto probed = ffprobe(file);
    EXPECT_NEAR(std::stod(probed["format"]["duration"].get<std::string>()), 1.0, 0.1);
    EXPECT_NEAR(static_cast<double>(soundOf(folder, file).size()) / 8000, 1.0, 0.05);
    const auto lines = ffprobe(file, "-select_streams s:0 -show_packets")["packets"];
    ASSERT_EQ(lines.size(), 2u);
    EXPECT_NEAR(std::stod(lines[0]["pts_time"].get<std::string>()), 0.0, 0.01);
    EXPECT_NEAR(std::stod(lines[0]["duration_time"].get<std::string>()), 0.25, 0.01);
    EXPECT_NEAR(std::stod(lines[1]["pts_time"].get<std::string>()), 0.45, 0.01);
    EXPECT_EQ(probed["chapters"].size(), 2u);
    EXPECT_NEAR(std::stod(probed["chapters"][1]["start_time"].get<std::string>()), 0.25 - info.start, 0.01);
  }
}

TEST(Assemble, ConvertsSoundThatTheContainerCannotHold) {
  const Folder folder;
  const fs::path source = folder / "source.mkv";
  ffmpeg(
      "-f lavfi -i testsrc2=s=96x64:r=25:d=1 -f lavfi -i sine=f=440:r=48000:d=1 -c:v libx264 -preset "
      "ultrafast -pix_fmt yuv420p -c:a pcm_s16le",
      source);
  const auto parts =
      writeSegments(folder, {.codec = "vp9", .speed = "fast"}, formatOf(96, 64, {25, 1}), {0, 25});
  const AssembleReport report = assemble(parts, probe(source), {}, folder / "a.webm", {}, {});
  EXPECT_THAT(report.notes, Contains(HasSubstr("WebM cannot hold")));
  EXPECT_EQ(probe(folder / "a.webm").audio.at(0).codec, "opus");
  EXPECT_NEAR(dominantFrequency(soundOf(folder, folder / "a.webm")), 440, 2);
}

TEST(Assemble, MakesAGifOfLosslessSegments) {
  const Folder folder;
  const fs::path source = folder / "source.mkv";
  writeRichSource(folder, source);
  const auto parts = writeSegments(folder, {.codec = "ffv1"}, formatOf(96, 64, {20, 1}), {0, 7, 20});
  const AssembleReport report = assemble(parts, probe(source), {}, folder / "a.gif", {}, {});
  EXPECT_THAT(report.notes, Contains(HasSubstr("sound")));
  const VideoInfo info = probe(folder / "a.gif");
  EXPECT_EQ(info.frames, 20);
  EXPECT_NEAR(info.duration, 1.0, 0.02);
}

TEST(Assemble, AGifOfAnyRateIsAsLongAsItsFrames) {
  const Folder folder;
  VideoInfo source;
  source.container = "pictures";
  for (int frames = 19; frames < 25; ++frames) {
    const auto parts = writeSegments(folder, {.codec = "ffv1"}, formatOf(48, 32, {240, 1}), {0, frames});
    assemble(parts, source, {}, folder / "fast.gif", {}, {});
    EXPECT_NEAR(probe(folder / "fast.gif").duration, frames / 240.0, 0.031) << frames;
  }
}

TEST(Assemble, AnAnimationHasTheQualityThatWasChosen) {
  if (!canEncode("webp")) GTEST_SKIP() << "no encoder for WebP";
  const Folder folder;
  const auto parts = writeSegments(folder, {.codec = "ffv1"}, formatOf(96, 64, {20, 1}), {0, 5});
  const auto sizeAt = [&](int quality) {
    const fs::path file = folder / "a.webp";
    assemble(parts, {}, {}, file, {}, {}, quality);
    return fs::file_size(file);
  };
  EXPECT_GT(sizeAt(10), sizeAt(50) * 5 / 4);
}

TEST(Assemble, SoundGoesOnWhereItsClockJumps) {
  const Folder folder;
  for (const int later : {0, 3600}) {
    SCOPED_TRACE(later);
    const fs::path source = folder / "twice.ts", file = folder / "smooth.mkv";
    writeJoined(folder, source, 2, later);
    const auto parts = writeSegments(folder, {.speed = "fast"}, formatOf(96, 64, {50, 1}), {0, 200});
    EXPECT_THAT(assemble(parts, probe(source), {}, file, {}, {}).notes, IsEmpty());
    const auto packets = ffprobe(file, "-select_streams a:0 -show_packets")["packets"];
    ASSERT_EQ(packets.size(), ffprobe(source, "-select_streams a:0 -show_packets")["packets"].size());
    const auto timeOf = [](const nlohmann::json& packet) {
      return std::stod(packet["pts_time"].get<std::string>());
    };
    for (std::size_t i = 1; i < packets.size(); ++i)
      ASSERT_NEAR(timeOf(packets[i]) - timeOf(packets[i - 1]), 0.024, 0.002) << i;

    const auto shorter = writeSegments(folder, {.speed = "fast"}, formatOf(96, 64, {50, 1}), {0, 100});
    assemble(shorter, probe(source),
             {.stretch = 2, .trimStart = 2.5, .trimEnd = 3.5, .sound = Sound::StretchKeepPitch}, file, {},
             {});
    EXPECT_NEAR(static_cast<double>(soundOf(folder, file).size()) / 8000, 2.0, 0.1);
  }
}

TEST(Assemble, LinesThatOverlapComeAtTheirTimesInMp4) {
  const Folder folder;
  std::ofstream(folder / "lines.srt") << "1\n00:00:00,200 --> 00:00:01,500\nFirst\n\n"
                                      << "2\n00:00:00,600 --> 00:00:01,000\nSecond\n\n"
                                      << "3\n00:00:00,600 --> 00:00:01,800\nThird\n";
  const fs::path source = folder / "source.mkv", file = folder / "slow.mp4";
  ffmpeg("-f lavfi -i testsrc2=s=96x64:r=25:d=2 -i " + quoted((folder / "lines.srt").string()) +
             " -c:v libx264 -preset ultrafast -pix_fmt yuv420p -c:s srt",
         source);
  const auto parts = writeSegments(folder, {.speed = "fast"}, formatOf(96, 64, {50, 1}), {0, 200});
  assemble(parts, probe(source), {.stretch = 2}, file, {}, {});
  ffmpeg("-i " + quoted(file.string()) + " -map 0:s", folder / "made.srt");
  std::ifstream in(folder / "made.srt");
  std::string made((std::istreambuf_iterator<char>(in)), {});
  std::erase(made, '\r');
  EXPECT_THAT(made, HasSubstr("00:00:00,400 --> 00:00:01,200\nFirst\n\n"));
  EXPECT_THAT(made, HasSubstr("00:00:01,200 --> 00:00:03,600\nSecond\nThird\n"));
}

TEST(Assemble, PixelsKeepTheirShapeInEveryContainer) {
  const Folder folder;
  VideoFormat wide = formatOf(96, 64, {25, 1});
  wide.like.pixelAspect = {64, 45};
  wide.like.container = "pictures";
  const auto parts = writeSegments(folder, {.speed = "fast"}, wide, {0, 10});
  for (const char* name : {"a.mp4", "a.mov", "a.mkv"}) {
    assemble(parts, wide.like, {}, folder / name, {}, {});
    EXPECT_EQ(ffprobe(folder / name)["streams"][0]["sample_aspect_ratio"], "64:45") << name;
  }
}

TEST(Assemble, AGifThatPlaysOnceStaysSo) {
  const Folder folder;
  const auto parts = writeSegments(folder, {.codec = "ffv1"}, formatOf(48, 32, {20, 1}), {0, 6});
  for (const int loops : {-1, 0, 3}) {
    const fs::path source = folder / "source.gif", file = folder / "made.gif";
    ffmpeg("-f lavfi -i testsrc2=s=48x32:r=10:d=0.3 -loop " + std::to_string(loops), source);
    const VideoInfo info = probe(source);
    assemble(parts, info, {}, file, {}, {});
    EXPECT_EQ(probe(file).loops, info.loops) << loops;
  }
}

TEST(Assemble, LeavesNoFileWhenItFailsOrIsStopped) {
  const Folder folder;
  VideoInfo source;
  source.container = "pictures";
  const auto parts = writeSegments(folder, {.speed = "fast"}, formatOf(96, 64, {25, 1}), {0, 25});
  const Folder result;
  std::stop_source stop;
  stop.request_stop();
  EXPECT_THROW(assemble(parts, source, {}, result / "a.mp4", {}, stop.get_token()), Error);
  const std::vector<fs::path> gone{folder / "gone.segment"};
  EXPECT_THROW(assemble(gone, source, {}, result / "a.mp4", {}, {}), Error);
  EXPECT_THROW(assemble(parts, source, {}, result / "a.webm", {}, {}), Error);  // WebM holds no H.264
  EXPECT_THROW(assemble(parts, source, {}, "/proc/a.mp4", {}, {}), Error);
  EXPECT_TRUE(fs::is_empty(result.path()));
}

}  // namespace
}  // namespace fw::test
