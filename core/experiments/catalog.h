#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/explore/layer_table.h"
#include "core/learn/trainer.h"
#include "core/params/schema.h"

/// The list of experiments, and how to run one. Free of LibTorch, so the window can include it.
namespace fw {

class Experiment;

struct ExperimentContext {
  uint64_t seed = 1;
  std::string device = "cpu";
};

struct ScoreKind {
  std::string name;   ///< "validation/psnr", as evaluate() says it
  std::string label;  ///< "PSNR on held-out pictures"
  std::string unit;   ///< "dB"
  bool lowestIsBest = false;
};

struct ExperimentKind {
  std::string id;              ///< "reconstruction-sanity"
  std::string title;           ///< "Reconstruction sanity"
  std::string question;        ///< the one question it answers, for its card
  std::string story;           ///< a few sentences: what this shows, what to watch, what to try next
  std::string originalFigure;  ///< what the original reached, for the card
  Schema schema;
  int64_t defaultSteps = 1000;
  std::vector<ScoreKind> scores;  ///< the first decides which checkpoint is best
  std::function<std::unique_ptr<Experiment>(const Settings&, const ExperimentContext&)> make;
};

/// In the order of a course.
const std::vector<ExperimentKind>& catalog();
/// Throws an Error that names the experiments there are.
const ExperimentKind& experimentKind(std::string_view id);

/// Creates the run in the store and trains it, on the calling thread. `onCreated` is told the run's id before
/// the first step.
RunResult startRun(Store&, const RunRequest&, TrainObserver&, TrainControl&, std::stop_token,
                   const std::function<void(int64_t runId)>& onCreated = {});
/// Goes on where the run's last checkpoint is; `steps` replaces the number asked for when not 0.
RunResult resumeRun(Store&, int64_t runId, int64_t steps, TrainObserver&, TrainControl&, std::stop_token);

/// A run's experiment with its trained weights, for using it and for looking inside; include
/// core/learn/experiment.h. Throws Error when the run has no weights yet or they do not fit.
std::unique_ptr<Experiment> trainedExperiment(const RunRecord& run, Weights which);

/// The layers of each network that this request would build. Throws Error for what cannot be built.
std::vector<LayerTable> layerTables(const RunRequest& request);

/// Checks what can be checked before a run is queued: settings, device, steps. Throws Error.
void validate(const RunRequest&);
/// "cpu", and "cuda:0" … where there are any.
std::vector<std::string> devices();

}  // namespace fw
