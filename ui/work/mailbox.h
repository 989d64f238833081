#pragma once
#include <QCoreApplication>
#include <QMetaObject>
#include <QObject>
#include <QTimer>
#include <functional>
#include <memory>
#include <mutex>

namespace fw {

/// Brings a task's news to the UI thread at most once per screen refresh. Worker threads merge what happened
/// into one `News`; the UI gets the sum of it. It may outlive its receiver safely: a worker keeps a
/// shared_ptr to it.
template <class News>
class Mailbox : public std::enable_shared_from_this<Mailbox<News>> {
 public:
  /// `deliver` runs on `receiver`'s thread, never after `receiver` died.
  static std::shared_ptr<Mailbox> create(QObject* receiver, std::function<void(News)> deliver) {
    std::shared_ptr<Mailbox> box(new Mailbox(receiver, std::move(deliver)));
    // Weak: the relay lives as long as the receiver, which may be longer than the mailbox.
    QObject::connect(box->relay_, &QObject::destroyed, box->relay_, [weak = std::weak_ptr<Mailbox>(box)] {
      if (const auto self = weak.lock()) {
        const std::scoped_lock lock(self->mutex_);
        self->relay_ = nullptr;
      }
    });
    return box;
  }

  /// Any thread. `merge` must be quick: it runs under the lock.
  template <class Merge>
  void post(Merge merge) {
    const std::scoped_lock lock(mutex_);
    merge(news_);
    if (scheduled_ || !relay_) return;
    scheduled_ = true;
    QMetaObject::invokeMethod(
        relay_, [self = this->shared_from_this()] { self->deliverSoon(); }, Qt::QueuedConnection);
  }

 private:
  static constexpr int kRefreshMilliseconds = 16;

  Mailbox(QObject* receiver, std::function<void(News)> deliver)
      : relay_(new QObject(receiver)), deliver_(std::move(deliver)) {}

  void deliverSoon() {
    QTimer::singleShot(kRefreshMilliseconds, relay_, [self = this->shared_from_this()] {
      News news;
      {
        const std::scoped_lock lock(self->mutex_);
        std::swap(news, self->news_);
        self->scheduled_ = false;
      }
      self->deliver_(std::move(news));
    });
  }

  std::mutex mutex_;
  News news_;
  bool scheduled_ = false;
  QObject* relay_;
  std::function<void(News)> deliver_;
};

}  // namespace fw
