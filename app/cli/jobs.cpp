#include "app/cli/jobs.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>

#include "app/cli/commands.h"
#include "app/cli/output.h"
#include "core/base/error.h"
#include "core/slowmo/so_far.h"
#include "core/store/folder_lock.h"

namespace fw::cli {
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

constexpr const char* kNumberHelp = "The job's number, as `jobs` lists it";

// Neither over nor being made by someone else, who may also have taken it off the list by now.
bool waits(const Store& store, int64_t id) {
  const auto jobs = store.jobs();
  const auto job = std::ranges::find(jobs, id, &JobRecord::id);
  if (job == jobs.end() || FolderLock::held(job->folder)) return false;
  return job->state == "queued" || job->state == "stopped" || job->state == "paused";
}

void runWaiting(bool json) {
  Store store;
  store.adoptOrphans();
  nlohmann::json document = nlohmann::json::array();
  std::string text;
  bool allDone = true, stopped = false;
  for (const auto& job : store.jobs()) {
    if (!waits(store, job.id)) continue;
    try {
      const auto result = runShowingProgress(store, job.id);
      document.push_back(resultJson(store, job.id, result));
      text += resultText(job.id, result);
      stopped = result.state == "stopped";
      if (stopped) break;
    } catch (const Error& error) {
      if (!waits(store, job.id)) continue;  // another program took it in the same moment
      // The others have nothing to do with it; this one says so again in `jobs`.
      std::cerr << error.what() << std::endl;
      document.push_back({{"job", job.id}, {"state", "stopped"}, {"error", error.what()}});
      allDone = false;
    }
  }
  printResult(json, document, text.empty() && allDone ? "No job waits.\n" : text);
  if (!allDone) throw CLI::RuntimeError(1);
  endIfStopped(stopped);
}

}  // namespace

nlohmann::json resultJson(const Store& store, int64_t job, const JobResult& result) {
  constexpr std::size_t kMostNamed = 5;
  nlohmann::json least = nlohmann::json::array();
  for (const auto& moment : worstMoments(confidenceCurve(store.job(job).folder), kMostNamed))
    least.push_back({{"seconds", moment.sourceTime}, {"confidence", moment.confidence}});
  return {{"job", job},
          {"state", result.state},
          {"output", result.output.string()},
          {"frames_in", result.framesIn},
          {"frames_out", result.framesOut},
          {"seconds", result.seconds},
          {"notes", result.notes},
          {"least_sure", least}};
}

std::string resultText(int64_t job, const JobResult& result) {
  if (result.state == "stopped")
    return "Stopped. Go on with: framewright-cli resume-job " + std::to_string(job) + "\n";
  if (result.output.empty()) return "Cancelled.\n";
  return result.output.string() + "\n" + std::to_string(result.framesIn) + " frames in, " +
         std::to_string(result.framesOut) + " out, " + clockTime(result.seconds) + "\n";
}

JobResult runShowingProgress(Store& store, int64_t job) {
  ProgressBar bar;
  JobBar observer(bar);
  JobControl control;
  return runJob(store, job, observer, control, interrupted());
}

void addJobCommands(CLI::App& app) {
  auto json = std::make_shared<bool>(false);
  auto id = std::make_shared<int64_t>(0);
  const auto command = [&](const std::string& name, const std::string& help, bool numbered) {
    auto* added = app.add_subcommand(name, help);
    if (numbered) added->add_option("job", *id, kNumberHelp)->required();
    added->add_flag("--json", *json, "One JSON document on standard output");
    return added;
  };
  command("jobs", "List slow-motion jobs, shared with the window", false)->callback([=] { listJobs(*json); });
  command("run-jobs", "Make every job that waits or was stopped, one after the other", false)->callback([=] {
    runWaiting(*json);
  });
  command("resume-job", "Go on with a job that was stopped or killed", true)->callback([=] {
    Store store;
    store.adoptOrphans();
    const auto result = runShowingProgress(store, *id);
    printResult(*json, resultJson(store, *id, result), resultText(*id, result));
    endIfStopped(result.state == "stopped");
  });
  auto keep = std::make_shared<bool>(false);
  auto* cancel = command("cancel-job", "End a stopped job", true);
  cancel->add_flag("--keep", *keep, "Make a playable file of what is done");
  cancel->callback([=] {
    Store store;
    store.adoptOrphans();
    const auto result = cancelJob(store, *id, *keep);
    std::string text = resultText(*id, result);
    for (const auto& note : result.notes) text += note + "\n";
    printResult(*json, resultJson(store, *id, result), text);
  });
  auto places = std::make_shared<int>(0);
  auto* move = command("move-job", "Make a job earlier or later than the others", true);
  move->add_option("places", *places, "How many places: -1 is one earlier, 1 one later")->required();
  move->callback([=] {
    Store store;
    moveJob(store, *id, *places);
    listJobs(*json);
  });
  command("remove-job", "Take a job off the list, with what it made so far; results stay", true)
      ->callback([=] {
        Store store;
        store.adoptOrphans();
        store.deleteJob(*id);
        printResult(*json, {{"removed", *id}}, "Removed.\n");
      });
  command("play-job", "Join what is made so far of a job, which may go on, to be looked at", true)
      ->callback([=] {
        Store store;
        const auto record = store.job(*id);
        const auto result = slowmoRequestFromJson(record.request).output;
        if (record.state == "cancelled" && !std::filesystem::exists(result))
          throw Error("This job was cancelled", "job " + std::to_string(*id), "Nothing of it was kept.");
        const auto file = isOver(record) ? result : joinSoFar(store, *id, interrupted());
        if (!file)
          throw Error("Nothing can be played yet", "job " + std::to_string(*id),
                      "The first seconds of the result are still being made.");
        printResult(*json, {{"job", *id}, {"file", file->string()}}, file->string() + "\n");
      });
}

}  // namespace fw::cli
