#include <algorithm>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "core/base/error.h"
#include "core/base/paths.h"
#include "core/slowmo/fingerprint.h"
#include "core/slowmo/job.h"
#include "core/slowmo/job_checks.h"
#include "core/slowmo/job_weights.h"
#include "core/store/folder_lock.h"

namespace fw {
namespace fs = std::filesystem;
namespace {

// A name without an ending gets that of what it will hold; in a folder the result gets a name of its own.
fs::path fullName(const SlowmoRequest& request, const VideoInfo& info) {
  const fs::path wanted = fs::absolute(request.output).lexically_normal();
  std::error_code ignored;
  const bool inside = fs::is_directory(wanted, ignored);
  if (!inside && wanted.has_extension()) return wanted;
  SlowmoRequest unnamed = request;
  unnamed.output.clear();
  const SlowmoChoices choices = choicesFor(unnamed, info);
  if (choices.kind == ResultKind::Pictures) return wanted;
  return inside ? outputIn(wanted, request, info) : fs::path(wanted.string() + "." + choices.ending);
}

SlowmoRequest complete(SlowmoRequest request, const VideoInfo& info) {
  for (auto& source : request.sources) source = fs::absolute(source).lexically_normal();
  request.output =
      request.output.empty() ? fs::absolute(suggestedOutput(request, info)) : fullName(request, info);
  checkName(request.output);
  request.settings = settingsOf(request).toJson();
  // "walk.png" asks for pictures: they are a folder of that name without the ending.
  if (const auto choices = choicesFor(request, info); choices.kind == ResultKind::Pictures) {
    request.settings["container"] = choices.ending;
    request.output = outputAs(choices.ending, request.output);
  }
  return request;
}

// Two jobs must not promise the same file: the later one gives way, also where two programs queue theirs at
// once. A name that a person gave may be meant for what a stopped job did not get to.
fs::path unclaimed(const Store& store, const JobRecord& job, const fs::path& wanted, bool named,
                   int64_t replaced) {
  std::set<fs::path> taken;
  for (const auto& other : store.jobs())
    if (other.id < job.id && other.id != replaced && !isOver(other) && !(named && other.state == "stopped"))
      taken.insert(other.request.value("output", std::string()));
  if (!taken.contains(wanted)) return wanted;
  const auto [stem, ending] = partsOf(wanted);
  const std::string plain = std::regex_replace(stem, std::regex(R"( \(\d+\)$)"), "") + ending;
  for (int number = 2;; ++number)
    if (const fs::path other = numbered(wanted.parent_path() / plain, number);
        !taken.contains(other) && !fs::exists(other))
      return other;
}

void swapPlaces(Store& store, const JobRecord& a, const JobRecord& b) {
  store.placeJob(a.id, b.position);
  store.placeJob(b.id, a.position);
}

// `replaced` makes room for it.
JobRecord queued(Store& store, const SlowmoRequest& asked, int64_t replaced) {
  const VideoInfo info = probe(asked);
  SlowmoRequest request = complete(asked, info);
  const SlowmoChoices choices = choicesFor(request, info);
  checkEncoder(choices);
  checkNotTheSource(request);
  checkFolderWritable(request.output);
  checkEngines(request);
  checkMoments(request, info);
  JobRecord job = store.createJob(toJson(request));
  try {
    const FolderLock settling(job.folder);  // no other program begins it before its name is its own
    if (!settingsOf(request).flag("overwrite"))
      job.request["output"] = unclaimed(store, job, request.output, !asked.output.empty(), replaced).string();
    rememberOrCheckSource(job.folder, request.sources);
    keepWeights(job);
    store.updateJob(job);
  } catch (...) {
    store.deleteJob(job.id);
    throw;
  }
  return job;
}

}  // namespace

JobRecord queueJob(Store& store, const SlowmoRequest& request) { return queued(store, request, 0); }

JobRecord replaceJob(Store& store, int64_t jobId, const SlowmoRequest& request) {
  const JobRecord before = store.job(jobId);
  if (isOver(before))
    throw Error("This job is over", "job " + std::to_string(jobId),
                "Queue a new one with the same settings.");
  const JobRecord made = queued(store, request, jobId);
  try {
    store.deleteJob(jobId);
  } catch (...) {
    store.deleteJob(made.id);
    throw;
  }
  store.placeJob(made.id, before.position);
  return store.job(made.id);
}

void moveJob(Store& store, int64_t jobId, int places) {
  store.job(jobId);  // throws when there is none
  for (int step = 0; step < std::abs(places); ++step) {
    auto jobs = store.jobs();
    std::erase_if(jobs, [&](const JobRecord& job) { return isOver(job) && job.id != jobId; });
    const auto here = std::ranges::find(jobs, jobId, &JobRecord::id);
    if (here == jobs.end() || here == (places < 0 ? jobs.begin() : std::prev(jobs.end()))) return;
    swapPlaces(store, *here, places < 0 ? *std::prev(here) : *std::next(here));
  }
}

}  // namespace fw
