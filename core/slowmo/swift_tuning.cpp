#include "core/slowmo/swift_tuning.h"

#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>
#include <vector>

#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/base/log.h"
#include "core/base/paths.h"

namespace fw {
namespace {

constexpr const char* kFile = "swift_tuning.json";

std::string processorName() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);)
    if (line.starts_with("model name")) return line.substr(line.find(':') + 1);
  return "this processor";
}

double secondsFor(SwiftNet& net, const torch::Tensor& view, const SwiftPace& pace) {
  constexpr int kRounds = 3;
  double best = 1e9;
  for (int i = 0; i <= kRounds; ++i) {  // the first round only warms up
    const auto start = std::chrono::steady_clock::now();
    swiftShares(net, view, pace);
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    if (i > 0) best = std::min(best, taken.count());
  }
  return best;
}

// Motion and the video's codecs want processors too: the network gets a quarter of them at most. Threads that
// are called for it on fewer, and then wait for more, cost others longer than it takes.
std::vector<int> threadChoices() {
  const int quarter = static_cast<int>(std::thread::hardware_concurrency()) / 4;
  return quarter > 1 ? std::vector{1, quarter} : std::vector{1};
}

SwiftPace measured(SwiftNet& net) {
  torch::InferenceMode inference;
  const auto previous = torch::get_num_threads();
  const auto view = torch::rand({1, kSwiftView, 180, 320});
  SwiftPace fastest;
  double least = 1e9;
  for (const int threads : threadChoices())
    for (const auto type : {torch::kFloat32, torch::kBFloat16})
      for (const int64_t bandPixels : {2048, 8192, 65536}) {
        const SwiftPace pace{type, bandPixels, threads};
        const double seconds = secondsFor(net, view, pace);
        if (seconds >= least) continue;
        least = seconds;
        fastest = pace;
      }
  torch::set_num_threads(previous);
  return fastest;
}

nlohmann::json toJson(const SwiftPace& pace) {
  return {{"type", pace.type == torch::kBFloat16 ? "bfloat16" : "float32"},
          {"band_pixels", pace.bandPixels},
          {"threads", pace.threads}};
}

std::optional<SwiftPace> paceFromJson(const nlohmann::json& json) {
  try {
    const SwiftPace pace{json.at("type") == "bfloat16" ? torch::kBFloat16 : torch::kFloat32,
                         json.at("band_pixels").get<int64_t>(), json.at("threads").get<int>()};
    if (pace.bandPixels > 0 && pace.threads > 0) return pace;
  } catch (const nlohmann::json::exception&) {  // measured anew
  }
  return std::nullopt;
}

}  // namespace

SwiftPace fastestPace(SwiftNet& net) {
  const auto key = processorName() + ", " + std::to_string(kSwiftView) + " × " + std::to_string(net->width);
  const auto file = stateHome() / kFile;
  auto known = nlohmann::json::object();
  if (std::ifstream in(file); in) {
    auto read = nlohmann::json::parse(in, nullptr, /*allow_exceptions=*/false);
    if (read.is_object()) known = std::move(read);  // a damaged file is measured anew
  }
  if (const auto found = known.find(key); found != known.end())
    if (const auto pace = paceFromJson(*found)) return *pace;

  const SwiftPace pace = measured(net);
  known[key] = toJson(pace);
  try {
    std::filesystem::create_directories(file.parent_path());
    writeAtomically(file, known.dump(2));
  } catch (const std::exception& failure) {  // it is measured again next time
    logLine(std::string("swift: the measured pace was not kept: ") + failure.what());
  }
  return pace;
}

}  // namespace fw
