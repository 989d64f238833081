#pragma once
#include <functional>
#include <memory>
#include <opencv2/core.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/params/schema.h"

namespace fw {

/// A frame beside a pair.
struct Neighbour {
  cv::Mat frame{};      ///< empty where the shot begins or ends, or nothing is known
  double distance = 1;  ///< in time, from the pair's frame that is next to it; between the pair's own: 1
};

/// Two neighbouring frames of equal size and type (8- or 16-bit BGR), and those around them in the same shot,
/// which show an engine how motion bends and where hidden things went.
struct FramePair {
  cv::Mat first, second;
  Neighbour before{}, after{};
};

/// So many frames are worth announcing (Engine::expect): one alone leaves a sixth of two processors idle.
constexpr int kMomentsAhead = 2;

/// Where a frame is wanted.
struct Moment {
  FramePair pair;
  double time = 0;
};

struct BetweenFrame {
  cv::Mat image;
  cv::Mat confidence;  ///< CV_8UC1, 255: both sides agree on this pixel; 0: a guess
};

/// What an engine thought while making one frame, for people to look at.
struct Explanation {
  cv::Mat flowToFirst, flowToSecond;  ///< CV_32FC2, pixels
  cv::Mat occlusion;                  ///< CV_32FC1: 0 take the first frame, 1 the second
  cv::Mat warpedFirst, warpedSecond;
};

/// A way to make frames between two frames at any times in (0, 1). One engine is used by one thread.
class Engine {
 public:
  virtual ~Engine() = default;
  /// One frame for each time, in order; work that depends only on the pair is done once, and what is known of
  /// a frame serves the next pair too: frames must not be written to while the engine lives.
  virtual std::vector<BetweenFrame> between(const FramePair&, std::span<const double> times) = 0;
  /// The frames that will be asked for after those of the next call, in order; an engine may begin with them.
  virtual void expect(std::vector<Moment>) {}
  virtual std::optional<Explanation> explain(const FramePair&, double /*time*/) { return std::nullopt; }
};

struct EngineOptions {
  std::string device = "cpu";
  int threads = 0;  ///< 0: as many as there are cores
};

/// What an engine takes beside its frames, measured: for the estimate shown before the start.
struct EngineMemory {
  int64_t fixed = 0;     ///< bytes
  double perPixel = 60;  ///< bytes
  bool inTiles = false;  ///< large frames are worked on piece by piece
};

struct EngineKind {
  std::string id;       ///< "flow"
  std::string title;    ///< "Optical flow"
  std::string summary;  ///< one sentence: what it is good at, what it costs
  Schema schema;        ///< its own settings
  EngineMemory memory{};
  std::function<std::unique_ptr<Engine>(const Settings&, const EngineOptions&)> make;
};

/// Best first: the first is what a newcomer gets.
const std::vector<EngineKind>& engineList();
const EngineKind& engineKind(std::string_view id);  ///< throws an Error that names the engines there are

}  // namespace fw
