#include <QComboBox>
#include <QLabel>
#include <QPushButton>
#include <QRegularExpression>
#include <QSignalSpy>
#include <QTabWidget>
#include <QTest>
#include <QTreeWidget>

#include "own_home.h"
#include "ui/experiments/closer_row.h"
#include "ui/experiments/experiments_page.h"
#include "ui/experiments/hole_painter.h"
#include "ui/experiments/layer_inspector.h"
#include "ui/experiments/run_panel.h"
#include "ui/experiments/run_scores.h"
#include "ui/experiments/setup_panel.h"
#include "ui/experiments/training_queue.h"
#include "ui/theme.h"
#include "ui/widgets/film_strip.h"
#include "ui/widgets/frame_view.h"
#include "ui/widgets/gallery_view.h"
#include "ui/widgets/message_bar.h"
#include "ui/work/store_thread.h"

using namespace Qt::StringLiterals;
using namespace fw;

/// What a person asks of a network while it trains and afterwards.
class NetworkQuestionsTest : public QObject {
  Q_OBJECT
  OwnHome home_;

  static constexpr int kLong = 60'000;  // ms that a slow, busy machine may take

  static RunRequest requestFor(const std::string& experiment, int64_t steps,
                               const std::vector<std::pair<std::string, Value>>& values) {
    Settings settings(experimentKind(experiment).schema);
    for (const auto& [name, value] : values) settings.set(name, value);
    RunRequest request;
    request.experiment = experiment;
    request.settings = settings.toJson();
    request.steps = steps;
    request.threads = 1;
    return request;
  }

  /// Grids that a tiny network learns in no time.
  static RunRequest grids(int64_t steps) {
    return requestFor("grid-completion", steps,
                      {{"size", int64_t{41}},
                       {"hole", int64_t{9}},
                       {"width", int64_t{4}},
                       {"batch", int64_t{2}},
                       {"patterns", std::string("original")}});
  }

  struct Page {
    Page() : page(&store) {
      page.resize(1200, 800);
      page.show();
    }
    ~Page() {
      page.stopAndKeep();
      (void)QTest::qWaitFor([this] { return !page.working(); }, kLong);
    }
    Training* start(const RunRequest& request) {
      page.openRequest(request);
      page.start(request);
      return page.queue()->all().back();
    }
    bool paintsAHole() {
      auto* painter = page.runPanel()->holePainter();
      page.runPanel()->tabs()->setCurrentWidget(painter);
      if (!QTest::qWaitFor([&] { return !painter->hole().empty(); }, kLong)) return false;
      QSignalSpy painted(painter, &HolePainter::holePainted);
      painter->paintSquare({20, 20}, 9);
      if (painted.count() != 1 || cv::countNonZero(painter->hole()) != 81) return false;
      return QTest::qWaitFor([&] { return !painter->filled()->image().empty(); }, kLong) &&
             painter->filled()->image().size() == painter->hole().size();
    }
    StoreThread store;
    ExperimentsPage page;
  };

 private Q_SLOTS:
  void initTestCase() { applyTheme(ThemeChoice::Light); }

  void aPaintedHoleIsFilledWhileItTrainsAndAfterwards() {
    Page p;
    Training* training = p.start(grids(0));
    QVERIFY(p.paintsAHole());
    QVERIFY2(!training->ended(), "it is asked while it trains");
    training->stop();
    QTRY_VERIFY_WITH_TIMEOUT(training->ended(), kLong);
    p.page.runPanel()->holePainter()->chooseSample(1);
    QVERIFY(p.paintsAHole());
    // Painting with the mouse hides what is under it.
    auto* painter = p.page.runPanel()->holePainter();
    painter->chooseSample(0);
    auto* canvas = painter->findChildren<FrameView*>().front();
    QSignalSpy painted(painter, &HolePainter::holePainted);
    QTest::mouseClick(canvas, Qt::LeftButton, {}, canvas->rect().center());
    QCOMPARE(painted.count(), 1);
    QVERIFY(cv::countNonZero(painter->hole()) > 0);
  }

  void aPausedNetworkAnswersToo() {
    Page p;
    Training* training = p.start(grids(0));
    QTRY_VERIFY_WITH_TIMEOUT(training->step() > 2, kLong);
    training->pause();
    QTRY_COMPARE_WITH_TIMEOUT(training->state(), RunState::Paused, kLong);
    const int64_t held = training->step();
    QVERIFY(p.paintsAHole());
    QCOMPARE(training->step(), held);
    QCOMPARE(training->state(), RunState::Paused);
  }

  void theLayersAreMeteredWhileItTrains() {
    Page p;
    p.start(grids(0));
    auto* layers = p.page.runPanel()->layers();
    p.page.runPanel()->tabs()->setCurrentWidget(layers);
    QTRY_VERIFY_WITH_TIMEOUT(layers->layers()->topLevelItemCount() > 4, kLong);
    const auto column = [&](int which) {
      QStringList texts;
      for (int i = 0; i < layers->layers()->topLevelItemCount(); ++i)
        texts << layers->layers()->topLevelItem(i)->text(which);
      return texts;
    };
    const int gradient = layers->layers()->columnCount() - 1;
    // A network that learns has gradients.
    QTRY_VERIFY_WITH_TIMEOUT(column(gradient).filter(QRegularExpression(u"^[0-9]"_s)).size() > 2, kLong);
    QVERIFY(!layers->warnings().isEmpty());
  }

  void aCellOfTheConfusionMatrixShowsItsPictures() {
    Page p;
    p.start(requestFor("cnn-classifier", 2, {{"training_pictures", int64_t{100}}, {"batch", int64_t{8}}}));
    QTRY_VERIFY_WITH_TIMEOUT(!p.page.working(), kLong);
    auto* gallery = p.page.runPanel()->gallery();
    QTRY_VERIFY_WITH_TIMEOUT(gallery->cell(0, 0), kLong);
    auto* matrix = gallery->cell(0, 0);
    QVERIFY2(matrix->width() >= 200, "a matrix must be large enough to be read and clicked");
    // All guesses of a network that has learnt nothing fall into one column: one of its cells is full.
    auto* closer = p.page.runPanel()->closer();
    for (int column = 0; column < 10 && closer->pictures() == 0; ++column) {
      const QString before = closer->title();
      Q_EMIT matrix->clicked({84 + 44 * column + 20, 84 + 20});
      QTRY_VERIFY_WITH_TIMEOUT(closer->title() != before, kLong);
    }
    QVERIFY(closer->isVisible());
    QVERIFY(closer->pictures() > 0);
    QVERIFY(closer->title().contains(u" taken for "_s) || closer->title().contains(u" told rightly"_s));
  }

  void theLossChangesWhileItRunsAndStaysChanged() {
    Page p;
    auto hardlyLearning = grids(0);
    hardlyLearning.settings["learning_rate"] = 1e-6;  // only another loss can make the number smaller
    Training* training = p.start(hardlyLearning);
    QTRY_VERIFY_WITH_TIMEOUT(training->step() > 2, kLong);
    QVERIFY2(training->scalars().at("loss").back().value > 0.5,
             "cross-entropy of a beginner should be about 0.7");
    auto* box = qobject_cast<QComboBox*>(p.page.runPanel()->changeable("loss"));
    QVERIFY(box && box->isVisible());
    const int mse = box->findData(u"mse"_s);
    QVERIFY(mse >= 0);
    box->setCurrentIndex(mse);
    Q_EMIT box->activated(mse);
    QTRY_VERIFY_WITH_TIMEOUT(
        Store().run(training->runId()).request.settings.at("loss").get<std::string>() == "mse", kLong);
    QTRY_VERIFY_WITH_TIMEOUT(training->scalars().at("loss").back().value < 0.4, kLong);
    const auto before = training->scalars().at("loss").size();
    QTRY_VERIFY_WITH_TIMEOUT(training->scalars().at("loss").size() > before + 3, kLong);
    QVERIFY2(training->scalars().at("loss").back().value < 0.4,
             "cross-entropy of a beginner would be about 0.7");
  }

  void anEarlierRunOpensAgainWithAllOfIt() {
    int64_t id = 0;
    {
      Page p;
      Training* training = p.start(grids(3));
      QTRY_VERIFY_WITH_TIMEOUT(training->ended(), kLong);
      id = training->runId();
    }
    Page p;
    p.page.openRun(id);
    QTRY_VERIFY_WITH_TIMEOUT(p.page.runPanel()->training() && p.page.runPanel()->training()->runId() == id,
                             kLong);
    QVERIFY(!p.page.working());
    QTRY_VERIFY_WITH_TIMEOUT(!p.page.runPanel()->gallery()->shown().gallery.empty(), kLong);
    QVERIFY(p.page.runPanel()->scores()->rowCount() >= 2);
    QVERIFY(p.page.runPanel()->scores()->item(0, 1)->text().endsWith(u"%"_s));
    QVERIFY(p.paintsAHole());
    // And it can go on from here.
    for (auto* each : p.page.runPanel()->findChildren<QPushButton*>())
      if (each->text() == u"Resume"_s && each->isVisible()) each->click();
    QTRY_VERIFY_WITH_TIMEOUT(p.page.runPanel()->training()->step() == 6 && !p.page.working(), kLong);
  }

  void severalValuesAreTrainedAndOfferedForComparison() {
    Page p;
    auto one = grids(2), other = grids(2);
    other.settings["learning_rate"] = 0.01;
    p.page.openRequest(one);
    Q_EMIT p.page.setup()->severalAsked({one, other});
    QCOMPARE(p.page.queue()->all().size(), std::size_t(2));
    QTRY_VERIFY_WITH_TIMEOUT(!p.page.working(), kLong);
    std::vector<int64_t> compared;
    connect(&p.page, &ExperimentsPage::compareAsked, this,
            [&](const std::vector<int64_t>& ids) { compared = ids; });
    QVERIFY(p.page.setup()->message()->isVisible());
    p.page.setup()->message()->actionButton()->click();
    QCOMPARE(compared.size(), std::size_t(2));
  }
};

QTEST_MAIN(NetworkQuestionsTest)
#include "network_questions_test.moc"
