#pragma once
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

/// Runs the real programs as a person's shell would, with a store of the test's own.
namespace fw::end_to_end {

struct Ran {
  int status = -1;
  std::string out, err;
  nlohmann::json json() const { return nlohmann::json::parse(out); }
};

inline std::string quoted(const std::string& word) {
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

inline std::string readFile(const std::filesystem::path& file) {
  std::string text;
  if (FILE* in = std::fopen(file.c_str(), "rb")) {
    char part[4096];
    for (std::size_t n; (n = std::fread(part, 1, sizeof part, in)) > 0;) text.append(part, n);
    std::fclose(in);
  }
  return text;
}

class Programs : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() /
              ("framewright-test-" + std::to_string(::getpid()) + "-" +
               testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  Ran shell(const std::string& command) const {
    const auto out = folder_ / "stdout.txt", err = folder_ / "stderr.txt";
    const int status = std::system(
        ("export XDG_DATA_HOME=" + quoted(folder_.string()) + " XDG_STATE_HOME=" + quoted(folder_.string()) +
         "; { " + command + "; } >" + quoted(out.string()) + " 2>" + quoted(err.string()) + " </dev/null")
            .c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), readFile(out), readFile(err)};
  }
  Ran cli(const std::vector<std::string>& words) const {
    std::string command = quoted(FW_CLI);
    for (const auto& word : words) command += " " + quoted(word);
    return shell(command);
  }
  /// What ffprobe says of a file, as JSON.
  nlohmann::json ffprobe(const std::filesystem::path& file) const {
    const auto ran =
        shell("ffprobe -v error -count_packets -show_format -show_streams -show_chapters -of json " +
              quoted(file.string()));
    EXPECT_EQ(ran.status, 0) << ran.err;
    return nlohmann::json::parse(ran.out);
  }

  std::filesystem::path folder_;
};

}  // namespace fw::end_to_end
