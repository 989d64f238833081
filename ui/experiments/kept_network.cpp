#include "ui/experiments/kept_network.h"

#include <memory>

#include "core/base/log.h"
#include "core/experiments/catalog.h"

namespace fw {
namespace {
constexpr std::size_t kLongestQueue = 256;  ///< far more than clicks make
}

KeptNetwork::KeptNetwork(std::filesystem::path store, int64_t runId)
    : jobs_(kLongestQueue), thread_([this, store = std::move(store), runId](std::stop_token stop) {
        std::shared_ptr<Experiment> experiment;
        while (auto job = jobs_.pop(stop)) try {
            if (!experiment) experiment = trainedExperiment(Store(store).run(runId), Weights::Last);
            job->question(*experiment);
          } catch (const std::exception& error) {
            logLine(error.what());
            job->failed(QString::fromUtf8(error.what()));
          }
      }) {}

void KeptNetwork::ask(std::function<void(Experiment&)> question, std::function<void(const QString&)> failed) {
  jobs_.push({std::move(question), std::move(failed)}, {});
}

}  // namespace fw
