#include <QSignalSpy>
#include <QTest>
#include <QWheelEvent>

#include "own_home.h"
#include "ui/theme.h"
#include "ui/widgets/compare_view.h"
#include "ui/widgets/difference_legend.h"
#include "ui/widgets/frame_view.h"

using namespace Qt::StringLiterals;
using namespace fw;

class FrameViewTest : public QObject {
  Q_OBJECT
  OwnHome home_;

  /// Every pixel another gray value: 0 … 63.
  static cv::Mat ramp() {
    cv::Mat image(8, 8, CV_8UC1);
    for (int i = 0; i < 64; ++i) image.at<uchar>(i / 8, i % 8) = uchar(i);
    return image;
  }

 private Q_SLOTS:
  void initTestCase() { applyTheme(ThemeChoice::Light); }

  void fitsAtFirst() {
    FrameView view;
    view.resize(400, 300);
    view.setImage(cv::Mat(100, 100, CV_8UC3, cv::Scalar(0, 0, 0)));
    QCOMPARE(view.zoom() / view.devicePixelRatioF(), 3.0);
    QCOMPARE(view.pixelAt({200, 150}), QPoint(50, 50));
    QCOMPARE(view.pixelAt({10, 150}), QPoint(-1, -1));
  }

  void thePointUnderTheCursorStaysWhileZooming() {
    FrameView view;
    view.resize(400, 300);
    view.setImage(cv::Mat(200, 200, CV_8UC3, cv::Scalar(0, 0, 0)));
    const QPointF cursor(231, 142);  // inside a pixel, not between two
    const QPoint before = view.pixelAt(cursor);
    for (int i = 0; i < 8; ++i) {
      QWheelEvent wheel(cursor, view.mapToGlobal(cursor), {}, {0, 120}, Qt::NoButton, Qt::NoModifier,
                        Qt::NoScrollPhase, false);
      QCoreApplication::sendEvent(&view, &wheel);
    }
    QVERIFY(view.viewState().zoom > 5);
    QCOMPARE(view.pixelAt(cursor), before);
  }

  void aPixelBecomesASharpSquare() {
    FrameView view;
    view.resize(320, 320);
    view.setImage(ramp() * 4);
    view.show();
    const QImage seen = view.grab().toImage();
    // Inside one picture pixel all screen pixels are the same, next door they are its neighbour's.
    const int size = seen.width() / 8;
    const auto at = [&](int x, int y) { return qGray(seen.pixel(x * size + size / 3, y * size + size / 3)); };
    QCOMPARE(at(3, 2), (2 * 8 + 3) * 4);
    QCOMPARE(qGray(seen.pixel(3 * size + 3, 2 * size + 3)), at(3, 2));
    QCOMPARE(at(4, 2), (2 * 8 + 4) * 4);
  }

  void readsTheValueInTheExperimentsUnits() {
    FrameView view;
    view.resize(320, 320);
    cv::Mat image(2, 2, CV_8UC1, cv::Scalar(0));
    image.at<uchar>(1, 0) = 255;
    view.setImage(image);
    view.setValueRange(0, 30);
    QCOMPARE(view.valueAt({0, 1}), u"30.0"_s);
    QCOMPARE(view.valueAt({0, 0}), u"0.0"_s);
    QCOMPARE(view.valueAt({5, 5}), QString());
    cv::Mat colour(1, 1, CV_8UC3, cv::Scalar(10, 20, 30));  // stored blue, green, red
    view.setImage(colour);
    view.setValueRange(0, 255);
    QCOMPARE(view.valueAt({0, 0}), u"30  20  10"_s);
    cv::Mat deep(1, 1, CV_16UC1, cv::Scalar(65535));
    view.setImage(deep);
    view.setValueRange(0, 1);
    QCOMPARE(view.valueAt({0, 0}), u"1.000"_s);
  }

  void linkedViewsMoveAndPointTogether() {
    ViewLink link;
    FrameView a, b;
    for (auto* view : {&a, &b}) {
      view->resize(200, 200);
      view->setImage(ramp());
      view->show();
      link.add(view);
    }
    a.zoomBy(4);
    QCOMPARE(b.viewState(), a.viewState());
    QVERIFY(b.viewState().zoom > 0);
    link.setViewState({});
    QCOMPARE(a.viewState().zoom, 0.0);
    QSignalSpy hovered(&a, &FrameView::hovered);
    QMouseEvent move(QEvent::MouseMove, {100, 100}, a.mapToGlobal(QPointF(100, 100)), Qt::NoButton,
                     Qt::NoButton, Qt::NoModifier);
    QCoreApplication::sendEvent(&a, &move);
    QCOMPARE(hovered.count(), 1);
    FrameView late;
    late.setImage(ramp());
    a.zoomBy(4);
    link.add(&late);
    QCOMPARE(late.viewState(), a.viewState());
  }

  void theWheelScrollsThePageWhereZoomingNeedsCtrl() {
    FrameView view;
    view.resize(200, 200);
    view.setImage(ramp());
    view.setWheelNeedsCtrl(true);
    QWheelEvent plain({100, 100}, view.mapToGlobal(QPointF(100, 100)), {}, {0, 120}, Qt::NoButton,
                      Qt::NoModifier, Qt::NoScrollPhase, false);
    plain.accept();
    QCoreApplication::sendEvent(&view, &plain);
    QVERIFY(!plain.isAccepted());
    QCOMPARE(view.viewState().zoom, 0.0);
    QWheelEvent ctrl({100, 100}, view.mapToGlobal(QPointF(100, 100)), {}, {0, 120}, Qt::NoButton,
                     Qt::ControlModifier, Qt::NoScrollPhase, false);
    QCoreApplication::sendEvent(&view, &ctrl);
    QVERIFY(view.viewState().zoom > 0);
  }

  void theKeyboardZoomsAndPans() {
    FrameView view;
    view.resize(200, 200);
    view.setImage(ramp());
    QTest::keyClick(&view, Qt::Key_Plus);
    QVERIFY(view.viewState().zoom > 0);
    const auto centre = view.viewState().centre;
    QTest::keyClick(&view, Qt::Key_Right);
    QVERIFY(view.viewState().centre.x() > centre.x());
    QTest::keyClick(&view, Qt::Key_0);
    QCOMPARE(view.viewState().zoom, 0.0);
    QTest::keyClick(&view, Qt::Key_1);
    QCOMPARE(view.viewState().zoom, 1.0);
  }

  void theWipeShowsOneLeftAndTheOtherRight() {
    CompareView compare;
    compare.setControlsVisible(false);
    compare.resize(420, 460);
    compare.setImages(cv::Mat(100, 100, CV_8UC3, cv::Scalar(0, 0, 255)),
                      cv::Mat(100, 100, CV_8UC3, cv::Scalar(255, 0, 0)));
    compare.show();
    compare.setWipe(0.25);
    const QImage seen = compare.grab().toImage();
    const int y = seen.height() / 4;
    QCOMPARE(QColor(seen.pixel(seen.width() / 8, y)), QColor(Qt::red));
    QCOMPARE(QColor(seen.pixel(seen.width() / 2, y)), QColor(Qt::blue));
  }

  void theDifferenceOfEqualPicturesIsWhite() {
    CompareView compare;
    compare.setMode(CompareMode::Difference);
    compare.resize(400, 400);
    const cv::Mat same(50, 50, CV_8UC1, cv::Scalar(77));
    compare.setImages(same, same.clone());
    compare.show();
    const QImage seen = compare.grab().toImage();
    QCOMPARE(QColor(seen.pixel(seen.width() / 2, seen.height() / 2)), QColor(Qt::white));
  }

  void theDifferenceReadsWithItsSign() {
    const cv::Mat truth(1, 1, CV_8UC1, cv::Scalar(100)), darker(1, 1, CV_8UC1, cv::Scalar(49));
    QCOMPARE(differenceText(darker, truth, {0, 0}, 1.0), u"-0.200"_s);
    QCOMPARE(differenceText(truth, darker, {0, 0}, 1.0), u"+0.200"_s);
    QCOMPARE(differenceText(truth, darker, {3, 0}, 1.0), QString());
  }

  void picturesOfDifferentSizesAreSaidNotCrashed() {
    CompareView compare;
    compare.resize(400, 400);
    compare.show();
    for (const auto mode :
         {CompareMode::Wipe, CompareMode::SideBySide, CompareMode::Flicker, CompareMode::Difference}) {
      compare.setMode(mode);
      compare.setImages({}, {});
      const QImage nothing = compare.grab().toImage();
      compare.setImages(cv::Mat(50, 50, CV_8UC1, cv::Scalar(1)),
                        cv::Mat(20, 30, CV_8UC3, cv::Scalar(1, 2, 3)));
      QVERIFY2(compare.grab().toImage() != nothing, "a picture, or why there is none");
    }
  }
};

QTEST_MAIN(FrameViewTest)
#include "frame_view_test.moc"
