#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <sstream>

#include "app/cli/adapt.h"
#include "app/cli/commands.h"
#include "app/cli/jobs.h"
#include "app/cli/output.h"
#include "core/base/error.h"
#include "core/slowmo/analysis.h"
#include "core/slowmo/job.h"
#include "core/store/folder_lock.h"

namespace fw::cli {
namespace fs = std::filesystem;
namespace {

/// Every slow-motion setting as a flag: trim_in becomes --trim-in.
class SettingFlags {
 public:
  explicit SettingFlags(CLI::App& command) {
    for (const auto& parameter : slowmoSchema().parameters()) {
      std::string flag = "--" + parameter.name;
      std::ranges::replace(flag, '_', '-');
      const auto typed = std::make_shared<std::string>();
      std::string help = parameter.help;
      for (const auto& choice : parameter.choices)
        help += (&choice == &parameter.choices.front() ? " One of: " : ", ") + choice.id;
      auto* option = command.add_option(flag, *typed, help)
                         ->default_str(toText(parameter.fallback))
                         ->take_last()
                         ->group(parameter.advanced ? "More settings" : "Settings");
      given_.push_back({parameter.name, typed, option});
    }
  }

  Settings settings(nlohmann::json base) const {
    Settings settings = Settings::fromJson(slowmoSchema(), base);
    for (const auto& flag : given_)
      if (flag.option->count() > 0) settings.setFromText(flag.name, *flag.text);
    // Saying --rate is asking for a smoother result; saying both is asking for both. So it is where a preset
    // has the one and the other is said.
    const auto said = [&](std::string_view name) {
      return std::ranges::any_of(
          given_, [&](const Given& flag) { return flag.name == name && flag.option->count() > 0; });
    };
    if (said("mode")) return settings;
    const std::string mode = settings.text("mode");
    if (said("rate") && mode == "slow")
      settings.set("mode", std::string(said("factor") || base.contains("factor") ? "both" : "smooth"));
    if (said("factor") && mode == "smooth")
      settings.set("mode", std::string(base.contains("rate") ? "both" : "slow"));
    return settings;
  }

 private:
  struct Given {
    std::string name;
    std::shared_ptr<std::string> text;
    CLI::Option* option;
  };
  std::vector<Given> given_;
};

struct SlowmoArguments {
  std::vector<fs::path> inputs;
  fs::path output;
  std::string preset, savePreset;
  std::vector<double> cutsAdded, cutsRemoved;
  std::vector<std::string> engineRanges;
  int64_t insteadOf = 0;
  double adaptMinutes = 0;
  bool estimateOnly = false, analyseOnly = false, queueOnly = false, json = false;
};

nlohmann::json estimateJson(const SlowmoEstimate& estimate) {
  return {{"frames", estimate.frames},
          {"rate", std::to_string(estimate.rate.num) + "/" + std::to_string(estimate.rate.den)},
          {"duration", estimate.duration},
          {"bytes", estimate.bytes},
          {"peak_memory", estimate.peakMemory},
          {"notes", estimate.notes}};
}

std::string estimateText(const SlowmoEstimate& estimate) {
  std::string text = std::to_string(estimate.frames) + " frames at " + fixed(estimate.rate.value(), 3) +
                     " fps, " + clockTime(estimate.duration) + " long, about " +
                     fixed(static_cast<double>(estimate.bytes) / 1e6, 1) + " MB, memory up to " +
                     fixed(static_cast<double>(estimate.peakMemory) / 1e6, 0) + " MB\n";
  for (const auto& note : estimate.notes) text += note + "\n";
  return text;
}

// "2-5.5=flow": between 2 s and 5.5 s of the source another engine.
EngineRange rangeFromText(const std::string& text) {
  EngineRange range;
  char dash = 0, equals = 0;
  std::istringstream in(text);
  if (!(in >> range.from >> dash >> range.to >> equals >> range.engine) || dash != '-' || equals != '=' ||
      range.from < 0 || range.to <= range.from)
    throw Error("This is no part of the clip with an engine", text, "Write it like 2-5.5=flow, in seconds.");
  engineKind(range.engine);
  return range;
}

// What the window shows on its timeline before the start.
nlohmann::json analysisJson(const SlowmoRequest& request, std::string& text) {
  const VideoInfo info = probe(request);
  Analysis analysis;
  {
    ProgressBar bar;
    analysis = analyseOnce(
        dataHome(), request, analyseOptions(request),
        [&](int64_t frames, const Analysis&) {
          bar.show(static_cast<double>(frames) / std::max<double>(1, static_cast<double>(info.frames)),
                   "analysing  " + std::to_string(frames) + " frames");
        },
        interrupted());
  }
  const auto seconds = [&](const std::vector<int64_t>& frames) {
    std::vector<double> times;
    for (const int64_t frame : frames) times.push_back(sourceSeconds(analysis, info, frame));
    return times;
  };
  const auto cuts = seconds(analysis.cuts), repeats = seconds(analysis.duplicates);
  text += request.sources.front().filename().string() + ": " + std::to_string(analysis.frames()) +
          " frames, " + std::to_string(cuts.size()) + " cuts, " + std::to_string(repeats.size()) +
          " repeated frames\n";
  for (const double cut : cuts) text += "cut at " + fixed(cut, 3) + " s\n";
  return {{"frames", analysis.frames()},
          {"cuts", cuts},
          {"repeats", repeats},
          {"damaged_packets", analysis.damagedPackets}};
}

fs::path outputWithin(const fs::path& folder, const SlowmoRequest& request) try {
  return outputIn(folder, request, probe(request));
} catch (const Error&) {
  return {};  // what cannot be read is told when its turn comes
}

std::vector<SlowmoRequest> requestsFor(const SlowmoArguments& arguments, const Settings& settings) {
  auto [clips, skipped, results] = collectClips(arguments.inputs);
  for (const auto& file : skipped) std::cerr << file.string() << " is no video and is left out." << std::endl;
  for (const auto& file : results)
    std::cerr << file.string() << " was made of another clip there and is left out; name it to have it too."
              << std::endl;
  if (clips.empty())
    throw Error("There is nothing to slow down", arguments.inputs.front().string(),
                "Name a video or a folder of pictures.");
  const bool into = clips.size() > 1 && !arguments.output.empty();
  if (into && !fs::is_directory(arguments.output))
    throw Error(
        "One file cannot hold several results", arguments.output.string(),
        "Name a folder that is there, or leave -o out: each result is then written beside its source.");
  if (clips.size() > 1 && arguments.insteadOf > 0)
    throw Error("Several clips cannot take the place of one job", std::to_string(arguments.insteadOf),
                "Name one clip.");
  for (auto& request : clips) {
    request.settings = settings.toJson();
    request.output = into ? outputWithin(arguments.output, request) : arguments.output;
    request.cutsAdded = arguments.cutsAdded;
    request.cutsRemoved = arguments.cutsRemoved;
    for (const auto& range : arguments.engineRanges) request.engineRanges.push_back(rangeFromText(range));
  }
  return clips;
}

JobRecord queued(Store& store, const SlowmoRequest& request, const SlowmoArguments& arguments) {
  const auto job =
      arguments.insteadOf > 0 ? replaceJob(store, arguments.insteadOf, request) : queueJob(store, request);
  if (arguments.adaptMinutes <= 0) return job;
  const FolderLock nobodyMakesIt(job.folder);  // until it is taught
  try {
    auto wish = adaptationFor(request);
    wish.minutes = arguments.adaptMinutes;
    const auto adapted = adaptShowingProgress(store, wish);
    if (adapted.helps()) keepWithJob(store, job.id, adapted.weights);
  } catch (const Error& error) {  // it is used only if it helps
    std::cerr << error.what() << " The clip is made without." << std::endl;
  }
  return job;
}

/// What came of the clips, told at the end; one that fails does not keep the others from being made.
class Outcome {
 public:
  template <class Work>
  void add(const SlowmoRequest& request, Work work) {
    document_.push_back({{"source", request.sources.front().string()}});
    try {
      document_.back().update(work());
    } catch (const std::exception& error) {
      std::cerr << error.what() << std::endl;
      document_.back()["error"] = error.what();
      failed_ = true;
    }
  }
  void print(bool asJson, std::size_t clips, const std::string& text) const {
    const bool nothing = clips == 1 && failed_;
    if (asJson || !nothing) printResult(asJson, clips == 1 ? document_.front() : document_, text);
    if (failed_) throw CLI::RuntimeError(1);
  }

 private:
  nlohmann::json document_ = nlohmann::json::array();
  bool failed_ = false;
};

void slowmo(const SlowmoArguments& arguments, const SettingFlags& flags) {
  const Settings settings = flags.settings(
      arguments.preset.empty() ? nlohmann::json::object() : presetCalled(arguments.preset).settings);
  if (arguments.adaptMinutes > 0 && settings.text("engine") != "swift")
    throw Error("Only the engine swift can be taught a clip", settings.text("engine"),
                "Leave --adapt out, or choose --engine swift.");
  if (!arguments.savePreset.empty()) keepPreset(arguments.savePreset, settings);
  const auto requests = requestsFor(arguments, settings);
  Outcome outcome;
  std::string text;
  if (arguments.estimateOnly || arguments.analyseOnly) {
    for (const auto& request : requests)
      outcome.add(request, [&] {
        if (arguments.analyseOnly) return analysisJson(request, text);
        const auto estimated = estimate(request, probe(request));
        text += estimateText(estimated);
        return estimateJson(estimated);
      });
    return outcome.print(arguments.json, requests.size(), text);
  }
  Store store;
  store.adoptOrphans();
  std::vector<std::pair<SlowmoRequest, int64_t>> jobs;
  for (const auto& request : requests) {
    try {
      jobs.emplace_back(request, queued(store, request, arguments).id);
    } catch (const std::exception&) {
      outcome.add(request, []() -> nlohmann::json { throw; });
    }
  }
  bool stopped = false;
  for (const auto& [request, job] : jobs) {
    outcome.add(request, [&]() -> nlohmann::json {
      if (arguments.queueOnly) {
        text += "Job " + std::to_string(job) + " waits. Make it with: framewright-cli run-jobs\n";
        return {{"job", job}, {"state", "queued"}};
      }
      const auto result = runShowingProgress(store, job);
      stopped = result.state == "stopped";
      text += resultText(job, result);
      return resultJson(store, job, result);
    });
    if (!stopped) continue;
    if (job != jobs.back().second) text += "The others wait. Make them with: framewright-cli run-jobs\n";
    break;
  }
  outcome.print(arguments.json, requests.size(), text);
  endIfStopped(stopped);
}

}  // namespace

void addSlowmoCommands(CLI::App& app) {
  addAdaptCommand(app);
  auto* command =
      app.add_subcommand("slowmo", "Slow a clip down or make it smoother; Ctrl-C stops, resume-job goes on");
  auto arguments = std::make_shared<SlowmoArguments>();
  command
      ->add_option("inputs", arguments->inputs,
                   "Videos, animated pictures, pictures, or folders of any of these")
      ->required();
  command->add_option(
      "-o,--output", arguments->output,
      "The result, or a folder for several; without it, beside the source and never overwriting");
  command->add_option("--preset", arguments->preset, "Begin from a preset, as `presets` lists them");
  command->add_option("--save-preset", arguments->savePreset, "Keep these settings as a preset of this name");
  command->add_option("--add-cut", arguments->cutsAdded, "A cut the detector missed, in source seconds")
      ->take_all();
  command->add_option("--remove-cut", arguments->cutsRemoved, "A cut that is none, in source seconds")
      ->take_all();
  command
      ->add_option("--adapt", arguments->adaptMinutes,
                   "Minutes for teaching the engine swift this clip first; used only if it helps")
      ->check(CLI::NonNegativeNumber);
  command
      ->add_option("--engine-range", arguments->engineRanges,
                   "Another engine for a part of the clip: FROM-TO=ENGINE in source seconds, 2-5.5=flow")
      ->take_all();
  command->add_option("--instead-of", arguments->insteadOf,
                      "Take the place of this waiting job, as the window does when a job is changed");
  command->add_flag("--queue", arguments->queueOnly, "Only queue; `run-jobs` or the window makes it");
  command->add_flag("--analyse", arguments->analyseOnly,
                    "Say where cuts and repeated frames are; make nothing");
  command->add_flag("--estimate", arguments->estimateOnly, "Say size, length and memory; make nothing");
  command->add_flag("--json", arguments->json, "One JSON document on standard output");
  auto flags = std::make_shared<SettingFlags>(*command);
  command->callback([=] { slowmo(*arguments, *flags); });

  auto json = std::make_shared<bool>(false);
  auto forgotten = std::make_shared<std::string>();
  auto* presets = app.add_subcommand("presets", "List the slow-motion presets, own ones too");
  presets->add_flag("--json", *json, "One JSON document on standard output");
  presets->add_option("--forget", *forgotten, "Forget this one of your own first");
  presets->callback([=] {
    if (!forgotten->empty()) forgetPreset(*forgotten);
    nlohmann::json document = nlohmann::json::array();
    std::vector<std::vector<std::string>> rows;
    const auto own = ownPresets();
    for (const auto& all : {slowmoPresets(), own})
      for (const auto& preset : all) {
        document.push_back({{"id", preset.id},
                            {"title", preset.title},
                            {"summary", preset.summary},
                            {"settings", preset.settings}});
        rows.push_back({preset.id, preset.title, preset.summary});
      }
    printResult(*json, document, table(rows));
  });
}

}  // namespace fw::cli
