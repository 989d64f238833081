#include "ui/slowmo/latest_task.h"

#include <utility>

namespace fw {

LatestTask::LatestTask(QObject* parent) : QObject(parent) {
  connect(&task_, &Task::finished, this, [this] { end(nullptr); });
  connect(&task_, &Task::failed, this, [this](const QString& error) { end(&error); });
}

void LatestTask::put(Question question) {
  if (!task_.running()) return begin(std::move(question));
  waiting_ = std::move(question);
  overtaken_ = true;
  task_.requestStop();
}

void LatestTask::forget() {
  waiting_.reset();
  overtaken_ = true;
  task_.requestStop();
}

void LatestTask::begin(Question question) {
  current_ = std::move(question);
  overtaken_ = false;
  task_.start(current_.work);
}

void LatestTask::end(const QString* error) {
  const auto ended = std::exchange(current_, {});
  const bool overtaken = overtaken_;
  if (waiting_) begin(*std::exchange(waiting_, std::nullopt));
  if (overtaken) return;
  if (error == nullptr)
    ended.answer();
  else if (ended.failed)
    ended.failed(*error);
}

}  // namespace fw
