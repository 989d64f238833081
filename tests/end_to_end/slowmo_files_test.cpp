#include <gmock/gmock.h>

#include <cmath>
#include <fstream>
#include <sstream>

#include "tests/end_to_end/run_cli.h"

/// What people drop on the program: real clips and the odd kinds of files that other programs stumble over.
/// Checked with ffprobe, not with our own reader.
namespace fw::end_to_end {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class SlowmoFiles : public Programs {
 protected:
  void SetUp() override {
    Programs::SetUp();
    if (std::system("ffmpeg -version >/dev/null 2>&1 && ffprobe -version >/dev/null 2>&1") != 0)
      GTEST_SKIP() << "the ffmpeg programs are not on this machine";
  }

  // Makes a clip with the ffmpeg program; `arguments` are a shell's words.
  fs::path clip(const std::string& name, const std::string& arguments) {
    const fs::path file = folder_ / name;
    const Ran ran = shell("ffmpeg -v error -y " + arguments + " " + quoted(file.string()));
    EXPECT_EQ(ran.status, 0) << ran.err;
    return file;
  }

  nlohmann::json slowmo(const fs::path& source, const fs::path& output, std::vector<std::string> more = {}) {
    std::vector<std::string> words{"slowmo",   source.string(), "-o",    output.string(),
                                   "--engine", "blend",         "--json"};
    words.insert(words.end(), more.begin(), more.end());
    const Ran ran = cli(words);
    EXPECT_EQ(ran.status, 0) << ran.err;
    return ran.status == 0 ? ran.json() : nlohmann::json();
  }

  static nlohmann::json stream(const nlohmann::json& probed, const std::string& kind, int which = 0) {
    for (const auto& stream : probed["streams"])
      if (stream["codec_type"] == kind && which-- == 0) return stream;
    return {};
  }
  static double number(const nlohmann::json& value) {
    return value.is_string()   ? std::stod(value.get<std::string>())
           : value.is_number() ? value.get<double>()
                               : NAN;
  }
  static double rate(const nlohmann::json& stream, const char* name = "avg_frame_rate") {
    const std::string text = stream[name];
    return std::stod(text) / std::stod(text.substr(text.find('/') + 1));
  }
  static int64_t frames(const nlohmann::json& stream) {
    return std::stoll(stream["nb_read_packets"].get<std::string>());
  }
  // Decoded pictures, one line of checksum each.
  std::string pictures(const fs::path& file) {
    return shell("ffmpeg -v error -i " + quoted(file.string()) +
                 " -map 0:v -f framemd5 - | grep -v '^#' | awk -F, '{print $NF}'")
        .out;
  }
};

constexpr const char* kMoving = "-f lavfi -i testsrc2=size=160x120:rate=25:duration=1.2 ";

TEST_F(SlowmoFiles, EveryRealClipBecomesTwiceAsLong) {
  const fs::path clips = fs::path(FW_SHARED_DATA) / "clips";
  if (!fs::exists(clips)) GTEST_SKIP() << "the real clips are not on this machine";
  for (const auto& entry : fs::directory_iterator(clips)) {
    const auto before = ffprobe(entry.path());
    const auto source = stream(before, "video");
    const fs::path output = folder_ / ("twice" + entry.path().extension().string());
    slowmo(entry.path(), output,
           {"--scale", "64", "--speed", "fast", "--trim-out", "4", "--overwrite", "yes"});
    const auto after = ffprobe(output);
    const auto made = stream(after, "video");
    const double wanted = std::min<double>(static_cast<double>(frames(source)),
                                           std::ceil(4 * rate(source, "r_frame_rate") - 1e-6));
    EXPECT_NEAR(static_cast<double>(frames(made)), 2 * wanted, 2) << entry.path();
    const double frame = 1 / rate(source, "r_frame_rate");
    EXPECT_NEAR(number(after["format"]["duration"]), 2 * wanted * frame, 2.5 * frame) << entry.path();
    EXPECT_EQ(stream(after, "audio").is_null(), stream(before, "audio").is_null()) << entry.path();
  }
}

TEST_F(SlowmoFiles, SoundStaysInSyncWhenSlowedAndWhenSmoothed) {
  const auto source = clip(
      "beep.mp4", std::string(kMoving) + "-f lavfi -i sine=frequency=440:duration=1.2 -c:a aac -shortest");
  slowmo(source, folder_ / "slow.mp4", {"--factor", "2"});
  const auto slow = ffprobe(folder_ / "slow.mp4");
  EXPECT_EQ(frames(stream(slow, "video")), 60);
  EXPECT_NEAR(number(stream(slow, "audio")["duration"]), 2.4, 0.06);
  EXPECT_NEAR(number(stream(slow, "audio")["start_time"]), number(stream(slow, "video")["start_time"]), 0.03);
  slowmo(source, folder_ / "smooth.mp4", {"--mode", "smooth", "--rate", "60"});
  const auto smooth = ffprobe(folder_ / "smooth.mp4");
  EXPECT_EQ(frames(stream(smooth, "video")), 72);
  EXPECT_NEAR(number(stream(smooth, "video")["duration"]), 1.2, 1 / 60.0);
  EXPECT_NEAR(number(stream(smooth, "audio")["duration"]), 1.2, 0.05);
  slowmo(source, folder_ / "silent.mp4", {"--sound", "none"});
  EXPECT_TRUE(stream(ffprobe(folder_ / "silent.mp4"), "audio").is_null());
}

TEST_F(SlowmoFiles, TelevisionRatesAreExact) {
  const auto source = clip("tv.mkv", "-f lavfi -i testsrc2=size=96x64:rate=30000/1001:duration=2.002");
  slowmo(source, folder_ / "tv.mp4", {"--mode", "smooth", "--rate", "59.94"});
  const auto made = stream(ffprobe(folder_ / "tv.mp4"), "video");
  EXPECT_EQ(made["avg_frame_rate"], "60000/1001");
  EXPECT_EQ(frames(made), 120);
  slowmo(source, folder_ / "film.mp4", {"--mode", "smooth", "--rate", "24"});
  EXPECT_EQ(frames(stream(ffprobe(folder_ / "film.mp4"), "video")), 48);
}

TEST_F(SlowmoFiles, VariableRatesKeepTheirRhythmOrBecomeConstant) {
  const auto source =
      clip("phone.mp4", std::string(kMoving) + "-vf \"select='not(eq(mod(n,7),3))'\" -fps_mode vfr");
  const auto before = ffprobe(source);
  slowmo(source, folder_ / "slow.mp4", {"--duplicates", "off"});
  const auto slow = ffprobe(folder_ / "slow.mp4");
  EXPECT_EQ(frames(stream(slow, "video")), 2 * frames(stream(before, "video")));
  EXPECT_NEAR(number(stream(slow, "video")["duration"]), 2 * number(stream(before, "video")["duration"]),
              0.04);
  slowmo(source, folder_ / "smooth.mp4", {"--mode", "smooth", "--rate", "50"});
  const auto smooth = stream(ffprobe(folder_ / "smooth.mp4"), "video");
  EXPECT_EQ(smooth["avg_frame_rate"], "50/1");
  EXPECT_NEAR(number(smooth["duration"]), number(stream(before, "video")["duration"]), 0.021);
}

TEST_F(SlowmoFiles, OddStartsSizesAndNames) {
  const auto late = clip("late.ts", std::string(kMoving) + "-output_ts_offset 5 -c:v libx264");
  slowmo(late, folder_ / "late.mp4");
  EXPECT_EQ(frames(stream(ffprobe(folder_ / "late.mp4"), "video")), 60);
  const auto odd =
      clip("it's \"Ünï\" 1.mkv", "-f lavfi -i testsrc2=size=77x53:rate=10:duration=0.8 -c:v ffv1");
  slowmo(odd, folder_ / "odd.mp4");
  const auto made = stream(ffprobe(folder_ / "odd.mp4"), "video");
  EXPECT_EQ(made["width"], 77);
  EXPECT_EQ(made["height"], 53);
  const auto negative =
      clip("negative.mkv", std::string(kMoving) + "-output_ts_offset -0.5 -avoid_negative_ts disabled");
  slowmo(negative, folder_ / "negative.mp4");
  EXPECT_NEAR(number(stream(ffprobe(folder_ / "negative.mp4"), "video")["duration"]), 2.4, 0.09);
}

TEST_F(SlowmoFiles, TurnedPhoneClipsComeOutUpright) {
  const auto plain = clip("plain.mp4", std::string(kMoving) + "-c:v libx264");
  const auto turned = clip("turned.mp4", "-i " + quoted(plain.string()) + " -c copy -metadata:s:v rotate=90");
  slowmo(turned, folder_ / "upright.mp4");
  const auto made = stream(ffprobe(folder_ / "upright.mp4"), "video");
  if (made["height"] == 120) GTEST_SKIP() << "this ffmpeg writes no rotation";
  EXPECT_EQ(made["width"], 120);
  EXPECT_EQ(made["height"], 160);
}

TEST_F(SlowmoFiles, TenBitsStayTenBits) {
  const auto deep = clip("deep.mkv",
                         "-f lavfi -i testsrc2=size=96x64:rate=10:duration=0.8 -pix_fmt yuv420p10le -c:v "
                         "libx265 -x265-params log-level=none");
  slowmo(deep, folder_ / "deep.mkv.out.mkv");
  EXPECT_THAT(stream(ffprobe(folder_ / "deep.mkv.out.mkv"), "video")["pix_fmt"].get<std::string>(),
              HasSubstr("10"));
}

TEST_F(SlowmoFiles, EveryTrackSubtitleAndChapterComesAlong) {
  std::ofstream(folder_ / "words.srt") << "1\n00:00:00,200 --> 00:00:00,800\nHello\n";
  std::ofstream(folder_ / "chapters.txt")
      << ";FFMETADATA1\ntitle=My film\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=600\ntitle=One\n"
         "[CHAPTER]\nTIMEBASE=1/1000\nSTART=600\nEND=1200\ntitle=Two\n";
  const auto source =
      clip("full.mkv", std::string(kMoving) + "-f lavfi -i sine=440:d=1.2 -f lavfi -i sine=660:d=1.2 -i " +
                           quoted((folder_ / "words.srt").string()) + " -i " +
                           quoted((folder_ / "chapters.txt").string()) +
                           " -map 0 -map 1 -map 2 -map 3 -map_metadata 4 -c:a aac -c:s srt "
                           "-metadata:s:a:0 language=eng -metadata:s:a:1 language=deu");
  slowmo(source, folder_ / "slow.mkv");
  const auto made = ffprobe(folder_ / "slow.mkv");
  EXPECT_EQ(stream(made, "audio", 1)["tags"]["language"].get<std::string>().substr(0, 2), "de");
  EXPECT_FALSE(stream(made, "subtitle").is_null());
  ASSERT_EQ(made["chapters"].size(), 2u);
  EXPECT_NEAR(number(made["chapters"][1]["start_time"]), 1.2, 0.02) << "twice as late";
  EXPECT_EQ(made["format"]["tags"]["title"], "My film");
}

TEST_F(SlowmoFiles, AStillPictureDoesNotFlicker) {
  const auto source = clip("still.mp4",
                           "-f lavfi -i testsrc2=size=160x120:rate=25:duration=0.04 -vf loop=30:1 -frames:v "
                           "30 -c:v libx264 -crf 12");
  slowmo(source, folder_ / "still2.mp4", {"--engine", "flow", "--quality", "12"});
  const Ran lights = shell("ffprobe -v error -f lavfi -i \"movie=" + (folder_ / "still2.mp4").string() +
                           ",signalstats\" -show_entries frame_tags=lavfi.signalstats.YAVG -of csv=p=0");
  std::istringstream lines(lights.out);
  double value = 0, least = 1e9, most = -1;
  int count = 0;
  while (lines >> value) {
    least = std::min(least, value);
    most = std::max(most, value);
    ++count;
    lines.ignore(100, '\n');
  }
  EXPECT_EQ(count, 60);
  EXPECT_LT(most - least, 0.5);
}

TEST_F(SlowmoFiles, BrokenFilesAreToldNotCrashedOn) {
  const auto good = clip("good.mp4", std::string(kMoving) + "-c:v libx264");
  const std::string bytes = readFile(good);
  std::ofstream(folder_ / "empty.mp4").close();
  std::ofstream(folder_ / "words.mp4") << "this is no video";
  std::ofstream(folder_ / "half.mp4", std::ios::binary) << bytes.substr(0, bytes.size() / 2);
  for (const char* name : {"empty.mp4", "words.mp4", "half.mp4"}) {
    const Ran ran =
        cli({"slowmo", (folder_ / name).string(), "-o", (folder_ / "x.mp4").string(), "--engine", "blend"});
    EXPECT_EQ(ran.status, 1) << name << ran.err;
    EXPECT_THAT(ran.err, HasSubstr(name));
  }
  EXPECT_FALSE(fs::exists(folder_ / "x.mp4"));
}

}  // namespace
}  // namespace fw::end_to_end
