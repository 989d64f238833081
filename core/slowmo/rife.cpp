#include "core/slowmo/rife.h"

#include <algorithm>
#include <map>
#include <thread>

#include "core/base/error.h"
#include "core/learn/pytorch_file.h"
#include "core/nn/device.h"
#include "core/nn/rife.h"
#include "core/nn/tensor_image.h"
#include "core/slowmo/flow_render.h"
#include "core/slowmo/tiled.h"

namespace fw {
namespace {

constexpr int kMostHalvings = 6;  // for networks that know the middle only: times to 1/64

Schema rifeSchema() {
  auto weights =
      pathParameter("weights", "Weights",
                    "flownet.pkl of RIFE (ECCV 2022) or of Practical RIFE 4.6, or the same as safetensors.");
  auto precision = choiceParameter("precision", "Precision",
                                   "bfloat16 looks the same; whether it is faster depends on the processor.",
                                   "float32", {{"float32", "32 bit"}, {"bfloat16", "16 bit (bfloat16)"}});
  return Schema({weights, precision});
}

std::shared_ptr<Rife> loaded(const std::string& path) {
  if (path.empty())
    throw Error("The engine rife needs weights", "no file is chosen",
                "Choose a flownet.pkl of RIFE (ECCV 2022) or Practical RIFE 4.6; Framewright brings none. "
                "Swift needs no file.");
  return rifeFromWeights(readWeights(path), path);
}

cv::Mat picture(const torch::Tensor& planes, const cv::Size& size, int depth) {
  const cv::Rect whole({}, size);
  if (depth == CV_8U) return toImage(planes)(whole).clone();
  const auto values = planes[0].permute({1, 2, 0}).to(torch::kCPU, torch::kFloat32).contiguous();
  const cv::Mat view(static_cast<int>(values.size(0)), static_cast<int>(values.size(1)), CV_32FC3,
                     values.data_ptr<float>());
  cv::Mat out;
  view(whole).convertTo(out, CV_16U, 65535.0);
  return out;
}

cv::Mat map(const torch::Tensor& planes, const cv::Size& size) {
  const auto values = planes.permute({1, 2, 0}).to(torch::kCPU).contiguous();
  const cv::Mat view(static_cast<int>(values.size(0)), static_cast<int>(values.size(1)),
                     CV_32FC(static_cast<int>(values.size(2))), values.data_ptr<float>());
  return view(cv::Rect({}, size)).clone();
}

class RifeEngine : public Engine {
 public:
  RifeEngine(const Settings& settings, const EngineOptions& engine)
      : net_(loaded(settings.text("weights"))),
        device_(deviceCalled(engine.device)),
        threads_(engine.threads > 0 ? engine.threads
                                    : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()))) {
    net_->to(device_);
    if (settings.text("precision") == "bfloat16") net_->to(torch::kBFloat16);
  }

  std::vector<BetweenFrame> between(const FramePair& pair, std::span<const double> times) override {
    requirePair(pair);
    for (const double time : times) requireBetween(time);
    torch::InferenceMode inference;
    torch::set_num_threads(threads_);
    const auto first = prepared(pair.first), second = prepared(pair.second);
    std::map<double, RifeOutput> halves;  // middles already made, for networks that know no other time
    std::vector<BetweenFrame> frames;
    for (const double time : times) {
      const auto made = net_->anyTime() ? net_->forward(first, second, time)
                                        : halved(first, second, 0.0, 1.0, time, halves, 1);
      const auto size = pair.first.size();
      const int depth = pair.first.depth();
      frames.push_back(
          {picture(made.merged, size, depth), photometricAgreement(picture(made.warpedFirst, size, depth),
                                                                   picture(made.warpedSecond, size, depth))});
    }
    return frames;
  }

  std::optional<Explanation> explain(const FramePair& pair, double time) override {
    requirePair(pair);
    requireBetween(time);
    if (!net_->anyTime() && time != 0.5) return std::nullopt;  // that frame is made of several such steps
    torch::InferenceMode inference;
    torch::set_num_threads(threads_);
    const auto made = net_->forward(prepared(pair.first), prepared(pair.second), time);
    const auto size = pair.first.size();
    const int depth = pair.first.depth();
    return Explanation{map(made.flow[0].slice(0, 0, 2), size), map(made.flow[0].slice(0, 2, 4), size),
                       map(1.0 - made.mask[0], size), picture(made.warpedFirst, size, depth),
                       picture(made.warpedSecond, size, depth)};
  }

 private:
  torch::Tensor prepared(const cv::Mat& frame) const { return rifePicture(frame).to(device_); }

  /// The middle, the middle of a half, … until the time is met, at most to 1/64.
  RifeOutput halved(const torch::Tensor& first, const torch::Tensor& second, double from, double to,
                    double time, std::map<double, RifeOutput>& made, int depth) {
    const double middle = 0.5 * (from + to);
    auto found = made.find(middle);
    if (found == made.end()) found = made.emplace(middle, net_->forward(first, second, 0.5)).first;
    const auto here = found->second;
    constexpr double kNearEnough = 1.0 / 128.0;
    if (depth >= kMostHalvings || std::abs(time - middle) <= kNearEnough) return here;
    return time < middle ? halved(first, here.merged, from, middle, time, made, depth + 1)
                         : halved(here.merged, second, middle, to, time, made, depth + 1);
  }

  std::shared_ptr<Rife> net_;
  torch::Device device_;
  int threads_;
};

}  // namespace

EngineKind rifeEngine() {
  return {.id = "rife",
          .title = "RIFE (your weights)",
          .summary =
              "The published networks RIFE 2022 and 4.6 with weights of your own; beautiful, and slow "
              "without a graphics card.",
          .schema = rifeSchema(),
          .memory = {.fixed = int64_t{230} << 20, .perPixel = 1150, .inTiles = true},
          .make = [](const Settings& settings, const EngineOptions& options) {
            return tiled(std::make_unique<RifeEngine>(settings, options));
          }};
}

}  // namespace fw
