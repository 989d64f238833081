#pragma once
#include <QObject>
#include <QPointer>
#include <filesystem>
#include <functional>
#include <thread>

#include "core/base/bounded_queue.h"
#include "core/store/store.h"

namespace fw {

/// The window's way to the store: questions are answered in order on a thread of their own, so that a slow
/// disk never holds the window up. What was asked before the end is still done before the program ends.
class StoreThread : public QObject {
  Q_OBJECT
 public:
  explicit StoreThread(std::filesystem::path folder = dataHome(), QObject* parent = nullptr);
  ~StoreThread() override;

  const std::filesystem::path& folder() const { return folder_; }

  /// `question(store)` runs on the store's thread; `answer(result)` on the UI thread, unless `receiver` is
  /// gone by then. What the question throws is given to `failed`, or emitted.
  template <class Question, class Answer>
  void ask(QObject* receiver, Question question, Answer answer, std::function<void(QString)> failed = {}) {
    post(
        receiver,
        [question = std::move(question),
         answer = std::move(answer)](Store& store) mutable -> std::function<void()> {
          if constexpr (std::is_void_v<decltype(question(store))>) {
            question(store);
            return [answer = std::move(answer)]() mutable { answer(); };
          } else {
            auto result = std::make_shared<decltype(question(store))>(question(store));
            return [answer = std::move(answer), result]() mutable { answer(std::move(*result)); };
          }
        },
        std::move(failed));
  }
  /// To change something nobody waits for.
  template <class Change>
  void tell(Change change) {
    ask(this, std::move(change), [] {});
  }

 Q_SIGNALS:
  void failed(const QString& message);

 private:
  using Job = std::function<void(std::unique_ptr<Store>&)>;
  void post(QObject* receiver, std::function<std::function<void()>(Store&)> work,
            std::function<void(QString)> onError);

  std::filesystem::path folder_;
  BoundedQueue<Job> jobs_;
  std::jthread thread_;
};

}  // namespace fw
