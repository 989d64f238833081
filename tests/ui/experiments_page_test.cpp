#include <QApplication>
#include <QClipboard>
#include <QGuiApplication>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>
#include <algorithm>

#include "own_home.h"
#include "ui/experiments/experiments_page.h"
#include "ui/experiments/run_panel.h"
#include "ui/experiments/setup_panel.h"
#include "ui/experiments/sweep_dialog.h"
#include "ui/experiments/training_queue.h"
#include "ui/theme.h"
#include "ui/widgets/curve_plot.h"
#include "ui/widgets/custom_plot.h"
#include "ui/widgets/film_strip.h"
#include "ui/widgets/gallery_view.h"
#include "ui/widgets/loss_plot.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/number_edit.h"
#include "ui/work/store_thread.h"

using namespace Qt::StringLiterals;
using namespace fw;

class ExperimentsPageTest : public QObject {
  Q_OBJECT
  OwnHome home_;

  static QPushButton* button(QWidget& in, const QString& text) {
    for (auto* each : in.findChildren<QPushButton*>())
      if (each->text() == text && each->isVisibleTo(&in)) return each;
    return nullptr;
  }

  /// Small enough that a thousand steps take a second.
  static RunRequest small(int64_t steps) {
    Settings settings(experimentKind("reconstruction-sanity").schema);
    settings.set("width", int64_t{32});
    settings.set("height", int64_t{24});
    RunRequest request;
    request.experiment = "reconstruction-sanity";
    request.settings = settings.toJson();
    request.steps = steps;
    request.threads = 1;
    return request;
  }

  struct Page {
    Page() : page(&store) {
      page.resize(1100, 800);
      page.show();
    }
    Training* newest() { return page.queue()->all().back(); }
    StoreThread store;
    ExperimentsPage page;
  };

 private Q_SLOTS:
  void initTestCase() { applyTheme(ThemeChoice::Light); }

  void clickingStartReallyTrains() {
    Page p;
    p.page.openRequest(small(300));
    auto* start = button(p.page, u"Start training"_s);
    QVERIFY(start);
    start->click();
    QVERIFY(p.page.working());
    QTRY_VERIFY_WITH_TIMEOUT(!p.page.working(), 60'000);
    QCOMPARE(p.newest()->state(), RunState::Finished);
    const auto& loss = p.newest()->scalars().at("loss");
    QCOMPARE(loss.size(), std::size_t(300));
    QVERIFY2(loss.back().value < loss.front().value / 3, "it must have learnt something");
    QTRY_VERIFY(p.page.runPanel()->gallery()->shown().gallery.size() >= 3);
    QVERIFY(p.page.runPanel()->filmStrip()->steps().size() >= 6);
    QVERIFY(p.page.runPanel()->curves()->plot()->csv().contains(u",train,300,"_s));
    QVERIFY(p.newest()->best().has_value());
  }

  void pauseStepAndStop() {
    Page p;
    p.page.openRequest(small(0));
    p.page.setup()->start();
    Training* training = p.newest();
    QTRY_VERIFY_WITH_TIMEOUT(training->step() > 20, 30'000);
    QTRY_VERIFY(button(p.page, u"Pause"_s));
    button(p.page, u"Pause"_s)->click();
    QTRY_COMPARE(training->state(), RunState::Paused);
    QTest::qWait(100);
    const int64_t held = training->step();
    QTest::qWait(200);
    QCOMPARE(training->step(), held);
    button(p.page, u"One step"_s)->click();
    QTRY_COMPARE(training->step(), held + 1);
    QTRY_COMPARE(training->state(), RunState::Paused);
    button(p.page, u"Go on"_s)->click();
    QTRY_VERIFY_WITH_TIMEOUT(training->step() > held + 10, 30'000);
    button(p.page, u"Stop"_s)->click();
    QTRY_VERIFY_WITH_TIMEOUT(training->ended(), 30'000);
    QCOMPARE(training->state(), RunState::Stopped);
  }

  void theLearningRateChangesWhileItRuns() {
    Page p;
    p.page.openRequest(small(0));
    p.page.setup()->start();
    Training* training = p.newest();
    QTRY_VERIFY_WITH_TIMEOUT(training->step() > 5, 30'000);
    training->setLearningRate(0.0005);
    QTRY_VERIFY(training->scalars().contains("learning_rate") &&
                training->scalars().at("learning_rate").back().value == 0.0005);
    QVERIFY_EXCEPTION_THROWN(training->setLearningRate(-1), std::exception);
    // Leaving the field, which shows what the run began with, sets nothing.
    for (auto* field : p.page.findChildren<NumberEdit*>())
      if (field->toolTip().startsWith(u"Takes effect with the next step"_s)) Q_EMIT field->editingFinished();
    const int64_t left = training->step();
    QTRY_VERIFY_WITH_TIMEOUT(training->step() > left + 5, 30'000);
    QCOMPARE(training->scalars().at("learning_rate").back().value, 0.0005);
    QCOMPARE(static_cast<NumberEdit*>(p.page.runPanel()->changeable("learning_rate"))->text(), u"0.0005"_s);
    p.page.stopAndKeep();
    QTRY_VERIFY_WITH_TIMEOUT(!p.page.working(), 30'000);
  }

  void oneTrainsAndTheOthersWait() {
    Page p;
    p.page.start(small(0));
    Training* first = p.newest();
    p.page.start(small(20));
    Training* second = p.newest();
    p.page.start(small(20));
    Training* third = p.newest();
    QCOMPARE(second->state(), RunState::Queued);
    QVERIFY(button(p.page, u"Start now anyway"_s));
    button(p.page, u"Start now anyway"_s)->click();  // the page shows the third
    QTRY_VERIFY_WITH_TIMEOUT(third->ended(), 30'000);
    QCOMPARE(second->state(), RunState::Queued);
    QVERIFY(!first->ended());
    first->stop();
    QTRY_VERIFY_WITH_TIMEOUT(second->ended(), 30'000);
    QCOMPARE(second->state(), RunState::Finished);
  }

  void stoppingKeepsAndResumingGoesOn() {
    Page p;
    p.page.start(small(0));
    Training* training = p.newest();
    QTRY_VERIFY_WITH_TIMEOUT(training->step() > 30, 30'000);
    p.page.start(small(20));
    Training* waiting = p.newest();
    p.page.stopAndKeep();
    QTRY_VERIFY_WITH_TIMEOUT(!p.page.working(), 30'000);
    QCOMPARE(waiting->step(), 0);
    const int64_t reached = training->step();
    const int64_t run = training->runId();
    p.page.queue()->remove(training);
    p.page.resumeRun(run);
    QTRY_VERIFY_WITH_TIMEOUT(p.newest()->runId() == run && p.newest()->step() > reached, 30'000);
    const auto& loss = p.newest()->scalars().at("loss");
    QCOMPARE(loss.front().step, 1);  // the whole curve is there, not only what came since
    for (std::size_t i = 1; i < loss.size(); ++i) QCOMPARE(loss[i].step, loss[i - 1].step + 1);
    p.page.stopAndKeep();
    QTRY_VERIFY_WITH_TIMEOUT(!p.page.working(), 30'000);
  }

  void whatAKilledRunLearntAfterItsCheckpointIsNotDrawnTwice() {
    Page p;
    p.page.start(small(0));
    QTRY_VERIFY_WITH_TIMEOUT(p.newest()->step() > 30, 30'000);
    p.page.stopAndKeep();
    QTRY_VERIFY_WITH_TIMEOUT(!p.page.working(), 30'000);
    const int64_t run = p.newest()->runId(), reached = p.newest()->step();
    constexpr double kLost = 99;
    {
      RunWriter killed(Store().folder(), run);
      for (int64_t step = reached + 1; step < reached + 5; ++step)
        killed.scalars(step, p.newest()->seconds(), {{"loss", kLost}});
      killed.flush();
    }
    p.page.queue()->remove(p.newest());
    const auto drawn = [&] {
      const auto* plot = p.page.findChild<CurvePlot*>()->findChild<LossPlot*>();
      double highest = 0;
      for (int i = 0; i < plot->plot()->graphCount(); ++i)
        for (const auto& point : *plot->plot()->graph(i)->data()) highest = std::max(highest, point.value);
      return highest;
    };
    p.page.resumeRun(run);
    QTRY_COMPARE_WITH_TIMEOUT(drawn(), kLost, 30'000);
    QTRY_VERIFY_WITH_TIMEOUT(p.newest()->step() > reached + 5, 30'000);
    QVERIFY(drawn() < kLost);
    p.page.stopAndKeep();
    QTRY_VERIFY_WITH_TIMEOUT(!p.page.working(), 30'000);
  }

  void aRunIsResumedWithAnotherLearningRate() {
    Page p;
    p.page.start(small(0));
    QTRY_VERIFY_WITH_TIMEOUT(p.newest()->step() > 5, 30'000);
    p.page.stopAndKeep();
    QTRY_VERIFY_WITH_TIMEOUT(!p.page.working(), 30'000);
    const int64_t run = p.newest()->runId(), reached = p.newest()->step();
    auto* rate = static_cast<NumberEdit*>(p.page.runPanel()->changeable("learning_rate"));
    QVERIFY(rate->isVisible());
    rate->setText(u"0.00025"_s);
    button(p.page, u"Resume"_s)->click();
    QTRY_VERIFY_WITH_TIMEOUT(p.newest()->runId() == run && p.newest()->step() > reached + 2, 30'000);
    QCOMPARE(p.newest()->scalars().at("learning_rate").back().value, 0.00025);
    QCOMPARE(rate->text(), u"0.00025"_s);  // what is in force
    p.page.stopAndKeep();
    QTRY_VERIFY_WITH_TIMEOUT(!p.page.working(), 30'000);
  }

  void aLearningRateSetTooLateGoesForTheResumedRun() {
    Page p;
    p.page.start(small(0));
    QTRY_VERIFY_WITH_TIMEOUT(p.newest()->step() > 5, 30'000);
    p.newest()->pause();
    QTRY_COMPARE(p.newest()->state(), RunState::Paused);
    auto* rate = static_cast<NumberEdit*>(p.page.runPanel()->changeable("learning_rate"));
    rate->setText(u"0.00025"_s);
    Q_EMIT rate->editingFinished();
    const int64_t run = p.newest()->runId(), reached = p.newest()->step();
    p.page.stopAndKeep();  // before any step was made with it
    QTRY_VERIFY_WITH_TIMEOUT(!p.page.working(), 30'000);
    QCOMPARE(rate->text(), u"0.00025"_s);
    button(p.page, u"Resume"_s)->click();
    QTRY_VERIFY_WITH_TIMEOUT(p.newest()->runId() == run && p.newest()->step() > reached + 2, 30'000);
    QCOMPARE(p.newest()->scalars().at("learning_rate").back().value, 0.00025);
    p.page.stopAndKeep();
    QTRY_VERIFY_WITH_TIMEOUT(!p.page.working(), 30'000);
  }

  void theSecondHalfOfADoubleClickOnStopResumesNothing() {
    Page p;
    p.page.start(small(0));
    QTRY_VERIFY_WITH_TIMEOUT(p.newest()->step() > 5, 30'000);
    const int interval = QApplication::doubleClickInterval();
    QApplication::setDoubleClickInterval(60'000);  // however slow this machine is
    button(p.page, u"Stop"_s)->click();
    QTRY_VERIFY_WITH_TIMEOUT(p.newest()->ended(), 30'000);
    button(p.page, u"Resume"_s)->click();
    QVERIFY(!p.page.working());
    QApplication::setDoubleClickInterval(interval);
  }

  void aFinishedRunGoesOnUntilTheStepThatIsSaid() {
    Page p;
    p.page.start(small(20));
    QTRY_VERIFY_WITH_TIMEOUT(!p.page.working(), 30'000);
    const int64_t run = p.newest()->runId();
    auto* until = static_cast<NumberEdit*>(p.page.runPanel()->changeable("until"));
    QVERIFY(until->isVisible());
    QCOMPARE(until->text(), u"40"_s);  // for as long again
    until->setText(u"20"_s);
    button(p.page, u"Resume"_s)->click();
    QTRY_VERIFY(p.page.runPanel()->findChild<MessageBar*>()->text().contains(u"at step 20"_s));
    QVERIFY(!p.page.working());
    until->setText(u"27"_s);
    button(p.page, u"Resume"_s)->click();
    QTRY_VERIFY_WITH_TIMEOUT(p.newest()->step() == 27 && !p.page.working(), 30'000);
    QCOMPARE(p.newest()->runId(), run);
    QCOMPARE(Store(dataHome()).run(run).request.steps, int64_t(27));
    p.page.queue()->remove(p.newest());
    p.page.resumeRun(run);  // unasked it does not train for longer
    QTRY_COMPARE(p.page.queue()->all().size(), std::size_t(1));
    QCOMPARE(p.newest()->runId(), run);
    QVERIFY(p.newest()->ended() && !p.page.working());
    QCOMPARE(static_cast<NumberEdit*>(p.page.runPanel()->changeable("until"))->text(), u"54"_s);
  }

  void runsOfASweepAreNamedByWhatDiffers() {
    Page p;
    auto narrow = small(5), wide = small(5);
    wide.settings["width"] = 40;
    p.page.startSeveral({narrow, wide});
    QTRY_VERIFY_WITH_TIMEOUT(!p.page.working(), 30'000);
    QVERIFY(p.newest()->title().endsWith(u"Width 40"_s));
    const int64_t run = p.newest()->runId();
    QTRY_COMPARE(Store(dataHome()).run(run).name, std::string("Width 40"));
    p.page.forgetRuns({run});  // deleted elsewhere
    QVERIFY(p.newest()->runId() != run);
  }

  void theFilmStripBringsEarlierSnapshotsBack() {
    Page p;
    p.page.start(small(100));
    QTRY_VERIFY_WITH_TIMEOUT(!p.page.working(), 30'000);
    auto* gallery = p.page.runPanel()->gallery();
    QTRY_VERIFY(!gallery->shown().gallery.empty());
    QTest::qWait(300);
    const double last = gallery->shown().rows[0].worst();
    p.page.runPanel()->filmStrip()->setStep(0);
    QTRY_VERIFY(gallery->shown().rows[0].worst() > 2 * last);
  }

  void aWrongSetupIsSaidWhereThePersonLooks() {
    Page p;
    RunRequest request = small(100);
    request.device = "cuda:99";
    p.page.openRequest(request);
    p.page.setup()->start();
    QVERIFY(!p.page.working());
    QVERIFY(p.page.setup()->message()->isVisible());
    QVERIFY(p.page.setup()->message()->text().contains(u"cuda:99"_s));
  }

  void aSetupTravelsAsJson() {
    Page p;
    p.page.openRequest(small(77));
    RunRequest copied = p.page.setup()->request();
    QCOMPARE(copied.steps, 77);
    QCOMPARE(copied.settings.at("width").get<int>(), 32);
    const QString file = home_.folder.filePath(u"setup.json"_s);
    QFile out(file);
    QVERIFY(out.open(QIODevice::WriteOnly));
    out.write(QByteArray::fromStdString(toJson(copied).dump()));
    out.close();
    p.page.showCatalogue();
    p.page.openRequest(small(1));
    p.page.openSetupFile(file);
    QCOMPARE(p.page.setup()->request().steps, 77);
    QFile bad(file);
    QVERIFY(bad.open(QIODevice::WriteOnly));
    bad.write("{ half a");
    bad.close();
    QVERIFY_EXCEPTION_THROWN(p.page.openSetupFile(file), std::exception);
  }

  void severalValuesBecomeSeveralRuns() {
    Settings settings(experimentKind("reconstruction-sanity").schema);
    SweepDialog dialog(settings, nullptr);
    dialog.setAttribute(Qt::WA_DeleteOnClose, false);
    dialog.choose(u"bottleneck"_s, u"2, 4, 10"_s);
    const auto variants = dialog.variants();
    QCOMPARE(variants.size(), std::size_t(3));
    QCOMPARE(variants[1].integer("bottleneck"), 4);
    QCOMPARE(variants[1].integer("width"), settings.integer("width"));
    dialog.choose(u"bottleneck"_s, u"4, 4, 8"_s);
    QCOMPARE(dialog.variants().size(), std::size_t(2));  // the same twice tells nothing
    dialog.choose(u"bottleneck"_s, u"2, many"_s);
    QVERIFY(dialog.variants().empty());
    // Variants of a network stand ready: one click trains them all.
    SweepDialog deep(Settings(experimentKind("reconstruction-deep").schema), nullptr);
    deep.setAttribute(Qt::WA_DeleteOnClose, false);
    QVERIFY(deep.variants().size() >= 4);
  }

  void aRunThatFailsSaysWhy() {
    Page p;
    RunRequest request = small(100);
    request.settings["pictures"] = {"/nowhere/at all.png"};
    p.page.start(request);
    QTRY_VERIFY_WITH_TIMEOUT(!p.page.working(), 30'000);
    QCOMPARE(p.newest()->state(), RunState::Failed);
    QVERIFY(p.newest()->message().contains(u"/nowhere/at all.png"_s));
    bool seen = false;
    for (auto* bar : p.page.runPanel()->findChildren<MessageBar*>())
      seen |= bar->isVisible() && bar->text() == p.newest()->message();
    QVERIFY(seen);
  }
};

QTEST_MAIN(ExperimentsPageTest)
#include "experiments_page_test.moc"
