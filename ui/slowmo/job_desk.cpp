#include "ui/slowmo/job_desk.h"

#include <QTimer>
#include <algorithm>
#include <chrono>

#include "core/slowmo/analysis.h"

namespace fw {

namespace {

using namespace std::chrono_literals;

/// The command line works on the same store.
constexpr auto kLookEvery = 3s;

/// An estimate is a courtesy: a source that has gone away is told about when the job runs.
int64_t framesOf(const SlowmoRequest& request) {
  try {
    return estimate(request, probe(request)).frames;
  } catch (const std::exception&) {
    return 0;
  }
}

}  // namespace

bool JobCard::canGoOn() const {
  return record.state == "stopped" || record.state == "paused" || record.state == "failed";
}

JobDesk::JobDesk(std::filesystem::path storeFolder, QObject* parent)
    : QObject(parent), store_(std::move(storeFolder)) {
  connect(&store_, &StoreThread::failed, this, &JobDesk::failed);
  auto* again = new QTimer(this);
  connect(again, &QTimer::timeout, this, &JobDesk::refresh);
  again->start(kLookEvery);
  send([](Store& store) { store.adoptOrphans(); });
}

const JobCard* JobDesk::find(int64_t id) const {
  const auto found = std::ranges::find(jobs_, id, [](const JobCard& card) { return card.record.id; });
  return found == jobs_.end() ? nullptr : &*found;
}

void JobDesk::send(Errand errand, std::function<void()> then, std::function<void(QString)> failed) {
  store_.ask(
      this,
      [this, errand = std::move(errand)](Store& store) {
        errand(store);
        return cards(store);
      },
      [this, then = std::move(then)](std::vector<JobCard> cards) {
        jobs_ = std::move(cards);
        trouble_.clear();
        Q_EMIT changed();
        if (then) then();
      },
      std::move(failed));
}

std::vector<JobCard> JobDesk::cards(Store& store) {
  std::vector<JobCard> cards;
  for (auto& record : store.jobs()) {
    JobCard card;
    card.record = record;
    try {
      card.request = slowmoRequestFromJson(record.request);
    } catch (const std::exception& error) {
      card.record.message = error.what();
    }
    std::error_code ignored;
    card.resultExists = card.over() && std::filesystem::exists(card.request.output, ignored);
    if (!card.over() && !frames_.contains(record.id)) frames_[record.id] = framesOf(card.request);
    if (const auto known = frames_.find(record.id); known != frames_.end()) card.frames = known->second;
    cards.push_back(std::move(card));
  }
  return cards;
}

void JobDesk::refresh() {
  const auto failed = [this](const QString& message) {
    if (message != trouble_) Q_EMIT this->failed(message);  // once, not at every look
    trouble_ = message;
  };
  send([](Store& store) { store.adoptJobs(); }, {}, failed);  // a program may have died at its job
}

void JobDesk::add(const SlowmoRequest& request) {
  send([request](Store& store) { queueJob(store, request); }, [this] { Q_EMIT added(); },
       [this](const QString& message) { Q_EMIT refused(message); });
}

void JobDesk::replace(int64_t id, const SlowmoRequest& request, std::function<void()> then) {
  send([id, request](Store& store) { replaceJob(store, id, request); }, std::move(then));
}

void JobDesk::move(int64_t id, int places, std::function<void()> then) {
  send([id, places](Store& store) { moveJob(store, id, places); }, std::move(then));
}

void JobDesk::requeue(int64_t id) {
  send([id](Store& store) {
    auto job = store.job(id);
    job.state = "queued";
    job.message.clear();
    store.updateJob(job);
  });
}

void JobDesk::remove(int64_t id) {
  send([id](Store& store) { store.deleteJob(id); });
}

void JobDesk::cancel(int64_t id, bool keepWhatIsDone) {
  send([id, keepWhatIsDone](Store& store) { cancelJob(store, id, keepWhatIsDone); });
}

}  // namespace fw
