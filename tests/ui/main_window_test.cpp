#include <QAbstractItemView>
#include <QApplication>
#include <QDragEnterEvent>
#include <QLabel>
#include <QMimeData>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>
#include <QToolButton>

#include "core/experiments/catalog.h"
#include "core/image/views.h"
#include "core/video/writer.h"
#include "own_home.h"
#include "ui/close_guard.h"
#include "ui/experiments/experiments_page.h"
#include "ui/experiments/setup_panel.h"
#include "ui/experiments/training_queue.h"
#include "ui/main_window.h"
#include "ui/runs/runs_page.h"
#include "ui/slowmo/clip_stage.h"
#include "ui/slowmo/make_panel.h"
#include "ui/slowmo/slowmo_page.h"
#include "ui/theme.h"
#include "ui/widgets/message_bar.h"

using namespace Qt::StringLiterals;
using namespace fw;

class MainWindowTest : public QObject {
  Q_OBJECT
  OwnHome home_;

  static RunRequest endless() {
    Settings settings(experimentKind("reconstruction-sanity").schema);
    settings.set("width", int64_t{32});
    settings.set("height", int64_t{24});
    RunRequest request;
    request.experiment = "reconstruction-sanity";
    request.settings = settings.toJson();
    request.threads = 1;
    return request;
  }

  QString file(const QString& name, const QByteArray& content = "x") const {
    QFile out(home_.folder.filePath(name));
    if (out.open(QIODevice::WriteOnly)) out.write(content);
    return out.fileName();
  }

  static void drop(MainWindow& window, const QStringList& files) {
    QMimeData data;
    QList<QUrl> urls;
    for (const auto& each : files) urls << QUrl::fromLocalFile(each);
    data.setUrls(urls);
    QDragEnterEvent enter({400, 300}, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(&window, &enter);
    QVERIFY(enter.isAccepted());
    QDropEvent event({400, 300}, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(&window, &event);
  }

 private Q_SLOTS:
  void initTestCase() { applyTheme(ThemeChoice::Light); }

  void theKeyboardGoesEverywhere() {
    MainWindow window;
    window.show();
    QVERIFY(QTest::qWaitForWindowActive(&window));
    const std::pair<Qt::Key, Place> keys[] = {{Qt::Key_2, Place::Experiments},
                                              {Qt::Key_3, Place::Explore},
                                              {Qt::Key_4, Place::Runs},
                                              {Qt::Key_1, Place::Slowmo}};
    for (const auto& [key, place] : keys) {
      QTest::keyClick(&window, key, Qt::ControlModifier);
      QCOMPARE(window.place(), place);
    }
  }

  void theRailGoesEverywhere() {
    MainWindow window;
    window.show();
    for (auto* button : window.findChild<QWidget*>(u"rail"_s)->findChildren<QToolButton*>())
      if (button->text() == u"Runs"_s) button->click();
    QCOMPARE(window.place(), Place::Runs);
    QVERIFY(window.windowTitle().startsWith(u"Runs"_s));
  }

  void filesGoWhereTheyFit() {
    QVERIFY(fitOf(u"/a/Film.MP4"_s) == FileFit::Video);
    QVERIFY(fitOf(u"x.gif"_s) == FileFit::Video);
    QVERIFY(fitOf(u"x.JPeG"_s) == FileFit::Picture);
    QVERIFY(fitOf(u"flownet.pkl"_s) == FileFit::Weights);
    QVERIFY(fitOf(u"setup.json"_s) == FileFit::Setup);
    QVERIFY(fitOf(QDir::tempPath()) == FileFit::Folder);
    QVERIFY(fitOf(u"letter.odt"_s) == FileFit::Unknown);
  }

  void aDroppedVideoOpensInSlowMotion() {
    MainWindow window;
    window.show();
    window.go(Place::Runs);
    drop(window, {file(u"broken.mp4"_s)});
    QCOMPARE(window.place(), Place::Slowmo);
  }

  void aVideoDroppedWithItsCoverIsTheClip() {
    MainWindow window;
    window.show();
    const QString picture = home_.folder.filePath(u"cover.png"_s),
                  video = home_.folder.filePath(u"film.mp4"_s);
    writeImage(picture.toStdString(), cv::Mat(40, 60, CV_8UC3, cv::Scalar(20, 90, 200)));
    {
      VideoFormat format{64, 48, {25, 1}, {1, 25}, {}};
      VideoWriter writer(video.toStdString(), {}, format);
      for (int i = 0; i < 5; ++i) writer.write(cv::Mat(48, 64, CV_8UC3, cv::Scalar(40 * i, 9, 80)), i, 1);
      writer.finish();
    }
    drop(window, {picture, video});
    QTRY_VERIFY_WITH_TIMEOUT(window.slowmo()->stage()->hasClip(), 20'000);
    QTRY_VERIFY(window.slowmo()->messages()->text().contains(u"cover.png"_s));
    QVERIFY(window.slowmo()->makePanel()->startButton()->text() == u"Start"_s);  // one clip, not two
  }

  void aDroppedSetupOpensItsExperiment() {
    MainWindow window;
    window.show();
    RunRequest request = endless();
    request.steps = 123;
    drop(window, {file(u"mine.json"_s, QByteArray::fromStdString(toJson(request).dump()))});
    QCOMPARE(window.place(), Place::Experiments);
    QCOMPARE(window.experiments()->setup()->request().steps, 123);
  }

  void droppedPicturesBecomeTheExperimentsOwn() {
    MainWindow window;
    window.show();
    window.go(Place::Experiments);
    window.experiments()->openExperiment(u"reconstruction-sanity"_s);
    const QString picture = home_.folder.filePath(u"cat.png"_s);
    writeImage(picture.toStdString(), cv::Mat(40, 60, CV_8UC3, cv::Scalar(20, 90, 200)));
    drop(window, {picture});
    QCOMPARE(window.experiments()->setup()->request().settings.at("pictures").get<std::vector<std::string>>(),
             std::vector<std::string>{picture.toStdString()});
  }

  void droppedWeightsBecomeTheEngineOfSlowMotion() {
    MainWindow window;
    window.show();
    window.go(Place::Slowmo);
    const QString weights = file(u"flownet.pkl"_s);
    drop(window, {weights});
    QCOMPARE(window.place(), Place::Slowmo);
    const Settings& settings = window.slowmo()->makePanel()->settings();
    QCOMPARE(settings.text("engine"), std::string("rife"));
    QCOMPARE(settings.text("rife_weights"), weights.toStdString());
    // Under Experiments they belong to what is open; where nothing takes them, that is said with a way out.
    window.go(Place::Experiments);
    window.experiments()->openExperiment(u"reconstruction-sanity"_s);
    drop(window, {weights});
    QVERIFY(window.message()->isVisible());
    window.message()->actionButton()->click();
    QCOMPARE(window.place(), Place::Slowmo);
  }

  void whatNobodyCanUseIsSaidInPlainWords() {
    MainWindow window;
    window.show();
    drop(window, {file(u"letter.odt"_s)});
    QVERIFY(window.message()->isVisible());
    QVERIFY(window.message()->text().contains(u"letter.odt"_s));
    drop(window, {file(u"bad.json"_s, "{")});
    QVERIFY(window.message()->text().contains(u"bad.json"_s));
  }

  void closingAnIdleWindowJustCloses() {
    MainWindow window;
    window.show();
    QVERIFY(window.close());
    QVERIFY(!window.findChild<CloseGuard*>());
  }

  void closingWhileTrainingAsksFirst() {
    MainWindow window;
    window.show();
    window.experiments()->start(endless());
    Training* training = window.experiments()->queue()->all().back();
    QTRY_VERIFY_WITH_TIMEOUT(training->step() > 5, 30'000);
    QVERIFY(!window.close());
    auto* guard = window.findChild<CloseGuard*>();
    QVERIFY(guard && guard->isVisible());
    QStringList said;
    for (auto* label : guard->findChildren<QLabel*>()) said << label->text();
    QVERIFY(said.join(u' ').contains(u"A training is still running."_s));
    guard->cancelButton()->click();
    QTest::qWait(100);
    QVERIFY(window.isVisible() && window.working());
    QVERIFY(!window.close());
    guard = window.findChild<CloseGuard*>();
    QVERIFY(guard);
    guard->stopButton()->click();
    QTRY_VERIFY_WITH_TIMEOUT(!window.isVisible(), 30'000);
    QVERIFY(!window.working());
    const auto run = Store().run(training->runId());
    QVERIFY(run.state == RunState::Stopped);
    QVERIFY(run.step > 5);
  }

  void theThemeIsSwitchedAndRemembered() {
    MainWindow window;
    window.show();
    window.findChild<QAction*>(u"themeDark"_s)->trigger();
    QVERIFY(isDark(QApplication::palette()));
    QCOMPARE(savedTheme(), ThemeChoice::Dark);
    const QImage dark = window.grab().toImage();
    QVERIFY(qGray(dark.pixel(dark.width() / 2, 4)) < 80);
    window.findChild<QAction*>(u"themeLight"_s)->trigger();
    QVERIFY(!isDark(QApplication::palette()));
    const QImage light = window.grab().toImage();
    QVERIFY(qGray(light.pixel(light.width() / 2, 4)) > 180);
  }

  void sizeAndPlaceAreRemembered() {
    {
      MainWindow window;
      window.resize(1111, 777);
      window.show();
      window.go(Place::Runs);
      window.close();
    }
    MainWindow again;
    QCOMPARE(again.size(), QSize(1111, 777));
    QCOMPARE(again.place(), Place::Runs);
  }

  void everyButtonHasAWordOrATip() {
    MainWindow window;
    window.show();
    for (auto* button : window.findChildren<QAbstractButton*>()) {
      if (button->objectName().startsWith(u"qt_"_s) ||
          qobject_cast<QAbstractItemView*>(button->parentWidget()))
        continue;
      if (button->isHidden()) continue;  // gets its word when it is shown
      QVERIFY2(
          !button->text().isEmpty() || !button->toolTip().isEmpty() || !button->accessibleName().isEmpty(),
          qPrintable(button->parentWidget()->objectName() +
                     QString::fromLatin1(button->metaObject()->className())));
    }
  }
};

QTEST_MAIN(MainWindowTest)
#include "main_window_test.moc"
