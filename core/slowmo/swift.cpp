#include "core/slowmo/swift.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <thread>

#include "core/base/error.h"
#include "core/base/paths.h"
#include "core/learn/checkpoint.h"
#include "core/nn/swift_render.h"
#include "core/slowmo/flow_render.h"
#include "core/slowmo/swift_tuning.h"

namespace fw {
namespace {

constexpr const char* kBundled = "models/swift.safetensors";

Schema swiftSchema() {
  auto quality = choiceParameter("quality", "Quality",
                                 "How large the pictures are that the network sees; warping is always at "
                                 "full size. Fast: about 0.1 megapixels, balanced: "
                                 "0.4 (twice to three times the time), best: 1 (ten times).",
                                 "balanced", {{"fast", "Fast"}, {"balanced", "Balanced"}, {"best", "Best"}});
  auto precision = choiceParameter(
      "precision", "Precision",
      "Number type of the network. Automatic measures once which is faster on this machine.", "auto",
      {{"auto", "Automatic"}, {"float32", "32 bit"}, {"bfloat16", "16 bit (bfloat16)"}});
  auto weights = pathParameter(
      "weights", "Weights",
      "A safetensors file of a run of the experiment \"interpolation\". Empty: the bundled ones.");
  precision.advanced = weights.advanced = true;
  return Schema({quality, precision, weights});
}

/// The smallest reduction that brings the picture under what the quality allows.
int reductionFor(const cv::Size& size, const std::string& quality) {
  const double allowed = quality == "fast" ? 0.13e6 : quality == "balanced" ? 0.43e6 : 1.05e6;
  // A little over is not worth four times fewer pixels: half of 256 × 256 is too small to see motion in.
  return std::max(1, static_cast<int>(std::ceil(std::sqrt(size.area() / allowed) - 0.12)));
}

SwiftNet loadedNet(const std::string& path) {
  std::filesystem::path file = path;
  if (path.empty()) try {
      file = resource(kBundled);
    } catch (const Error&) {
      throw Error("The weights of the engine swift are missing", kBundled,
                  "Install Framewright again, or choose the engine \"flow\", which needs none.");
    }
  SwiftNet net;
  auto weights = readSafetensors(file).tensors;
  for (auto& [name, tensor] : weights) tensor = tensor.to(torch::kFloat32);
  loadWeights({{"swift", net.ptr()}}, weights, file.string());
  net->eval();
  return net;
}

class Swift : public Engine {
 public:
  Swift(const Settings& settings, const EngineOptions& engine)
      : quality_(settings.text("quality")), net_(loadedNet(settings.text("weights"))) {
    options_.device = torch::Device(engine.device);
    options_.threads = engine.threads > 0
                           ? engine.threads
                           : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
    const auto& precision = settings.text("precision");
    if (precision == "auto")
      options_.type = options_.device.is_cpu() ? fastestType(net_, options_.threads) : torch::kFloat32;
    else
      options_.type = precision == "bfloat16" ? torch::kBFloat16 : torch::kFloat32;
    net_->to(options_.device);
  }

  std::vector<BetweenFrame> between(const FramePair& pair, std::span<const double> times) override {
    requirePair(pair);
    for (const double time : times) requireBetween(time);
    std::vector<BetweenFrame> frames;
    if (times.empty()) return frames;
    const auto prepared = this->prepared(pair);
    for (const double time : times) {
      auto made = prepared.at(net_, time);
      frames.push_back({std::move(made.image), std::move(made.confidence)});
    }
    return frames;
  }

  std::optional<Explanation> explain(const FramePair& pair, double time) override {
    requirePair(pair);
    requireBetween(time);
    SwiftThoughts thoughts;
    prepared(pair).at(net_, time, &thoughts);
    Explanation explanation{
        thoughts.flowToFirst, thoughts.flowToSecond, {}, thoughts.warpedFirst, thoughts.warpedSecond};
    cv::subtract(cv::Scalar(1.0), thoughts.share, explanation.occlusion);
    return explanation;
  }

 private:
  SwiftPair prepared(const FramePair& pair) {
    if (torch::get_num_threads() != options_.threads) torch::set_num_threads(options_.threads);
    auto options = options_;
    options.reduction = reductionFor(pair.first.size(), quality_);
    return {pair.first, pair.second, options};
  }

  std::string quality_;
  SwiftNet net_;
  SwiftOptions options_;
};

}  // namespace

EngineKind swiftEngine() {
  return {.id = "swift",
          .title = "Swift",
          .summary =
              "Learned from real clips: corrects the motion and chooses between the frames at every outline; "
              "no graphics card needed.",
          .schema = swiftSchema(),
          .make = [](const Settings& settings, const EngineOptions& options) {
            return std::make_unique<Swift>(settings, options);
          }};
}

}  // namespace fw
