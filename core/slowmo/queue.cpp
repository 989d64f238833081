#include <algorithm>

#include "core/slowmo/job.h"

namespace fw {
namespace {

void swapPlaces(Store& store, const JobRecord& a, const JobRecord& b) {
  store.placeJob(a.id, b.position);
  store.placeJob(b.id, a.position);
}

}  // namespace

JobRecord replaceJob(Store& store, int64_t jobId, const SlowmoRequest& request) {
  const int64_t position = store.job(jobId).position;
  const JobRecord made = queueJob(store, request);
  try {
    store.deleteJob(jobId);
  } catch (...) {
    store.deleteJob(made.id);
    throw;
  }
  store.placeJob(made.id, position);
  return store.job(made.id);
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
