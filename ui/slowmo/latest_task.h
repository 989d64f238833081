#pragma once
#include <functional>
#include <memory>
#include <optional>

#include "ui/work/task.h"

namespace fw {

/// Answers one question at a time away from the UI thread. Of the questions that come while one is being
/// answered only the newest is ever worked on, and an overtaken answer is never given: for work that follows
/// a slider or a form.
class LatestTask : public QObject {
 public:
  explicit LatestTask(QObject* parent = nullptr);

  /// `work` runs on a thread, `answer` and `failed` on this one; exactly one of the two is called, unless
  /// overtaken.
  template <class Result>
  void ask(std::function<Result(std::stop_token)> work, std::function<void(Result)> answer,
           std::function<void(const QString&)> failed = {}) {
    const auto result = std::make_shared<std::optional<Result>>();
    put({[work = std::move(work), result](std::stop_token stop) { result->emplace(work(stop)); },
         [answer = std::move(answer), result] { answer(std::move(**result)); }, std::move(failed)});
  }
  void forget();  ///< nothing that was asked will be answered
  bool busy() const { return task_.running(); }

 private:
  struct Question {
    Task::Work work;
    std::function<void()> answer;
    std::function<void(const QString&)> failed;
  };
  void put(Question question);
  void begin(Question question);
  void end(const QString* error);

  std::optional<Question> waiting_;
  Question current_;
  bool overtaken_ = false;
  Task task_;
};

}  // namespace fw
