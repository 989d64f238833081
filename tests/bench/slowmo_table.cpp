// Slow motion from file to file against ffmpeg's minterpolate, and against our engine alone, in one run.
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/slowmo/job.h"
#include "core/video/writer.h"
#include "tests/processor_time.h"

extern char** environ;

namespace fw::bench {
namespace {

namespace fs = std::filesystem;

// Both make what a person gets at the usual settings: H.264 of quality 18 at medium effort.
constexpr int kFrames = 96, kTheirFrames = 24;  // of 1280×720; theirs take a second each
constexpr int kRounds = 2;

struct Spent {
  double wall = 0, processor = 0;  // seconds
};

Spent timed(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  const double before = processorSeconds();
  work();
  return {std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(),
          processorSeconds() - before};
}

Spent ffmpeg(std::vector<std::string> words) {
  words.insert(words.begin(), {"ffmpeg", "-v", "error", "-nostdin", "-y"});
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const auto start = std::chrono::steady_clock::now();
  pid_t process = 0;
  int status = -1;
  rusage used{};
  if (posix_spawnp(&process, "ffmpeg", nullptr, nullptr, arguments.data(), environ) == 0)
    wait4(process, &status, 0, &used);
  if (status != 0) throw Error("The ffmpeg program failed", words.back(), "Install ffmpeg and try again.");
  return {std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(),
          processorSeconds(used)};
}

fs::path sourceClip(const fs::path& folder) {
  fs::path real = fs::path(FW_SHARED_DATA) / "clips" / "bigbuckbunny.mp4";
  if (!fs::exists(real)) real = resource("samples/windmill.mp4");
  const fs::path clip = folder / "clip.mp4";
  ffmpeg({"-stream_loop", "-1", "-i", real, "-an", "-vf", "setpts=N/25/TB,scale=1280:720", "-r", "25",
          "-frames:v", std::to_string(kFrames), "-c:v", "libx264", "-crf", "16", "-preset", "fast", clip});
  std::printf("%s, %d frames of 1280×720, 2×, quality 18, medium effort\n", real.filename().c_str(), kFrames);
  return clip;
}

std::vector<cv::Mat> framesOf(const fs::path& clip) {
  VideoReader reader(clip);
  std::vector<cv::Mat> frames;
  while (auto frame = reader.next()) frames.push_back(frame->image);
  return frames;
}

Spent ourPipeline(const fs::path& clip, const fs::path& folder, nlohmann::json settings) {
  fs::remove_all(folder / "store");
  fs::remove(folder / "ours.mp4");
  Store store(folder / "store");
  SlowmoRequest request;
  request.sources = {clip};
  request.output = folder / "ours.mp4";
  settings.update({{"cuts", false}, {"duplicates", "off"}});
  request.settings = settings;
  const auto job = queueJob(store, request);
  SlowmoObserver nobody;
  JobControl control;
  return timed([&] { runJob(store, job.id, nobody, control, {}); });
}

using TakeFrame = std::function<void(const cv::Mat&)>;

Spent engineAlone(const std::vector<cv::Mat>& frames, const TakeFrame& take) {
  const auto& kind = engineKind("flow");
  const auto engine = kind.make(Settings(kind.schema), {});
  constexpr double kHalf = 0.5;
  engine->between({frames[0], frames[1]}, {&kHalf, 1});
  return timed([&] {
    for (std::size_t i = 0; i + 1 < frames.size(); ++i) {
      std::vector<Moment> next;
      for (std::size_t later = i + 1; later <= i + kMomentsAhead && later + 1 < frames.size(); ++later)
        next.push_back({{frames[later], frames[later + 1]}, kHalf});
      engine->expect(next);
      take(engine->between({frames[i], frames[i + 1]}, {&kHalf, 1})[0].image);
    }
  });
}

// Of the very frames that a job decodes and encodes: repeats would be encoded in less time.
Spent decodingAndEncodingAlone(const fs::path& clip, const fs::path& folder,
                               const std::vector<cv::Mat>& made) {
  return timed([&] {
    VideoReader reader(clip);
    VideoWriter writer(folder / "copy.mp4", {}, {1280, 720, {25, 1}, {1, 25}, reader.info()});
    int64_t number = 0;
    while (const auto frame = reader.next()) {
      writer.write(*frame, 2 * number, 1);
      writer.write(made[static_cast<std::size_t>(std::min(number, std::ssize(made) - 1))], 2 * number + 1, 1);
      ++number;
    }
    writer.finish();
  });
}

const Spent& quicker(const Spent& a, const Spent& b) { return a.wall <= b.wall ? a : b; }

void print(const char* what, const Spent& spent, double frames) {
  std::printf("%-44s %8.2f fps %8.1f ms a frame %8.1f ms processor\n", what, frames / spent.wall,
              1e3 * spent.wall / frames, 1e3 * spent.processor / frames);
  std::fflush(stdout);
}

void table() {
  const fs::path folder = fs::temp_directory_path() / ("framewright-bench-" + std::to_string(::getpid()));
  fs::create_directories(folder);
  const fs::path clip = sourceClip(folder);
  const auto frames = framesOf(clip);
  std::vector<cv::Mat> made;
  engineAlone(frames, [&](const cv::Mat& frame) { made.push_back(frame); });
  constexpr double kMade = 2.0 * kFrames, kTheirs = 2.0 * kTheirFrames;
  // Its defaults, and what makes its pictures best.
  const auto theirs = [&](const std::string& more) {
    return ffmpeg({"-i", clip, "-vf", "minterpolate=fps=50:mi_mode=mci" + more, "-frames:v",
                   std::to_string(int(kTheirs)), "-c:v", "libx264", "-crf", "18", "-preset", "veryfast",
                   folder / "theirs.mp4"});
  };
  Spent plain{1e9, 0}, best{1e9, 0}, ours{1e9, 0}, fast{1e9, 0}, fastest{1e9, 0}, swift{1e9, 0},
      engine{1e9, 0}, ends{1e9, 0};
  for (int round = 0; round < kRounds; ++round) {  // interleaved: what else the machine does hits all alike
    plain = quicker(plain, theirs(""));
    best = quicker(best, theirs(":mc_mode=aobmc:me_mode=bidir:vsbmc=1"));
    engine = quicker(engine, engineAlone(frames, [](const cv::Mat&) {}));
    ours = quicker(ours, ourPipeline(clip, folder, {{"engine", "flow"}}));
    fast = quicker(fast, ourPipeline(clip, folder, {{"engine", "flow"}, {"speed", "fast"}}));
    fastest =
        quicker(fastest,
                ourPipeline(clip, folder, {{"engine", "flow"}, {"flow_quality", "fast"}, {"speed", "fast"}}));
    swift = quicker(swift, ourPipeline(clip, folder, {{"engine", "swift"}}));
    ends = quicker(ends, decodingAndEncodingAlone(clip, folder, made));
  }
  print("ffmpeg minterpolate=mi_mode=mci", plain, kTheirs);
  print("  with aobmc, bidir, vsbmc", best, kTheirs);
  print("framewright, flow, from file to file", ours, kMade);
  print("  the same with effort fast", fast, kMade);
  print("  the same with effort and motion fast", fastest, kMade);
  print("framewright, swift, from file to file", swift, kMade);
  print("the engine alone, frames of the result", engine, kMade);
  print("decoding and encoding alone", ends, kMade);
  const auto compare = [&](const char* mine, const Spent& us, const char* name, const Spent& them) {
    std::printf("%s: %.1f times as fast as %s; %.1f times in processor time\n", mine,
                (kMade / us.wall) / (kTheirs / them.wall), name,
                (them.processor / kTheirs) / (us.processor / kMade));
  };
  compare("usual settings", ours, "minterpolate", plain);
  compare("usual settings", ours, "minterpolate at its best", best);
  compare("effort and motion fast", fastest, "minterpolate", plain);
  compare("swift", swift, "minterpolate", plain);
  std::printf("wall time over the engine alone: %+.0f %% (effort fast: %+.0f %%)\n",
              100 * (ours.wall / engine.wall - 1), 100 * (fast.wall / engine.wall - 1));
  std::printf("processor time over engine, decoding and encoding together: %+.0f %%\n",
              100 * (ours.processor / (engine.processor + ends.processor) - 1));
  std::error_code ignored;
  fs::remove_all(folder, ignored);
}

}  // namespace
}  // namespace fw::bench

int main() {
  fw::keepFreedMemory();
  try {
    fw::bench::table();
    return 0;
  } catch (const fw::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
