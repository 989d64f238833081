#pragma once
#include <functional>

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

}  // namespace fw
