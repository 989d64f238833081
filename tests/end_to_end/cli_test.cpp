#include <gmock/gmock.h>

#include <fstream>

#include "tests/end_to_end/run_cli.h"

namespace fw::end_to_end {
namespace {

using testing::HasSubstr;

class CommandLine : public Programs {};

const std::vector<std::string> kSmallRun{"train",     "reconstruction-sanity",
                                         "--set",     "width=32",
                                         "--set",     "height=32",
                                         "--seed",    "3",
                                         "--threads", "1",
                                         "--json"};

std::vector<std::string> smallRun(const std::string& steps) {
  auto words = kSmallRun;
  words.insert(words.end(), {"--steps", steps});
  return words;
}

}  // namespace

TEST_F(CommandLine, HelpNamesEveryCommand) {
  const auto help = cli({"--help"});
  EXPECT_EQ(help.status, 0);
  for (const char* command :
       {"experiments", "train", "resume", "runs", "export", "engines", "probe", "slowmo", "score", "jobs"})
    EXPECT_THAT(help.out, HasSubstr(command));
  EXPECT_NE(cli({}).status, 0);
  EXPECT_NE(cli({"fly"}).status, 0);
}

TEST_F(CommandLine, EveryListIsOneJsonDocument) {
  for (const char* command : {"experiments", "runs", "engines", "presets", "jobs"}) {
    const auto ran = cli({command, "--json"});
    EXPECT_EQ(ran.status, 0) << command << ran.err;
    EXPECT_TRUE(ran.json().is_array()) << command;
  }
}

TEST_F(CommandLine, TrainsAndLearns) {
  const auto ran = cli(smallRun("300"));
  ASSERT_EQ(ran.status, 0) << ran.err;
  const auto run = ran.json();
  EXPECT_EQ(run["state"], "finished");
  EXPECT_EQ(run["step"], 300);
  EXPECT_EQ(cli({"runs", "--json"}).json().at(0)["run"], run["run"]);
  EXPECT_TRUE(std::filesystem::exists(run["folder"].get<std::string>()));
}

TEST_F(CommandLine, ResumedRunEndsWhereAnUninterruptedOneDoes) {
  const auto whole = cli(smallRun("40")).json();
  const auto half = cli(smallRun("20")).json();
  const auto resumed = cli({"resume", std::to_string(half["run"].get<int>()), "--steps", "40", "--json"});
  ASSERT_EQ(resumed.status, 0) << resumed.err;
  EXPECT_EQ(resumed.json()["step"], 40);
  EXPECT_EQ(resumed.json()["scores"], whole["scores"]);
}

TEST_F(CommandLine, InterruptStopsCleanlyAndKeepsWhatIsDone) {
  const auto ran =  // in the foreground: else timeout signals its whole group too, and twice means at once
      shell("timeout --foreground --preserve-status -s INT 4 " + quoted(FW_CLI) +
            " train reconstruction-sanity --set width=32 --set height=32 --steps 100000000 --json");
  ASSERT_EQ(ran.status, 0) << ran.err;
  EXPECT_EQ(ran.json()["state"], "stopped");
  EXPECT_GT(ran.json()["step"], 0);
}

TEST_F(CommandLine, TrainsOneRunForEachValueAndTheSameAsARunBut) {
  auto words = smallRun("5");
  words.insert(words.end(), {"--sweep", "bottleneck=2,4"});
  const auto swept = cli(words);
  ASSERT_EQ(swept.status, 0) << swept.err;
  ASSERT_EQ(swept.json().size(), 2u);
  EXPECT_EQ(swept.json()[1]["request"]["settings"]["bottleneck"], 4);
  const auto like = cli({"train", "--like", "2", "--set", "width=48", "--json"}).json();
  EXPECT_EQ(like["request"]["settings"]["bottleneck"], 4);
  EXPECT_EQ(like["request"]["settings"]["width"], 48);
  EXPECT_EQ(like["request"]["seed"], 3);
  EXPECT_NE(cli({"train", "cnn-classifier", "--like", "2"}).status, 0) << "that is another experiment";
  words.back() = "bottleneck=2,many";
  EXPECT_NE(cli(words).status, 0);
  EXPECT_EQ(cli({"runs", "--json"}).json().size(), 3u) << "a bad value is noticed before the first run";
}

TEST_F(CommandLine, ASetupTravelsAsAFile) {
  const auto file = (folder_ / "setup.json").string();
  auto words = smallRun("5");
  words.insert(words.end(), {"--save-setup", file});
  ASSERT_EQ(cli(words).status, 0);
  EXPECT_TRUE(cli({"runs", "--json"}).json().empty());
  const auto run = cli({"train", "--setup", file, "--json"}).json();
  EXPECT_EQ(run["scores"], cli(smallRun("5")).json()["scores"]);
}

TEST_F(CommandLine, ExportsARunThatOthersCanOpen) {
  ASSERT_EQ(cli(smallRun("5")).status, 0);
  const auto zip = (folder_ / "run 1.zip").string();
  const auto ran = cli({"export", "1", "-o", zip, "--json"});
  ASSERT_EQ(ran.status, 0) << ran.err;
  const auto unpacked = shell("cd " + quoted(folder_.string()) +
                              " && python3 -c 'import zipfile; z = zipfile.ZipFile(\"run 1.zip\"); "
                              "print(z.testzip(), *z.namelist()); z.extract(\"setup.json\")'");
  if (unpacked.status == 127) GTEST_SKIP() << "python3 is not on this machine";
  EXPECT_THAT(unpacked.out, HasSubstr("None setup.json run.json scalars.csv scores.csv baselines.csv "
                                      "weights/last.safetensors"));
  EXPECT_THAT(unpacked.out, HasSubstr("snapshots/000000005/gallery.json"));
  EXPECT_EQ(cli({"train", "--setup", (folder_ / "setup.json").string(), "--json"}).json()["step"], 5);
  EXPECT_NE(cli({"export", "99", "-o", zip}).status, 0);
}

TEST_F(CommandLine, SaysWhatIsWrongAndFails) {
  const auto refused = [&](const std::vector<std::string>& words, const std::string& about) {
    const auto ran = cli(words);
    EXPECT_NE(ran.status, 0) << words.front();
    EXPECT_THAT(ran.err, HasSubstr(about));
    EXPECT_TRUE(ran.out.empty());
  };
  refused({"brew"}, "no command “brew”");
  refused({"train", "cold-fusion"}, "reconstruction-sanity");
  refused({"train", "reconstruction-sanity", "--seed", "-5"}, "-5 not in range 0");
  refused({"train", "reconstruction-sanity", "--set", "width=banana"}, "“");
  refused({"train", "reconstruction-sanity", "--set", "wdith=3"}, "wdith");
  refused({"train", "reconstruction-sanity", "--device", "toaster"}, "toaster");
  refused({"resume", "4711"}, "4711");
  refused({"resume", "1", "--learning-rate", "0"}, "learning rate");
  refused({"probe", "/nonexistent.mp4"}, "/nonexistent.mp4");
  refused({"slowmo", "/nonexistent.mp4"}, "/nonexistent.mp4");
  refused({"score", "/nonexistent"}, "/nonexistent");
  refused({"score", folder_.string(), "--engine", "magic"}, "flow");
  std::ofstream(folder_ / "text.mp4") << "this is no video";
  refused({"slowmo", (folder_ / "text.mp4").string()}, "text.mp4");
}

TEST_F(CommandLine, SlowsTheBundledClipWithItsSound) {
  const auto source = std::string(FW_SAMPLES) + "/windmill.mp4";
  const auto output = folder_ / "slow.mp4";
  const auto ran =
      cli({"slowmo", source, "-o", output.string(), "--factor", "2", "--engine", "blend", "--json"});
  ASSERT_EQ(ran.status, 0) << ran.err;
  const auto before = ffprobe(source), after = ffprobe(output);
  const auto seconds = [](const nlohmann::json& probe) {
    return std::stod(probe["format"]["duration"].get<std::string>());
  };
  EXPECT_NEAR(seconds(after), 2 * seconds(before), 0.1);
  EXPECT_EQ(after["streams"].size(), 2u);
  EXPECT_EQ(after["streams"][1]["codec_type"], "audio");
}

TEST_F(CommandLine, WhatARunHasLearntSlowsAClip) {
  const auto clip = folder_ / "small.mp4", output = folder_ / "slow.mp4";
  const auto made =
      shell("ffmpeg -v error -f lavfi -i testsrc2=size=64x48:rate=10:duration=1 -pix_fmt yuv420p " +
            quoted(clip.string()));
  if (made.status == 127) GTEST_SKIP() << "the ffmpeg programs are not on this machine";
  ASSERT_EQ(made.status, 0) << made.err;
  const auto run = cli({"train", "middle-frame-unet", "--set", "width=16", "--set", "crop=32", "--set",
                        "batch=2", "--steps", "3", "--threads", "1", "--json"});
  ASSERT_EQ(run.status, 0) << run.err;
  std::string weights;
  for (const auto& file :
       std::filesystem::recursive_directory_iterator(run.json()["folder"].get<std::string>()))
    if (file.path().filename() == "best.safetensors") weights = file.path().string();
  ASSERT_NE(weights, "");
  const auto ran = cli({"slowmo", clip.string(), "-o", output.string(), "--factor", "2", "--engine",
                        "learned", "--learned-weights", weights, "--json"});
  ASSERT_EQ(ran.status, 0) << ran.err;
  const auto video = ffprobe(output)["streams"][0];
  EXPECT_EQ(video["width"], 64);
  EXPECT_EQ(video["height"], 48);
  EXPECT_NEAR(std::stod(video["duration"].get<std::string>()), 2.0, 0.11);
  EXPECT_GE(std::stoi(video["nb_frames"].get<std::string>()), 19);
}

}  // namespace fw::end_to_end
