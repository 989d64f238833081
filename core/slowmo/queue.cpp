#include <algorithm>

#include "core/slowmo/job.h"

namespace fw {
namespace {

void swapPlaces(Store& store, JobRecord a, JobRecord b) {
  std::swap(a.position, b.position);
  store.updateJob(a);
  store.updateJob(b);
}

}  // namespace

JobRecord replaceJob(Store& store, int64_t jobId, const SlowmoRequest& request) {
  const int64_t position = store.job(jobId).position;
  JobRecord made = queueJob(store, request);
  try {
    store.deleteJob(jobId);
  } catch (...) {
    store.deleteJob(made.id);
    throw;
  }
  made.position = position;
  store.updateJob(made);
  return made;
}

void moveJob(Store& store, int64_t jobId, int places) {
  store.job(jobId);  // throws when there is none
  for (int step = 0; step < std::abs(places); ++step) {
    const auto jobs = store.jobs();
    const auto here = std::ranges::find(jobs, jobId, &JobRecord::id);
    if (here == jobs.end()) return;
    if (places < 0 && here != jobs.begin()) swapPlaces(store, *here, *std::prev(here));
    if (places > 0 && std::next(here) != jobs.end()) swapPlaces(store, *here, *std::next(here));
  }
}

}  // namespace fw
