#include "core/learn/trainer.h"

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <set>

#include "core/base/error.h"
#include "core/learn/checkpoint.h"
#include "tests/core/learn/small_experiment.h"
#include "tests/core/store/temporary_folder.h"

namespace fw {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using Optimizer = SmallExperiment::Optimizer;

/// A store with one run in it, and the training of it.
struct Bench {
  TemporaryFolder folder;
  Store store{folder.path()};
  int64_t id = store.createRun({"small", {}}, "test").id;
  TrainObserver nobody;
  TrainControl control;
  std::stop_source stop;

  RunResult train(Experiment& experiment, int64_t steps, TrainObserver* observer = nullptr) {
    RunWriter writer(folder.path(), id);
    return fw::train(experiment, {steps, "validation/loss", true, {{"experiment", "small"}}}, writer,
                     observer ? *observer : nobody, control, stop.get_token());
  }

  std::vector<double> losses() { return curve("loss"); }
  std::vector<double> curve(const std::string& name) {
    std::vector<double> values;
    const Series all = store.scalars(id);
    for (const auto& point : all.at(name)) values.push_back(point.value);
    return values;
  }
  RunRecord run() { return store.run(id); }
};

std::vector<double> uninterrupted(Optimizer kind, int64_t steps) {
  Bench bench;
  SmallExperiment experiment(kind);
  bench.train(experiment, steps);
  return bench.losses();
}

class StatesSeen : public TrainObserver {
 public:
  void onState(RunState state) override { seen = state; }
  void onScalars(int64_t step, double, const Scalars&) override { steps = step; }
  void onScores(int64_t step, double, const Scores&, bool best) override {
    looks.push_back(step);
    if (best) bests.push_back(step);
  }
  void onBaselines(const Scores& scores) override { baselines = scores; }
  std::atomic<RunState> seen{RunState::Queued};
  std::atomic<int64_t> steps{0};
  std::vector<int64_t> looks, bests;
  Scores baselines;
};

template <class Condition>
bool eventually(Condition condition) {
  const auto end = std::chrono::steady_clock::now() + 20s;
  while (!condition() && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(1ms);
  return condition();
}

}  // namespace

TEST(Trainer, MakesTheStepsAskedForAndKeepsEveryLoss) {
  Bench bench;
  SmallExperiment experiment;
  StatesSeen observer;
  const RunResult result = bench.train(experiment, 30, &observer);
  EXPECT_EQ(result.state, RunState::Finished);
  EXPECT_EQ(result.step, 30);
  EXPECT_EQ(observer.seen, RunState::Finished);
  EXPECT_EQ(bench.run().state, RunState::Finished);
  EXPECT_EQ(bench.run().step, 30);
  EXPECT_GT(bench.run().seconds, 0);
  EXPECT_EQ(bench.losses().size(), 30u);
  EXPECT_LT(bench.losses().back(), bench.losses().front());
  EXPECT_EQ(bench.store.baselines(bench.id).at("validation/loss (predict zero)"), 0.2);
  EXPECT_EQ(observer.baselines.size(), 1u);
}

TEST(Trainer, LooksMoreSeldomAsTheRunGrows) {
  Bench bench;
  SmallExperiment experiment;
  StatesSeen observer;
  const RunResult result = bench.train(experiment, 130, &observer);
  EXPECT_THAT(observer.looks, ElementsAre(0, 1, 2, 5, 10, 20, 50, 100, 130));
  EXPECT_THAT(bench.store.snapshotSteps(bench.id), ElementsAre(0, 1, 2, 5, 10, 20, 50, 100, 130));
  EXPECT_EQ(bench.store.snapshot(bench.id, 50)[0].frames[0].image.at<uchar>(0, 0), 50);
  EXPECT_EQ(bench.store.scores(bench.id).at("validation/loss").size(), 9u);
  EXPECT_EQ(result.scores.size(), 1u);
  EXPECT_TRUE(experiment.inEvaluationMode);
  EXPECT_TRUE(experiment.net()->is_training());
}

TEST(Trainer, MilestonesThinOut) {
  for (const int64_t step : {0, 1, 2, 5, 10, 20, 50, 100, 2000, 500000})
    EXPECT_TRUE(isMilestone(step)) << step;
  for (const int64_t step : {3, 4, 7, 15, 30, 101, 250, 1500}) EXPECT_FALSE(isMilestone(step)) << step;
}

TEST(Trainer, LookingDoesNotChangeWhatIsLearnt) {
  Bench often, seldom;
  SmallExperiment experiment;
  StatesSeen observer;
  often.train(experiment, 100, &observer);
  // The other one is stopped and resumed at every step, which looks at it each time.
  SmallExperiment same;
  for (int step = 1; step <= 100; ++step) {
    seldom.train(same, step);
  }
  EXPECT_GT(same.evaluations, 2 * experiment.evaluations);
  EXPECT_EQ(often.losses(), seldom.losses());
}

class ResumesExactly : public testing::TestWithParam<Optimizer> {};

TEST_P(ResumesExactly, AfterAStop) {
  constexpr int64_t kSteps = 60, kStopAt = 23;
  Bench bench;
  {
    SmallExperiment first(GetParam());
    first.beforeStep = [&](int64_t step) {
      if (step == kStopAt) bench.stop.request_stop();  // this step is still made
    };
    EXPECT_EQ(bench.train(first, kSteps).state, RunState::Stopped);
    EXPECT_EQ(bench.run().state, RunState::Stopped);
    EXPECT_EQ(bench.run().step, kStopAt);
  }
  bench.stop = {};
  torch::manual_seed(999);  // whatever happened in between
  SmallExperiment second(GetParam());
  EXPECT_EQ(bench.train(second, kSteps).state, RunState::Finished);
  EXPECT_EQ(bench.losses(), uninterrupted(GetParam(), kSteps)) << "bit for bit";
  EXPECT_EQ(bench.curve("made").back(), kSteps);
}

TEST_P(ResumesExactly, AfterItHadFinished) {
  Bench bench;
  SmallExperiment first(GetParam()), second(GetParam());
  bench.train(first, 10);
  bench.train(second, 25);
  EXPECT_EQ(bench.losses(), uninterrupted(GetParam(), 25));
}

INSTANTIATE_TEST_SUITE_P(Optimizers, ResumesExactly,
                         testing::Values(Optimizer::Adam, Optimizer::AdamW, Optimizer::Sgd));

TEST(Trainer, AKilledRunGoesOnFromItsLastCheckpointAndLosesSeconds) {
  constexpr int64_t kSteps = 100'000;
  Bench bench;
  const pid_t child = ::fork();
  if (child == 0) {
    torch::set_num_threads(1);
    SmallExperiment experiment;
    experiment.beforeStep = [](int64_t) { std::this_thread::sleep_for(2ms); };
    bench.train(experiment, kSteps);
    ::_exit(0);
  }
  ASSERT_TRUE(eventually([&] {
    return fs::exists(bench.run().folder / "checkpoints") &&
           !fs::is_empty(bench.run().folder / "checkpoints") && bench.run().seconds > 4.5;
  }));
  ::kill(child, SIGKILL);
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status));

  const RunRecord killed = bench.run();
  EXPECT_EQ(killed.state, RunState::Running);
  bench.store.adoptOrphans();
  EXPECT_EQ(bench.run().state, RunState::Stopped);
  const auto before = bench.losses();

  torch::set_num_threads(1);
  SmallExperiment experiment;
  StatesSeen observer;
  const int64_t goal = killed.step + 20;
  EXPECT_EQ(bench.train(experiment, goal, &observer).state, RunState::Finished);
  const int64_t resumedAt = observer.looks.front();
  EXPECT_GT(resumedAt, 0);
  EXPECT_LT(killed.seconds -
                bench.store.scalars(bench.id).at("loss")[static_cast<std::size_t>(resumedAt) - 1].seconds,
            5.0);
  const auto after = bench.losses();
  EXPECT_EQ(after.size(), static_cast<std::size_t>(goal));
  EXPECT_TRUE(std::equal(before.begin(), before.end(), after.begin()))
      << "the repeated steps are the same again";
}

TEST(Trainer, StopsAtANumberThatIsNoneAndSaysWhatToTry) {
  Bench bench;
  SmallExperiment experiment;
  experiment.pretendLoss = [](int64_t step) { return step == 7 ? NAN : 1.0; };
  const RunResult result = bench.train(experiment, 100);
  EXPECT_EQ(result.state, RunState::Failed);
  EXPECT_EQ(result.step, 7);
  EXPECT_THAT(result.message, HasSubstr("NaN at step 7"));
  EXPECT_THAT(result.message, HasSubstr("smaller learning rate (it was 0.01)"));
  EXPECT_EQ(bench.run().state, RunState::Failed);
  EXPECT_EQ(bench.run().message, result.message);
  EXPECT_EQ(bench.losses().size(), 7u) << "the NaN can be seen in the curve";
}

TEST(Trainer, StopsWhenTheLossDiverges) {
  Bench bench;
  SmallExperiment experiment;
  experiment.pretendLoss = [](int64_t step) { return 0.5 * std::pow(1.5, static_cast<double>(step)); };
  const RunResult result = bench.train(experiment, 1000);
  EXPECT_EQ(result.state, RunState::Failed);
  EXPECT_THAT(result.message, HasSubstr("diverges"));
  EXPECT_LT(result.step, 60);
}

TEST(Trainer, StopsWhenTheFirstStepsLoseEverything) {
  Bench bench;
  SmallExperiment experiment;
  experiment.pretendLoss = [](int64_t step) { return step < 3 ? 0.13 : 4e5; };
  const RunResult result = bench.train(experiment, 1000);
  EXPECT_EQ(result.state, RunState::Failed);
  EXPECT_THAT(result.message, HasSubstr("grown from 0.13"));
}

TEST(Trainer, DoesNotTakeASpikeOrATinyLossForDivergence) {
  for (const auto& loss :
       std::vector<std::function<double(int64_t)>>{[](int64_t step) { return step == 20 ? 900.0 : 0.5; },
                                                   [](int64_t step) { return step < 15 ? 1e-9 : 1e-3; },
                                                   [](int64_t step) { return -static_cast<double>(step); }}) {
    Bench bench;
    SmallExperiment experiment;
    experiment.pretendLoss = loss;
    EXPECT_EQ(bench.train(experiment, 60).state, RunState::Finished);
  }
}

TEST(Trainer, NeverKeepsWeightsThatAreNoNumbers) {
  Bench bench;
  SmallExperiment experiment;
  experiment.beforeStep = [&](int64_t step) {
    if (step != 9) return;
    const torch::NoGradGuard noGradients;
    experiment.net()->parameters()[0].fill_(NAN);
  };
  EXPECT_EQ(bench.train(experiment, 100).state, RunState::Failed);
  for (const auto& entry : fs::recursive_directory_iterator(bench.run().folder)) {
    if (entry.path().extension() != ".safetensors") continue;
    for (const auto& [name, tensor] : readSafetensors(entry.path()).tensors)
      EXPECT_TRUE(!tensor.is_floating_point() || torch::isfinite(tensor).all().item<bool>())
          << entry.path() << name;
  }
}

TEST(Trainer, KeepsTheWeightsOfTheBestStep) {
  Bench bench;
  SmallExperiment experiment;
  experiment.pretendScore = [](int64_t step) { return std::abs(static_cast<double>(step) - 20) + 1; };
  StatesSeen observer;
  bench.train(experiment, 60, &observer);
  EXPECT_THAT(observer.bests, ElementsAre(0, 1, 2, 5, 10, 20));
  EXPECT_EQ(bench.run().bestStep, 20);
  EXPECT_EQ(bench.run().bestScore, 1);
  const Safetensors best = readSafetensors(weightsFile(bench.run().folder, Weights::Best));
  EXPECT_EQ(best.metadata.at("step"), "20");
  EXPECT_EQ(best.metadata.at("experiment"), "small");
  const Safetensors last = readSafetensors(weightsFile(bench.run().folder, Weights::Last));
  EXPECT_EQ(last.metadata.at("step"), "60");
  EXPECT_FALSE(torch::equal(best.tensors.at("0.weight"), last.tensors.at("0.weight")));
  EXPECT_TRUE(torch::equal(last.tensors.at("0.weight"), experiment.net()->named_parameters()["0.weight"]));
  EXPECT_EQ(last.tensors.at("1.num_batches_tracked").item<int64_t>(), 60);
}

TEST(Trainer, ABestStepStaysBestAfterResuming) {
  Bench bench;
  SmallExperiment first, second;
  first.pretendScore = [](int64_t step) { return step == 5 ? 1.0 : 2.0; };
  second.pretendScore = [](int64_t) { return 1.5; };
  bench.train(first, 8);
  bench.train(second, 30);
  EXPECT_EQ(bench.run().bestStep, 5);
  EXPECT_EQ(readSafetensors(weightsFile(bench.run().folder, Weights::Best)).metadata.at("step"), "5");
}

TEST(Trainer, PausesStepsOnceAndGoesOn) {
  Bench bench;
  SmallExperiment experiment;
  StatesSeen observer;
  bench.control.pause();
  RunResult result;
  std::jthread thread([&] { result = bench.train(experiment, 500, &observer); });
  ASSERT_TRUE(eventually([&] { return observer.seen == RunState::Paused; }));
  EXPECT_EQ(observer.steps, 0);
  EXPECT_EQ(Store(bench.folder.path()).run(bench.id).state, RunState::Paused);
  bench.control.stepOnce();
  bench.control.stepOnce();
  ASSERT_TRUE(eventually([&] { return observer.steps == 2; }));
  std::this_thread::sleep_for(30ms);
  EXPECT_EQ(observer.steps, 2);
  EXPECT_TRUE(bench.control.paused());
  bench.control.resume();
  thread.join();
  EXPECT_EQ(result.state, RunState::Finished);
  EXPECT_EQ(observer.steps, 500);
}

TEST(Trainer, AQuestionIsAnsweredByTheRunningTrainingAndChangesNothing) {
  Bench bench;
  SmallExperiment experiment;
  std::vector<int64_t> askedBefore;
  std::set<std::thread::id> threads;
  bool onlyLooked = true;
  int64_t made = 0;
  experiment.beforeStep = [&](int64_t step) {
    made = step;
    if (step % 5 != 0) return;
    bench.control.ask([&](Experiment& asked) {
      askedBefore.push_back(made);
      threads.insert(std::this_thread::get_id());
      onlyLooked = onlyLooked && &asked == &experiment && !experiment.net()->is_training() &&
                   !torch::GradMode::is_enabled();
      asked.state().random->uniform();  // it may draw numbers …
      torch::rand({3});                 // … of either kind
    });
  };
  bench.train(experiment, 20);
  EXPECT_THAT(askedBefore, ElementsAre(5, 10, 15, 20)) << "each right after the step in which it was asked";
  EXPECT_THAT(threads, ElementsAre(std::this_thread::get_id())) << "the one that trains";
  EXPECT_TRUE(onlyLooked);
  EXPECT_TRUE(experiment.net()->is_training());
  EXPECT_EQ(bench.losses(), uninterrupted(Optimizer::Adam, 20));
}

TEST(Trainer, AQuestionIsAnsweredAtOnceWhilePaused) {
  Bench bench;
  SmallExperiment experiment;
  StatesSeen observer;
  bench.control.pause();
  std::jthread thread([&] { bench.train(experiment, 5, &observer); });
  ASSERT_TRUE(eventually([&] { return observer.seen == RunState::Paused; }));
  std::atomic<int> answers{0};
  for (int i = 0; i < 3; ++i) bench.control.ask([&](Experiment&) { ++answers; });
  EXPECT_TRUE(eventually([&] { return answers == 3; }));
  EXPECT_EQ(observer.steps, 0) << "it stays paused";
  bench.control.resume();
  thread.join();
  bench.control.ask([&](Experiment&) { ++answers; });
  EXPECT_EQ(answers, 3) << "nobody is there to answer any more";
}

TEST(Trainer, APausedRunCanBeStopped) {
  Bench bench;
  SmallExperiment experiment;
  StatesSeen observer;
  bench.control.pause();
  RunResult result;
  std::jthread thread([&] { result = bench.train(experiment, 0, &observer); });
  ASSERT_TRUE(eventually([&] { return observer.seen == RunState::Paused; }));
  bench.stop.request_stop();
  thread.join();
  EXPECT_EQ(result.state, RunState::Stopped);
}

TEST(Trainer, PausesDoNotCountAsTraining) {
  Bench bench;
  SmallExperiment experiment;
  StatesSeen observer;
  bench.control.pause();
  std::jthread thread([&] { bench.train(experiment, 5, &observer); });
  ASSERT_TRUE(eventually([&] { return observer.seen == RunState::Paused; }));
  const auto begun = std::chrono::steady_clock::now();
  std::this_thread::sleep_for(500ms);
  bench.control.resume();
  thread.join();
  const double all = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  EXPECT_LT(bench.run().seconds, all - 0.4);
}

TEST(Trainer, TakesANewLearningRateWhileItRunsAndKeepsItWhenResumed) {
  Bench bench;
  SmallExperiment experiment, again;
  experiment.beforeStep = [&](int64_t step) {
    if (step == 4) bench.control.setLearningRate(0.5);
  };
  bench.train(experiment, 10);
  const auto rates = bench.store.scalars(bench.id).at("learning_rate");
  ASSERT_EQ(rates.size(), 2u);
  EXPECT_EQ(rates[0].step, 1);
  EXPECT_EQ(rates[0].value, 0.01);
  EXPECT_EQ(rates[1].step, 5);
  EXPECT_EQ(rates[1].value, 0.5);
  bench.train(again, 12);
  EXPECT_EQ(bench.store.scalars(bench.id).at("learning_rate").back().value, 0.5);
  EXPECT_THROW(bench.control.setLearningRate(0), Error);
  EXPECT_THROW(bench.control.setLearningRate(NAN), Error);
}

TEST(Trainer, SaysTheShareOfTimeSpentWaitingForData) {
  class Waiting : public SmallExperiment {
   public:
    Scalars step() override {
      std::this_thread::sleep_for(10ms);
      Scalars scalars = SmallExperiment::step();
      scalars[kSecondsWaiting] = 0.005;
      return scalars;
    }
  };
  Bench bench;
  Waiting experiment;
  bench.train(experiment, 5);
  const double share = bench.curve("share of time waiting for data").back();
  EXPECT_GT(share, 0.05);
  EXPECT_LE(share, 0.5);
}

TEST(Trainer, AnExperimentThatThrowsFailsWithItsWords) {
  Bench bench;
  SmallExperiment experiment;
  experiment.beforeStep = [](int64_t step) {
    if (step == 3) throw Error("The clip ended", "walk.mp4", "Choose a longer one.");
  };
  const RunResult result = bench.train(experiment, 10);
  EXPECT_EQ(result.state, RunState::Failed);
  EXPECT_EQ(bench.run().message, "The clip ended: walk.mp4. Choose a longer one.");

  SmallExperiment broken;
  Bench other;
  broken.beforeStep = [](int64_t) { torch::zeros({2, 3}).matmul(torch::zeros({2, 3})); };
  EXPECT_THAT(other.train(broken, 10).message, HasSubstr("could not be trained"));
}

TEST(Trainer, ACheckpointOfAnotherNetworkIsRefused) {
  Bench bench;
  SmallExperiment experiment;
  bench.train(experiment, 3);
  class Wider : public SmallExperiment {
   public:
    LearningState state() override {
      auto whole = SmallExperiment::state();
      whole.modules.front().module = wide_.ptr();
      return whole;
    }
    torch::nn::Sequential wide_{torch::nn::Linear(4, 99)};
  } wider;
  const RunResult result = bench.train(wider, 10);
  EXPECT_EQ(result.state, RunState::Failed);
  EXPECT_THAT(result.message, HasSubstr("do not fit the network"));
}

TEST(Trainer, NoWeightsAreNamedBeforeThereAreAny) {
  Bench bench;
  EXPECT_THROW(weightsFile(bench.run().folder, Weights::Best), Error);
}

}  // namespace fw
