// Prints how late the window's own clock ticks while the machine is at work beside it: real widgets,
// offscreen. The time of the UI thread alone is printed, too: a neighbour's work can delay it, but not
// lengthen it.
#include <time.h>

#include <QApplication>
#include <QElapsedTimer>
#include <QPushButton>
#include <QSettings>
#include <QTabWidget>
#include <QTemporaryDir>
#include <QTimer>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <thread>

#include "core/base/paths.h"
#include "core/experiments/catalog.h"
#include "ui/experiments/experiments_page.h"
#include "ui/experiments/layer_inspector.h"
#include "ui/experiments/run_panel.h"
#include "ui/experiments/training_queue.h"
#include "ui/main_window.h"
#include "ui/slowmo/make_panel.h"
#include "ui/slowmo/slowmo_page.h"
#include "ui/theme.h"

namespace fw::bench {
namespace {

using namespace Qt::StringLiterals;

constexpr int kTick = 4;           // ms
constexpr int kMeasured = 8'000;   // ms
constexpr int kLongest = 120'000;  // ms to wait for anything
constexpr double kWanted = 16;     // ms at the 99th percentile: one frame of the screen

double threadMilliseconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return double(now.tv_sec) * 1e3 + double(now.tv_nsec) / 1e6;
}

/// Times every event that the UI thread handles, in its own processor time.
class TimedApplication : public QApplication {
 public:
  using QApplication::QApplication;
  bool notify(QObject* receiver, QEvent* event) override {
    if (depth_++ > 0 || !measuring) {
      const bool done = QApplication::notify(receiver, event);
      --depth_;
      return done;
    }
    const double begun = threadMilliseconds();
    const bool done = QApplication::notify(receiver, event);
    events.push_back(threadMilliseconds() - begun);
    --depth_;
    return done;
  }
  bool measuring = false;
  std::vector<double> events;

 private:
  int depth_ = 0;
};

bool waitFor(const std::function<bool()>& ready, int milliseconds = kLongest) {
  QElapsedTimer clock;
  clock.start();
  while (!ready() && clock.elapsed() < milliseconds)
    QApplication::processEvents(QEventLoop::WaitForMoreEvents, 20);
  return ready();
}

double at(std::vector<double>& values, double share) {
  std::sort(values.begin(), values.end());
  return values.empty() ? 0 : values[std::size_t(share * double(values.size() - 1))];
}

/// For as long as `busy`, at most kMeasured.
void measure(
    TimedApplication& app, const char* what, const std::function<bool()>& busy = [] { return true; }) {
  std::vector<double> late;
  QElapsedTimer clock;
  QTimer tick;
  tick.setTimerType(Qt::PreciseTimer);
  double last = 0;
  QObject::connect(&tick, &QTimer::timeout, &tick, [&] {
    const double now = double(clock.nsecsElapsed()) / 1e6;
    late.push_back(std::max(0.0, now - last - kTick));
    last = now;
  });
  app.events.clear();
  app.measuring = true;
  clock.start();
  tick.start(kTick);
  waitFor([&] { return !busy() || clock.elapsed() > kMeasured; });
  tick.stop();
  app.measuring = false;
  const double p50 = at(late, 0.5), p99 = at(late, 0.99), worst = late.empty() ? 0 : late.back();
  const double eventP99 = at(app.events, 0.99), longest = app.events.empty() ? 0 : app.events.back();
  std::printf("%-44s %7.1f %7.1f %7.1f   %7.2f %7.1f   %5zu   %s\n", what, p50, p99, worst, eventP99, longest,
              late.size(), p99 < kWanted ? "fluid" : "NOT FLUID");
  std::fflush(stdout);
}

RunRequest requestFor(const std::string& experiment) {
  RunRequest request;
  request.experiment = experiment;
  request.settings = Settings(experimentKind(experiment).schema).toJson();
  request.threads = int(std::max(1u, std::thread::hardware_concurrency() - 1));
  return request;
}

void measureTraining(TimedApplication& app, MainWindow& window, const std::string& experiment, QWidget* tab,
                     const char* what) {
  auto* page = window.experiments();
  window.go(Place::Experiments);
  page->openExperiment(QString::fromStdString(experiment));
  page->start(requestFor(experiment));
  auto* training = page->queue()->all().back();
  if (tab)
    page->runPanel()->tabs()->setCurrentWidget(tab);
  else
    page->runPanel()->tabs()->setCurrentIndex(0);
  waitFor([&] { return training->step() > 10; });
  measure(app, what);
  training->stop();
  waitFor([&] { return !window.working(); });
}

void measureExport(TimedApplication& app, MainWindow& window, const QString& clip, const QString& folder) {
  window.go(Place::Slowmo);
  window.slowmo()->open({clip});
  auto* make = window.slowmo()->makePanel();
  if (!waitFor([&] { return make->startButton()->isEnabled(); })) return;
  auto settings = make->settings().toJson();
  settings["engine"] = "flow";
  settings["factor"] = 8.0;
  make->setSettings(settings);
  make->setOutput(folder.toStdString() + "/out.mp4");
  if (!waitFor([&] { return make->startButton()->isEnabled(); })) return;
  make->startButton()->click();
  waitFor([&] { return window.working(); }, 10'000);
  measure(app, "exporting 8x slow motion of 640x360, flow", [&] { return window.working(); });
  window.slowmo()->stopAndKeep();
  waitFor([&] { return !window.working(); });
}

int run(int argc, char** argv) {
  if (!std::getenv("QT_QPA_PLATFORM")) qputenv("QT_QPA_PLATFORM", "offscreen");
  QTemporaryDir home;
  qputenv("XDG_DATA_HOME", home.path().toUtf8());
  qputenv("XDG_STATE_HOME", home.path().toUtf8());
  TimedApplication app(argc, argv);
  QApplication::setOrganizationName(u"framewright"_s);
  QApplication::setApplicationName(u"framewright"_s);
  QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, home.path());
  applyTheme(ThemeChoice::Light);
  std::printf(
      "Event loop delay in ms beside what else is done (%u cores); processor time of single events in "
      "ms.\n\n",
      std::thread::hardware_concurrency());
  std::printf("%-44s %7s %7s %7s   %7s %7s   %5s\n", "", "median", "p99", "worst", "ev p99", "longest",
              "ticks");
  MainWindow window;
  window.resize(1280, 800);
  window.show();
  waitFor([] { return false; }, 2'000);
  measure(app, "idle");
  auto* panel = window.experiments()->runPanel();
  measureTraining(app, window, "reconstruction-sanity", nullptr, "training reconstruction-sanity, gallery");
  measureTraining(app, window, "grid-completion", nullptr, "training grid-completion, gallery");
  measureTraining(app, window, "grid-completion", panel->layers(),
                  "training grid-completion, layers metered");
  measureExport(app, window, QString::fromStdString(resource("samples/windmill.mp4").string()), home.path());
  return 0;
}

}  // namespace
}  // namespace fw::bench

int main(int argc, char** argv) { return fw::bench::run(argc, argv); }
