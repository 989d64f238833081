#include "tests/bench/minterpolate.h"

#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include "core/image/metrics.h"

extern char** environ;

namespace fw::bench {
namespace fs = std::filesystem;

namespace {

struct Usage {
  bool succeeded = false;
  double milliseconds = 0, peakMegabytes = 0;
};

Usage run(std::vector<std::string> words) {
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  pid_t process = 0;
  if (posix_spawnp(&process, arguments[0], nullptr, nullptr, arguments.data(), environ) != 0) return {};
  int status = 0;
  rusage used{};
  if (wait4(process, &status, 0, &used) < 0) return {};
  const auto milliseconds = [](const timeval& time) {
    return 1e3 * static_cast<double>(time.tv_sec) + 1e-3 * static_cast<double>(time.tv_usec);
  };
  return {WIFEXITED(status) && WEXITSTATUS(status) == 0,
          milliseconds(used.ru_utime) + milliseconds(used.ru_stime),
          static_cast<double>(used.ru_maxrss) / 1024};
}

std::vector<cv::Mat> readRaw(const fs::path& file, cv::Size size) {
  std::vector<cv::Mat> frames;
  std::ifstream stream(file, std::ios::binary);
  while (true) {
    cv::Mat frame(size, CV_8UC3);
    const auto bytes = static_cast<std::streamsize>(frame.total() * 3);
    if (!stream.read(reinterpret_cast<char*>(frame.data), bytes)) return frames;
    frames.push_back(frame);
  }
}

// minterpolate keeps the frames it was given and puts others between; which of its frames is our first one
// depends on its version. Returns for each gap the frame after the one that equals the gap's first.
std::vector<cv::Mat> between(const std::vector<cv::Mat>& given, const std::vector<cv::Mat>& got) {
  std::vector<cv::Mat> made(given.size() - 1);
  for (std::size_t gap = 0; gap + 1 < given.size(); ++gap) {
    const auto alike = [&](std::size_t i) { return psnr(given[gap], got[i]); };
    std::size_t best = 0;
    const std::size_t from = 2 * gap < 3 ? 0 : 2 * gap - 3, to = std::min(got.size(), 2 * gap + 4);
    for (std::size_t i = from; i < to; ++i)
      if (i == from || alike(i) > alike(best)) best = i;
    constexpr double kSameFrame = 38;
    if (from < to && best + 2 < got.size() && alike(best) > kSameFrame) made[gap] = got[best + 1];
  }
  return made;
}

}  // namespace

std::optional<Minterpolated> minterpolate(const std::vector<cv::Mat>& frames) {
  const cv::Size size = frames.front().size();
  const fs::path folder = fs::temp_directory_path() / ("framewright-bench-" + std::to_string(getpid()));
  fs::create_directories(folder);
  const fs::path raw = folder / "in.raw", clip = folder / "in.mkv", out = folder / "out.raw";
  {
    // It looks two frames ahead and behind: the ends are repeated so that no frame of ours is lost.
    std::ofstream stream(raw, std::ios::binary);
    const auto write = [&](const cv::Mat& frame) {
      stream.write(reinterpret_cast<const char*>(frame.data),
                   static_cast<std::streamsize>(frame.total() * 3));
    };
    for (const cv::Mat& frame : frames) write(frame.isContinuous() ? frame : frame.clone());
    for (int i = 0; i < 3; ++i) write(frames.back().clone());
  }
  const std::vector<std::string> quiet{"ffmpeg", "-y", "-v", "error", "-nostdin"};
  const auto command = [&](std::vector<std::string> rest) {
    rest.insert(rest.begin(), quiet.begin(), quiet.end());
    return run(rest);
  };
  const std::string dimensions = std::to_string(size.width) + "x" + std::to_string(size.height);
  const bool ready = command({"-f", "rawvideo", "-pix_fmt", "bgr24", "-s", dimensions, "-r", "12", "-i", raw,
                              "-c:v", "ffv1", "-pix_fmt", "bgr0", clip})
                         .succeeded;
  std::optional<Minterpolated> result;
  if (ready) {
    const std::string toYuv = "scale=flags=accurate_rnd+full_chroma_int+full_chroma_inp,format=yuv444p";
    const std::string filter =
        toYuv + ",minterpolate=fps=24:mi_mode=mci:mc_mode=aobmc:me_mode=bidir:vsbmc=1:scd=none";
    const Usage base = command({"-i", clip, "-vf", toYuv, "-f", "rawvideo", "-pix_fmt", "bgr24", out});
    const Usage whole = command({"-i", clip, "-vf", filter, "-f", "rawvideo", "-pix_fmt", "bgr24",
                                 "-sws_flags", "accurate_rnd+full_chroma_int", out});
    if (base.succeeded && whole.succeeded) {
      const auto got = readRaw(out, size);
      const auto inBetween = std::max<std::size_t>(1, got.size() / 2);
      result = Minterpolated{between(frames, got),
                             (whole.milliseconds - base.milliseconds) / static_cast<double>(inBetween),
                             whole.peakMegabytes};
    }
  }
  std::error_code ignored;
  fs::remove_all(folder, ignored);
  return result;
}

}  // namespace fw::bench
