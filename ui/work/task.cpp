#include "ui/work/task.h"

#include <QMetaObject>
#include <exception>
#ifdef __linux__
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include "core/base/log.h"

namespace fw {

using namespace Qt::StringLiterals;
namespace {

/// Work uses every core there is; the window's own thread must still be the first to run when something is to
/// be drawn. On Linux every thread has a niceness of its own, and hands it on to the threads it makes.
void stepBackBehindTheWindow() {
#ifdef __linux__
  constexpr int kWorkerNiceness = 10;
  setpriority(PRIO_PROCESS, id_t(syscall(SYS_gettid)), kWorkerNiceness);
#endif
}

}  // namespace

Task::Task(QObject* parent) : QObject(parent) {}

Task::~Task() = default;  // jthread requests stop and joins

void Task::start(Work work) {
  Q_ASSERT(!running_);
  running_ = true;
  thread_ = std::jthread([this, work = std::move(work)](std::stop_token stop) {
    stepBackBehindTheWindow();
    QString message;
    try {
      work(stop);
    } catch (const std::exception& error) {
      logLine(error.what());
      message = QString::fromUtf8(error.what());
      if (message.isEmpty()) message = u"It failed and did not say why."_s;
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
