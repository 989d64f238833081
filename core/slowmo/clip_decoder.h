#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <opencv2/core.hpp>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/base/bounded_queue.h"
#include "core/slowmo/job.h"

namespace fw {

/// One picture of a clip with its own time.
struct ClipFrame {
  cv::Mat image;    ///< 8-bit BGR; empty: the clip has ended
  double time = 0;  ///< seconds from the first frame, as the source's own timestamps say
  double duration = 0;
};

/// Decodes a clip on a thread of its own, a few frames ahead of whoever shows it. The callbacks come on that
/// thread.
class ClipDecoder {
 public:
  ClipDecoder(SlowmoRequest source, std::function<void()> onFrame, std::function<void(std::string)> onError);
  ~ClipDecoder();

  /// Forgets what was decoded; take() then gives the frame shown at that time, and those after it.
  void showFrom(double seconds);
  std::optional<ClipFrame> take();  ///< never waits: empty while the next frame is not ready

 private:
  struct Request {
    double from = 0;
    std::shared_ptr<BoundedQueue<ClipFrame>> frames;
    std::stop_token superseded;
  };
  void decode(std::stop_token stop);
  void serve(const Request& request, VideoReader& reader);

  SlowmoRequest source_;
  std::function<void()> onFrame_;
  std::function<void(std::string)> onError_;
  BoundedQueue<Request> requests_{1};
  std::shared_ptr<BoundedQueue<ClipFrame>> frames_;
  std::stop_source current_;
  std::jthread thread_;
};

}  // namespace fw
