#include "ui/work/task.h"

#include <QMetaObject>
#include <exception>

#include "core/base/log.h"

namespace fw {

Task::Task(QObject* parent) : QObject(parent) {}

Task::~Task() = default;  // jthread requests stop and joins

void Task::start(Work work) {
  Q_ASSERT(!running_);
  running_ = true;
  thread_ = std::jthread([this, work = std::move(work)](std::stop_token stop) {
    QString message;
    try {
      work(stop);
    } catch (const std::exception& error) {
      message = QString::fromUtf8(error.what());
      logLine(error.what());
    }
    QMetaObject::invokeMethod(
        this,
        [this, message] {
          running_ = false;
          if (message.isEmpty())
            Q_EMIT finished();
          else
            Q_EMIT failed(message);
        },
        Qt::QueuedConnection);
  });
}

void Task::requestStop() { thread_.request_stop(); }

}  // namespace fw
