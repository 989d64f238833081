#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <thread>

#include "core/base/random.h"
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
  const auto source = clip("clip.mp4", "320x180", 25, 16).string();
  const auto whole = folder_ / "whole.mp4", resumed = folder_ / "resumed.mp4";
  const std::vector<std::string> options{"--engine", "blend", "--speed", "fast"};
  const auto words = [&](const fs::path& output) {
    std::vector<std::string> all{"slowmo", source, "-o", output.string()};
    all.insert(all.end(), options.begin(), options.end());
    return all;
  };
  const auto began = std::chrono::steady_clock::now();
  ASSERT_EQ(run(words(whole)).code(), 0) << readFile(folder_ / "child.txt");
  const auto took = std::chrono::steady_clock::now() - began;

  Random random(5);
  int kills = 0;
  Child child = start(words(resumed));
  for (; kills < 20; ++kills) {
    std::this_thread::sleep_for(std::chrono::duration<double>(took) * random.uniform(0.1, 0.5));
    ::kill(child.pid, SIGKILL);
    wait(child);
    if (!child.killed()) break;
    if (fs::exists(resumed)) {
      EXPECT_EQ(std::ranges::count(pictures(resumed), '\n'), 800)
          << "half a result never has the result's name";
    }
    if (!cli({"jobs", "--json"}).json().is_array() || cli({"jobs", "--json"}).json().size() < 2) {
      child = start(words(resumed));  // killed before the job was in the store
      continue;
    }
    child = start({"resume-job", "2"});
  }
  if (child.status == -1) wait(child);
  EXPECT_GE(kills, 2);
  ASSERT_EQ(child.code(), 0) << readFile(folder_ / "child.txt");
  const std::string expected = pictures(whole);
  EXPECT_EQ(std::ranges::count(expected, '\n'), 800);
  EXPECT_EQ(pictures(resumed), expected);
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

TEST_F(SlowmoSafety, MemoryIsFlatHoweverLongTheClip) {
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
