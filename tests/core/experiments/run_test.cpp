#include <gmock/gmock.h>

#include "core/base/error.h"
#include "core/experiments/catalog.h"
#include "core/learn/experiment.h"
#include "core/learn/safetensors.h"
#include "tests/core/store/temporary_folder.h"

namespace fw {
namespace {

using testing::Contains;
using testing::HasSubstr;

RunRequest sanity(int64_t steps, nlohmann::json more = {}) {
  RunRequest request;
  request.experiment = "reconstruction-sanity";
  request.settings = {{"width", 32}, {"height", 24}};
  if (more.is_object()) request.settings.update(more);
  request.steps = steps;
  request.threads = 1;
  return request;
}

std::string complaint(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& error) {
    return error.what();
  }
  return "accepted";
}

struct Bench {
  TemporaryFolder folder;
  Store store{folder.path()};
  TrainObserver nobody;
  TrainControl control;
  int64_t id = 0;

  RunResult start(const RunRequest& request) {
    return startRun(store, request, nobody, control, {}, [this](int64_t created) { id = created; });
  }
  RunResult resume(int64_t steps) { return resumeRun(store, id, steps, nobody, control, {}); }
  std::vector<double> losses() {
    std::vector<double> values;
    const Series all = store.scalars(id);
    for (const auto& point : all.at("loss")) values.push_back(point.value);
    return values;
  }
};

}  // namespace

TEST(Run, GoesFromARequestToARecordWithEverythingInIt) {
  Bench bench;
  const RunResult result = bench.start(sanity(20));
  EXPECT_EQ(result.state, RunState::Finished);
  const RunRecord run = bench.store.run(bench.id);
  EXPECT_EQ(run.state, RunState::Finished);
  EXPECT_EQ(run.request.settings.at("width"), 32);
  EXPECT_EQ(run.request.settings.at("bottleneck"), 10) << "defaults are kept too";
  EXPECT_THAT(run.codeVersion, testing::StartsWith("0."));
  EXPECT_GE(run.bestStep, 0);
  EXPECT_THAT(bench.store.scalars(bench.id).at("mae").size(), 20);
  EXPECT_FALSE(bench.store.baselines(bench.id).empty());
  const Metadata header = readSafetensorsMetadata(weightsFile(run.folder, Weights::Last));
  EXPECT_EQ(header.at("experiment"), "reconstruction-sanity");
  EXPECT_EQ(nlohmann::json::parse(header.at("settings")).at("bottleneck"), 10);
  EXPECT_EQ(header.at("format"), "pt");
}

TEST(Run, IsResumedWithAnotherLearningRate) {
  Bench bench;
  bench.start(sanity(10));
  bench.control.setLearningRate(0.00025);
  bench.resume(12);
  const Series all = bench.store.scalars(bench.id);
  const auto& rates = all.at("learning_rate");
  EXPECT_EQ(rates.back().step, 11);
  EXPECT_EQ(rates.back().value, 0.00025);
}

TEST(Run, TheSameRequestGivesTheSameRunAndAnotherSeedAnother) {
  Bench a, b, c;
  auto other = sanity(15);
  other.seed = 2;
  a.start(sanity(15));
  b.start(sanity(15));
  c.start(other);
  EXPECT_EQ(a.losses(), b.losses());
  EXPECT_NE(a.losses(), c.losses());
}

TEST(Run, ResumedItIsTheSameAsInOneGo) {
  Bench whole, parts;
  whole.start(sanity(30));
  parts.start(sanity(12));
  EXPECT_EQ(parts.resume(30).step, 30);
  EXPECT_EQ(parts.losses(), whole.losses());
  EXPECT_EQ(parts.store.run(parts.id).request.steps, 30);
}

TEST(Run, ResumedItIsTheSameWhenBatchesAreMadeAhead) {
  const std::vector<std::pair<std::string, nlohmann::json>> experiments{
      {"grid-completion", {{"size", 40}, {"hole", 9}, {"width", 4}, {"batch", 2}}},
      {"blob-events", {{"size", "32"}, {"thin_out", 50}}}};
  for (const auto& [experiment, settings] : experiments) {
    RunRequest request;
    request.experiment = experiment;
    request.settings = settings;
    request.threads = 1;
    Bench whole, parts;
    request.steps = 6;
    whole.start(request);
    request.steps = 3;
    parts.start(request);
    EXPECT_EQ(parts.resume(6).step, 6) << experiment;
    EXPECT_EQ(parts.losses(), whole.losses()) << experiment;
  }
}

/// Changes a setting while the run goes, and keeps that as a window does.
class ChangesAfter : public TrainObserver {
 public:
  ChangesAfter(Store& store, TrainControl& control, int64_t step, std::string parameter, Value value)
      : store_(store),
        control_(control),
        step_(step),
        parameter_(std::move(parameter)),
        value_(std::move(value)) {}
  void onScalars(int64_t step, double, const Scalars&) override {
    if (step != step_) return;
    control_.ask([this](Experiment& experiment) { change(experiment, parameter_, value_); });
    const auto run = store_.runs().front();
    auto request = run.request;
    request.settings[parameter_] = std::get<std::string>(value_);
    store_.setRunRequest(run.id, request);
  }

 private:
  Store& store_;
  TrainControl& control_;
  const int64_t step_;
  const std::string parameter_;
  const Value value_;
};

TEST(Run, AChangedLossIsKeptWhenARunGoesOn) {
  RunRequest request;
  request.experiment = "middle-frame-unet";
  request.settings = {{"width", "16"}, {"crop", 32}, {"batch", 2}, {"loss", "mse"}};
  request.threads = 1;
  const auto losses = [&](int64_t stopped) {
    Bench bench;
    ChangesAfter observer(bench.store, bench.control, 3, "loss", std::string("l1"));
    request.steps = stopped;
    startRun(bench.store, request, observer, bench.control, {}, [&](int64_t id) { bench.id = id; });
    if (stopped < 8) bench.resume(8);
    return bench.losses();
  };
  const auto whole = losses(8), resumed = losses(5);
  ASSERT_EQ(whole.size(), 8U);
  EXPECT_GT(whole[3], 1.5 * whole[2]) << "the next step already has the other loss";
  EXPECT_EQ(whole, resumed);
}

TEST(Run, ResumingAFinishedRunAsksForMoreSteps) {
  Bench bench;
  bench.start(sanity(5));
  EXPECT_THAT(complaint([&] { bench.resume(0); }), HasSubstr("already made its 5 steps"));
  EXPECT_THAT(complaint([&] { resumeRun(bench.store, 99, 0, bench.nobody, bench.control, {}); }),
              HasSubstr("run 99"));
}

TEST(Run, WhatCannotBeBuiltIsAFailedRunThatSaysWhy) {
  Bench bench;
  const RunResult result = bench.start(sanity(5, {{"pictures", {"/nowhere/a.png"}}}));
  EXPECT_EQ(result.state, RunState::Failed);
  EXPECT_THAT(result.message, HasSubstr("/nowhere/a.png"));
  EXPECT_EQ(bench.store.run(bench.id).message, result.message);
}

TEST(Run, WhatIsWrongIsSaidBeforeAnythingIsCreated) {
  Bench bench;
  auto request = sanity(5);
  request.device = "cuda:99";
  EXPECT_THAT(complaint([&] { bench.start(request); }), HasSubstr("cpu"));
  request = sanity(5, {{"width", 1}});
  EXPECT_THAT(complaint([&] { bench.start(request); }), HasSubstr("Width"));
  request = sanity(5);
  request.experiment = "reconstruction";
  EXPECT_THAT(complaint([&] { bench.start(request); }), HasSubstr("reconstruction-sanity"));
  request = sanity(-1);
  EXPECT_THAT(complaint([&] { bench.start(request); }), HasSubstr("steps"));
  EXPECT_TRUE(bench.store.runs().empty());
  EXPECT_THAT(devices(), Contains("cpu"));
}

TEST(Run, ATrainedExperimentCanBeUsed) {
  Bench bench;
  bench.start(sanity(200));
  const auto experiment = trainedExperiment(bench.store.run(bench.id), Weights::Best);
  const torch::NoGradGuard noGradients;
  const auto input = experiment->exampleInput();
  EXPECT_LT(torch::mse_loss(experiment->exampleOutput(), input).item<double>(), 1e-3);
}

TEST(Catalog, EveryExperimentCanBeToldApartAndExplainsItself) {
  std::set<std::string> ids;
  for (const auto& kind : catalog()) {
    EXPECT_TRUE(ids.insert(kind.id).second) << kind.id;
    EXPECT_FALSE(kind.title.empty() || kind.question.empty() || kind.scores.empty()) << kind.id;
    EXPECT_GT(kind.story.size(), 200u) << kind.id;
    EXPECT_GT(kind.defaultSteps, 0) << kind.id;
    EXPECT_NO_THROW(Settings(kind.schema)) << kind.id;
  }
}

TEST(Catalog, TellsTheLayersOfWhatARequestWouldBuild) {
  const auto tables = layerTables(sanity(1));
  ASSERT_EQ(tables.size(), 1u);
  EXPECT_EQ(tables[0].parameters, 32 * 24 * 3 * 21 + 10);
  EXPECT_EQ(tables[0].rows[0].name, "encoder");
  EXPECT_EQ(tables[0].rows[0].outputShape, "10");
  EXPECT_EQ(tables[0].multiplyAdds, 2 * 32 * 24 * 3 * 10);
}

}  // namespace fw
