#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
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
                                   "--engine", "blend",         "--json"};  // the last --engine counts
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
  // When each frame begins, in seconds from the first, from the stamps as they are stored.
  std::vector<double> times(const fs::path& file) {
    const Ran ran =
        shell("ffprobe -v error -select_streams v -show_entries packet=pts:stream=time_base -of json " +
              quoted(file.string()));
    const auto probed = ran.json();
    const std::string base = probed["streams"][0]["time_base"];
    const double tick = std::stod(base) / std::stod(base.substr(base.find('/') + 1));
    std::vector<double> all;
    for (const auto& packet : probed["packets"]) all.push_back(packet["pts"].get<double>() * tick);
    std::ranges::sort(all);
    for (double& time : all) time -= all.front();
    return all;
  }
  static void expectEvery(const std::vector<double>& times, double step) {
    for (std::size_t i = 0; i < times.size(); ++i)
      ASSERT_NEAR(times[i], static_cast<double>(i) * step, 1e-9 + 1e-12 * static_cast<double>(i)) << i;
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
  expectEvery(times(folder_ / "slow.mp4"), 1 / 25.0);
  EXPECT_NEAR(number(stream(slow, "audio")["duration"]), 2.4, 0.06);
  EXPECT_NEAR(number(stream(slow, "audio")["start_time"]), number(stream(slow, "video")["start_time"]), 0.03);
  slowmo(source, folder_ / "smooth.mp4", {"--mode", "smooth", "--rate", "60"});
  const auto smooth = ffprobe(folder_ / "smooth.mp4");
  EXPECT_EQ(frames(stream(smooth, "video")), 72);
  expectEvery(times(folder_ / "smooth.mp4"), 1 / 60.0);
  EXPECT_NEAR(number(stream(smooth, "video")["duration"]), 1.2, 1 / 60.0);
  EXPECT_NEAR(number(stream(smooth, "audio")["duration"]), 1.2, 0.05);
  slowmo(source, folder_ / "silent.mp4", {"--sound", "none"});
  EXPECT_TRUE(stream(ffprobe(folder_ / "silent.mp4"), "audio").is_null());
}

TEST_F(SlowmoFiles, PacketsShorterThanAMillisecondDoNotAddUp) {
  const auto source = clip("truehd.mkv",
                           "-f lavfi -i testsrc2=size=96x64:rate=25:duration=4 -f lavfi -i sine=duration=4 "
                           "-pix_fmt yuv420p -c:a truehd -strict experimental");
  const auto lastPacket = [&](const fs::path& file) {
    const Ran ran = shell("ffprobe -v error -select_streams a -show_entries packet=pts_time -of csv=p=0 " +
                          quoted(file.string()) + " | tail -1");
    return std::stod(ran.out);
  };
  const auto result = folder_ / "smooth.mkv";
  slowmo(source, result, {"--mode", "smooth", "--rate", "50", "--sound", "keep", "--engine", "blend"});
  EXPECT_NEAR(lastPacket(result), lastPacket(source), 0.05);
}

TEST_F(SlowmoFiles, TelevisionRatesAreExact) {
  const auto source = clip("tv.mkv", "-f lavfi -i testsrc2=size=96x64:rate=30000/1001:duration=2.002");
  slowmo(source, folder_ / "tv.mp4", {"--mode", "smooth", "--rate", "59.94"});
  const auto made = stream(ffprobe(folder_ / "tv.mp4"), "video");
  EXPECT_EQ(made["avg_frame_rate"], "60000/1001");
  EXPECT_EQ(frames(made), 120);
  expectEvery(times(folder_ / "tv.mp4"), 1001 / 60000.0);
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
  const auto rhythm = times(source), slowed = times(folder_ / "slow.mp4");
  for (std::size_t i = 0; i < rhythm.size(); ++i) EXPECT_NEAR(slowed.at(2 * i), 2 * rhythm[i], 1e-6) << i;
  slowmo(source, folder_ / "smooth.mp4", {"--mode", "smooth", "--rate", "50"});
  const auto smooth = stream(ffprobe(folder_ / "smooth.mp4"), "video");
  EXPECT_EQ(smooth["avg_frame_rate"], "50/1");
  EXPECT_NEAR(number(smooth["duration"]), number(stream(before, "video")["duration"]), 0.021);
}

TEST_F(SlowmoFiles, OddStartsSizesAndNames) {
  const auto late = clip("late.ts", std::string(kMoving) + "-output_ts_offset 5 -c:v libx264");
  slowmo(late, folder_ / "late.mp4");
  EXPECT_EQ(frames(stream(ffprobe(folder_ / "late.mp4"), "video")), 60);
  const auto odd = clip("it's \"Ünï\" 1.mkv",
                        "-f lavfi -i testsrc=size=77x53:rate=10:duration=0.8 -pix_fmt yuv444p -c:v ffv1");
  slowmo(odd, folder_ / "odd.mp4");
  const auto made = stream(ffprobe(folder_ / "odd.mp4"), "video");
  EXPECT_EQ(made["width"], 77);
  EXPECT_EQ(made["height"], 53);
  // Cut out of a film without encoding: what comes before the cut is hidden by an edit list.
  const auto film = clip("film.mp4", "-f lavfi -i testsrc2=size=96x64:rate=25:duration=2 -c:v libx264 -g 50");
  const auto part = clip("part.mp4", "-ss 0.52 -i " + quoted(film.string()) + " -c copy");
  slowmo(part, folder_ / "part2.mp4");
  const auto before = stream(ffprobe(part), "video"), after = stream(ffprobe(folder_ / "part2.mp4"), "video");
  EXPECT_NEAR(number(after["duration"]), 2 * number(before["duration"]), 0.09);
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

TEST_F(SlowmoFiles, FewerBitsCostUntouchedFramesNothingElse) {
  const auto source =
      clip("deep.mkv", "-f lavfi -i testsrc2=size=96x64:rate=25:duration=0.4 -pix_fmt yuv420p10le -c:v ffv1");
  slowmo(source, folder_ / "flat.mkv", {"--engine", "blend", "--depth", "8", "--codec", "ffv1"});
  const Ran ran =
      shell("ffmpeg -i " + quoted(source.string()) + " -i " + quoted((folder_ / "flat.mkv").string()) +
            " -lavfi '[0:v]format=yuv420p,settb=1/25,setpts=N[a];"
            "[1:v]select=not(mod(n\\,2)),settb=1/25,setpts=N[b];[a][b]psnr' -f null - 2>&1 "
            "| grep -o 'average:[0-9.inf]*' | cut -d: -f2");
  EXPECT_GT(std::stod(ran.out), 55) << "saturated colours do not survive a trip through RGB";
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
  // Times count from the first frame, which AAC's run-in puts a little after zero here.
  const double first = number(stream(ffprobe(source), "video")["start_time"]);
  EXPECT_NEAR(number(made["chapters"][1]["start_time"]), 2 * (0.6 - first), 0.002) << "twice as late";
  EXPECT_EQ(made["format"]["tags"]["title"], "My film");
}

TEST_F(SlowmoFiles, QuickTimeKnowsLanguagesByOtherNames) {
  const auto source =
      clip("german.mkv",
           "-f lavfi -i testsrc2=size=64x64:rate=10:duration=0.5 -f lavfi -i sine=duration=0.5 -pix_fmt "
           "yuv420p -c:a aac -metadata:s:a:0 language=deu");
  slowmo(source, folder_ / "german.mov", {"--engine", "blend"});
  EXPECT_EQ(stream(ffprobe(folder_ / "german.mov"), "audio")["tags"]["language"], "ger");
}

TEST_F(SlowmoFiles, ColoursKeepTheirTags) {
  const struct {
    const char *name, *format, *range, *matrix, *primaries, *transfer;
  } kinds[] = {{"hd.mp4", "yuv420p", "tv", "bt709", "bt709", "bt709"},
               {"sd.mp4", "yuv420p", "tv", "smpte170m", "smpte170m", "smpte170m"},
               {"full.mp4", "yuv420p", "pc", "bt709", "bt709", "bt709"},
               {"wide.mkv", "yuv420p10le", "tv", "bt2020nc", "bt2020", "arib-std-b67"}};
  for (const auto& kind : kinds) {
    const bool deep = std::string(kind.format) == "yuv420p10le";
    const auto source =
        clip(kind.name, std::string("-f lavfi -i testsrc2=size=96x64:rate=10:duration=0.5 -pix_fmt ") +
                            kind.format + " -color_range " + kind.range + " -colorspace " + kind.matrix +
                            " -color_primaries " + kind.primaries + " -color_trc " + kind.transfer +
                            (deep ? " -c:v libx265 -x265-params log-level=none" : " -c:v libx264"));
    const auto output = folder_ / (std::string("made-") + kind.name);
    slowmo(source, output);
    const auto made = stream(ffprobe(output), "video");
    EXPECT_EQ(made.value("color_range", ""), kind.range) << kind.name;
    EXPECT_EQ(made.value("color_space", ""), kind.matrix) << kind.name;
    EXPECT_EQ(made.value("color_primaries", ""), kind.primaries) << kind.name;
    EXPECT_EQ(made.value("color_transfer", ""), kind.transfer) << kind.name;
    EXPECT_EQ(made["pix_fmt"].get<std::string>().find("10") != std::string::npos, deep) << kind.name;
  }
}

TEST_F(SlowmoFiles, SaysWhatItHadToChange) {
  const auto notes = [](const nlohmann::json& result) { return result["notes"].dump(); };
  const auto weaved =
      clip("tv.mpg", std::string(kMoving) + "-c:v mpeg2video -flags +ildct+ilme -top 1 -vf setfield=tff");
  EXPECT_THAT(notes(slowmo(weaved, folder_ / "tv.mp4")), HasSubstr("deinterlaced"));
  std::ofstream(folder_ / "words.ass")
      << "[Script Info]\nScriptType: v4.00+\n[V4+ Styles]\nFormat: Name, Fontname\n"
         "Style: Default,Arial\n[Events]\nFormat: Start, End, Style, Text\n"
         "Dialogue: 0:00:00.10,0:00:00.90,Default,Hello\n";
  const auto rich = clip("rich.mkv", std::string(kMoving) + "-i " + quoted((folder_ / "words.ass").string()) +
                                         " -c:s ass -attach " + quoted((folder_ / "words.ass").string()) +
                                         " -metadata:s:t mimetype=text/plain");
  const auto made = slowmo(rich, folder_ / "rich.mp4");
  EXPECT_THAT(notes(made), HasSubstr("MP4"));
  EXPECT_EQ(made["state"], "done") << "what the container cannot hold does not cost the video";
  const Ran before =
      cli({"slowmo", rich.string(), "-o", (folder_ / "r.mp4").string(), "--estimate", "--json"});
  EXPECT_THAT(before.json()["notes"].dump(), HasSubstr("MP4")) << "and is said before the start";
  EXPECT_EQ(before.json()["frames"], 60);
  EXPECT_GT(before.json()["peak_memory"], 0);
}

TEST_F(SlowmoFiles, EveryKindOfResultCanBeMade) {
  const auto source = clip("small.mkv", "-f lavfi -i testsrc2=size=96x64:rate=10:duration=0.6 -c:v ffv1");
  const std::pair<const char*, const char*> kinds[] = {{"h264", "a.mp4"},   {"h265", "b.mkv"},
                                                       {"av1", "c.mp4"},    {"vp9", "d.webm"},
                                                       {"prores", "e.mov"}, {"ffv1", "f.mkv"}};
  for (const auto& [codec, name] : kinds) {
    slowmo(source, folder_ / name, {"--codec", codec, "--speed", "fast"});
    const auto made = stream(ffprobe(folder_ / name), "video");
    EXPECT_EQ(frames(made), 12) << codec;
    const std::string found = made["codec_name"];
    EXPECT_EQ(found == "hevc" ? "h265" : found, codec);
  }
  slowmo(source, folder_ / "g.gif");
  EXPECT_EQ(frames(stream(ffprobe(folder_ / "g.gif"), "video")), 12);
  slowmo(source, folder_ / "h.webp");
  const auto webp = cli({"probe", (folder_ / "h.webp").string(), "--json"}).json();
  EXPECT_GE(webp["frames"], 11) << "its encoder joins frames that are alike, as the last two are";
  EXPECT_NEAR(webp["duration"].get<double>(), 1.2, 0.01);
  for (const char* kind : {"png", "jpeg", "tiff"}) {
    const auto made = slowmo(source, folder_ / kind, {"--container", kind});
    const fs::path folder = made["output"].get<std::string>();
    EXPECT_EQ(std::distance(fs::directory_iterator(folder), {}), 12) << kind;
  }
}

TEST_F(SlowmoFiles, FoldersAndSeveralInputsAreJobsOfOneQueue) {
  const fs::path in = folder_ / "in";
  fs::create_directories(in / "drawings");
  clip("in/one.mp4", "-f lavfi -i testsrc2=size=64x48:rate=10:duration=0.5");
  clip("in/two.mkv", "-f lavfi -i testsrc2=size=64x48:rate=10:duration=0.7");
  clip("in/drawings/d_%d.png", "-f lavfi -i testsrc2=size=64x48:rate=10:duration=1.1");
  std::ofstream(in / "read me.txt") << "no video";
  const Ran queued = cli({"slowmo", in.string(), (in / "drawings").string(), "--engine", "blend",
                          "--picture-rate", "12", "--queue", "--json"});
  ASSERT_EQ(queued.status, 0) << queued.err;
  EXPECT_THAT(queued.err, HasSubstr("read me.txt"));
  ASSERT_EQ(queued.json().size(), 3u);
  ASSERT_EQ(cli({"move-job", "3", "-2", "--json"}).json().at(0)["job"], 3);
  const Ran made = cli({"run-jobs", "--json"});
  ASSERT_EQ(made.status, 0) << made.err;
  std::map<std::string, int> frames;
  for (const auto& job : made.json())
    frames[fs::path(job["output"].get<std::string>()).filename()] = job["frames_out"].get<int>();
  EXPECT_EQ(made.json().at(0)["job"], 3);
  EXPECT_EQ(frames,
            (std::map<std::string, int>{{"one 2x.mp4", 10}, {"two 2x.mkv", 14}, {"drawings 2x.mp4", 22}}));
  const auto made12 = stream(ffprobe(in / "drawings 2x.mp4"), "video");
  EXPECT_EQ(made12["avg_frame_rate"], "12/1");
  const Ran again =
      cli({"slowmo", (in / "one.mp4").string(), "/nonexistent.mp4", "--engine", "blend", "--json"});
  EXPECT_EQ(again.status, 1) << "one that fails is told,";
  ASSERT_EQ(again.json().size(), 2u);
  for (const auto& clip : again.json())
    EXPECT_EQ(clip.contains("error"), clip["source"] == "/nonexistent.mp4") << clip;
  EXPECT_TRUE(fs::exists(in / "one 2x (2).mp4")) << "and the others are made";
}

TEST_F(SlowmoFiles, SeveralResultsGoIntoOneFolder) {
  const std::string tiny = "-f lavfi -i testsrc2=size=64x64:rate=10:duration=0.5 -pix_fmt yuv420p";
  const auto first = clip("first.mp4", tiny), second = clip("second.mp4", tiny);
  fs::create_directory(folder_ / "slow");
  const std::vector<std::string> words{"slowmo", first.string(), second.string(), "--engine", "blend", "-o"};
  const auto with = [&](const fs::path& output) {
    auto all = words;
    all.push_back(output.string());
    return cli(all);
  };
  EXPECT_EQ(with(folder_ / "slow").status, 0);
  EXPECT_TRUE(fs::exists(folder_ / "slow" / "first 2x.mp4") &&
              fs::exists(folder_ / "slow" / "second 2x.mp4"));
  EXPECT_THAT(with(folder_ / "x.mp4").err, HasSubstr("Name a folder"));
}

TEST_F(SlowmoFiles, OnlyAFilmThatWasCutShortIsCalledSo) {
  const std::string picture = "-f lavfi -i testsrc2=size=96x64:rate=25:duration=2 ";
  const auto sound =
      clip("longer sound.mkv", picture + "-f lavfi -i sine=duration=8 -map 0:v -map 1:a -pix_fmt yuv420p");
  const auto late = clip("late.mkv", picture + "-pix_fmt yuv420p -output_ts_offset 5");
  for (const auto& source : {sound, late}) {
    const auto made = slowmo(source, folder_ / (source.stem().string() + " made.mkv"), {"--engine", "blend"});
    EXPECT_THAT(made["notes"].dump(), testing::Not(HasSubstr("cut short"))) << source;
  }
}

TEST_F(SlowmoFiles, WhatTheWindowCanChooseTheCommandLineCanToo) {
  const auto source = clip("cuts.mp4",
                           "-f lavfi -i testsrc2=size=96x64:rate=25:duration=1.2 -f lavfi -i "
                           "mandelbrot=size=96x64:rate=25 -filter_complex "
                           "'[1:v]trim=duration=0.8[b];[0:v][b]concat=n=2:v=1' -pix_fmt yuv420p");
  const Ran seen = cli({"slowmo", source.string(), "--analyse", "--json"});
  ASSERT_EQ(seen.status, 0) << seen.err;
  ASSERT_EQ(seen.json()["cuts"].size(), 1u) << seen.out;
  EXPECT_NEAR(seen.json()["cuts"][0].get<double>(), 1.2, 0.01);
  const auto made = slowmo(source, folder_ / "x.mp4",
                           {"--remove-cut", "1.2", "--add-cut", "0.4", "--engine-range", "0.6-1=flow",
                            "--sampling", "soft", "--crop", "0,0,64,48", "--save-preset", "Half and soft"});
  EXPECT_THAT(made["notes"].dump(), HasSubstr("1 cut is kept clean, at 0:00.4"));
  EXPECT_FALSE(made["least_sure"].empty());
  EXPECT_EQ(stream(ffprobe(folder_ / "x.mp4"), "video")["width"], 64);
  EXPECT_THAT(cli({"presets"}).out, HasSubstr("Half and soft"));
  const auto again = slowmo(source, folder_ / "y.mp4", {"--preset", "Half and soft"});
  EXPECT_EQ(stream(ffprobe(folder_ / "y.mp4"), "video")["width"], 64);
  EXPECT_EQ(cli({"slowmo", source.string(), "--engine-range", "nonsense"}).status, 1);
}

TEST_F(SlowmoFiles, SelfCheckComparesTheEnginesOnThisClip) {
  const auto source = clip("pan.mp4",
                           "-f lavfi -i testsrc2=size=160x120:rate=1 -t 2 -vf "
                           "\"zoompan=z=1.5:x='on*3':y=10:d=40:s=160x120:fps=25\" -c:v libx264 -crf 10");
  const Ran ran = cli({"self-check", source.string(), "--engines", "blend,flow", "--frames", "4",
                       "--pictures", (folder_ / "seen").string(), "--json"});
  ASSERT_EQ(ran.status, 0) << ran.err;
  const auto found = ran.json();
  EXPECT_EQ(found["recommended"], "flow") << ran.out;
  ASSERT_EQ(found["engines"].size(), 2u);
  EXPECT_GT(found["engines"][1]["psnr"].get<double>(), found["engines"][0]["psnr"].get<double>());
  EXPECT_EQ(found["engines"][0]["frames"].size(), found["frames"].get<std::size_t>());
  EXPECT_TRUE(fs::exists(folder_ / "seen" / "flow worst.png"));
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
