#include "ui/slowmo/job_queue.h"

#include <algorithm>
#include <cmath>

namespace fw {

using namespace Qt::StringLiterals;

QString spanText(double seconds) {
  const auto whole = static_cast<qint64>(std::ceil(std::max(seconds, 0.0)));
  if (whole < 60) return u"%1 s"_s.arg(whole);
  if (whole < 3600) return u"%1 min %2 s"_s.arg(whole / 60).arg(whole % 60, 2, 10, QChar(u'0'));
  return u"%1 h %2 min"_s.arg(whole / 3600).arg(whole / 60 % 60, 2, 10, QChar(u'0'));
}

JobQueue::JobQueue(std::filesystem::path storeFolder, QObject* parent)
    : QObject(parent), desk_(storeFolder), runner_(std::move(storeFolder)) {
  connect(&desk_, &JobDesk::changed, this, [this] {
    if (going_) runNext();
    Q_EMIT changed();
  });
  connect(&desk_, &JobDesk::added, this, [this] { start(); });
  connect(&runner_, &JobRunner::news, this, [this](const JobNews& said) {
    if (said.progress) progress_ = *said.progress;
    Q_EMIT news(said);
  });
  connect(&runner_, &JobRunner::ended, this, &JobQueue::onEnded);
}

void JobQueue::add(const SlowmoRequest& request) { desk_.add(request); }

void JobQueue::start() {
  going_ = true;
  runNext();
}

void JobQueue::makeNext(int64_t id) {
  desk_.move(id, -static_cast<int>(desk_.jobs().size()), [this] {
    if (!runner_.paused()) return;
    displaced_ = runner_.job();
    runner_.stop();
  });
}

void JobQueue::goOn(int64_t id) {
  if (running(id)) {
    runner_.resume();
    sleepGuard_.hold();
    Q_EMIT changed();
    return;
  }
  ran_.erase(id);
  going_ = true;
  desk_.requeue(id);  // its news starts it
}

void JobQueue::pause() {
  runner_.pause();
  sleepGuard_.release();
  Q_EMIT changed();
}

void JobQueue::cancel(int64_t id, bool keepWhatIsDone) {
  if (!running(id)) return desk_.cancel(id, keepWhatIsDone);
  toCancel_[id] = keepWhatIsDone;
  runner_.stop();
}

void JobQueue::remove(int64_t id) {
  if (!running(id)) desk_.remove(id);
}

void JobQueue::stopAndKeep() {
  going_ = false;
  runner_.stop();
}

double JobQueue::secondsLeft() const {
  if (!runner_.running() || progress_.secondsLeft < 0 || progress_.fpsOut <= 0) return -1;
  double seconds = progress_.secondsLeft;
  for (const auto& card : desk_.jobs())
    if (card.waits()) seconds += static_cast<double>(card.frames) / progress_.fpsOut;
  return seconds;
}

void JobQueue::runNext() {
  if (runner_.running()) return;
  const auto& jobs = desk_.jobs();
  const auto next = std::ranges::find_if(
      jobs, [&](const JobCard& card) { return card.waits() && !ran_.contains(card.record.id); });
  if (next == jobs.end()) {
    if (finished_ + failed_ > 0) Q_EMIT allDone(finished_, failed_);
    going_ = false;
    finished_ = failed_ = 0;
    return;
  }
  const int64_t id = next->record.id;
  ran_.insert(id);
  progress_ = {};
  runner_.run(id);
  sleepGuard_.hold();
  Q_EMIT jobStarted(id);
  desk_.refresh();
}

void JobQueue::onEnded(qint64 job, const JobResult& result, const QString& error) {
  sleepGuard_.release();
  if (const auto wanted = toCancel_.extract(job); !wanted.empty() && result.state != "done") {
    desk_.cancel(job, wanted.mapped());
  } else if (!error.isEmpty()) {
    ++failed_;
  } else if (result.state == "done") {
    ++finished_;
    lastOutput_ = result.output;
  } else if (job == displaced_) {
    ran_.erase(job);
    desk_.requeue(job);
  }
  displaced_ = 0;
  Q_EMIT jobEnded(job, error);
  desk_.refresh();  // its news starts the next one
}

}  // namespace fw
