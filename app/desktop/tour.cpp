#include "app/desktop/tour.h"

#include <QApplication>
#include <QDir>
#include <QElapsedTimer>
#include <QSettings>
#include <QTabWidget>
#include <QTemporaryDir>
#include <QTreeWidget>
#include <functional>
#include <iostream>

#include "core/base/paths.h"
#include "core/experiments/catalog.h"
#include "ui/experiments/closer_row.h"
#include "ui/experiments/experiments_page.h"
#include "ui/experiments/hole_painter.h"
#include "ui/experiments/layer_inspector.h"
#include "ui/experiments/run_panel.h"
#include "ui/experiments/run_scores.h"
#include "ui/experiments/training_queue.h"
#include "ui/explore/explore_page.h"
#include "ui/main_window.h"
#include "ui/runs/run_details.h"
#include "ui/runs/runs_page.h"
#include "ui/slowmo/slowmo_page.h"
#include "ui/theme.h"
#include "ui/widgets/frame_view.h"
#include "ui/widgets/gallery_view.h"

namespace fw {
namespace {

using namespace Qt::StringLiterals;

constexpr int kLongestWait = 600'000;  // ms, for anything at all, on a busy machine
constexpr int kSettle = 1'200;         // ms: thumbnails, plots, a decoded frame
constexpr int64_t kHeldAt = 60;        // steps
constexpr int kSlowLook = 60'000;      // ms, for a network that must be loaded first

/// Keeps the window alive until `ready`, or until it has taken too long.
bool waitFor(const std::function<bool()>& ready, int milliseconds = kLongestWait) {
  QElapsedTimer clock;
  clock.start();
  while (!ready() && clock.elapsed() < milliseconds)
    QApplication::processEvents(QEventLoop::WaitForMoreEvents, 20);
  return ready();
}

void settle(int milliseconds = kSettle) {
  waitFor([] { return false; }, milliseconds);
}

/// The clip that comes with the program, when it does.
QStringList sampleClips() {
  try {
    const QDir folder(QString::fromStdString(resource("samples").string()));
    QStringList files;
    for (const auto& file : folder.entryInfoList({u"*.mp4"_s, u"*.mkv"_s, u"*.gif"_s}, QDir::Files))
      files << file.filePath();
    return files;
  } catch (const std::exception&) {
    return {};
  }
}

RunRequest requestFor(const std::string& experiment, int64_t steps,
                      const std::vector<std::pair<std::string, Value>>& values) {
  Settings settings(experimentKind(experiment).schema);
  for (const auto& [name, value] : values) settings.set(name, value);
  RunRequest request;
  request.experiment = experiment;
  request.settings = settings.toJson();
  request.steps = steps;
  request.threads = 1;  // beside whatever else the machine does, more would wait for each other
  return request;
}

bool train(MainWindow& window, const std::vector<RunRequest>& requests) {
  auto* page = window.experiments();
  for (const auto& request : requests) {
    page->openRequest(request);
    page->start(request);
  }
  return waitFor([&] { return !page->working(); });
}

/// Small ones, of those that show best what the pages can.
std::vector<RunRequest> sampleRuns() {
  const auto whole = [](int64_t value) { return Value(value); };
  return {requestFor("reconstruction-sanity", 400, {{"width", whole(144)}, {"height", whole(96)}}),
          requestFor("reconstruction-sanity", 400,
                     {{"width", whole(144)}, {"height", whole(96)}, {"learning_rate", Value(1e-4)}}),
          requestFor("cnn-classifier", 120, {{"training_pictures", whole(1000)}, {"decay_steps", whole(0)}}),
          requestFor("grid-completion", 150,
                     {{"size", whole(63)},
                      {"width", whole(8)},
                      {"batch", whole(8)},
                      {"patterns", Value(std::string("original"))}})};
}

}  // namespace

int runTour(const QString& folder, const QStringList& clips) {
  QTemporaryDir home;
  qputenv("XDG_DATA_HOME", home.path().toUtf8());
  qputenv("XDG_STATE_HOME", home.path().toUtf8());
  QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, home.path());
  if (!QDir().mkpath(folder)) {
    std::cerr << "The folder " << folder.toStdString() << " cannot be made. Choose another one.\n";
    return 1;
  }
  applyTheme(ThemeChoice::Light);
  MainWindow window;
  window.resize(1280, 800);
  window.show();
  settle();
  std::cerr << "training …\n";
  window.go(Place::Experiments);
  if (!train(window, sampleRuns())) {
    std::cerr << "The training of the tour did not come to its end.\n";
    return 1;
  }
  // One more that is held in the middle: what may be done to a run while it goes.
  window.experiments()->start(
      requestFor("grid-completion", 0, {{"size", Value(int64_t{63})}, {"width", Value(int64_t{8})}}));
  Training* held = window.experiments()->runPanel()->training();
  waitFor([&] { return held->step() > kHeldAt; });
  held->pause();
  const QStringList files = clips.isEmpty() ? sampleClips() : clips;
  if (!files.isEmpty()) {
    window.go(Place::Slowmo);
    window.slowmo()->open(files.mid(0, 1));
    settle(2 * kSettle);
  }
  struct Stop {
    QString name;
    std::function<void()> show;
  };
  const auto openExperiment = [&](const QString& id, QWidget* tab) {
    window.go(Place::Experiments);
    window.experiments()->openExperiment(id);
    auto* panel = window.experiments()->runPanel();
    if (tab)
      panel->tabs()->setCurrentWidget(tab);
    else
      panel->tabs()->setCurrentIndex(0);
  };
  auto* panel = window.experiments()->runPanel();
  const Stop stops[] = {
      {u"slowmo"_s, [&] { window.go(Place::Slowmo); }},
      {u"catalogue"_s,
       [&] {
         window.go(Place::Experiments);
         window.experiments()->showCatalogue();
       }},
      {u"experiment"_s, [&] { openExperiment(u"reconstruction-sanity"_s, nullptr); }},
      {u"layers"_s,
       [&] {
         openExperiment(u"cnn-classifier"_s, panel->layers());
         waitFor([&] { return panel->layers()->layers()->topLevelItemCount() > 0; }, kSlowLook);
       }},
      {u"confusion"_s,
       [&] {
         openExperiment(u"cnn-classifier"_s, nullptr);
         settle(300);
         if (auto* cell = panel->gallery()->cell(0, 0)) Q_EMIT cell->clicked({110, 110});
         waitFor([&] { return panel->closer()->isVisible(); }, kSlowLook);
       }},
      {u"paint-a-hole"_s,
       [&] {
         openExperiment(u"grid-completion"_s, panel->holePainter());
         settle(300);
         panel->holePainter()->chooseSample(1);
         panel->holePainter()->paintSquare({30, 34}, 17);
         waitFor([&] { return !panel->holePainter()->filled()->image().empty(); }, kSlowLook);
       }},
      {u"training"_s, [&] { openExperiment(u"grid-completion"_s, nullptr); }},
      {u"scores"_s,
       [&] {
         openExperiment(u"grid-completion"_s, window.experiments()->runPanel()->scores()->parentWidget());
       }},
      {u"new-experiment"_s, [&] { openExperiment(u"blob-events"_s, nullptr); }},
      {u"explore"_s,
       [&] {
         window.go(Place::Explore);
         window.explore()->showRun(3);
         waitFor([&] { return window.explore()->layers()->topLevelItemCount() > 0; }, kSlowLook);
       }},
      {u"runs"_s,
       [&] {
         window.go(Place::Runs);
         window.runs()->refresh();
         settle(300);
         window.runs()->select({1, 2});
         window.runs()->details()->tabs()->setCurrentIndex(0);
       }},
      {u"compare"_s, [&] {
         window.go(Place::Runs);
         window.runs()->select({1, 2});
         window.runs()->details()->tabs()->setCurrentIndex(1);
       }}};
  for (const auto& [kind, choice] :
       {std::pair(u"light"_s, ThemeChoice::Light), {u"dark"_s, ThemeChoice::Dark}}) {
    applyTheme(choice);
    for (const QSize size : {QSize(1280, 800), QSize(1920, 1080)}) {
      window.resize(size);
      for (const Stop& stop : stops) {
        stop.show();
        settle();
        const QString file =
            u"%1/%2-%3-%4x%5.png"_s.arg(folder, stop.name, kind).arg(size.width()).arg(size.height());
        if (!window.grab().save(file)) {
          std::cerr << "The picture " << file.toStdString() << " cannot be written. Is the disk full?\n";
          return 1;
        }
        std::cout << file.toStdString() << std::endl;
      }
    }
  }
  window.experiments()->stopAndKeep();
  waitFor([&] { return !window.working(); });
  return 0;
}

}  // namespace fw
