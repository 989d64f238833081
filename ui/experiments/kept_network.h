#pragma once
#include <QString>
#include <filesystem>
#include <functional>
#include <thread>

#include "core/base/bounded_queue.h"

namespace fw {

class Experiment;

/// The network that a run has left behind, loaded when it is first asked, on a thread of its own.
class KeptNetwork {
 public:
  KeptNetwork(std::filesystem::path store, int64_t runId);

  /// Both run on that thread; `failed` when there is no network to ask.
  void ask(std::function<void(Experiment&)> question, std::function<void(const QString&)> failed);

 private:
  struct Job {
    std::function<void(Experiment&)> question;
    std::function<void(const QString&)> failed;
  };
  BoundedQueue<Job> jobs_;
  std::jthread thread_;  // last: it uses the queue; its end drops what is still asked
};

}  // namespace fw
