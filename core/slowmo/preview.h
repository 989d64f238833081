#pragma once
#include <functional>
#include <vector>

#include "core/slowmo/job.h"

namespace fw {

struct PreviewSpan {
  double from = 0;     ///< source seconds, from the first frame
  double seconds = 2;  ///< of the source
  int maxHeight = 0;   ///< not 0: made from frames scaled down to this, which is quicker
};

/// Makes a few seconds with the request's settings and hands over every frame, originals too, as soon as it
/// is made (on the calling thread). MadeFrame::outputTime counts from the span's beginning. Leaves nothing on
/// disk. Throws Error.
void makePreview(const SlowmoRequest&, const PreviewSpan&,
                 const std::function<void(const MadeFrame&)>& onFrame, std::stop_token);

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

/// What a preview from there shows: within the trimmed part only that; nothing beyond the end.
PreviewSpan previewedFrom(const SlowmoRequest&, double from, double seconds, double duration);

/// Makes the span and sets it against the source. `onFrame` hears of every frame and of how much is done (0 …
/// 1). What the request trims away is made too, as long as it lies in the span.
PreviewFrames previewFrames(const SlowmoRequest&, double from, double seconds,
                            const std::function<void(const PreviewFrame&, double fraction)>& onFrame,
                            std::stop_token);

}  // namespace fw
