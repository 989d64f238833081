#pragma once
#include <filesystem>
#include <optional>

#include "core/learn/trainer.h"
#include "core/slowmo/job.h"
#include "core/slowmo/job_weights.h"

/// "Adapt to this clip": a short run of the experiment `interpolation` on one clip's own frames, from the
/// weights the engine swift has. Single frames are held back, and only what is better there is used.
namespace fw {

struct ClipAdaptation {
  std::filesystem::path clip;        ///< a video or a folder of frames
  double from = 0, to = -1;          ///< seconds, the part of it that is to be made; −1: its end
  double minutes = 5;                ///< at most; stopping earlier keeps what is learned so far
  std::string quality = "balanced";  ///< of swift, that it is learned for
  std::filesystem::path weights{};   ///< to begin from; empty: the bundled ones
  int threads = 0;                   ///< 0: as many as there are cores
};

struct AdaptedClip {
  int64_t run = 0;  ///< in the store, like every run
  double before = 0,
         after = 0;  ///< PSNR on the held-back frames, dB: with the starting weights, with the best
  double flow = 0;   ///< … and what classical flow reaches
  std::filesystem::path weights;  ///< for swift's setting "weights"; empty: adapting did not help
  bool helps() const { return !weights.empty(); }
};

/// What a request asks swift for. Throws Error for loose pictures, which are no one clip.
ClipAdaptation adaptationFor(const SlowmoRequest& request);

/// Trains on the calling thread until the minutes are over or stop is asked for. The observer hears the run's
/// curves, scores and pictures; "prediction" beside "plain blend" of step 0 is the frame before. Throws Error
/// when there is nothing to learn from.
AdaptedClip adaptToClip(Store&, const ClipAdaptation&, TrainObserver&, TrainControl&, std::stop_token);

/// What the last adaptation to this clip that helped found, if the clip has not changed since; also when it
/// was stopped, or killed.
std::optional<AdaptedClip> learnedBefore(const Store&, const std::filesystem::path& clip);

}  // namespace fw
