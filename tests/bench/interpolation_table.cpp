// Prints, side by side in one run, how good and how fast every way to make frames is.
#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <opencv2/core/utility.hpp>
#include <opencv2/imgproc.hpp>
#include <opencv2/video/tracking.hpp>

#include "core/base/error.h"
#include "core/image/metrics.h"
#include "core/learn/checkpoint.h"
#include "core/nn/rife.h"
#include "core/slowmo/engine.h"
#include "core/slowmo/flow_motion.h"
#include "core/slowmo/rife.h"
#include "tests/bench/minterpolate.h"
#include "tests/bench/triplets.h"

namespace fw::bench {
namespace {

namespace fs = std::filesystem;

// Sequences that the bundled weights of swift were never trained on.
const std::vector<std::string> kHeldOut{"breakdance", "car-shadow", "horsejump-high", "soapbox"};
constexpr int kTripletsOfEach = 7;  // the second argument asks for more
const cv::Size kSizes[] = {{854, 480}, {1280, 720}, {1920, 1080}};

/// What everyone writes first: F_t0 = −¼F01 + ¼F10 of DIS medium, and the average.
class Naive : public Engine {
 public:
  std::vector<BetweenFrame> between(const FramePair& pair, std::span<const double>) override {
    cv::Mat first, second, forward, backward;
    cv::cvtColor(pair.first, first, cv::COLOR_BGR2GRAY);
    cv::cvtColor(pair.second, second, cv::COLOR_BGR2GRAY);
    const auto dis = cv::DISOpticalFlow::create(cv::DISOpticalFlow::PRESET_MEDIUM);
    dis->calc(first, second, forward);
    dis->calc(second, first, backward);
    const cv::Mat toFirst = (backward - forward) * 0.25;
    BetweenFrame frame;
    cv::addWeighted(movedBy(pair.first, toFirst, 1), 0.5, movedBy(pair.second, toFirst, -1), 0.5, 0,
                    frame.image);
    return {frame};
  }
};

struct Contender {
  std::string name;
  std::unique_ptr<Engine> engine;
  bool slow = false;    ///< measured once only
  bool random = false;  ///< with made-up weights: its time counts, its pictures do not
};

// RIFE (ECCV 2022) with weights that were never trained takes as long as any.
void addRife(std::vector<Contender>& all) {
  const EngineKind kind = rifeEngine();
  const fs::path file =
      fs::temp_directory_path() / ("fw_bench_rife_" + std::to_string(::getpid()) + ".safetensors");
  writeSafetensors(file, {weightsOf({{"rife", std::make_shared<Rife2022>()}}), {}});
  for (const char* precision : {"float32", "bfloat16"}) {
    Settings settings(kind.schema);
    settings.set("weights", file.string());
    settings.set("precision", std::string(precision));
    all.push_back({std::string("rife ") + precision, kind.make(settings, {.threads = 2}), true, true});
  }
  fs::remove(file);
}

// Every engine that can be made, once for each choice of its quality where it has one.
std::vector<Contender> contenders() {
  std::vector<Contender> all;
  all.push_back({"naive DIS", std::make_unique<Naive>()});
  for (const EngineKind& kind : engineList()) {
    if (kind.id == "rife" || kind.id == "learned") continue;  // with weights of one's own only
    const Parameter* quality = kind.schema.find("quality");
    std::vector<std::string> choices{""};
    if (quality != nullptr && quality->kind == ParameterKind::Choice) {
      choices.clear();
      for (const Choice& choice : quality->choices) choices.push_back(choice.id);
    }
    for (const std::string& choice : choices) {
      try {
        Settings settings(kind.schema);
        if (!choice.empty()) settings.set("quality", choice);
        all.push_back({kind.id + (choice.empty() ? "" : " " + choice), kind.make(settings, {.threads = 2})});
      } catch (const Error& error) {
        std::fprintf(stderr, "%s takes no part: %s\n", kind.id.c_str(), error.what());
        break;
      }
    }
  }
  addRife(all);
  return all;
}

struct Row {
  double psnr = 0, ssim = 0;
  int frames = 0;
  std::map<int, double> wall, processor;  // milliseconds a frame, by height
  double peakMegabytes = 0;
};

double processorMilliseconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  return 1e3 * static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
         1e-3 * static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}

// Resident memory now, and its peak since the last reset, in MB.
double memory(const char* field) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(field)) return std::strtod(line.c_str() + line.find(':') + 1, nullptr) / 1024;
  return 0;
}
void resetPeak() { std::ofstream("/proc/self/clear_refs") << "5"; }

cv::Mat middle(Engine& engine, const FramePair& pair) {
  constexpr double kHalf = 0.5;
  return engine.between(pair, {&kHalf, 1}).at(0).image;
}

void addScore(Row& row, const cv::Mat& made, const cv::Mat& truth) {
  row.psnr += psnr(made, truth);
  row.ssim += ssim(made, truth);
  ++row.frames;
}

std::vector<cv::Mat> resized(const std::vector<cv::Mat>& frames, cv::Size size) {
  std::vector<cv::Mat> scaled(frames.size());
  for (std::size_t i = 0; i < frames.size(); ++i)
    cv::resize(frames[i], scaled[i], size, 0, 0, cv::INTER_CUBIC);
  return scaled;
}

void measureSpeed(Row& row, Engine& engine, const Stretch& stretch, bool slow) {
  for (const cv::Size& size : kSizes) {
    const std::vector<cv::Mat> frames = resized(stretch.seen, size);
    const bool largest = size == kSizes[2];
    if (!slow || largest) middle(engine, pairOf(frames, 0));  // first use allocates
    if (largest) {
      malloc_trim(0);  // what earlier runs left to be used again would hide what this one needs
      resetPeak();
    }
    const double before = memory("VmRSS");
    // The least of several runs is what the machine can do; what else runs on it only adds. Each is a pair
    // further, as in a video: an engine that remembers what it saw finds one new frame.
    double wall = 1e9, processor = 1e9;
    const std::size_t pairs = frames.size() - 1, runs = slow ? 1 : size == kSizes[0] ? 2 * pairs : pairs;
    for (std::size_t i = 1; i <= runs; ++i) {
      const FramePair pair = pairOf(frames, i % pairs);
      const double used = processorMilliseconds();
      const auto start = std::chrono::steady_clock::now();
      middle(engine, pair);
      const std::chrono::duration<double, std::milli> taken = std::chrono::steady_clock::now() - start;
      wall = std::min(wall, taken.count());
      processor = std::min(processor, processorMilliseconds() - used);
    }
    row.wall[size.height] = wall;
    row.processor[size.height] = processor;
    if (largest) row.peakMegabytes = std::max(0.0, memory("VmHWM") - before);
  }
}

void print(const std::string& name, const Row& row) {
  std::printf("%-16s", name.c_str());
  if (row.frames > 0)
    std::printf(" %7.2f %7.4f", row.psnr / row.frames, row.ssim / row.frames);
  else
    std::printf(" %7s %7s", "-", "-");
  for (const cv::Size& size : kSizes) {
    const auto wall = row.wall.find(size.height), processor = row.processor.find(size.height);
    if (wall != row.wall.end())
      std::printf(" %8.1f", wall->second);
    else
      std::printf(" %8s", "-");
    std::printf(" %8.1f", processor == row.processor.end() ? 0.0 : processor->second);
  }
  std::printf(" %9.0f\n", row.peakMegabytes);
  std::fflush(stdout);
}

Row minterpolateRow(const std::vector<Stretch>& stretches) {
  Row row;
  for (const Stretch& stretch : stretches) {
    const auto result = minterpolate(stretch.seen);
    if (!result) return row;
    for (std::size_t i = 0; i < result->made.size(); ++i)
      if (!result->made[i].empty()) addScore(row, result->made[i], stretch.truth[i]);
  }
  for (const cv::Size& size : kSizes) {
    std::vector<cv::Mat> few = stretches[0].seen;
    few.resize(std::min<std::size_t>(4, few.size()));
    if (const auto result = minterpolate(resized(few, size))) {
      row.processor[size.height] = result->milliseconds;
      row.peakMegabytes = result->peakMegabytes;
    }
  }
  return row;
}

fs::path dataFolder(int count, char** words) {
  if (count > 1) return words[1];
  if (const char* folder = std::getenv("FRAMEWRIGHT_DATA")) return folder;
  return FW_SHARED_DATA;
}

int table(int count, char** words) {
  cv::setNumThreads(2);
  const fs::path data = dataFolder(count, words);
  const int triplets = count > 2 ? std::max(1, std::atoi(words[2])) : kTripletsOfEach;
  const bool real = fs::is_directory(data / "davis");
  const auto stretches = real ? realStretches(data / "davis", triplets, kHeldOut) : madeStretches(triplets);
  if (stretches.empty())
    throw Error("There is nothing to measure on", data.string(), "Give the folder that has davis/.");
  std::printf("%zu %s of %d frames, every odd frame hidden; milliseconds a made frame, two threads\n",
              stretches.size(), real ? "real sequences" : "made sequences (no data folder)",
              2 * triplets + 1);
  std::printf("%-16s %7s %7s", "", "PSNR", "SSIM");
  for (const cv::Size& size : kSizes) std::printf("  %4dp ms      cpu", size.height);
  std::printf("   MB 1080p\n");

  Row flow, swift, rife;
  for (Contender& contender : contenders()) {
    Row row;
    for (const Stretch& stretch : contender.random ? std::vector<Stretch>() : stretches)
      for (std::size_t i = 0; i < stretch.truth.size(); ++i)
        addScore(row, middle(*contender.engine, pairOf(stretch.seen, i)), stretch.truth[i]);
    measureSpeed(row, *contender.engine, stretches[0], contender.slow);
    print(contender.name, row);
    if (contender.name == "flow balanced") flow = row;
    if (contender.name == "swift balanced") swift = row;
    if (contender.name == "rife float32") rife = row;
  }
  if (swift.frames > 0)
    std::printf(
        "swift (balanced) against flow (balanced): %+.2f dB; at 720p %.1f frames a second, %.0f times as "
        "fast as rife float32\n",
        swift.psnr / swift.frames - flow.psnr / flow.frames, 1e3 / swift.wall.at(720),
        rife.wall.at(720) / swift.wall.at(720));
  const Row theirs = minterpolateRow(stretches);
  if (theirs.frames == 0) {
    std::printf("ffmpeg minterpolate takes no part: there is no ffmpeg program here\n");
    return 0;
  }
  print("minterpolate", theirs);
  std::printf(
      "minterpolate scored %d of %d frames; its time is ffmpeg's processor time less that of decoding and "
      "writing alone, its memory the whole process'.\n",
      theirs.frames, flow.frames);
  if (flow.frames > 0)
    for (const cv::Size& size : kSizes)
      std::printf(
          "flow (balanced) against minterpolate at %dp: %+.2f dB, %.1f times as fast (processor time: "
          "%.1f)\n",
          size.height, flow.psnr / flow.frames - theirs.psnr / theirs.frames,
          theirs.processor.at(size.height) / flow.wall.at(size.height),
          theirs.processor.at(size.height) / flow.processor.at(size.height));
  return 0;
}

}  // namespace
}  // namespace fw::bench

int main(int count, char** words) {
  try {
    return fw::bench::table(count, words);
  } catch (const fw::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
