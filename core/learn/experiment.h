#pragma once
#include <torch/torch.h>

#include "core/base/random.h"
#include "core/image/gallery.h"
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
};

/// Data + model + loss + what to look at. It neither knows the UI nor the disk; how to build one is said by an
/// ExperimentKind in the catalog.
class Experiment {
 public:
  virtual ~Experiment() = default;
  virtual Scalars step() = 0;        ///< one optimizer step; says at least "loss"
  virtual Scores evaluate() = 0;     ///< on data never trained on; the first of ExperimentKind::scores decides what is best
  virtual Gallery gallery() = 0;     ///< rows of input, target, prediction, …; the same samples every time
  virtual LearningState state() = 0;
  virtual Scores baselines() { return {}; }  ///< what trivial methods reach, named like the scores ("validation/mse (predict zero)")
  /// An input like those of step(), for tracing shapes and activations in Explore: the module and what to feed it.
  virtual torch::Tensor exampleInput() = 0;
};

}  // namespace fw
