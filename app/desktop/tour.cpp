#include "app/desktop/tour.h"

#include <QApplication>
#include <QDir>
#include <QElapsedTimer>
#include <QSettings>
#include <QTemporaryDir>
#include <functional>
#include <iostream>

#include "core/base/paths.h"
#include "core/experiments/catalog.h"
#include "ui/experiments/experiments_page.h"
#include "ui/experiments/training_queue.h"
#include "ui/explore/explore_page.h"
#include "ui/main_window.h"
#include "ui/runs/runs_page.h"
#include "ui/slowmo/slowmo_page.h"
#include "ui/theme.h"

namespace fw {
namespace {

using namespace Qt::StringLiterals;

constexpr int kLongestWait = 600'000;  // ms, for anything at all, on a busy machine
constexpr int kSettle = 1'200;         // ms: thumbnails, plots, a decoded frame
constexpr int64_t kSteps = 400;

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

bool train(MainWindow& window, const std::string& experiment, double learningRate) {
  const ExperimentKind& kind = experimentKind(experiment);
  Settings settings(kind.schema);
  if (kind.schema.find("learning_rate")) settings.set("learning_rate", learningRate);
  settings.set("width", int64_t{144});
  settings.set("height", int64_t{96});
  RunRequest request;
  request.experiment = experiment;
  request.settings = settings.toJson();
  request.steps = kSteps;
  auto* page = window.experiments();
  page->openRequest(request);
  page->start(request);
  return waitFor([&] { return !page->working(); });
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
  if (!train(window, "reconstruction-sanity", 1e-3) || !train(window, "reconstruction-sanity", 1e-4)) {
    std::cerr << "The training of the tour did not come to its end.\n";
    return 1;
  }
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
  const Stop stops[] = {{u"slowmo"_s, [&] { window.go(Place::Slowmo); }},
                        {u"catalogue"_s,
                         [&] {
                           window.go(Place::Experiments);
                           window.experiments()->showCatalogue();
                         }},
                        {u"experiment"_s,
                         [&] {
                           window.go(Place::Experiments);
                           window.experiments()->openExperiment(u"reconstruction-sanity"_s);
                         }},
                        {u"explore"_s,
                         [&] {
                           window.go(Place::Explore);
                           window.explore()->showRun(1);
                         }},
                        {u"runs"_s, [&] {
                           window.go(Place::Runs);
                           window.runs()->refresh();
                           settle(300);
                           window.runs()->select({1, 2});
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
  return 0;
}

}  // namespace fw
