#include "core/slowmo/swift_tuning.h"

#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>

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

double secondsFor(SwiftNet& net, const torch::Tensor& view, torch::ScalarType type) {
  constexpr int kRounds = 3;
  double best = 1e9;
  for (int i = 0; i <= kRounds; ++i) {  // the first round only warms up
    const auto start = std::chrono::steady_clock::now();
    net->forward(view, type);
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    if (i > 0) best = std::min(best, taken.count());
  }
  return best;
}

}  // namespace

torch::ScalarType fastestType(SwiftNet& net) {
  const auto key = processorName();
  const auto file = stateHome() / kFile;
  auto known = nlohmann::json::object();
  if (std::ifstream in(file); in) {
    auto read = nlohmann::json::parse(in, nullptr, /*allow_exceptions=*/false);
    if (read.is_object()) known = std::move(read);  // a damaged file is measured anew
  }
  if (const auto found = known.find(key); found != known.end() && found->is_string())
    return *found == "bfloat16" ? torch::kBFloat16 : torch::kFloat32;

  torch::InferenceMode inference;
  const auto previous = torch::get_num_threads();
  torch::set_num_threads(1);  // as the engine uses it
  const auto view = torch::rand({1, kSwiftView, 180, 320});
  const double wide = secondsFor(net, view, torch::kFloat32),
               narrow = secondsFor(net, view, torch::kBFloat16);
  torch::set_num_threads(previous);
  const auto type = narrow < wide ? torch::kBFloat16 : torch::kFloat32;
  known[key] = type == torch::kBFloat16 ? "bfloat16" : "float32";
  try {
    std::filesystem::create_directories(file.parent_path());
    writeAtomically(file, known.dump(2));
  } catch (const std::exception& failure) {  // it is measured again next time
    logLine(std::string("swift: the measured number type was not kept: ") + failure.what());
  }
  return type;
}

}  // namespace fw
