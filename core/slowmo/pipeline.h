#pragma once
#include <functional>
#include <map>

#include "core/slowmo/plan.h"
#include "core/slowmo/settings.h"

namespace fw {

/// The engine chosen for this moment of the source. Of several parts that hold it the last one counts.
std::string engineAt(const Settings&, const std::vector<EngineRange>&, double sourceSeconds);

/// The engines a job uses, each made when it is first needed and once only: loading a network takes seconds.
class Engines {
 public:
  explicit Engines(const SlowmoRequest& request);
  Engine& at(double sourceSeconds);

 private:
  Settings settings_;
  std::vector<EngineRange> ranges_;
  std::map<std::string, std::unique_ptr<Engine>> made_;
};

/// How the source is read for pictures of `maxHeight` lines at most, 0: any.
ReadOptions readingFor(const SlowmoChoices&, int maxHeight);
/// A picture that was read so, as the result has it: cropped and scaled. Shares its pixels where it can.
cv::Mat asInResult(const SlowmoChoices&, const cv::Mat& picture, int maxHeight);

/// A frame of the result, ready to be encoded.
struct ReadyFrame {
  int64_t number = 0;
  PlannedFrame planned;
  double sourceTime = 0;  ///< seconds from the source's first frame
  Frame picture;          ///< with the decoder's own picture when it is untouched
  cv::Mat confidence;     ///< of made frames
  bool made() const { return planned.made(); }
};

struct PipelineInput {
  const SlowmoRequest& request;
  const VideoInfo& info;
  const SlowmoChoices& choices;
  const Analysis& analysis;
  const FramePlan& plan;
  int64_t begin = 0, end = 0;  ///< which frames of the result
  int maxHeight = 0;           ///< not 0: work on frames scaled down to this, for previews
};

/// What the caller of makeFrames() hears, on its own thread and in order.
struct PipelineEvents {
  std::function<void(ReadyFrame&&)> onFrame;
  std::function<void(bool paused)> onPause = {};
};

/// Decodes, makes and hands over frames, each on its own thread, with a few frames in between at most.
/// Returns when all are made or stop was asked for; what fails on any thread stops all and is thrown here.
void makeFrames(const PipelineInput&, Engines&, const PipelineEvents&, JobControl&, std::stop_token);

/// Whole frames in flight at most, for the estimate of memory: what the queues and the engine's batch hold.
int64_t framesInFlight(int64_t bytesPerFrame);

}  // namespace fw
