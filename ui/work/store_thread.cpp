#include "ui/work/store_thread.h"

#include <QMetaObject>

#include "core/base/log.h"

namespace fw {
namespace {
constexpr std::size_t kLongestQueue = 4096;  ///< far more than clicks make
}

StoreThread::StoreThread(std::filesystem::path folder, QObject* parent)
    : QObject(parent), folder_(std::move(folder)), jobs_(kLongestQueue), thread_([this] {
        std::unique_ptr<Store> store;  // opened by the first question, so that its error reaches somebody
        while (auto job = jobs_.pop({})) (*job)(store);
      }) {}

StoreThread::~StoreThread() {
  jobs_.close();
  thread_.join();
}

void StoreThread::post(QObject* receiver, std::function<std::function<void()>(Store&)> work,
                       std::function<void(QString)> onError) {
  jobs_.push(
      [this, receiver = QPointer<QObject>(receiver), work = std::move(work),
       onError = std::move(onError)](std::unique_ptr<Store>& store) {
        std::function<void()> news;
        try {
          if (!store) store = std::make_unique<Store>(folder_);
          news = work(*store);
        } catch (const std::exception& error) {
          logLine(error.what());
          news = [this, onError, message = QString::fromUtf8(error.what())] {
            onError ? onError(message) : Q_EMIT failed(message);
          };
        }
        // The receiver may only be looked at where it lives; this object outlives the queue.
        QMetaObject::invokeMethod(
            this,
            [receiver, news = std::move(news)] {
              if (receiver) news();
            },
            Qt::QueuedConnection);
      },
      {});
}

}  // namespace fw
