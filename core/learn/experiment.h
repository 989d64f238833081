#pragma once
#include <torch/torch.h>

#include <optional>

#include "core/base/random.h"
#include "core/image/gallery.h"
#include "core/params/schema.h"
#include "core/store/run.h"

namespace fw {

struct NamedModule {
  std::string name;
  std::shared_ptr<torch::nn::Module> module;
};

/// Everything a checkpoint must hold for a run to go on exactly where it was.
struct LearningState {
  std::vector<NamedModule> modules;
  std::vector<torch::optim::Optimizer*> optimizers;
  Random* random = nullptr;  ///< the one source of chance in step()
  std::vector<torch::Tensor*> tensors =
      {};  ///< what else step() carries on: a shuffled order, averaged weights …
  std::vector<int64_t*> counters = {};  ///< positions in an epoch and the like
};

/// A scalar that step() may say: how long it waited for data. The trainer turns it into the share of time.
constexpr const char* kSecondsWaiting = "seconds waiting";

/// Data + model + loss + what to look at. It neither knows the UI nor the disk; how to build one is said by
/// an ExperimentKind in the catalog.
class Experiment {
 public:
  virtual ~Experiment() = default;
  virtual Scalars step() = 0;  ///< one optimizer step; says at least "loss"
  /// On data never trained on; the first of ExperimentKind::scores decides what is best. The trainer calls
  /// this and gallery() with the modules in evaluation mode, records no gradients and puts random() back
  /// afterwards, so that looking never changes what is learnt.
  virtual Scores evaluate() = 0;
  virtual Gallery gallery() = 0;  ///< rows of input, target, prediction, …; the same samples every time
  virtual LearningState state() = 0;
  virtual Scores baselines() {
    return {};
  }  ///< what trivial methods reach, named like the scores ("validation/mse (predict zero)")
  /// An input like those of step(), for tracing shapes and activations in Explore: the module and what to
  /// feed it.
  virtual torch::Tensor exampleInput() = 0;
  /// What the network makes of exampleInput(), with gradients: Explore reads the shapes of all layers from
  /// the graph that this records. Undefined where an experiment does not say.
  virtual torch::Tensor exampleOutput() { return {}; }
  /// True when going on cannot help any more, such as after early stopping; the run then counts as finished.
  virtual bool finished() { return false; }
  /// What is wrong with the network, and why, in words; empty when nothing is.
  virtual std::string diagnosis() { return {}; }
  /// Gallery row `row` anew, with the pixels where `hole` (8-bit, the size of its input) is not 0 hidden from
  /// the network. Empty where the experiment fills no holes.
  virtual std::optional<GalleryRow> fillHole(std::size_t /*row*/, const cv::Mat& /*hole*/) { return {}; }
  /// What lies behind a pixel of a gallery's picture, such as the pictures that a cell of a confusion matrix
  /// counts. Empty where there is nothing more to see.
  virtual std::optional<GalleryRow> lookCloser(std::size_t /*row*/, std::size_t /*frame*/,
                                               cv::Point /*pixel*/) {
    return {};
  }
  /// Another value for one of ExperimentKind::changeable, from the next step on. Throws Error for what cannot
  /// be.
  virtual void change(const std::string& /*parameter*/, const Value& /*value*/) {}
};

}  // namespace fw
