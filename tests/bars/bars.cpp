#include <chrono>
#include <cstdio>
#include <iostream>

#include "core/base/blas.h"
#include "core/base/error.h"
#include "core/experiments/catalog.h"
#include "tests/bars/bar_list.h"
#include "tests/core/store/temporary_folder.h"
#include "tests/processor_time.h"

/// Trains what has a bar to reach, one after the other, and prints the table for the README.
namespace fw {
namespace {

using Clock = std::chrono::steady_clock;

double secondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

constexpr double kCores = 2;

/// Keeps the last loss and the baselines, and stops the run when its time is over: its share of two cores,
/// whatever else the machine does.
class Watch : public TrainObserver {
 public:
  Watch(double limit, std::stop_source& stop) : limit_(limit), stop_(stop) {}
  void onScalars(int64_t step, double seconds, const Scalars& scalars) override {
    loss = scalars.at("loss");
    if (processorSeconds() - processorBefore_ > kCores * limit_) stop_.request_stop();
    if (secondsSince(said_) < 5) return;
    said_ = Clock::now();
    std::fprintf(stderr, "\r  step %lld, %.0f s, loss %.3g   ", static_cast<long long>(step), seconds, loss);
  }
  void onScores(int64_t, double, const Scores& now, bool) override { scores = now; }
  void onBaselines(const Scores& now) override { baselines = now; }

  double loss = 0;
  Scores scores, baselines;

 private:
  const double limit_, processorBefore_ = processorSeconds();
  std::stop_source& stop_;
  Clock::time_point said_ = Clock::now();
};

/// One line of the table; false when the bar was missed.
bool jumped(const Bar& bar) {
  const auto line = [&](const std::string& reached, const std::string& time) {
    std::cout << "| " << bar.name << " | " << bar.wanted << " | " << reached << " | " << time << " |"
              << std::endl;
  };
  for (const auto& path : bar.needs)
    if (!std::filesystem::exists(path)) {
      line("skipped: data absent", "");
      return true;
    }
  TemporaryFolder folder;
  Store store{folder.path()};
  std::stop_source stop;
  Watch watch(bar.seconds, stop);
  TrainControl control;
  const double processorBefore = processorSeconds();
  const auto result = startRun(store, bar.request, watch, control, stop.get_token());
  const double processor = processorSeconds() - processorBefore;
  std::fprintf(stderr, "\r%60s\r", "");
  const auto run = store.runs().front();
  char time[96];
  std::snprintf(time, sizeof time, "%.0f s of both cores (%.0f s by the clock), %lld steps",
                processor / kCores, run.seconds, static_cast<long long>(result.step));
  if (result.state == RunState::Failed) {
    line("FAILED: " + result.message, time);
    return false;
  }
  const auto verdict = bar.judge({watch.scores, watch.baselines, watch.loss, result.message});
  line((verdict.met ? "" : "MISSED: ") + verdict.reached, time);
  return verdict.met;
}

int run(const std::vector<std::string>& names) {
  const auto wanted = [&](const Bar& bar) {
    return names.empty() ||
           std::ranges::any_of(names, [&](const auto& name) { return bar.name.starts_with(name); });
  };
  std::cout << "| bar | wanted | reached | time |\n|---|---|---|---|" << std::endl;
  bool all = true;
  for (const auto& bar : bars(FW_SHARED_DATA))
    if (wanted(bar)) all = jumped(bar) && all;
  return all ? 0 : 1;
}

}  // namespace
}  // namespace fw

int main(int argc, char** argv) {
  fw::useFastBlas();
  try {
    return fw::run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::cerr << error.what() << std::endl;
    return 2;
  }
}
