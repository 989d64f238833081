#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <thread>

#include "core/base/random.h"
#include "core/store/store.h"
#include "tests/end_to_end/run_cli.h"

/// A job survives whatever happens to the program, and memory does not grow with the clip.
namespace fw::end_to_end {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class SlowmoSafety : public Programs {
 protected:
  void SetUp() override {
    Programs::SetUp();
    if (std::system("ffmpeg -version >/dev/null 2>&1") != 0)
      GTEST_SKIP() << "the ffmpeg program is not on this machine";
  }

  fs::path clip(const std::string& name, const std::string& size, int rate, int seconds) {
    const fs::path file = folder_ / name;
    const Ran ran = shell("ffmpeg -v error -y -f lavfi -i testsrc2=size=" + size +
                          ":rate=" + std::to_string(rate) + ":duration=" + std::to_string(seconds) +
                          " -c:v libx264 -preset ultrafast " + quoted(file.string()));
    EXPECT_EQ(ran.status, 0) << ran.err;
    return file;
  }

  struct Child {
    pid_t pid = -1;
    int status = -1;
    int64_t peakBytes = 0;
    bool killed() const { return WIFSIGNALED(status); }
    int code() const { return WIFEXITED(status) ? WEXITSTATUS(status) : -1; }
  };

  // `largestFile` stands in for a full disk: no file can grow past it.
  Child start(const std::vector<std::string>& words, rlim_t largestFile = RLIM_INFINITY) {
    Child child;
    child.pid = ::fork();
    if (child.pid == 0) {
      ::setenv("XDG_DATA_HOME", folder_.c_str(), 1);
      ::setenv("XDG_STATE_HOME", folder_.c_str(), 1);
      const std::string log = (folder_ / "child.txt").string();
      const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
      ::dup2(out, 1);
      ::dup2(out, 2);
      if (largestFile != RLIM_INFINITY) {
        std::signal(SIGXFSZ, SIG_IGN);
        const rlimit limit{largestFile, largestFile};
        ::setrlimit(RLIMIT_FSIZE, &limit);
      }
      std::vector<char*> arguments{const_cast<char*>(FW_CLI)};
      for (const auto& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
      arguments.push_back(nullptr);
      ::execv(FW_CLI, arguments.data());
      ::_exit(127);
    }
    return child;
  }
  static void wait(Child& child) {
    rusage usage{};
    ::wait4(child.pid, &child.status, 0, &usage);
    child.peakBytes = int64_t{usage.ru_maxrss} * 1024;
  }
  Child run(const std::vector<std::string>& words, rlim_t largestFile = RLIM_INFINITY) {
    Child child = start(words, largestFile);
    wait(child);
    return child;
  }

  std::string pictures(const fs::path& file) {
    return shell("ffmpeg -v error -i " + quoted(file.string()) + " -map 0:v -f framemd5 - | grep -v '^#'")
        .out;
  }
};

TEST_F(SlowmoSafety, KilledAtAnyMomentItResumesToTheSameResult) {
  constexpr int kKills = 20;
  constexpr int kFrames = 600;
  const auto source = clip("clip.mp4", "160x96", 25, 12).string();
  const auto words = [&](const fs::path& output) {
    return std::vector<std::string>{"slowmo",   source,  "-o",      output.string(),
                                    "--engine", "blend", "--speed", "fast"};
  };
  const auto whole = folder_ / "whole.mp4";
  const auto began = std::chrono::steady_clock::now();
  ASSERT_EQ(run(words(whole)).code(), 0) << readFile(folder_ / "child.txt");
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  const std::string expected = pictures(whole);
  ASSERT_EQ(std::ranges::count(expected, '\n'), kFrames);

  const Store store(folder_ / "framewright");
  const auto unfinished = [&]() -> int64_t {
    for (const auto& job : store.jobs())
      if (job.state != "done") return job.id;
    return 0;
  };
  Random random(5);
  int kills = 0, finished = 0;
  const auto next = [&] {
    const int64_t job = unfinished();
    return job > 0 ? start({"resume-job", std::to_string(job)})
                   : start(words(folder_ / ("resumed " + std::to_string(++finished) + ".mp4")));
  };
  while (kills < kKills) {
    Child child = next();
    std::this_thread::sleep_for(took * random.uniform(0.05, 1.0));
    ::kill(child.pid, SIGKILL);
    wait(child);
    if (child.killed())
      ++kills;
    else
      ASSERT_EQ(child.code(), 0) << readFile(folder_ / "child.txt");
  }
  for (int left = 2; unfinished() > 0 && left > 0; --left)
    ASSERT_EQ(run({"resume-job", std::to_string(unfinished())}).code(), 0) << readFile(folder_ / "child.txt");
  int compared = 0;
  for (const auto& entry : fs::directory_iterator(folder_)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with("resumed") || entry.path().extension() != ".mp4") continue;
    EXPECT_EQ(pictures(entry.path()), expected) << name;
    ++compared;
  }
  EXPECT_GE(compared, 1);
  RecordProperty("finished between the kills", compared);
}

TEST_F(SlowmoSafety, AFullDiskIsSaidAndNothingIsLost) {
  const auto source = clip("clip.mp4", "320x180", 25, 12);
  const auto output = folder_ / "out.mp4";
  const Child full =
      run({"slowmo", source.string(), "-o", output.string(), "--engine", "blend", "--quality", "1"}, 200'000);
  EXPECT_EQ(full.code(), 1) << "an error, not a crash";
  EXPECT_FALSE(fs::exists(output));
  EXPECT_FALSE(readFile(folder_ / "child.txt").empty());
  ASSERT_EQ(cli({"resume-job", "1"}).status, 0);
  EXPECT_EQ(cli({"probe", output.string(), "--json"}).json()["frames"], 600);
}

TEST_F(SlowmoSafety, AJobWaitsUntilItsSourceAndItsFolderAreBack) {
  const auto source = clip("clip.mp4", "96x64", 10, 2), place = folder_ / "results";
  fs::create_directories(place);
  ASSERT_EQ(cli({"slowmo", source.string(), "-o", (place / "x.mp4").string(), "--engine", "blend", "--queue"})
                .status,
            0);
  const auto waits = [&](const std::string& about) {
    const Ran ran = cli({"run-jobs"});
    EXPECT_EQ(ran.status, 1);
    EXPECT_THAT(ran.err, testing::HasSubstr(about));
    const auto job = cli({"jobs", "--json"}).json().at(0);
    EXPECT_EQ(job["state"], "stopped");
    EXPECT_THAT(job["message"].get<std::string>(), testing::HasSubstr(about)) << "the list says why it waits";
  };
  fs::rename(source, folder_ / "away.mp4");
  waits("clip.mp4");
  fs::copy_file(clip("other.mp4", "96x64", 10, 3), source);
  waits("clip.mp4");
  fs::remove(source);
  fs::rename(folder_ / "away.mp4", source);
  fs::remove(place);
  waits("results");
  fs::create_directories(place);
  EXPECT_EQ(cli({"run-jobs"}).status, 0);
  EXPECT_EQ(cli({"probe", (place / "x.mp4").string(), "--json"}).json()["frames"], 40);
  const Ran refused = cli({"slowmo", source.string(), "-o", "/proc/x.mp4", "--engine", "blend"});
  EXPECT_EQ(refused.status, 1) << "a folder that cannot be written to is told before the work";
  EXPECT_THAT(refused.err, testing::HasSubstr("/proc"));
  EXPECT_EQ(cli({"jobs", "--json"}).json().size(), 1u);
}

TEST_F(SlowmoSafety, AMissingEncoderIsToldAndTheJobWaits) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "the address sanitizer wants to be the first library that is loaded";
#endif
  const auto source = clip("clip.mp4", "96x64", 10, 2);
  ASSERT_EQ(cli({"slowmo", source.string(), "--engine", "blend", "--codec", "h265", "--queue"}).status, 0);
  const std::string without = "LD_PRELOAD=" + quoted(FW_WITHOUT_X265) + " ";
  const Ran ran = shell(without + quoted(FW_CLI) + " run-jobs");
  EXPECT_EQ(ran.status, 1);
  EXPECT_THAT(ran.err, testing::HasSubstr("h265"));
  EXPECT_EQ(cli({"jobs", "--json"}).json().at(0)["state"], "stopped");
  EXPECT_EQ(shell(without + quoted(FW_CLI) + " slowmo " + quoted(source.string()) + " --codec h265").status,
            1);
  EXPECT_EQ(cli({"run-jobs"}).status, 0) << "with the encoder it goes on";
}

TEST_F(SlowmoSafety, CancelKeepsWhatIsDoneWhenWanted) {
  const auto source = clip("clip.mp4", "320x180", 25, 40).string(), output = (folder_ / "x.mp4").string();
  Child child = start({"slowmo", source, "-o", output, "--engine", "blend", "--speed", "slow"});
  const fs::path done = folder_ / "framewright" / "jobs";
  const auto anySegment = [&] {
    std::error_code ignored;
    for (const auto& entry : fs::recursive_directory_iterator(done, ignored))
      if (entry.path().filename() == "000000.json") return true;
    return false;
  };
  for (int i = 0; i < 3000 && !anySegment(); ++i) std::this_thread::sleep_for(10ms);
  ::kill(child.pid, SIGINT);
  wait(child);
  if (fs::exists(output)) GTEST_SKIP() << "this machine was quicker than the interrupt";
  ASSERT_EQ(child.code(), 130) << readFile(folder_ / "child.txt");
  const auto soFar = cli({"play-job", "1", "--json"}).json();
  EXPECT_GE(cli({"probe", soFar["file"].get<std::string>(), "--json"}).json()["frames"], 120);
  const auto kept = cli({"cancel-job", "1", "--keep", "--json"}).json();
  EXPECT_EQ(kept["state"], "cancelled");
  EXPECT_GE(cli({"probe", kept["output"].get<std::string>(), "--json"}).json()["frames"], 120);
}

TEST_F(SlowmoSafety, MemoryIsFlatHoweverLongTheClip) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers keep what was freed";
#endif
  const auto brief = clip("brief.mp4", "96x64", 10, 20), lengthy = clip("lengthy.mp4", "96x64", 10, 600);
  const auto job = [&](const fs::path& source) {
    const Child child = run(
        {"slowmo", source.string(), "-o", source.string() + ".mp4", "--engine", "blend", "--speed", "fast"});
    EXPECT_EQ(child.code(), 0) << readFile(folder_ / "child.txt");
    return static_cast<double>(child.peakBytes);
  };
  const double brieflyUsed = job(brief), lengthilyUsed = job(lengthy);
  RecordProperty("brief MiB", static_cast<int>(brieflyUsed / (1 << 20)));
  RecordProperty("lengthy MiB", static_cast<int>(lengthilyUsed / (1 << 20)));
  EXPECT_LT(lengthilyUsed, 1.1 * brieflyUsed);
}

}  // namespace
}  // namespace fw::end_to_end
