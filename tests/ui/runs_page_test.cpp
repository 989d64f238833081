#include <QHeaderView>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QTableView>
#include <QTableWidget>
#include <QTest>

#include "core/experiments/catalog.h"
#include "own_home.h"
#include "ui/runs/run_details.h"
#include "ui/runs/run_table.h"
#include "ui/runs/runs_page.h"
#include "ui/theme.h"
#include "ui/widgets/curve_plot.h"
#include "ui/widgets/film_strip.h"
#include "ui/widgets/gallery_view.h"
#include "ui/widgets/message_bar.h"
#include "ui/work/store_thread.h"

using namespace Qt::StringLiterals;
using namespace fw;

class RunsPageTest : public QObject {
  Q_OBJECT
  OwnHome home_;

  /// A finished run whose loss falls from `from`, with two snapshots.
  static int64_t makeRun(double from, double rate) {
    Store store;
    RunRequest request;
    request.experiment = "reconstruction-sanity";
    request.settings = {{"learning_rate", rate}, {"bottleneck", 10}};
    request.steps = 100;
    const auto run = store.createRun(request, "test");
    RunWriter writer(store.folder(), run.id);
    for (int step = 1; step <= 100; ++step) writer.scalars(step, step * 0.1, {{"loss", from / step}});
    writer.scores(100, 10, {{"reconstruction/psnr", 30 + from}});
    writer.best(100, 30 + from);
    for (const int value : {50, 90}) {
      const cv::Mat truth(16, 16, CV_8UC1, cv::Scalar(100)), guess(16, 16, CV_8UC1, cv::Scalar(value));
      writer.snapshot(
          value,
          {{"sample", {{"target", FrameRole::Target, truth}, {"prediction", FrameRole::Prediction, guess}}}});
    }
    writer.state(RunState::Finished);
    writer.flush();
    return run.id;
  }

  static void removeAllRuns() {
    Store store;
    for (const auto& run : store.runs()) store.deleteRun(run.id);
  }

  struct Page {
    Page() : page(&store) {
      page.resize(1200, 800);
      page.show();
      refresh();
    }
    void refresh() {
      QSignalSpy done(&page, &RunsPage::refreshed);
      page.refresh();
      QVERIFY(done.wait(5000));
    }
    QPushButton* button(const QString& text) {
      for (auto* each : page.findChildren<QPushButton*>())
        if (each->text() == text && each->isVisible()) return each;
      return nullptr;
    }
    StoreThread store;
    RunsPage page;
  };

 private Q_SLOTS:
  void initTestCase() { applyTheme(ThemeChoice::Light); }
  void init() { removeAllRuns(); }

  void listsSortsAndFilters() {
    const auto first = makeRun(1, 0.001), second = makeRun(9, 0.01);
    Page p;
    auto* view = p.page.view();
    QCOMPARE(view->model()->rowCount(), 2);
    QCOMPARE(view->model()->index(0, 0).data().toLongLong(), second);  // newest first
    view->sortByColumn(RunTable::Best, Qt::AscendingOrder);
    QCOMPARE(view->model()->index(0, 0).data().toLongLong(), first);
    const auto rangeOf = [&](int64_t id) { return p.page.table()->summary(id); };
    QTRY_VERIFY(rangeOf(first) && rangeOf(second));  // one comes after the other
    QCOMPARE(rangeOf(second)->metrics.at("loss").high, 9);
    QCOMPARE(rangeOf(first)->metrics.at("loss").low, 0.01);
    auto* filter = p.page.findChild<QLineEdit*>();
    filter->setText(u"no such run"_s);
    QCOMPARE(view->model()->rowCount(), 0);
    filter->setText(u"finished"_s);
    QCOMPARE(view->model()->rowCount(), 2);
  }

  void aRunThatTrainsIsFollowed() {
    Store store;
    RunRequest request;
    request.experiment = "reconstruction-sanity";
    request.steps = 100;
    const auto run = store.createRun(request, "test");
    RunWriter writer(store.folder(), run.id);
    writer.state(RunState::Running);
    writer.scalars(1, 0.1, {{"loss", 1.0}});
    writer.flush();
    Page p;
    p.page.select({run.id});
    QTRY_COMPARE(p.page.details()->stepOf(run.id), int64_t(1));
    writer.scalars(2, 0.2, {{"loss", 0.5}});
    writer.flush();
    p.refresh();
    QTest::qWait(100);
    QCOMPARE(p.page.details()->stepOf(run.id), int64_t(1));  // not for every step
    QTRY_VERIFY(p.page.details()->age() > 3000);
    p.refresh();
    QTRY_COMPARE(p.page.details()->stepOf(run.id), int64_t(2));
    writer.state(RunState::Finished);
  }

  void aQuestionAboutOtherRunsIsWithdrawn() {
    const auto first = makeRun(1, 0.001), second = makeRun(9, 0.01);
    Page p;
    p.page.select({first});
    p.button(u"Delete"_s)->click();
    QVERIFY(p.page.message()->isVisible());
    QVERIFY(p.page.message()->text().contains(QString::number(first)));
    p.page.select({second});
    QTRY_VERIFY(!p.page.message()->isVisible());
  }

  void overlaysSelectedRunsAndTellsWhatDiffers() {
    const auto first = makeRun(1, 0.001), second = makeRun(9, 0.01);
    Page p;
    QVERIFY(!p.page.details()->curves()->isVisible());  // but a word about what to do
    p.page.select({first, second});
    QTRY_VERIFY(p.page.details()->curves()->isVisible());
    auto* plot = p.page.details()->curves()->plot();
    QTRY_VERIFY(plot->has(u"run %1, training"_s.arg(first)) && plot->has(u"run %1, training"_s.arg(second)));
    auto* parameters = p.page.details()->parameters();
    QCOMPARE(parameters->item(0, 0)->text(), u"Learning rate"_s);  // what differs stands on top
    QVERIFY(parameters->item(0, 0)->font().bold());
    QCOMPARE(parameters->item(0, 1)->text(), u"0.001"_s);
    QCOMPARE(parameters->item(0, 2)->text(), u"0.01"_s);
    auto* gallery = p.page.details()->gallery();
    QTRY_VERIFY(!gallery->shown().gallery.empty() && gallery->shown().gallery[0].frames.size() >= 4);
  }

  void settingsAreShownInWords() {
    RunRequest request;
    request.experiment = "interpolation";
    request.settings = {{"loss", "psnr"}, {"data", nlohmann::json::array()}, {"of_another_version", true}};
    const auto id = Store().createRun(request, "test").id;
    Page p;
    p.page.select({id});
    auto* parameters = p.page.details()->parameters();
    const auto shown = [&](const QString& label) {
      const auto found = parameters->findItems(label, Qt::MatchExactly);
      return found.empty() ? u"not there"_s : parameters->item(found[0]->row(), 1)->text();
    };
    QTRY_COMPARE(shown(u"Of another version"_s), u"yes"_s);
    const auto& kind = experimentKind("interpolation");
    QCOMPARE(shown(u"Experiment"_s), QString::fromStdString(kind.title));
    QCOMPARE(shown(QString::fromStdString(kind.schema.at("data").label)), u"none"_s);
    for (const auto& choice : kind.schema.at("loss").choices)
      if (choice.id == "psnr")
        QCOMPARE(shown(QString::fromStdString(kind.schema.at("loss").label)),
                 QString::fromStdString(choice.label));
  }

  void showsAnySnapshot() {
    const auto id = makeRun(1, 0.001);
    Page p;
    p.page.select({id});
    QTRY_COMPARE(p.page.details()->filmStrip()->steps(), (std::vector<int64_t>{50, 90}));
    auto* gallery = p.page.details()->gallery();
    const auto value = [&] {
      return gallery->shown().gallery.empty()
                 ? -1
                 : int(gallery->shown().gallery[0].frames[1].image.at<uchar>(0, 0));
    };
    QTRY_COMPARE(value(), 90);
    p.page.details()->filmStrip()->setStep(50);
    QTRY_COMPARE(value(), 50);
  }

  void deletesOnlyAfterAsking() {
    const auto first = makeRun(1, 0.001), second = makeRun(2, 0.01);
    Page p;
    p.page.select({first});
    p.button(u"Delete"_s)->click();
    QVERIFY(p.page.message()->isVisible());
    QCOMPARE(Store().runs().size(), std::size_t(2));
    p.page.message()->dismiss();
    QCOMPARE(Store().runs().size(), std::size_t(2));
    p.button(u"Delete"_s)->click();
    QSignalSpy refreshed(&p.page, &RunsPage::refreshed);
    p.page.message()->actionButton()->click();
    QVERIFY(refreshed.wait(5000));
    QCOMPARE(Store().runs().size(), std::size_t(1));
    QCOMPARE(Store().runs().front().id, second);
    QCOMPARE(p.page.view()->model()->rowCount(), 1);
  }

  void asksToResumeAndToStartTheSame() {
    const auto id = makeRun(1, 0.125);
    Page p;
    p.page.select({id});
    QSignalSpy resume(&p.page, &RunsPage::resumeAsked);
    double rate = 0;
    connect(&p.page, &RunsPage::sameAsAsked, this,
            [&](const RunRequest& request) { rate = request.settings.at("learning_rate"); });
    p.button(u"Resume"_s)->click();
    QCOMPARE(resume.first().first().toLongLong(), id);
    p.button(u"Same set-up, but…"_s)->click();
    QCOMPARE(rate, 0.125);
  }

  void notesAreKept() {
    const auto id = makeRun(1, 0.001);
    {
      Page p;
      p.page.select({id});
      QTRY_VERIFY(p.page.details()->notes()->isEnabled());
      p.page.details()->notes()->setPlainText(
          u"Größer werden die Menschen nicht, doch unter den Menschen …"_s);
      // Closed before the half second is over: nothing may be lost.
      p.page.select({});
    }
    QCOMPARE(QString::fromStdString(Store().run(id).notes),
             u"Größer werden die Menschen nicht, doch unter den Menschen …"_s);
  }

  void aSelectionSurvivesARefresh() {
    const auto first = makeRun(1, 0.001);
    Page p;
    p.page.select({first});
    const auto second = makeRun(2, 0.01);
    p.refresh();
    QCOMPARE(p.page.selected(), std::vector<int64_t>{first});
    QCOMPARE(p.page.view()->model()->rowCount(), 2);
    Q_UNUSED(second)
  }

  void ticksAreToggledOneByOne() {
    const auto first = makeRun(1, 0.001), second = makeRun(2, 0.01);
    Page p;
    auto* view = p.page.view();
    const auto tick = [&](int row) {
      const QRect cell = view->visualRect(view->model()->index(row, RunTable::Number));
      QTest::mouseClick(view->viewport(), Qt::LeftButton, {}, QPoint(cell.left() + 12, cell.center().y()));
    };
    tick(0);
    tick(1);
    QCOMPARE(p.page.selected(), (std::vector<int64_t>{first, second}));
    tick(0);
    QCOMPARE(p.page.selected(), std::vector<int64_t>{first});
    // Elsewhere a click chooses one alone.
    const QRect cell = view->visualRect(view->model()->index(0, RunTable::Experiment));
    QTest::mouseClick(view->viewport(), Qt::LeftButton, {}, cell.center());
    QCOMPARE(p.page.selected(), std::vector<int64_t>{second});
  }

  void opensARunAndPacksItIntoAZip() {
    const auto id = makeRun(1, 0.001);
    Page p;
    p.page.select({id});
    QSignalSpy open(&p.page, &RunsPage::openAsked);
    p.button(u"Open"_s)->click();
    QCOMPARE(open.first().first().toLongLong(), id);
    const QString zip = home_.folder.filePath(u"run.zip"_s);
    p.page.exportRun(id, zip);
    QTRY_VERIFY(p.page.message()->isVisible());
    QVERIFY(p.page.message()->text().contains(u"run.zip"_s));
    QFile file(zip);
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QByteArray bytes = file.readAll();
    QVERIFY(bytes.startsWith("PK"));
    QVERIFY(bytes.contains("setup.json") && bytes.contains("scalars.csv"));
  }

  void theTableIsSavedAsItIsShown() {
    const auto first = makeRun(1, 0.001), second = makeRun(9, 0.01);
    Page p;
    p.page.view()->sortByColumn(RunTable::Best, Qt::AscendingOrder);
    const QStringList lines = p.page.csv().split(u'\n', Qt::SkipEmptyParts);
    QCOMPARE(lines.size(), 3);
    QVERIFY(lines[0].startsWith(u"\"Run\",\"Name\""_s));
    QVERIFY(lines[1].startsWith(u"\"%1\""_s.arg(first)));
    QVERIFY(lines[2].startsWith(u"\"%1\""_s.arg(second)));
  }

  void onlyRunsThatMakeFramesCanBeEngines() {
    QCOMPARE(engineOf("interpolation"), u"swift"_s);
    QCOMPARE(engineOf("interpolation", {{"network", "rife"}}), u"rife"_s);
    QCOMPARE(engineOf("clip-unet"), u"learned"_s);
    QVERIFY(engineOf("cnn-classifier").isEmpty());
  }

  void aStoreThatCannotBeOpenedIsSaid() {
    const QString file = home_.folder.filePath(u"not a folder"_s);
    QFile out(file);
    QVERIFY(out.open(QIODevice::WriteOnly));
    out.close();
    StoreThread store(file.toStdString());
    RunsPage page(&store);
    page.show();
    page.refresh();
    QTRY_VERIFY(page.message()->isVisible());
    QVERIFY(!page.message()->text().isEmpty());
  }
};

QTEST_MAIN(RunsPageTest)
#include "runs_page_test.moc"
