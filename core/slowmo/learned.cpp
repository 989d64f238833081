#include "core/slowmo/learned.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <opencv2/imgproc.hpp>
#include <thread>

#include "core/base/error.h"
#include "core/learn/checkpoint.h"
#include "core/learn/safetensors.h"
#include "core/nn/device.h"
#include "core/nn/glow_unet.h"
#include "core/nn/middle_frame_net.h"
#include "core/nn/tensor_image.h"
#include "core/slowmo/flow_motion.h"
#include "core/slowmo/flow_render.h"
#include "core/slowmo/tiled.h"

namespace fw {
namespace {

constexpr int kMostHalvings = 4;  // times to sixteenths: each halving softens what it is made of

Schema learnedSchema() {
  return Schema({pathParameter("weights", "Weights",
                               "A run's best.safetensors: of middle-frame-unet, clip-unet or glow-unet.")});
}

/// A network as one of the experiments trained it.
struct Learned {
  std::shared_ptr<torch::nn::Module> module;
  std::function<torch::Tensor(const torch::Tensor& told)> middle;  ///< [1, 6 or 9, H, W] to [1, 3, H, W]
  int multiple = 4;                                                ///< of both sides of a picture
  bool wantsFlow = false;  ///< what optical flow makes of both frames is told, too
};

template <class Holder>
Learned learned(Holder net, int multiple, bool wantsFlow = false) {
  return {net.ptr(), [net](const torch::Tensor& told) mutable { return net->forward(told); }, multiple,
          wantsFlow};
}

Learned networkOf(const std::string& experiment, const nlohmann::json& settings) {
  const auto text = [&](const char* name) { return settings.at(name).get<std::string>(); };
  const auto within = [](int64_t value, int64_t most) {
    if (value < 1 || value > most) throw std::out_of_range("no network is so large");
    return value;
  };
  const auto number = [&](const char* name, int64_t most) {
    return within(settings.at(name).get<int64_t>(), most);
  };
  if (experiment == "middle-frame-unet")
    return learned(MiddleFrameNet(within(std::stoll(text("width")), 512)), 4);
  if (experiment == "clip-unet") {
    if (text("network") == "step-0") return learned(NaiveConv3d(), 1);
    return learned(FusedUNet(text("network") == "small" ? 16 : 64, text("fusion") == "infuse"), 2);
  }
  const auto told = text("couplings") == "motion" ? 9 : text("couplings") == "pair" ? 6 : 0;
  const int64_t levels = number("levels", 8);
  return learned(GlowUNet(GlowUNetOptions{levels, number("flow_steps", 64), number("width", 1024), told}),
                 1 << levels, told == 9);
}

Learned loaded(const std::string& path) {
  if (path.empty())
    throw Error("The engine learned needs weights", "no file is chosen",
                "Train middle-frame-unet, clip-unet or glow-unet and choose the run's best.safetensors.");
  const auto file = readSafetensors(path);
  const auto told = [&](const char* name) {
    const auto found = file.metadata.find(name);
    return found == file.metadata.end() ? std::string() : found->second;
  };
  const auto experiment = told("experiment");
  const auto settings = nlohmann::json::parse(told("settings"), nullptr, false);
  if ((experiment != "middle-frame-unet" && experiment != "clip-unet" && experiment != "glow-unet") ||
      settings.is_discarded())
    throw Error("These weights make no frames between frames", path,
                experiment.empty() ? "Choose a file that one of our experiments wrote."
                                   : "They are of the experiment " + experiment + ".");
  try {
    auto net = networkOf(experiment, settings);
    loadWeights({{"network", net.module}}, file.tensors, path);
    net.module->eval();
    return net;
  } catch (const nlohmann::json::exception&) {
    throw Error("The settings in these weights cannot be read", path, "Train the experiment again.");
  } catch (const std::logic_error&) {  // a width that is no number, or none that a network has
    throw Error("The settings in these weights cannot be read", path, "Train the experiment again.");
  }
}

cv::Mat picture(const torch::Tensor& planes, const cv::Size& size, int depth) {
  const cv::Rect whole({}, size);
  if (depth == CV_8U) return toImage(planes)(whole).clone();
  const auto values = planes.permute({1, 2, 0}).to(torch::kCPU, torch::kFloat32).contiguous();
  const cv::Mat view(static_cast<int>(values.size(0)), static_cast<int>(values.size(1)), CV_32FC3,
                     values.data_ptr<float>());
  cv::Mat out;
  view(whole).convertTo(out, CV_16U, 65535.0);
  return out;
}

class LearnedEngine : public Engine {
 public:
  LearnedEngine(const Settings& settings, const EngineOptions& engine)
      : net_(loaded(settings.text("weights"))),
        device_(deviceCalled(engine.device)),
        threads_(engine.threads > 0 ? engine.threads
                                    : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()))) {
    net_.module->to(device_);
  }

  std::vector<BetweenFrame> between(const FramePair& pair, std::span<const double> times) override {
    requirePair(pair);
    for (const double time : times) requireBetween(time);
    torch::InferenceMode inference;
    torch::set_num_threads(threads_);
    std::map<double, cv::Mat> made{{0.0, pair.first}, {1.0, pair.second}};
    std::vector<BetweenFrame> frames;
    // The network says one picture, not how sure it is of it.
    for (const double time : times)
      frames.push_back({at(time, 0.0, 1.0, made, 1), cv::Mat(pair.first.size(), CV_8UC1, cv::Scalar(255))});
    return frames;
  }

 private:
  /// The middle, the middle of a half, … until the time is met.
  cv::Mat at(double time, double from, double to, std::map<double, cv::Mat>& made, int depth) {
    const double middle = 0.5 * (from + to);
    auto found = made.find(middle);
    if (found == made.end()) found = made.emplace(middle, middleOf({made.at(from), made.at(to)})).first;
    constexpr double kNearEnough = 1.0 / 32;
    if (depth >= kMostHalvings || std::abs(time - middle) <= kNearEnough) return found->second;
    return time < middle ? at(time, from, middle, made, depth + 1) : at(time, middle, to, made, depth + 1);
  }

  cv::Mat middleOf(const FramePair& pair) const {
    auto told = torch::cat({padded(pair.first), padded(pair.second)}, 1);
    if (net_.wantsFlow) {
      constexpr double kHalfway = 0.5;
      const auto motion = motionAtTime(estimateMotion(pair, {}), kHalfway, true, true);
      told = torch::cat({told, padded(renderBetween(pair, motion, kHalfway, false).image)}, 1);
    }
    return picture(net_.middle(told)[0].clamp(0, 1), pair.first.size(), pair.first.depth());
  }

  torch::Tensor padded(const cv::Mat& frame) const {
    const auto missing = [&](int length) { return (net_.multiple - length % net_.multiple) % net_.multiple; };
    cv::Mat whole;
    cv::copyMakeBorder(frame, whole, 0, missing(frame.rows), 0, missing(frame.cols), cv::BORDER_REPLICATE);
    return toTensor(whole).unsqueeze(0).to(device_);
  }

  Learned net_;
  torch::Device device_;
  int threads_;
};

}  // namespace

EngineKind learnedEngine() {
  return {.id = "learned",
          .title = "A network you trained",
          .summary = "The weights of your own run of middle-frame-unet, clip-unet or glow-unet.",
          .schema = learnedSchema(),
          .memory = {.fixed = int64_t{230} << 20, .perPixel = 1150, .inTiles = true},
          .make = [](const Settings& settings, const EngineOptions& options) {
            return tiled(std::make_unique<LearnedEngine>(settings, options));
          }};
}

}  // namespace fw
