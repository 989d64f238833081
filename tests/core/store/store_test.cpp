#include "core/store/store.h"

#include <gmock/gmock.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <fstream>
#include <thread>

#include "core/base/error.h"
#include "core/store/folder_lock.h"
#include "tests/core/store/temporary_folder.h"

namespace fw {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

RunRequest request(const std::string& experiment = "sanity") {
  RunRequest made;
  made.experiment = experiment;
  made.settings = {{"width", 32}};
  made.steps = 100;
  made.seed = UINT64_MAX;
  made.threads = 2;
  return made;
}

std::string complaint(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

void executeSql(const fs::path& file, const char* sql) {
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &database), SQLITE_OK);
  char* message = nullptr;
  EXPECT_EQ(sqlite3_exec(database, sql, nullptr, nullptr, &message), SQLITE_OK) << message;
  sqlite3_close(database);
}

std::vector<double> valuesOf(const std::vector<Point>& points) {
  std::vector<double> values;
  for (const auto& point : points) values.push_back(point.value);
  return values;
}

Gallery gallery(int shade) {
  GalleryFrame input{"input", FrameRole::Input, cv::Mat(6, 8, CV_8UC3, cv::Scalar(1, 2, 3)), {}, 0, 30};
  GalleryFrame made{"made", FrameRole::Prediction, cv::Mat(6, 8, CV_8UC1, cv::Scalar(shade)), {}, -1, 1};
  made.animation = {cv::Mat(4, 4, CV_8UC1, cv::Scalar(1)), cv::Mat(4, 4, CV_8UC1, cv::Scalar(2))};
  return {{"sample “1”", {input, made}}};
}

/// What a killed program leaves behind: the child dies without running a single destructor.
template <class Work>
void inKilledChild(Work work) {
  const pid_t child = ::fork();
  if (child == 0) {
    work();
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status));
}

}  // namespace

TEST(Store, KeepsWhatWasAskedFor) {
  const TemporaryFolder folder;
  int64_t id = 0;
  {
    Store store(folder.path());
    id = store.createRun(request(), "0.1+abc").id;
    store.renameRun(id, "my “run”");
    store.setNotes(id, "it's 'quoted'; DROP TABLE runs;");
  }
  const RunRecord run = Store(folder.path()).run(id);
  EXPECT_EQ(toJson(run.request), toJson(request()));
  EXPECT_EQ(run.codeVersion, "0.1+abc");
  EXPECT_EQ(run.name, "my “run”");
  EXPECT_EQ(run.notes, "it's 'quoted'; DROP TABLE runs;");
  EXPECT_EQ(run.state, RunState::Queued);
  EXPECT_EQ(run.bestStep, -1);
  EXPECT_TRUE(fs::is_directory(run.folder));
  EXPECT_THAT(run.created, testing::MatchesRegex("....-..-..T..:..:..Z"));
}

TEST(Store, ListsRunsNewestFirstAndNeverReusesANumber) {
  const TemporaryFolder folder;
  Store store(folder.path());
  const auto first = store.createRun(request("a"), "v").id;
  const auto second = store.createRun(request("b"), "v").id;
  store.deleteRun(second);
  const auto third = store.createRun(request("c"), "v").id;
  EXPECT_NE(third, second);
  const auto runs = store.runs();
  ASSERT_EQ(runs.size(), 2u);
  EXPECT_EQ(runs[0].id, third);
  EXPECT_EQ(runs[1].id, first);
}

TEST(Store, SaysWhichRunIsMissing) {
  const TemporaryFolder folder;
  Store store(folder.path());
  EXPECT_THAT(complaint([&] { store.run(7); }), HasSubstr("run 7"));
  EXPECT_THAT(complaint([&] { store.renameRun(7, "x"); }), HasSubstr("run 7"));
  EXPECT_THAT(complaint([&] { store.deleteRun(7); }), HasSubstr("run 7"));
  EXPECT_THAT(complaint([&] { store.job(7); }), HasSubstr("job 7"));
  EXPECT_THAT(complaint([&] { store.snapshot(7, 1); }), HasSubstr("run 7"));
}

TEST(Store, KeepsEveryPointOfEveryCurve) {
  const TemporaryFolder folder;
  Store store(folder.path());
  const auto run = store.createRun(request(), "v");
  RunWriter writer(folder.path(), run.id);
  for (int step = 1; step <= 2000; ++step)
    writer.scalars(step, step * 0.5, {{"loss", 1.0 / step}, {"mae", step}});
  writer.scores(2000, 1000, {{"validation/psnr", 31.5}});
  writer.scalars(2001, 1000.5, {{"loss", NAN}, {"mae", INFINITY}});
  writer.flush();
  const Series curves = store.scalars(run.id);
  ASSERT_EQ(curves.at("loss").size(), 2001u);
  EXPECT_EQ(curves.at("loss")[1999].step, 2000);
  EXPECT_DOUBLE_EQ(curves.at("loss")[1999].seconds, 1000);
  EXPECT_DOUBLE_EQ(curves.at("loss")[1999].value, 1.0 / 2000);
  EXPECT_TRUE(std::isnan(curves.at("loss")[2000].value));
  EXPECT_TRUE(std::isinf(curves.at("mae")[2000].value));
  EXPECT_THAT(valuesOf(store.scores(run.id).at("validation/psnr")), ElementsAre(31.5));
  EXPECT_EQ(store.run(run.id).step, 2001);
  EXPECT_DOUBLE_EQ(store.run(run.id).seconds, 1000.5);
}

TEST(Store, ShowsScalarsToOthersWithinASecondWithoutBeingAsked) {
  const TemporaryFolder folder;
  Store store(folder.path());
  const auto run = store.createRun(request(), "v");
  RunWriter writer(folder.path(), run.id);
  writer.scalars(1, 0.1, {{"loss", 2.0}});
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (store.scalars(run.id).empty() && std::chrono::steady_clock::now() < end)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_THAT(valuesOf(store.scalars(run.id)["loss"]), ElementsAre(2.0));
}

TEST(Store, KeepsSnapshotsWithLabelsRangesAndAnimations) {
  const TemporaryFolder folder;
  Store store(folder.path());
  const auto run = store.createRun(request(), "v");
  RunWriter writer(folder.path(), run.id);
  writer.snapshot(0, gallery(10));
  writer.snapshot(5, gallery(20));
  writer.flush();
  EXPECT_THAT(store.snapshotSteps(run.id), ElementsAre(0, 5));
  const Gallery read = store.snapshot(run.id, 5);
  ASSERT_EQ(read.size(), 1u);
  EXPECT_EQ(read[0].name, "sample “1”");
  ASSERT_EQ(read[0].frames.size(), 2u);
  EXPECT_EQ(read[0].frames[0].role, FrameRole::Input);
  EXPECT_EQ(read[0].frames[0].image.at<cv::Vec3b>(5, 7), cv::Vec3b(1, 2, 3));
  EXPECT_EQ(read[0].frames[0].high, 30);
  EXPECT_EQ(read[0].frames[1].label, "made");
  EXPECT_EQ(read[0].frames[1].image.type(), CV_8UC1);
  EXPECT_EQ(read[0].frames[1].image.at<uchar>(0, 0), 20);
  EXPECT_EQ(read[0].frames[1].low, -1);
  ASSERT_EQ(read[0].frames[1].animation.size(), 2u);
  EXPECT_EQ(read[0].frames[1].animation[1].at<uchar>(0, 0), 2);
  EXPECT_EQ(store.snapshot(run.id, 0)[0].frames[1].image.at<uchar>(0, 0), 10);
}

TEST(Store, SaysWhichPictureOfASnapshotIsDamaged) {
  const TemporaryFolder folder;
  Store store(folder.path());
  const auto run = store.createRun(request(), "v");
  RunWriter writer(folder.path(), run.id);
  writer.snapshot(3, gallery(1));
  writer.flush();
  const fs::path snapshot = run.folder / "snapshots" / "000000003";
  std::ofstream(snapshot / "0.png", std::ios::trunc) << "no picture";
  EXPECT_THAT(complaint([&] { store.snapshot(run.id, 3); }), HasSubstr("0.png"));
  std::ofstream(snapshot / "gallery.json", std::ios::trunc) << "[{\"name\": 3}]";
  EXPECT_THAT(complaint([&] { store.snapshot(run.id, 3); }), HasSubstr("cannot be read"));
  std::ofstream(snapshot / "gallery.json", std::ios::trunc) << "{";
  EXPECT_THAT(complaint([&] { store.snapshot(run.id, 3); }), HasSubstr("cannot be read"));
}

TEST(Store, RewindingForgetsWhatCameAfter) {
  const TemporaryFolder folder;
  Store store(folder.path());
  const auto run = store.createRun(request(), "v");
  RunWriter writer(folder.path(), run.id);
  for (int step = 1; step <= 10; ++step) {
    writer.scalars(step, step, {{"loss", step}});
    writer.scores(step, step, {{"score", step}});
    writer.snapshot(step, gallery(step));
  }
  writer.rewindTo(4);
  EXPECT_THAT(valuesOf(store.scalars(run.id).at("loss")), ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(store.scores(run.id).at("score").size(), 4u);
  EXPECT_THAT(store.snapshotSteps(run.id), ElementsAre(1, 2, 3, 4));
  EXPECT_FALSE(fs::exists(run.folder / "snapshots" / "000000005"));
  EXPECT_EQ(store.run(run.id).step, 4);
  EXPECT_DOUBLE_EQ(store.run(run.id).seconds, 4);
}

TEST(Store, KeepsBaselinesAndTheBestStep) {
  const TemporaryFolder folder;
  Store store(folder.path());
  const auto run = store.createRun(request(), "v");
  RunWriter writer(folder.path(), run.id);
  writer.baselines({{"validation/mse (predict zero)", 0.25}});
  writer.best(12, 33.5);
  EXPECT_EQ(store.baselines(run.id).at("validation/mse (predict zero)"), 0.25);
  EXPECT_EQ(store.run(run.id).bestStep, 12);
  EXPECT_EQ(store.run(run.id).bestScore, 33.5);
}

TEST(Store, ARunHasOneWriterAtATimeAndCannotBeDeletedMeanwhile) {
  const TemporaryFolder folder;
  Store store(folder.path());
  const auto run = store.createRun(request(), "v");
  {
    RunWriter writer(folder.path(), run.id);
    EXPECT_THAT(complaint([&] { RunWriter second(folder.path(), run.id); }), HasSubstr("already"));
    EXPECT_THAT(complaint([&] { store.deleteRun(run.id); }), HasSubstr("Stop it first"));
  }
  EXPECT_NO_THROW(RunWriter(folder.path(), run.id));
  store.deleteRun(run.id);
  EXPECT_FALSE(fs::exists(run.folder));
  EXPECT_THAT(store.runs(), IsEmpty());
}

TEST(Store, AKilledProgramsRunsBecomeStoppedAndKeepTheirCurves) {
  const TemporaryFolder folder;
  int64_t alive = 0, killed = 0;
  {
    Store store(folder.path());
    alive = store.createRun(request(), "v").id;
    killed = store.createRun(request(), "v").id;
  }
  inKilledChild([&] {
    RunWriter writer(folder.path(), killed);
    writer.state(RunState::Running);
    writer.scalars(1, 1, {{"loss", 0.5}});
    writer.flush();
  });
  RunWriter writer(folder.path(), alive);
  writer.state(RunState::Running);
  Store store(folder.path());
  ASSERT_EQ(store.run(killed).state, RunState::Running);
  store.adoptOrphans();
  EXPECT_EQ(store.run(alive).state, RunState::Running);
  EXPECT_EQ(store.run(killed).state, RunState::Stopped);
  EXPECT_THAT(store.run(killed).message, HasSubstr("Resume"));
  EXPECT_THAT(valuesOf(store.scalars(killed).at("loss")), ElementsAre(0.5));
}

TEST(Store, AKilledProgramsJobsCanGoOn) {
  const TemporaryFolder folder;
  Store store(folder.path());
  JobRecord held = store.createJob({{"source", "a.mp4"}}), lost = store.createJob({{"source", "b.mp4"}});
  JobRecord done = store.createJob({{"source", "c.mp4"}});
  held.state = lost.state = "running";
  done.state = "done";
  for (const auto& job : {held, lost, done}) store.updateJob(job);
  const FolderLock lock(held.folder);
  store.adoptOrphans();
  EXPECT_EQ(store.job(held.id).state, "running");
  EXPECT_EQ(store.job(lost.id).state, "stopped");
  EXPECT_EQ(store.job(done.id).state, "done");
}

TEST(Store, WhatWasBeingDeletedIsGoneAtTheNextStart) {
  const TemporaryFolder folder;
  Store store(folder.path());
  const auto run = store.createRun(request(), "v"), other = store.createRun(request(), "v");
  const auto job = store.createJob({{"source", "a.mp4"}});
  {
    RunWriter writer(folder.path(), run.id);
    writer.scalars(1, 1, {{"loss", 0.5}});
    writer.flush();
  }
  for (const auto& doomed : {run.folder, job.folder}) fs::rename(doomed, doomed.string() + ".deleted");
  fs::create_directories(other.folder.string() + ".deleted");  // of an earlier run that had this number
  store.adoptOrphans();
  EXPECT_THROW(store.run(run.id), Error);
  EXPECT_THROW(store.job(job.id), Error);
  EXPECT_TRUE(store.scalars(run.id).empty());
  EXPECT_EQ(store.run(other.id).id, other.id);
  for (const auto& doomed : {run.folder, other.folder, job.folder})
    EXPECT_FALSE(fs::exists(doomed.string() + ".deleted"));
}

TEST(Store, NothingNewTakesOverTheFoldersOfALostDatabase) {
  const TemporaryFolder folder;
  {
    Store store(folder.path());
    for (int i = 0; i < 3; ++i) {
      std::ofstream(store.createJob({{"source", "a"}}).folder / "analysis.json") << "{}";
      std::ofstream(store.createRun(request(), "v").folder / "best.safetensors") << "numbers";
    }
  }
  for (const auto& entry : fs::directory_iterator(folder.path()))
    if (entry.is_regular_file()) fs::remove(entry.path());
  Store store(folder.path());
  ASSERT_THAT(store.jobs(), IsEmpty());
  for (int i = 0; i < 2; ++i) {
    const auto job = store.createJob({{"source", "b"}});
    EXPECT_TRUE(fs::is_empty(job.folder)) << job.folder;
    EXPECT_EQ(store.job(job.id).folder, job.folder);
    EXPECT_FALSE(fs::exists(store.createRun(request(), "v").folder / "best.safetensors"));
  }
  EXPECT_TRUE(fs::exists(folder.path() / "jobs/000001/analysis.json")) << "what was there stays";
}

TEST(Store, KeepsJobsInTheOrderOfTheQueue) {
  const TemporaryFolder folder;
  Store store(folder.path());
  const auto first = store.createJob({{"source", "a"}});
  auto second = store.createJob({{"source", "b"}});
  EXPECT_EQ(first.state, "queued");
  EXPECT_LT(first.position, second.position);
  EXPECT_TRUE(fs::is_directory(first.folder));
  second.position = first.position - 1;
  second.progress = 0.25;
  second.message = "half a frame";
  second.request["factor"] = 4;
  store.updateJob(second);
  const auto jobs = store.jobs();
  ASSERT_EQ(jobs.size(), 2u);
  EXPECT_EQ(jobs[0].id, second.id);
  EXPECT_EQ(jobs[0].progress, 0.25);
  EXPECT_EQ(jobs[0].message, "half a frame");
  EXPECT_EQ(jobs[0].request["factor"], 4);
  store.deleteJob(first.id);
  EXPECT_FALSE(fs::exists(first.folder));
  EXPECT_EQ(store.jobs().size(), 1u);
}

TEST(Store, TwoProgramsMayWriteAtOnce) {
  const TemporaryFolder folder;
  constexpr int kRuns = 4, kSteps = 50;
  std::vector<pid_t> children;
  for (int i = 0; i < kRuns; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      int status = 1;
      try {
        Store store(folder.path());
        const auto run = store.createRun(request(), "v");
        RunWriter writer(folder.path(), run.id);
        for (int step = 1; step <= kSteps; ++step) {
          writer.scalars(step, step, {{"loss", step}});
          writer.flush();
        }
        status = 0;
      } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
      }
      ::_exit(status);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
  Store store(folder.path());
  ASSERT_EQ(store.runs().size(), static_cast<std::size_t>(kRuns));
  for (const auto& run : store.runs())
    EXPECT_EQ(store.scalars(run.id).at("loss").size(), static_cast<std::size_t>(kSteps));
}

TEST(Store, BringsAnOldStoreUpToDate) {
  const TemporaryFolder folder;
  executeSql(folder.path() / "framewright.sqlite", R"(
    CREATE TABLE runs (id INTEGER PRIMARY KEY AUTOINCREMENT, request TEXT NOT NULL,
      state INTEGER NOT NULL DEFAULT 0, message TEXT NOT NULL DEFAULT '', code_version TEXT NOT NULL,
      created TEXT NOT NULL DEFAULT '2026-01-01T00:00:00Z', step INTEGER NOT NULL DEFAULT 0,
      seconds REAL NOT NULL DEFAULT 0, best_step INTEGER NOT NULL DEFAULT -1,
      best_score REAL NOT NULL DEFAULT 0, name TEXT NOT NULL DEFAULT '', notes TEXT NOT NULL DEFAULT '');
    CREATE TABLE scalars (run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE, name TEXT NOT NULL,
      step INTEGER NOT NULL, seconds REAL NOT NULL, value REAL, PRIMARY KEY (run, name, step)) WITHOUT ROWID;
    CREATE TABLE scores (run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE, name TEXT NOT NULL,
      step INTEGER NOT NULL, seconds REAL NOT NULL, value REAL, PRIMARY KEY (run, name, step)) WITHOUT ROWID;
    CREATE TABLE snapshots (run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE, step INTEGER NOT NULL,
      PRIMARY KEY (run, step)) WITHOUT ROWID;
    CREATE TABLE jobs (id INTEGER PRIMARY KEY AUTOINCREMENT, request TEXT NOT NULL,
      state TEXT NOT NULL DEFAULT 'queued', message TEXT NOT NULL DEFAULT '', progress REAL NOT NULL DEFAULT 0,
      position INTEGER NOT NULL, created TEXT NOT NULL DEFAULT '2026-01-01T00:00:00Z');
    INSERT INTO runs (request, code_version, name) VALUES ('{"experiment": "sanity"}', '0.0', 'the old one');
    INSERT INTO scalars VALUES (1, 'loss', 1, 0.5, 0.25);
    PRAGMA user_version = 1;)");
  Store store(folder.path());
  EXPECT_EQ(store.run(1).name, "the old one");
  EXPECT_THAT(valuesOf(store.scalars(1).at("loss")), ElementsAre(0.25));
  EXPECT_THAT(store.baselines(1), IsEmpty()) << "the table that came later is there";
  EXPECT_EQ(store.createRun(request(), "v").id, 2);
}

TEST(Store, RefusesANewerStoreAndWhatIsNoStore) {
  const TemporaryFolder newer, other;
  executeSql(newer.path() / "framewright.sqlite", "PRAGMA user_version = 999;");
  EXPECT_THAT(complaint([&] { Store store(newer.path()); }), HasSubstr("newer"));
  std::ofstream(other.path() / "framewright.sqlite") << std::string(10'000, 'x');
  EXPECT_THAT(complaint([&] { Store store(other.path()); }), HasSubstr("damaged"));
}

TEST(Store, SaysWhenItsFolderCannotBeMade) {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "file") << "in the way";
  EXPECT_THAT(complaint([&] { Store store(folder.path() / "file" / "below"); }), HasSubstr("XDG_DATA_HOME"));
}

TEST(RunRequest, SurvivesTheTripThroughJson) {
  EXPECT_EQ(toJson(runRequestFromJson(toJson(request()))), toJson(request()));
  EXPECT_EQ(runRequestFromJson({{"experiment", "x"}}).device, "cpu");
}

TEST(RunRequest, RefusesWhatIsOdd) {
  const auto complains = [](const char* text) {
    return complaint([&] { runRequestFromJson(nlohmann::json::parse(text, nullptr, false)); });
  };
  EXPECT_THAT(complains("nonsense"), HasSubstr("not an object"));
  EXPECT_THAT(complains("[]"), HasSubstr("not an object"));
  EXPECT_THAT(complains("{}"), HasSubstr("names no experiment"));
  EXPECT_THAT(complains(R"({"experiment": 3})"), HasSubstr("experiment"));
  EXPECT_THAT(complains(R"({"experiment": "x", "steps": -1})"), HasSubstr("steps = -1"));
  EXPECT_THAT(complains(R"({"experiment": "x", "steps": 1.5})"), HasSubstr("steps"));
  EXPECT_THAT(complains(R"({"experiment": "x", "seed": -4})"), HasSubstr("seed"));
  EXPECT_THAT(complains(R"({"experiment": "x", "threads": 100000})"), HasSubstr("threads"));
  EXPECT_THAT(complains(R"({"experiment": "x", "settings": []})"), HasSubstr("settings"));
  EXPECT_THAT(complains(R"({"experiment": "x", "sttings": {}})"), HasSubstr("sttings"));
}

TEST(RunRequest, IsAFileForOthers) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "set-up.json";
  saveSetup(file, request());
  EXPECT_EQ(toJson(readSetup(file)), toJson(request()));
  EXPECT_THAT(complaint([&] { readSetup(folder.path() / "none.json"); }), HasSubstr("Cannot open"));
  std::ofstream(file) << "{";
  EXPECT_THAT(complaint([&] { readSetup(file); }), HasSubstr("no set-up"));
}

}  // namespace fw
