#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <limits>
#include <optional>

#include "app/cli/commands.h"
#include "app/cli/output.h"
#include "core/base/error.h"
#include "core/experiments/catalog.h"
#include "core/learn/run_archive.h"

namespace fw::cli {
namespace fs = std::filesystem;
namespace {

constexpr int64_t kMostSteps = 1'000'000'000'000;

std::string shortNumber(double number) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", number);
  return text;
}

std::string scoresText(const Scores& scores) {
  std::string text;
  for (const auto& [name, value] : scores)
    text += (text.empty() ? "" : "  ") + name + " " + shortNumber(value);
  return text;
}

/// Shows a training run on the terminal.
class TrainingBar : public TrainObserver {
 public:
  TrainingBar(ProgressBar& bar, int64_t steps) : bar_(bar), steps_(steps) {}

  void onScalars(int64_t step, double seconds, const Scalars& scalars) override {
    if (seconds - shown_ < 0.1) return;
    shown_ = seconds;
    if (!first_) first_ = {step, seconds};
    const double rate = static_cast<double>(step - first_->first) / std::max(1e-9, seconds - first_->second);
    const double left = steps_ > 0 && rate > 0 ? static_cast<double>(steps_ - step) / rate : -1;
    const auto loss = scalars.find("loss");
    bar_.show(steps_ > 0 ? static_cast<double>(step) / static_cast<double>(steps_) : 0,
              "step " + std::to_string(step) + (steps_ > 0 ? "/" + std::to_string(steps_) : "") +
                  (loss == scalars.end() ? "" : "  loss " + shortNumber(loss->second)) + "  " +
                  fixed(rate, 1) + " steps/s" + (left >= 0 ? "  " + clockTime(left) + " left" : ""));
  }

  void onScores(int64_t step, double, const Scores& scores, bool best) override {
    bar_.note("step " + std::to_string(step) + "  " + scoresText(scores) + (best ? "  (best)" : ""));
  }

 private:
  ProgressBar& bar_;
  const int64_t steps_;
  double shown_ = -1;
  std::optional<std::pair<int64_t, double>> first_;
};

nlohmann::json runJson(const RunRecord& run) {
  return {{"run", run.id},
          {"request", toJson(run.request)},
          {"state", toText(run.state)},
          {"message", run.message},
          {"step", run.step},
          {"seconds", run.seconds},
          {"best_step", run.bestStep},
          {"best_score", run.bestScore},
          {"created", run.created},
          {"name", run.name},
          {"notes", run.notes},
          {"folder", run.folder.string()}};
}

struct Trained {
  int64_t id = 0;
  RunResult result;
};

nlohmann::json trainedJson(const Store& store, const Trained& run) {
  auto document = runJson(store.run(run.id));
  document["scores"] = run.result.scores;
  document["baselines"] = store.baselines(run.id);
  return document;
}

std::string trainedText(const Store& store, const Trained& run) {
  const auto& [id, result] = run;
  return "Run " + std::to_string(id) + " " + toText(result.state) + " at step " +
         std::to_string(result.step) + ".\n" +
         (result.scores.empty() ? "" : scoresText(result.scores) + "\n") +
         (result.message.empty() || result.state == RunState::Failed ? "" : result.message + "\n") +
         "Its files: " + store.run(id).folder.string() + "\n";
}

// A run that failed by itself is a failure of the command; one that was stopped by Ctrl-C is not.
void failWith(const Trained& run) {
  if (run.result.state == RunState::Failed)
    throw Error("The run stopped by itself", "run " + std::to_string(run.id), run.result.message);
}

void report(bool json, const Store& store, const Trained& run) {
  printResult(json, trainedJson(store, run), trainedText(store, run));
  failWith(run);
}

std::string settingText(const Parameter& parameter) {
  std::string text = "  " + parameter.name + " = " + toText(parameter.fallback) +
                     (parameter.unit.empty() ? "" : " " + parameter.unit) + "\n      " + parameter.help;
  if (!parameter.choices.empty()) {
    text += " One of:";
    for (const auto& choice : parameter.choices) text += " " + choice.id;
    text += ".";
  }
  return text + "\n";
}

nlohmann::json experimentJson(const ExperimentKind& kind) {
  return {{"id", kind.id},
          {"title", kind.title},
          {"question", kind.question},
          {"story", kind.story},
          {"original", kind.originalFigure},
          {"default_steps", kind.defaultSteps},
          {"settings", Settings(kind.schema).toJson()}};
}

void listExperiments(bool json, const std::string& id) {
  nlohmann::json document = nlohmann::json::array();
  std::vector<std::vector<std::string>> rows;
  for (const auto& kind : catalog()) {
    document.push_back(experimentJson(kind));
    rows.push_back({kind.id, kind.question});
  }
  if (id.empty()) return printResult(json, document, table(rows));
  const auto& kind = experimentKind(id);
  std::string text = kind.title + "\n\n" + kind.story + "\n\nSettings (--set name=value):\n";
  for (const auto& parameter : kind.schema.parameters()) text += settingText(parameter);
  printResult(json, experimentJson(kind), text);
}

struct TrainArguments {
  RunRequest request;
  std::vector<std::string> settings;
  std::string setup, sweep, saveSetup;
  int64_t like = 0;
  bool json = false;
};

/// "name=value" in two.
std::pair<std::string, std::string> assigned(const std::string& text, const std::string& option) {
  const auto equals = text.find('=');
  if (equals == std::string::npos)
    throw Error("This is not a setting", text, "Write " + option + " name=value.");
  return {text.substr(0, equals), text.substr(equals + 1)};
}

/// As typed, but a run may be resumed from another folder.
void setFromHere(Settings& settings, const std::string& name, const std::string& text) {
  settings.setFromText(name, text);
  const auto absolute = [](const std::string& path) {
    return path.empty() ? path : fs::absolute(path).lexically_normal().string();
  };
  if (settings.schema().at(name).kind == ParameterKind::Path)
    settings.set(name, absolute(settings.text(name)));
  if (settings.schema().at(name).kind != ParameterKind::PathList) return;
  auto paths = settings.paths(name);
  std::ranges::transform(paths, paths.begin(), absolute);
  settings.set(name, paths);
}

/// What was asked for: a set-up, a run that it shall be like or nothing, and what is said beside it.
RunRequest wholeRequest(const TrainArguments& arguments, const CLI::App& command, const Store& store) {
  RunRequest request = arguments.request;
  if (!arguments.setup.empty() || arguments.like > 0) {
    request = arguments.like > 0 ? store.run(arguments.like).request : readSetup(arguments.setup);
    if (const auto& named = arguments.request.experiment; !named.empty() && named != request.experiment)
      throw Error("This set-up is of another experiment", request.experiment,
                  "Leave the experiment's name out, or name that one.");
    if (command.count("--steps")) request.steps = arguments.request.steps;
    if (command.count("--seed")) request.seed = arguments.request.seed;
    if (command.count("--device")) request.device = arguments.request.device;
    if (command.count("--threads")) request.threads = arguments.request.threads;
  }
  if (request.experiment.empty())
    throw Error("No experiment was named", "train", "Say which, for example: train reconstruction-sanity.");
  const auto& kind = experimentKind(request.experiment);
  Settings settings = Settings::fromJson(kind.schema, request.settings);
  for (const auto& assignment : arguments.settings) {
    const auto [name, value] = assigned(assignment, "--set");
    setFromHere(settings, name, value);
  }
  request.settings = settings.toJson();
  const bool fromNothing =
      arguments.setup.empty() && arguments.like == 0;  // else 0 means until it is stopped
  if (fromNothing && !command.count("--steps")) request.steps = kind.defaultSteps;
  return request;
}

/// One request for each value of "name=a,b,c". All are checked before the first is trained.
std::vector<RunRequest> swept(const RunRequest& request, const std::string& sweep) {
  const auto [name, values] = assigned(sweep, "--sweep");
  std::vector<RunRequest> requests;
  for (std::size_t from = 0; from <= values.size();) {
    const auto to = std::min(values.find(',', from), values.size());
    Settings settings = Settings::fromJson(experimentKind(request.experiment).schema, request.settings);
    setFromHere(settings, name, values.substr(from, to - from));
    requests.push_back(request);
    requests.back().settings = settings.toJson();
    validate(requests.back());
    from = to + 1;
  }
  return requests;
}

Trained trained(Store& store, const RunRequest& request) {
  TrainControl control;
  Trained run;
  ProgressBar bar;
  TrainingBar observer(bar, request.steps);
  run.result = startRun(store, request, observer, control, interrupted(), [&](int64_t id) {
    run.id = id;
    bar.note("run " + std::to_string(id) + "  " + experimentKind(request.experiment).title + "  seed " +
             std::to_string(request.seed));
  });
  return run;
}

void train(const TrainArguments& arguments, const CLI::App& command) {
  Store store;
  store.adoptOrphans();
  const auto request = wholeRequest(arguments, command, store);
  if (!arguments.saveSetup.empty()) {
    validate(request);
    saveSetup(arguments.saveSetup, request);
    printResult(arguments.json, toJson(request), "Saved the set-up to " + arguments.saveSetup + ".\n");
    return;
  }
  if (arguments.sweep.empty()) return report(arguments.json, store, trained(store, request));
  auto document = nlohmann::json::array();
  std::string words;
  std::vector<Trained> runs;
  for (const auto& each : swept(request, arguments.sweep)) {
    if (interrupted().stop_requested()) break;
    runs.push_back(trained(store, each));
    document.push_back(trainedJson(store, runs.back()));
    words += trainedText(store, runs.back());
  }
  printResult(arguments.json, document, words);
  for (const auto& run : runs) failWith(run);
}

void exportTo(int64_t id, std::string zip, bool json) {
  if (zip.empty()) zip = "run " + std::to_string(id) + ".zip";
  exportRun(Store(), id, zip);
  printResult(json, {{"run", id}, {"file", zip}}, "Run " + std::to_string(id) + " is in " + zip + ".\n");
}

void resume(int64_t id, int64_t steps, std::optional<double> rate, bool json) {
  Store store;
  store.adoptOrphans();
  TrainControl control;
  if (rate) control.setLearningRate(*rate);
  RunResult result;
  {
    ProgressBar bar;
    TrainingBar observer(bar, steps > 0 ? steps : store.run(id).request.steps);
    result = resumeRun(store, id, steps, observer, control, interrupted());
  }
  report(json, store, {id, result});
}

void listRuns(bool json) {
  Store store;
  store.adoptOrphans();
  nlohmann::json document = nlohmann::json::array();
  std::vector<std::vector<std::string>> rows{
      {"run", "experiment", "state", "step", "best", "created", "name"}};
  for (const auto& run : store.runs()) {
    document.push_back(runJson(run));
    rows.push_back(
        {std::to_string(run.id), run.request.experiment, toText(run.state), std::to_string(run.step),
         run.bestStep < 0 ? "-" : shortNumber(run.bestScore) + " @ " + std::to_string(run.bestStep),
         run.created, run.name});
  }
  printResult(
      json, document,
      rows.size() > 1 ? table(rows) : "No runs yet. Try: framewright-cli train reconstruction-sanity\n");
}

}  // namespace

void addTrainCommands(CLI::App& app) {
  auto* experiments =
      app.add_subcommand("experiments", "List the experiments, or tell one's story and settings");
  auto experimentId = std::make_shared<std::string>();
  auto experimentsJson = std::make_shared<bool>(false);
  experiments->add_option("id", *experimentId, "Tell all about this one");
  experiments->add_flag("--json", *experimentsJson, "One JSON document on standard output");
  experiments->callback([=] { listExperiments(*experimentsJson, *experimentId); });

  auto* trainCommand =
      app.add_subcommand("train", "Train an experiment; Ctrl-C stops and keeps what is done");
  auto arguments = std::make_shared<TrainArguments>();
  trainCommand->add_option("id", arguments->request.experiment, "The experiment, as `experiments` lists it");
  trainCommand->add_option("--set", arguments->settings, "A setting, name=value; `experiments ID` lists them")
      ->take_all();
  auto* setup = trainCommand->add_option("--setup", arguments->setup, "Begin from a set-up file (JSON)")
                    ->check(CLI::ExistingFile);
  trainCommand->add_option("--like", arguments->like, "The same as this run, but for what else is said here")
      ->excludes(setup)
      ->check(CLI::Range(1, std::numeric_limits<int>::max()));
  trainCommand->add_option("--sweep", arguments->sweep, "One run for each value: name=a,b,c");
  trainCommand->add_option("--save-setup", arguments->saveSetup,
                           "Write what would be trained to this file (JSON), and train nothing");
  trainCommand
      ->add_option("--steps", arguments->request.steps, "Stop after this many steps (0: until stopped)")
      ->check(CLI::Range(int64_t{0}, kMostSteps));
  trainCommand->add_option("--seed", arguments->request.seed, "The same seed gives the same run")
      ->check(CLI::Range(int64_t{0}, std::numeric_limits<int64_t>::max()))
      ->capture_default_str();
  trainCommand->add_option("--device", arguments->request.device, "cpu, cuda:0 …")->capture_default_str();
  trainCommand->add_option("--threads", arguments->request.threads, "0: one for each core")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  trainCommand->add_flag("--json", arguments->json, "One JSON document on standard output");
  trainCommand->callback([=] { train(*arguments, *trainCommand); });

  auto* resumeCommand = app.add_subcommand("resume", "Go on with a run exactly where its last checkpoint is");
  auto run = std::make_shared<int64_t>(0);
  auto steps = std::make_shared<int64_t>(0);
  auto resumeJson = std::make_shared<bool>(false);
  resumeCommand->add_option("run", *run, "The run's number, as `runs` lists it")->required();
  resumeCommand->add_option("--steps", *steps, "Go on until this step instead")
      ->check(CLI::Range(int64_t{0}, kMostSteps));
  auto rate = std::make_shared<std::optional<double>>();
  resumeCommand->add_option("--learning-rate", *rate, "Learn at this rate from now on");
  resumeCommand->add_flag("--json", *resumeJson, "One JSON document on standard output");
  resumeCommand->callback([=] { resume(*run, *steps, *rate, *resumeJson); });

  auto* exportCommand = app.add_subcommand("export", "Put everything of a run into one zip file");
  auto exported = std::make_shared<int64_t>(0);
  auto zip = std::make_shared<std::string>();
  auto exportJson = std::make_shared<bool>(false);
  exportCommand->add_option("run", *exported, "The run's number, as `runs` lists it")->required();
  exportCommand->add_option("-o,--output", *zip, "The zip file");
  exportCommand->add_flag("--json", *exportJson, "One JSON document on standard output");
  exportCommand->callback([=] { exportTo(*exported, *zip, *exportJson); });

  auto* runs = app.add_subcommand("runs", "List all runs, newest first");
  auto runsJson = std::make_shared<bool>(false);
  runs->add_flag("--json", *runsJson, "One JSON document on standard output");
  runs->callback([=] { listRuns(*runsJson); });
}

}  // namespace fw::cli
