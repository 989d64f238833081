#include "core/slowmo/blend.h"

#include <opencv2/imgproc.hpp>

#include "core/slowmo/flow_render.h"

namespace fw {
namespace {

class Blend : public Engine {
 public:
  std::vector<BetweenFrame> between(const FramePair& pair, std::span<const double> times) override {
    requirePair(pair);
    cv::Mat agreement;
    if (!times.empty()) agreement = photometricAgreement(pair.first, pair.second);
    std::vector<BetweenFrame> frames;
    for (const double time : times) {
      requireBetween(time);
      BetweenFrame frame{.image = {}, .confidence = agreement};
      cv::addWeighted(pair.first, 1 - time, pair.second, time, 0, frame.image);
      frames.push_back(std::move(frame));
    }
    return frames;
  }
};

}  // namespace

EngineKind blendEngine() {
  return {
      .id = "blend",
      .title = "Cross-fade",
      .summary = "Mixes the two frames: instant, right for what stands still, a double image for what moves.",
      .schema = {},
      .make = [](const Settings&, const EngineOptions&) { return std::make_unique<Blend>(); }};
}

}  // namespace fw
