#include <torch/torch.h>

#include <mutex>
#include <thread>

#include "core/base/blas.h"
#include "core/base/error.h"
#include "core/base/version.h"
#include "core/experiments/catalog.h"
#include "core/experiments/several_networks.h"
#include "core/explore/layer_trace.h"
#include "core/explore/live_layers.h"
#include "core/learn/checkpoint.h"
#include "core/learn/freed_memory.h"
#include "core/nn/device.h"

namespace fw {
namespace {

constexpr int kMostThreads = 1024;

Settings settingsOf(const RunRequest& request) {
  return Settings::fromJson(experimentKind(request.experiment).schema, request.settings);
}

/// Same threads, same numbers: what a run computes must not depend on what the program did before.
void prepareThread(const RunRequest& request) {
  const int cores = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  const int threads = request.threads > 0 ? request.threads : cores;
  torch::set_num_threads(threads);
  setBlasThreads(threads);
  at::globalContext().setDeterministicAlgorithms(true, /*warn_only=*/true);
  at::globalContext().setDeterministicCuDNN(true);
  at::globalContext().setBenchmarkCuDNN(false);
}

std::unique_ptr<Experiment> build(const RunRequest& request) {
  // First weights are drawn from LibTorch's one generator: two runs that begin at once must not share a
  // stream.
  static std::mutex oneAtATime;
  const std::scoped_lock lock(oneAtATime);
  torch::manual_seed(request.seed);
  return experimentKind(request.experiment).make(settingsOf(request), {request.seed, request.device});
}

torch::Tensor outputOf(Experiment& experiment, const std::string& module, const torch::Tensor& ofFirst) {
  auto* several = dynamic_cast<SeveralNetworks*>(&experiment);
  return several ? several->exampleOutputOf(module) : ofFirst;
}

TrainOptions optionsFor(const RunRequest& request, const std::string& codeVersion) {
  TrainOptions options;
  options.steps = request.steps;
  if (const auto& scores = experimentKind(request.experiment).scores; !scores.empty()) {
    options.bestScore = scores.front().name;
    options.bestIsLowest = scores.front().lowestIsBest;
  }
  options.about = {{"format", "pt"},
                   {"experiment", request.experiment},
                   {"settings", settingsOf(request).toJson().dump()},
                   {"seed", std::to_string(request.seed)},
                   {"device", request.device},
                   {"code_version", codeVersion}};
  return options;
}

RunResult trainInStore(Store& store, int64_t id, const RunRequest& request, TrainObserver& observer,
                       TrainControl& control, std::stop_token stop) {
  const KeepsFreedMemory keepsMemory;
  RunWriter writer(store.folder(), id);
  store.setRunRequest(id, request);
  writer.state(RunState::Running);
  observer.onState(RunState::Running);
  const auto failed = [&](const std::string& message) {
    writer.state(RunState::Failed, message);
    observer.onState(RunState::Failed);
    return RunResult{RunState::Failed, store.run(id).step, message, {}};
  };
  prepareThread(request);
  std::unique_ptr<Experiment> experiment;
  try {
    experiment = build(request);
  } catch (const Error& error) {
    return failed(error.what());
  } catch (const std::bad_alloc&) {
    return failed("There was not enough memory. Choose a smaller batch, picture or network.");
  } catch (const c10::Error& error) {
    return failed(std::string("The network could not be built: ") + error.what_without_backtrace());
  } catch (const std::exception& error) {
    return failed(std::string("The run could not begin: ") + error.what());
  }
  if (stop.stop_requested()) {  // a long clip takes its time to be read
    writer.state(RunState::Stopped);
    observer.onState(RunState::Stopped);
    return {RunState::Stopped, store.run(id).step, {}, {}};
  }
  return train(*experiment, optionsFor(request, store.run(id).codeVersion), writer, observer, control,
               std::move(stop));
}

}  // namespace

std::vector<std::string> devices() {
  std::vector<std::string> names{"cpu"};
  for (int i = 0; i < graphicsCards(); ++i) names.push_back("cuda:" + std::to_string(i));
  return names;
}

void validate(const RunRequest& request) {
  settingsOf(request);
  if (request.steps < 0)
    throw Error("The number of steps is below 0", std::to_string(request.steps),
                "0 trains until it is stopped.");
  if (request.threads < 0 || request.threads > kMostThreads)
    throw Error("The number of threads cannot be used", std::to_string(request.threads),
                "0 takes as many as there are cores.");
  deviceCalled(request.device);
}

RunResult startRun(Store& store, const RunRequest& request, TrainObserver& observer, TrainControl& control,
                   std::stop_token stop, const std::function<void(int64_t)>& onCreated) {
  validate(request);
  RunRequest whole = request;
  whole.settings = settingsOf(request).toJson();  // the defaults of today, also when they change tomorrow
  const RunRecord run = store.createRun(whole, version());
  if (onCreated) onCreated(run.id);
  return trainInStore(store, run.id, whole, observer, control, std::move(stop));
}

RunResult resumeRun(Store& store, int64_t runId, int64_t steps, TrainObserver& observer,
                    TrainControl& control, std::stop_token stop) {
  const RunRecord run = store.run(runId);
  RunRequest request = run.request;
  if (steps != 0) request.steps = steps;
  validate(request);
  if (run.state == RunState::Finished && request.steps != 0 && request.steps <= run.step)
    throw Error("This run has already made its " + std::to_string(run.step) + " steps",
                "run " + std::to_string(runId), "Say up to which step it is to go on.");
  return trainInStore(store, runId, request, observer, control, std::move(stop));
}

std::shared_ptr<Experiment> trainedExperiment(const RunRecord& run, Weights which) {
  validate(run.request);
  std::shared_ptr<Experiment> experiment = build(run.request);
  const auto file = weightsFile(run.folder, which);
  loadWeights(experiment->state().modules, readSafetensors(file).tensors, file.string());
  for (const auto& [name, module] : experiment->state().modules) module->eval();
  return experiment;
}

std::optional<GalleryRow> fillHole(Experiment& experiment, std::size_t row, const cv::Mat& hole) {
  const torch::NoGradGuard noGradients;
  return experiment.fillHole(row, hole);
}

std::optional<GalleryRow> lookCloser(Experiment& experiment, std::size_t row, std::size_t frame,
                                     cv::Point pixel) {
  const torch::NoGradGuard noGradients;
  return experiment.lookCloser(row, frame, pixel);
}

void change(Experiment& experiment, const std::string& parameter, const Value& value) {
  experiment.change(parameter, value);
}

Gallery galleryOf(Experiment& experiment) {
  const torch::NoGradGuard noGradients;
  return experiment.gallery();
}

std::vector<LayerMeter> layerMeters(Experiment& experiment) {
  const auto modules = experiment.state().modules;
  for (const auto& [name, module] : modules) module->eval();
  const torch::AutoGradMode gradients(true);
  const auto output = experiment.exampleOutput();
  std::vector<LayerMeter> meters;
  for (const auto& [name, module] : modules)
    for (auto& meter : meterLayers(name, *module, outputOf(experiment, name, output)))
      meters.push_back(std::move(meter));
  return meters;
}

std::vector<LayerTable> layerTables(const RunRequest& request) {
  validate(request);
  const auto experiment = build(request);
  const auto input = experiment->exampleInput();
  const auto modules = experiment->state().modules;
  for (const auto& [name, module] : modules) {
    module->eval();  // a batch of one has no statistics of its own
    for (auto& parameter : module->parameters()) parameter.requires_grad_(true);
  }
  const auto output = experiment->exampleOutput();
  std::vector<LayerTable> tables;
  for (const auto& [name, module] : modules)
    if (!module->parameters().empty())
      tables.push_back(traceLayers(name, *module, input, outputOf(*experiment, name, output)));
  return tables;
}

}  // namespace fw
