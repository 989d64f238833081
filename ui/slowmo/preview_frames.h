#pragma once
#include <functional>
#include <stop_token>
#include <vector>

#include "core/slowmo/job.h"

namespace fw {

/// One frame of the result beside what the original shows at that moment. 8-bit BGR, of one size.
struct PreviewFrame {
  cv::Mat original, result;
  double sourceTime = 0, duration = 0;  ///< seconds; the duration in the result
  bool made = false;                    ///< not an original
};

struct PreviewFrames {
  std::vector<PreviewFrame> frames;
  int height = 0;  ///< smaller than the source's where memory would not hold it
};

/// Makes the span and sets it against the source. `onFrame` hears of every frame and of how much is done (0 …
/// 1).
PreviewFrames previewFrames(const SlowmoRequest& request, double from, double seconds,
                            const std::function<void(const PreviewFrame&, double fraction)>& onFrame,
                            std::stop_token stop);

}  // namespace fw
