#include <QElapsedTimer>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <cmath>

#include "own_home.h"
#include "ui/theme.h"
#include "ui/widgets/curve_plot.h"
#include "ui/widgets/custom_plot.h"
#include "ui/widgets/loss_plot.h"

using namespace Qt::StringLiterals;
using namespace fw;

namespace {

std::vector<Point> fallingLoss(int count) {
  std::vector<Point> points;
  for (int i = 1; i <= count; ++i) points.push_back({i, i * 0.01, 0.1 + std::exp(-i / (count / 5.0))});
  return points;
}

/// The highest pixel row of the plot, within its axes, that is not background.
bool anyInkAbove(LossPlot& plot, double value) {
  const QImage picture = plot.plot()->grab().toImage();
  const QRect axes = plot.plot()->axisRect()->rect();
  const int bottom = int(plot.plot()->yAxis->coordToPixel(value));
  const QColor series = coloursOf(plot.palette()).series[0];
  for (int y = axes.top() + 1; y < bottom; ++y)
    for (int x = axes.left() + 2; x < axes.right(); ++x) {
      const QColor at = picture.pixelColor(x, y);
      // The curve is blue in a grey world.
      if (at.blue() - at.red() > 30 && series.blue() > series.red()) return true;
    }
  return false;
}

}  // namespace

class LossPlotTest : public QObject {
  Q_OBJECT
  OwnHome home_;

 private Q_SLOTS:
  void initTestCase() { applyTheme(ThemeChoice::Light); }

  void aSingleSpikeInAHundredThousandPointsIsSeen() {
    LossPlot plot;
    plot.resize(900, 400);
    plot.show();
    auto points = fallingLoss(100'000);
    points[73'211].value = 40;
    plot.setSeries(u"training"_s, SeriesKind::Train, 0, points);
    QTest::qWait(200);
    QVERIFY(plot.plot()->yAxis->range().upper >= 40);
    QVERIFY2(anyInkAbove(plot, 30), "the spike must be drawn");
    points[73'211].value = 0.1;
    plot.setSeries(u"training"_s, SeriesKind::Train, 0, points);
    QTest::qWait(300);
    plot.plot()->yAxis->setRange(0, 41);
    plot.plot()->replot();
    QVERIFY2(!anyInkAbove(plot, 30), "without the spike nothing is there: the test can tell");
  }

  void appendingToAHundredThousandPointsIsCheap() {
    LossPlot plot;
    plot.resize(900, 400);
    plot.show();
    plot.setSeries(u"training"_s, SeriesKind::Train, 0, fallingLoss(100'000));
    QTest::qWait(200);
    QElapsedTimer clock;
    clock.start();
    for (int i = 0; i < 100; ++i) plot.append(u"training"_s, {{100'001 + i, 1000.0 + i, 0.1}});
    QVERIFY2(clock.elapsed() < 100, qPrintable(QString::number(clock.elapsed())));
    clock.start();
    plot.plot()->replot();
    qInfo() << "replot of 100 000 points:" << clock.elapsed() << "ms";
    QVERIFY(clock.elapsed() < 250);
  }

  void smoothingStartsUnbiasedAndKeepsTheRawValues() {
    LossPlot plot;
    plot.setSmoothing(0.9);
    plot.setSeries(u"training"_s, SeriesKind::Train, 0, {{1, 0.1, 5.0}, {2, 0.2, 5.0}, {3, 0.3, 5.0}});
    const auto* raw = plot.plot()->graph(1);
    const auto* smooth = plot.plot()->graph(2);
    QCOMPARE(raw->dataCount(), 3);
    for (int i = 0; i < 3; ++i) QCOMPARE(smooth->dataMainValue(i), 5.0);
  }

  void onALogAxisFactorsAreAveraged() {
    LossPlot plot;
    plot.setLogY(true);
    plot.setSmoothing(0.5);
    plot.setSeries(u"training"_s, SeriesKind::Train, 0, {{1, 0.1, 1.0}, {2, 0.2, 1e-6}});
    const auto* smooth = plot.plot()->graph(2);
    QVERIFY2(std::abs(smooth->dataMainValue(1) - 1e-4) < 1e-9, "a third of the way in the logarithm");
    plot.setLogY(false);
    QVERIFY(std::abs(smooth->dataMainValue(1) - 1.0 / 3) < 1e-6);
  }

  void errorsAndScoresHaveEachTheirOwnWayOfLogY() {
    LossPlot plot;
    plot.setOptionsSaved(u"plot of this test"_s);
    const auto isLog = [&] { return plot.plot()->yAxis->scaleType() == QCPAxis::stLogarithmic; };
    QVERIFY2(isLog(), "losses fall over decades");
    plot.showErrors(false);
    QVERIFY2(!isLog(), "decibels do not");
    plot.setLogY(true);
    plot.showErrors(true);
    plot.setLogY(false);
    plot.showErrors(false);
    QVERIFY2(isLog(), "as the person has it");
    plot.showErrors(true);
    QVERIFY(!isLog());
  }

  void marksTheBestStep() {
    LossPlot plot;
    plot.resize(900, 400);
    plot.show();
    plot.setSeries(u"held out"_s, SeriesKind::Validation, 1, {{0, 0, 30}, {100, 1, 34}, {200, 2, 33}});
    plot.setBest(u"held out"_s, {100, 1, 34});
    QTest::qWait(200);
    const auto* mark = plot.plot()->graph(0);
    QCOMPARE(mark->dataCount(), 1);
    QCOMPARE(mark->dataMainKey(0), 100.0);
    QCOMPARE(mark->dataMainValue(0), 34.0);
    plot.setBySeconds(true);
    QTest::qWait(200);
    QCOMPARE(mark->dataMainKey(0), 1.0);
  }

  void logAxesShowEveryPositiveValue() {
    LossPlot plot;
    plot.resize(900, 400);
    plot.show();
    plot.setSeries(u"training"_s, SeriesKind::Train, 0, {{1, 0.1, 1e-6}, {10, 0.2, 1e-2}, {1000, 3, 10.0}});
    plot.setLogX(true);
    plot.setLogY(true);
    QTest::qWait(200);
    QCOMPARE(plot.plot()->yAxis->scaleType(), QCPAxis::stLogarithmic);
    QVERIFY(plot.plot()->yAxis->range().lower <= 1e-6 && plot.plot()->yAxis->range().lower > 0);
    QVERIFY(plot.plot()->yAxis->range().upper >= 10);
    QVERIFY(plot.plot()->xAxis->range().upper >= 1000 && plot.plot()->xAxis->range().lower > 0);
    // Equal factors take equal room.
    const double first = plot.plot()->xAxis->coordToPixel(10) - plot.plot()->xAxis->coordToPixel(1),
                 second = plot.plot()->xAxis->coordToPixel(100) - plot.plot()->xAxis->coordToPixel(10);
    QVERIFY(std::abs(first - second) < 1);
  }

  void baselinesReachAcrossTheView() {
    LossPlot plot;
    plot.resize(900, 400);
    plot.show();
    plot.setSeries(u"held out"_s, SeriesKind::Validation, 0, {{0, 0, 0.9}, {500, 1, 0.2}});
    plot.setBaseline(u"predict zero"_s, -1, 0.5);
    QTest::qWait(200);
    const auto* level = plot.plot()->graph(plot.plot()->graphCount() - 1);
    QCOMPARE(level->dataCount(), 2);
    QCOMPARE(level->dataMainValue(0), 0.5);
    QVERIFY(level->dataMainKey(1) - level->dataMainKey(0) >= 500);
  }

  void zoomingByHandStopsFollowingUntilReset() {
    LossPlot plot;
    plot.resize(900, 400);
    plot.show();
    plot.setSeries(u"training"_s, SeriesKind::Train, 0, fallingLoss(100));
    QTest::qWait(200);
    const QPoint middle = plot.plot()->axisRect()->rect().center();
    QWheelEvent wheel(middle, plot.plot()->mapToGlobal(middle), {}, {0, 240}, Qt::NoButton, Qt::NoModifier,
                      Qt::NoScrollPhase, false);
    QCoreApplication::sendEvent(plot.plot(), &wheel);
    const auto zoomed = plot.plot()->xAxis->range();
    QVERIFY(zoomed.size() < 99);
    plot.append(u"training"_s, {{5000, 50, 0.1}});
    QTest::qWait(200);
    QCOMPARE(plot.plot()->xAxis->range().upper, zoomed.upper);
    plot.showAll();
    QTest::qWait(200);
    QVERIFY(plot.plot()->xAxis->range().upper >= 5000);
  }

  void exportsEveryPoint() {
    LossPlot plot;
    plot.setSeries(u"a, \"b\""_s, SeriesKind::Train, 0, {{1, 0.5, 0.25}, {2, 1.0, 0.125}});
    plot.setBaseline(u"zero"_s, -1, 0.7);
    const QString csv = plot.csv();
    QVERIFY(csv.contains(u"\"a, \"\"b\"\"\",train,2,1.000,0.125"_s));
    QVERIFY(csv.contains(u"\"zero\",baseline,,,0.69"_s) || csv.contains(u"\"zero\",baseline,,,0.7"_s));
    QTemporaryDir folder;
    plot.resize(600, 300);
    for (const auto& name : {u"p.png"_s, u"p.pdf"_s, u"p.csv"_s}) {
      plot.exportTo(folder.filePath(name));
      QVERIFY(QFileInfo(folder.filePath(name)).size() > 50);
    }
    QVERIFY_EXCEPTION_THROWN(plot.exportTo(u"/no such folder/p.png"_s), std::exception);
  }

  void metricsGroupTrainingAndHeldOut() {
    QCOMPARE(metricOf("validation/psnr").metric, std::string("psnr"));
    QCOMPARE(metricOf("validation/psnr").side, std::string("held out"));
    QCOMPARE(metricOf("loss").side, std::string("training"));
    QCOMPARE(baselineOf("validation/mse (predict zero)").metric, std::string("mse"));
    QCOMPARE(baselineOf("validation/mse (predict zero)").label, std::string("predict zero"));
    CurvePlot curves;
    curves.addRun(u"run"_s, 0, {{"loss", {{1, 1, 0.5}}}},
                  {{"validation/loss", {{1, 1, 0.6}}}, {"validation/psnr", {{1, 1, 30}}}}, {});
    QCOMPARE(curves.shownMetric(), u"loss"_s);
    QVERIFY(curves.plot()->has(u"training"_s) && curves.plot()->has(u"held out"_s));
    curves.append(u"run"_s, {{"loss", {{2, 2, 0.4}}}}, {});
    QVERIFY(curves.plot()->csv().contains(u"train,2,"_s));
    curves.setMetric(u"psnr"_s);
    QVERIFY(!curves.plot()->has(u"training"_s) && curves.plot()->has(u"held out"_s));
  }
};

QTEST_MAIN(LossPlotTest)
#include "loss_plot_test.moc"
