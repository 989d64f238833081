#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/explore/layer_meter.h"
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
  std::vector<std::string> changeable = {};  ///< parameters that Experiment::change() takes while it trains
  bool fillsHoles = false;                   ///< Experiment::fillHole() does what it says
  std::string closer = {};  ///< what Experiment::lookCloser() shows, and where to click for it; or nothing
};

/// In the order of a course.
const std::vector<ExperimentKind>& catalog();
/// Null when there is none of this name: a newer or older program may have made a run of it.
const ExperimentKind* findExperimentKind(std::string_view id);
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
std::shared_ptr<Experiment> trainedExperiment(const RunRecord& run, Weights which);

/// What a window asks of an experiment, without LibTorch: see Experiment's members of the same names.
std::optional<GalleryRow> fillHole(Experiment& experiment, std::size_t row, const cv::Mat& hole);
std::optional<GalleryRow> lookCloser(Experiment& experiment, std::size_t row, std::size_t frame,
                                     cv::Point pixel);
void change(Experiment& experiment, const std::string& parameter, const Value& value);
Gallery galleryOf(Experiment& experiment);

/// The layers of each network that this request would build. Throws Error for what cannot be built.
std::vector<LayerTable> layerTables(const RunRequest& request);

/// What each layer makes of an example: its values, its pictures, the size of its gradient in the last step,
/// and what is wrong with it, in words. Of a run that goes: TrainControl::ask(). Leaves the networks in
/// evaluation mode.
std::vector<LayerMeter> layerMeters(Experiment& experiment);

/// Checks what can be checked before a run is queued: settings, device, steps. Throws Error.
void validate(const RunRequest&);
/// "cpu", and "cuda:0" … where there are any.
std::vector<std::string> devices();

}  // namespace fw
