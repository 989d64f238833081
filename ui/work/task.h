#pragma once
#include <QObject>
#include <functional>
#include <stop_token>
#include <thread>

namespace fw {

/// Runs one core function on a thread of its own and says on the UI thread how it ended.
class Task : public QObject {
  Q_OBJECT
 public:
  using Work = std::function<void(std::stop_token)>;

  explicit Task(QObject* parent = nullptr);
  ~Task() override;  ///< asks the work to stop and waits for it

  void start(Work work);  ///< only while not running
  void requestStop();
  bool running() const { return running_; }

 Q_SIGNALS:
  void finished();                      ///< came to its end, or stopped as asked
  void failed(const QString& message);  ///< threw; the message is for people

 private:
  bool running_ = false;
  std::jthread thread_;
};

}  // namespace fw
