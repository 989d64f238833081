#pragma once
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/slowmo/engine.h"
#include "core/slowmo/score.h"

namespace fw {

struct SelfCheckOptions {
  int triplets = 12;                   ///< spread evenly over the clip; cuts and stills are skipped
  std::vector<std::string> engines{};  ///< empty: every engine there is that can be made
  EngineOptions device{};
  int maxHeight = 0;        ///< not 0: check on smaller pictures, which is quicker
  double from = 0, to = 0;  ///< seconds, part of the clip; `to` 0: its end
};

/// A hidden frame and what an engine made in its place, to be shown side by side. 8-bit BGR.
struct CheckedFrame {
  double seconds = 0;  ///< where in the clip the hidden frame is
  double psnr = 0;
  cv::Mat before, truth, made, after;
};

struct EngineCheck {
  std::string engine, title;
  TripletScore average;                ///< over the triplets
  std::vector<TripletScore> triplets;  ///< named by their time, "0:03.25"
  CheckedFrame worst, median;
  std::string failure;  ///< not empty: why this engine could not take part; nothing else counts then
};

struct SelfCheckResult {
  std::vector<EngineCheck> engines;
  std::string recommended;  ///< an engine's id; empty when nothing could be checked
  std::string reason;       ///< in words: "flow: 1.9 dB better than blend, 25 frames a second"
  int triplets = 0;
};

struct SelfCheckProgress {
  std::string engine;
  int done = 0, total = 0;  ///< frames made, all engines together
};

/// How good the engines are on this very clip: hides every second frame, makes it and compares it with the
/// truth. The pictures of one triplet at a time are in memory. When stopped the result holds what was done.
/// Throws Error.
SelfCheckResult selfCheck(const std::filesystem::path& video, const SelfCheckOptions& options,
                          std::stop_token stop,
                          const std::function<void(const SelfCheckProgress&)>& onProgress = {});

}  // namespace fw
