#include "ui/slowmo/job_desk.h"

#include <QMetaObject>
#include <algorithm>

#include "core/base/log.h"

namespace fw {

namespace {

VideoInfo probeSources(const SlowmoRequest& request) {
  if (request.sources.empty()) throw std::runtime_error("no source");
  return request.sources.size() == 1 ? probe(request.sources.front()) : VideoReader(request.sources).info();
}

/// An estimate is a courtesy: a source that has gone away is told about when the job runs.
int64_t framesOf(const SlowmoRequest& request) {
  try {
    return estimate(request, probeSources(request)).frames;
  } catch (const std::exception&) {
    return 0;
  }
}

void swapPlaces(Store& store, JobRecord a, JobRecord b) {
  std::swap(a.position, b.position);
  store.updateJob(a);
  store.updateJob(b);
}

}  // namespace

bool JobCard::canGoOn() const {
  return record.state == "stopped" || record.state == "paused" || record.state == "failed";
}

JobDesk::JobDesk(std::filesystem::path storeFolder, QObject* parent)
    : QObject(parent), folder_(std::move(storeFolder)) {
  thread_ = std::jthread([this] {
    std::optional<Store> store;
    while (auto errand = errands_.pop({})) {
      try {
        if (!store) {
          store.emplace(folder_);
          store->adoptOrphans();
        }
        (*errand)(*store);
      } catch (const std::exception& error) {
        logLine(error.what());
        QMetaObject::invokeMethod(
            this, [this, text = QString::fromUtf8(error.what())] { Q_EMIT failed(text); },
            Qt::QueuedConnection);
      }
    }
  });
  refresh();
}

JobDesk::~JobDesk() { errands_.close(); }

const JobCard* JobDesk::find(int64_t id) const {
  const auto found = std::ranges::find(jobs_, id, [](const JobCard& card) { return card.record.id; });
  return found == jobs_.end() ? nullptr : &*found;
}

void JobDesk::send(Errand errand) { errands_.push(std::move(errand), {}); }

void JobDesk::report(Store& store) {
  std::vector<JobCard> cards;
  for (auto& record : store.jobs()) {
    JobCard card{record, {}, 0};
    try {
      card.request = slowmoRequestFromJson(record.request);
    } catch (const std::exception& error) {
      card.record.message = error.what();
    }
    if (!card.over() && !frames_.contains(record.id)) frames_[record.id] = framesOf(card.request);
    if (const auto known = frames_.find(record.id); known != frames_.end()) card.frames = known->second;
    cards.push_back(std::move(card));
  }
  QMetaObject::invokeMethod(
      this,
      [this, cards = std::move(cards)] {
        jobs_ = cards;
        Q_EMIT changed();
      },
      Qt::QueuedConnection);
}

void JobDesk::refresh() {
  send([this](Store& store) { report(store); });
}

void JobDesk::add(const SlowmoRequest& request) {
  send([this, request](Store& store) {
    const int64_t id = queueJob(store, request).id;
    report(store);
    QMetaObject::invokeMethod(
        this, [this, id] { Q_EMIT added(id); }, Qt::QueuedConnection);
  });
}

void JobDesk::replace(int64_t id, const SlowmoRequest& request) {
  send([this, id, request](Store& store) {
    const int64_t position = store.job(id).position;
    auto made = queueJob(store, request);  // checks it; throws, and then the old one stays
    store.deleteJob(id);
    made.position = position;
    store.updateJob(made);
    report(store);
  });
}

void JobDesk::move(int64_t id, int places) {
  send([this, id, places](Store& store) {
    for (int step = 0; step < std::abs(places); ++step) {
      const auto jobs = store.jobs();
      const auto here = std::ranges::find(jobs, id, &JobRecord::id);
      if (here == jobs.end()) break;
      if (places < 0 && here != jobs.begin()) swapPlaces(store, *here, *std::prev(here));
      if (places > 0 && std::next(here) != jobs.end()) swapPlaces(store, *here, *std::next(here));
    }
    report(store);
  });
}

void JobDesk::requeue(int64_t id) {
  send([this, id](Store& store) {
    auto job = store.job(id);
    job.state = "queued";
    job.message.clear();
    store.updateJob(job);
    report(store);
  });
}

void JobDesk::remove(int64_t id) {
  send([this, id](Store& store) {
    store.deleteJob(id);
    report(store);
  });
}

void JobDesk::cancel(int64_t id, bool keepWhatIsDone) {
  send([this, id, keepWhatIsDone](Store& store) {
    cancelJob(store, id, keepWhatIsDone);
    report(store);
  });
}

}  // namespace fw
