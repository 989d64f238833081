#include <QSignalSpy>
#include <QSlider>
#include <QTest>
#include <QToolButton>

#include "own_home.h"
#include "ui/theme.h"
#include "ui/widgets/film_strip.h"

using namespace fw;

class FilmStripTest : public QObject {
  Q_OBJECT
  OwnHome home_;

 private Q_SLOTS:
  void initTestCase() { applyTheme(ThemeChoice::Light); }

  void followsAsSnapshotsCome() {
    FilmStrip strip;
    QSignalSpy chosen(&strip, &FilmStrip::stepChosen);
    QVERIFY(!strip.isEnabled());
    strip.setSteps({0, 1, 2});
    QCOMPARE(strip.step(), 2);
    strip.setSteps({0, 1, 2, 5});
    QCOMPARE(strip.step(), 5);
    QCOMPARE(chosen.last().first().toLongLong(), 5);
  }

  void staysWhereThePersonLooks() {
    FilmStrip strip;
    strip.setSteps({0, 1, 2, 5});
    strip.setStep(1);
    QSignalSpy chosen(&strip, &FilmStrip::stepChosen);
    strip.setSteps({0, 1, 2, 5, 10, 20});
    QCOMPARE(strip.step(), 1);
    QCOMPARE(chosen.count(), 0);
  }

  void choosesTheLastSnapshotNotAfterAStep() {
    FilmStrip strip;
    strip.setSteps({0, 10, 100});
    strip.setStep(99);
    QCOMPARE(strip.step(), 10);
    strip.setStep(-5);
    QCOMPARE(strip.step(), 0);
  }

  void playsFromTheBeginningToTheEndAndStops() {
    FilmStrip strip;
    strip.setSteps({0, 1, 2});
    QSignalSpy chosen(&strip, &FilmStrip::stepChosen);
    strip.findChild<QToolButton*>()->click();
    QVERIFY(strip.playing());
    QTRY_VERIFY_WITH_TIMEOUT(!strip.playing(), 5000);
    QList<qlonglong> seen;
    for (const auto& each : chosen) seen << each.first().toLongLong();
    QCOMPARE(seen, (QList<qlonglong>{0, 1, 2}));
  }

  void theKeyboardMovesIt() {
    FilmStrip strip;
    strip.setSteps({0, 1, 2});
    QTest::keyClick(strip.findChild<QSlider*>(), Qt::Key_Left);
    QCOMPARE(strip.step(), 1);
  }
};

QTEST_MAIN(FilmStripTest)
#include "film_strip_test.moc"
