#include <QElapsedTimer>
#include <QTest>
#include <QTimer>
#include <algorithm>
#include <iostream>
#include <thread>

#include "core/experiments/catalog.h"
#include "own_home.h"
#include "ui/experiments/experiments_page.h"
#include "ui/experiments/training_queue.h"
#include "ui/main_window.h"
#include "ui/theme.h"

using namespace Qt::StringLiterals;
using namespace fw;

/// How late the window's own clock ticks while a network trains as fast as it can beside it.
class EventLoopTest : public QObject {
  Q_OBJECT
  OwnHome home_;

  static constexpr int kTick = 4;         // ms
  static constexpr int kMeasured = 2500;  // ms

  struct Delays {
    double median = 0, p99 = 0, worst = 0;
  };

  static Delays measure() {
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
    clock.start();
    tick.start(kTick);
    QTest::qWait(kMeasured);
    tick.stop();
    std::sort(late.begin(), late.end());
    const auto at = [&](double share) { return late[std::size_t(share * double(late.size() - 1))]; };
    return {at(0.5), at(0.99), late.back()};
  }

 private Q_SLOTS:
  void initTestCase() { applyTheme(ThemeChoice::Light); }

  void theWindowStaysFluidWhileTraining() {
    MainWindow window;
    window.resize(1280, 800);
    window.show();
    window.go(Place::Experiments);
    const Delays idle = measure();
    RunRequest request;
    request.experiment = "reconstruction-sanity";
    request.settings = Settings(experimentKind(request.experiment).schema).toJson();
    request.threads = int(std::max(1u, std::thread::hardware_concurrency() - 1));
    window.experiments()->start(request);
    auto* training = window.experiments()->queue()->all().back();
    QTRY_VERIFY_WITH_TIMEOUT(training->step() > 20, 60'000);
    const Delays busy = measure();
    std::cout << "event loop delay, ms (median, 99th percentile, worst): idle " << idle.median << ", "
              << idle.p99 << ", " << idle.worst << "; training " << busy.median << ", " << busy.p99 << ", "
              << busy.worst << std::endl;
    // The aim is 16 ms on an idle machine; a shared one must not make the test fail for its neighbours' work.
    QVERIFY2(busy.p99 < 150, "the window must stay fluid while a network trains");
    window.experiments()->stopAndKeep();
    QTRY_VERIFY_WITH_TIMEOUT(!window.working(), 60'000);
  }
};

QTEST_MAIN(EventLoopTest)
#include "event_loop_test.moc"
