#include "core/image/gallery.h"

#include <algorithm>
#include <iterator>

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

const GalleryFrame* firstOf(const GalleryRow& row, FrameRole role) {
  const auto found = std::ranges::find(row.frames, role, &GalleryFrame::role);
  return found == row.frames.end() ? nullptr : &*found;
}

bool sameSample(const GalleryRow& a, const GalleryRow& b) {
  for (const FrameRole role : {FrameRole::Target, FrameRole::Input}) {
    const auto *one = firstOf(a, role), *other = firstOf(b, role);
    if (!one && !other) continue;
    return one && other && comparable(one->image, other->image) &&
           cv::norm(one->image, other->image, cv::NORM_INF) == 0;
  }
  return a.name == b.name;
}

bool isOfTheRun(const GalleryFrame& frame) {
  return frame.role == FrameRole::Prediction || frame.role == FrameRole::Difference;
}

}  // namespace

Gallery sideBySide(const std::vector<std::pair<std::string, Gallery>>& runs) {
  Gallery merged;
  for (const auto& [run, gallery] : runs)
    for (std::size_t place = 0; place < gallery.size(); ++place) {
      GalleryRow row = gallery[place];
      for (auto& frame : row.frames)
        if (isOfTheRun(frame)) frame.label = run + ": " + frame.label;
      // Several samples may look alike: the one at the same place comes first.
      auto same = place < merged.size() && sameSample(merged[place], row)
                      ? merged.begin() + static_cast<std::ptrdiff_t>(place)
                      : std::ranges::find_if(merged, [&](const auto& each) { return sameSample(each, row); });
      if (&gallery == &runs.front().second) {
        merged.push_back(std::move(row));
      } else if (same == merged.end()) {
        row.name = run + ": " + row.name;
        merged.push_back(std::move(row));
      } else {
        std::ranges::copy_if(row.frames, std::back_inserter(same->frames), isOfTheRun);
      }
    }
  return merged;
}

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
