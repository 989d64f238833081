#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>

#include "app/cli/commands.h"
#include "app/cli/output.h"
#include "core/base/error.h"
#include "core/slowmo/job.h"

namespace fw::cli {
namespace fs = std::filesystem;
namespace {

/// Shows a job on the terminal.
class JobBar : public SlowmoObserver {
 public:
  explicit JobBar(ProgressBar& bar) : bar_(bar) {}

  void onProgress(const SlowmoProgress& progress) override {
    std::string words = progress.stage + "  " + std::to_string(progress.framesOut) +
                        (progress.totalOut > 0 ? "/" + std::to_string(progress.totalOut) : "") + " frames  " +
                        fixed(progress.fpsOut, 1) + " out/s";
    if (progress.secondsLeft >= 0) words += "  " + clockTime(progress.secondsLeft) + " left";
    bar_.show(progress.fraction, words);
  }
  void onNote(const std::string& note) override { bar_.note(note); }

 private:
  ProgressBar& bar_;
};

nlohmann::json resultJson(int64_t job, const JobResult& result) {
  return {{"job", job},
          {"state", result.state},
          {"output", result.output.string()},
          {"frames_in", result.framesIn},
          {"frames_out", result.framesOut},
          {"seconds", result.seconds},
          {"notes", result.notes}};
}

std::string resultText(int64_t job, const JobResult& result) {
  if (result.state == "stopped")
    return "Stopped. Go on with: framewright-cli resume-job " + std::to_string(job) + "\n";
  return result.output.string() + "\n" + std::to_string(result.framesIn) + " frames in, " +
         std::to_string(result.framesOut) + " out, " + clockTime(result.seconds) + "\n";
}

JobResult runShowingProgress(Store& store, int64_t job) {
  ProgressBar bar;
  JobBar observer(bar);
  JobControl control;
  return runJob(store, job, observer, control, interrupted());
}

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
                         ->group(parameter.advanced ? "More settings" : "Settings");
      given_.push_back({parameter.name, typed, option});
    }
  }

  Settings settings(nlohmann::json base) const {
    Settings settings = Settings::fromJson(slowmoSchema(), base);
    for (const auto& flag : given_)
      if (flag.option->count() > 0) settings.setFromText(flag.name, *flag.text);
    // Saying --rate is asking for a smoother result; saying both is asking for both.
    const auto said = [&](std::string_view name) {
      return base.contains(name) || std::ranges::any_of(given_, [&](const Given& flag) {
               return flag.name == name && flag.option->count() > 0;
             });
    };
    if (!said("mode") && said("rate")) settings.set("mode", std::string(said("factor") ? "both" : "smooth"));
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
  std::string preset;
  std::vector<double> cutsAdded, cutsRemoved;
  bool estimateOnly = false, json = false;
};

nlohmann::json presetSettings(const std::string& id) {
  std::string known;
  for (const auto& preset : slowmoPresets()) {
    if (preset.id == id) return preset.settings;
    known += (known.empty() ? "" : ", ") + preset.id;
  }
  throw Error("There is no such preset", id, "The presets are: " + known + ".");
}

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

bool isPicture(const fs::path& file) {
  std::string ending = file.extension().string();
  std::ranges::transform(ending, ending.begin(), [](unsigned char c) { return std::tolower(c); });
  static const std::vector<std::string> kEndings{".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp"};
  return std::ranges::find(kEndings, ending) != kEndings.end();
}

// A folder of pictures, or several pictures, are one clip; several videos are several jobs.
std::vector<std::vector<fs::path>> clips(const std::vector<fs::path>& inputs) {
  std::vector<std::vector<fs::path>> all;
  std::vector<fs::path> loosePictures;
  for (const auto& input : inputs) {
    if (fs::is_directory(input)) {
      std::vector<fs::path> pictures;
      for (const auto& entry : fs::directory_iterator(input)) {
        if (!entry.is_regular_file()) continue;
        if (isPicture(entry.path()))
          pictures.push_back(entry.path());
        else
          all.push_back({entry.path()});
      }
      std::ranges::sort(pictures);
      if (!pictures.empty()) all.push_back(std::move(pictures));
    } else if (isPicture(input)) {
      loosePictures.push_back(input);
    } else {
      all.push_back({input});
    }
  }
  if (!loosePictures.empty()) all.push_back(std::move(loosePictures));
  return all;
}

void slowmo(const SlowmoArguments& arguments, const SettingFlags& flags) {
  const auto all = clips(arguments.inputs);
  if (all.empty())
    throw Error("There is nothing to slow down", arguments.inputs.front().string(),
                "Name a video or a folder of pictures.");
  if (all.size() > 1 && !arguments.output.empty())
    throw Error("One output cannot hold several clips", arguments.output.string(),
                "Leave -o out: each result is written beside its source.");
  const Settings settings =
      flags.settings(arguments.preset.empty() ? nlohmann::json::object() : presetSettings(arguments.preset));
  Store store;
  store.adoptOrphans();
  nlohmann::json document = nlohmann::json::array();
  std::string text;
  for (const auto& sources : all) {
    SlowmoRequest request;
    request.sources = sources;
    request.output = arguments.output;
    request.settings = settings.toJson();
    request.cutsAdded = arguments.cutsAdded;
    request.cutsRemoved = arguments.cutsRemoved;
    if (arguments.estimateOnly) {
      const auto estimated = estimate(request, probe(sources.front()));
      document.push_back(estimateJson(estimated));
      text += estimateText(estimated);
      continue;
    }
    const auto job = queueJob(store, request);
    const auto result = runShowingProgress(store, job.id);
    document.push_back(resultJson(job.id, result));
    text += resultText(job.id, result);
    if (result.state == "stopped") break;
  }
  printResult(arguments.json, document.size() == 1 ? document.front() : document, text);
}

nlohmann::json jobJson(const JobRecord& job) {
  return {{"job", job.id},
          {"state", job.state},
          {"message", job.message},
          {"progress", job.progress},
          {"request", job.request},
          {"created", job.created},
          {"folder", job.folder.string()}};
}

void listJobs(bool json) {
  Store store;
  store.adoptOrphans();
  nlohmann::json document = nlohmann::json::array();
  std::vector<std::vector<std::string>> rows{{"job", "state", "done", "source", "message"}};
  for (const auto& job : store.jobs()) {
    document.push_back(jobJson(job));
    const auto request = slowmoRequestFromJson(job.request);
    rows.push_back({std::to_string(job.id), job.state, fixed(job.progress * 100, 0) + " %",
                    request.sources.empty() ? "" : request.sources.front().filename().string(), job.message});
  }
  printResult(json, document, rows.size() > 1 ? table(rows) : "No jobs. Try: framewright-cli slowmo CLIP\n");
}

}  // namespace

void addSlowmoCommands(CLI::App& app) {
  auto* command =
      app.add_subcommand("slowmo", "Slow a clip down or make it smoother; Ctrl-C stops, resume-job goes on");
  auto arguments = std::make_shared<SlowmoArguments>();
  command->add_option("inputs", arguments->inputs, "Videos, animated pictures, or folders of pictures")
      ->required();
  command->add_option("-o,--output", arguments->output,
                      "The result; without it, beside the source and never overwriting");
  command->add_option("--preset", arguments->preset, "Begin from a preset, as `presets` lists them");
  command->add_option("--add-cut", arguments->cutsAdded, "A cut the detector missed, in source seconds")
      ->take_all();
  command->add_option("--remove-cut", arguments->cutsRemoved, "A cut that is none, in source seconds")
      ->take_all();
  command->add_flag("--estimate", arguments->estimateOnly, "Say size, length and memory; make nothing");
  command->add_flag("--json", arguments->json, "One JSON document on standard output");
  auto flags = std::make_shared<SettingFlags>(*command);
  command->callback([=] { slowmo(*arguments, *flags); });

  auto json = std::make_shared<bool>(false);
  auto* presets = app.add_subcommand("presets", "List the slow-motion presets");
  presets->add_flag("--json", *json, "One JSON document on standard output");
  presets->callback([=] {
    nlohmann::json document = nlohmann::json::array();
    std::vector<std::vector<std::string>> rows;
    for (const auto& preset : slowmoPresets()) {
      document.push_back({{"id", preset.id},
                          {"title", preset.title},
                          {"summary", preset.summary},
                          {"settings", preset.settings}});
      rows.push_back({preset.id, preset.title, preset.summary});
    }
    printResult(*json, document, table(rows));
  });

  auto* jobs = app.add_subcommand("jobs", "List slow-motion jobs, shared with the window");
  jobs->add_flag("--json", *json, "One JSON document on standard output");
  jobs->callback([=] { listJobs(*json); });

  auto* resume = app.add_subcommand("resume-job", "Go on with a job that was stopped or killed");
  auto id = std::make_shared<int64_t>(0);
  resume->add_option("job", *id, "The job's number, as `jobs` lists it")->required();
  resume->add_flag("--json", *json, "One JSON document on standard output");
  resume->callback([=] {
    Store store;
    store.adoptOrphans();
    const auto result = runShowingProgress(store, *id);
    printResult(*json, resultJson(*id, result), resultText(*id, result));
  });

  auto* cancel = app.add_subcommand("cancel-job", "End a stopped job");
  auto keep = std::make_shared<bool>(false);
  cancel->add_option("job", *id, "The job's number, as `jobs` lists it")->required();
  cancel->add_flag("--keep", *keep, "Make a playable file of what is done");
  cancel->add_flag("--json", *json, "One JSON document on standard output");
  cancel->callback([=] {
    Store store;
    store.adoptOrphans();
    const auto result = cancelJob(store, *id, *keep);
    printResult(*json, resultJson(*id, result), *keep ? resultText(*id, result) : "Cancelled.\n");
  });
}

}  // namespace fw::cli
