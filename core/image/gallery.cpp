#include "core/image/gallery.h"

#include <algorithm>

#include "core/image/views.h"

namespace fw {
namespace {

constexpr double kFullScale = 0.25;  // of the range: smaller errors stay visible

bool comparable(const cv::Mat& a, const cv::Mat& b) {
  return !a.empty() && a.size() == b.size() && a.type() == b.type();
}

GalleryFrame difference(const GalleryFrame& prediction, const GalleryFrame& target, std::string label) {
  const double scale = kFullScale * (target.high - target.low);
  GalleryFrame frame{.label = std::move(label),
                     .role = FrameRole::Difference,
                     .image = signedDifference(prediction.image, target.image, kFullScale),
                     .low = -scale,
                     .high = scale};
  const std::size_t moments = std::min(prediction.animation.size(), target.animation.size());
  for (std::size_t i = 0; i < moments; ++i)
    if (comparable(prediction.animation[i], target.animation[i]))
      frame.animation.push_back(signedDifference(prediction.animation[i], target.animation[i], kFullScale));
  return frame;
}

}  // namespace

void addDifferences(Gallery& gallery) {
  for (GalleryRow& row : gallery) {
    auto& frames = row.frames;
    const auto has = [&](FrameRole role) {
      return std::ranges::find(frames, role, &GalleryFrame::role) != frames.end();
    };
    if (!has(FrameRole::Target) || has(FrameRole::Difference)) continue;
    const GalleryFrame target = *std::ranges::find(frames, FrameRole::Target, &GalleryFrame::role);
    const bool several = std::ranges::count(frames, FrameRole::Prediction, &GalleryFrame::role) > 1;
    std::vector<GalleryFrame> all;
    for (GalleryFrame& frame : frames) {
      all.push_back(std::move(frame));
      const GalleryFrame& prediction = all.back();
      if (prediction.role != FrameRole::Prediction || !comparable(prediction.image, target.image)) continue;
      all.push_back(
          difference(prediction, target, several ? "difference: " + prediction.label : "difference"));
    }
    frames = std::move(all);
  }
}

}  // namespace fw
