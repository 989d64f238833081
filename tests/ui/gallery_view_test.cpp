#include <QLabel>
#include <QSettings>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include "core/image/views.h"
#include "core/video/video.h"
#include "own_home.h"
#include "ui/theme.h"
#include "ui/widgets/compare_view.h"
#include "ui/widgets/frame_view.h"
#include "ui/widgets/gallery_view.h"

using namespace Qt::StringLiterals;
using namespace fw;

class GalleryViewTest : public QObject {
  Q_OBJECT
  OwnHome home_;

  /// Rows whose prediction is wrong by this much.
  static Gallery gallery(const std::vector<int>& errors) {
    Gallery rows;
    for (std::size_t i = 0; i < errors.size(); ++i) {
      const cv::Mat truth(32, 32, CV_8UC1, cv::Scalar(100));
      rows.push_back({"sample " + std::to_string(i),
                      {{"input", FrameRole::Input, truth.clone()},
                       {"target", FrameRole::Target, truth},
                       {"prediction", FrameRole::Prediction, truth + errors[i]}}});
    }
    return rows;
  }

  static void give(GalleryView& view, const Gallery& gallery) {
    QSignalSpy shown(&view, &GalleryView::galleryShown);
    view.setGallery(gallery);
    QVERIFY(shown.wait(5000));
  }

 private Q_SLOTS:
  void initTestCase() { applyTheme(ThemeChoice::Dark); }

  void addsDifferencesAndScores() {
    GalleryView view;
    give(view, gallery({0, 51}));
    QCOMPARE(view.shown().gallery[0].frames.size(), std::size_t(4));
    QVERIFY(view.shown().gallery[0].frames[3].role == FrameRole::Difference);
    QVERIFY(std::isinf(view.shown().rows[0].scores.at(0).psnr));
    QCOMPARE(view.shown().rows[1].scores.at(0).error, 0.2);
    bool said = false;
    for (auto* text : view.findChildren<QLabel*>()) said |= text->text().contains(u"MAE 0.2000"_s);
    QVERIFY2(said, "the score stands beside its row");
  }

  void worstFirstPutsTheLargestErrorOnTop() {
    GalleryView view;
    give(view, gallery({10, 90, 40}));
    QCOMPARE(view.order(), (std::vector<std::size_t>{0, 1, 2}));
    view.setWorstFirst(true);
    QCOMPARE(view.order(), (std::vector<std::size_t>{1, 2, 0}));
    QCOMPARE(view.cell(0, 2)->image().at<uchar>(0, 0), uchar(190));
    give(view, gallery({10, 20, 80}));
    QCOMPARE(view.order(), (std::vector<std::size_t>{2, 1, 0}));
  }

  void allPicturesZoomTogetherAndKeepItForTheNextGallery() {
    GalleryView view;
    view.resize(900, 600);
    view.show();
    give(view, gallery({10, 90}));
    view.cell(1, 2)->zoomBy(4);
    QVERIFY(view.cell(0, 0)->viewState().zoom > 0);
    QCOMPARE(view.cell(0, 0)->viewState(), view.cell(1, 2)->viewState());
    auto* before = view.cell(0, 0);
    const auto state = before->viewState();
    give(view, gallery({5, 50}));
    QCOMPARE(view.cell(0, 0), before);  // same shape: the widgets stay
    QCOMPARE(view.cell(0, 0)->viewState(), state);
    give(view, gallery({5, 50, 7}));
    QCOMPARE(view.cell(2, 0)->viewState(), state);
  }

  void picturesFitTheWidthUntilThePersonChooses() {
    GalleryView view;
    view.resize(1200, 600);
    view.show();
    give(view, gallery({10, 90}));
    const int wide = view.cell(0, 0)->width();
    view.resize(700, 600);
    QTRY_VERIFY(view.cell(0, 0)->width() < wide);
    view.setCellSize(300);
    view.resize(1200, 600);
    QTest::qWait(300);
    QCOMPARE(view.cell(0, 0)->width(), 300);
    QSettings().remove(u"gallery/cell"_s);
  }

  void theDifferenceUnderTheCursorHasASign() {
    GalleryView view;
    give(view, gallery({51}));
    QCOMPARE(view.cell(0, 3)->valueAt({3, 3}), u"+0.200"_s);
  }

  void doubleClickComparesWithTheTruth() {
    GalleryView view;
    view.resize(900, 600);
    view.show();
    give(view, gallery({10, 90}));
    QVERIFY(!view.compareView());
    QTest::mouseDClick(view.cell(1, 2), Qt::LeftButton, {}, {20, 20});
    QVERIFY(view.compareView());
    view.compareView()->setMode(CompareMode::Flicker);
    view.closeCompare();
    QVERIFY(!view.compareView());
  }

  void onlyTheNewestOfManyIsShownInTheEnd() {
    GalleryView view;
    for (int i = 1; i <= 20; ++i) view.setGallery(gallery({i}));
    QTRY_COMPARE(
        int(view.shown().gallery.empty() ? 0 : view.shown().gallery[0].frames[2].image.at<uchar>(0, 0)), 120);
  }

  void anAnimationGivesWayToFewerPictures() {
    GalleryView view;
    view.resize(600, 400);
    view.show();
    Gallery moving = gallery({10, 20, 30});
    for (int i = 0; i < 5; ++i)
      moving[2].frames[0].animation.push_back(cv::Mat(32, 32, CV_8UC1, cv::Scalar(i * 40)));
    give(view, moving);
    QTRY_VERIFY(view.cell(2, 0)->image().at<uchar>(0, 0) > 40);
    give(view, gallery({10}));
    QCOMPARE(view.shown().moments(), 1);
    QVERIFY(view.cell(0, 0) && !view.cell(1, 0));
  }

  void animationsPlay() {
    GalleryView view;
    view.resize(600, 400);
    view.show();
    Gallery moving = gallery({10});
    for (int i = 0; i < 5; ++i)
      moving[0].frames[0].animation.push_back(cv::Mat(32, 32, CV_8UC1, cv::Scalar(i * 40)));
    give(view, moving);
    QCOMPARE(view.shown().moments(), 5);
    const auto valueNow = [&] { return int(view.cell(0, 0)->image().at<uchar>(0, 0)); };
    const int first = valueNow();
    QTRY_VERIFY(valueNow() != first);
    view.setPlaying(false);
    const int held = valueNow();
    QTest::qWait(300);
    QCOMPARE(valueNow(), held);
  }

  void aComparisonFollowsTheAnimation() {
    GalleryView view;
    view.resize(600, 400);
    view.show();
    Gallery moving = gallery({10});
    for (int i = 0; i < 5; ++i)
      moving[0].frames[0].animation.push_back(cv::Mat(32, 32, CV_8UC1, cv::Scalar(i * 40)));
    give(view, moving);
    view.compare(0, 0, 1);
    QVERIFY(view.compareView());
    const auto* picture = view.compareView()->findChild<FrameView*>();
    const auto valueNow = [&] { return int(picture->image().at<uchar>(0, 0)); };
    const int first = valueNow();
    QTRY_VERIFY(valueNow() != first);
    view.setPlaying(false);
    const int held = valueNow();
    QTest::qWait(200);
    QCOMPARE(valueNow(), held);
    QCOMPARE(held % 40, 0);
  }

  void exportsAPictureAndAnAnimation() {
    QTemporaryDir folder;
    Gallery moving = gallery({10, 20});
    for (int i = 0; i < 5; ++i)
      moving[0].frames[0].animation.push_back(cv::Mat(32, 32, CV_8UC1, cv::Scalar(i * 40)));
    const auto shown = prepareGallery(moving);
    exportGallery(shown, {1, 0}, folder.filePath(u"g.png"_s));
    const cv::Mat sheet = readImage(folder.filePath(u"g.png"_s).toStdString());
    QVERIFY(sheet.cols >= 4 * 96 && sheet.rows >= 2 * 96);
    exportGallery(shown, {0, 1}, folder.filePath(u"g.gif"_s));
    VideoReader reader(folder.filePath(u"g.gif"_s).toStdString());
    int frames = 0;
    while (reader.next()) ++frames;
    QCOMPARE(frames, 5);
    const QString learnt = folder.filePath(u"l.gif"_s);  // the better it gets the fewer rows there are
    exportLearning(
        {{u"step 1"_s, prepareGallery(gallery({90, 80}))}, {u"step 20"_s, prepareGallery(gallery({5}))}},
        learnt);
    VideoReader sheets(learnt.toStdString());
    frames = 0;
    while (sheets.next()) ++frames;
    QCOMPARE(frames, 2);
  }

  void rowsThatShowOtherThingsHaveTheirOwnCaptions() {
    GalleryView view;
    view.resize(900, 600);
    view.show();
    Gallery mixed = gallery({10, 20});
    mixed.insert(mixed.begin(),
                 {"a chart", {{"shift test", FrameRole::Other, cv::Mat(240, 420, CV_8UC1, cv::Scalar(9))}}});
    give(view, mixed);
    QStringList captions;
    for (auto* text : view.findChildren<QLabel*>())
      if (text->isVisible()) captions << text->toolTip();
    QVERIFY(captions.contains(u"shift test"_s));
    QCOMPARE(captions.count(u"prediction"_s), 1);
    QVERIFY2(view.cell(0, 0)->width() >= 300, "a chart is there to be read");
    QVERIFY(view.cell(1, 0)->width() < 250);
    view.setWorstFirst(true);  // the chart has no error: it comes last, with its own shape
    QCOMPARE(view.order(), (std::vector<std::size_t>{2, 1, 0}));
    QVERIFY(view.cell(2, 0)->width() >= 300);
  }

  void aClickTellsWhichPixelOfWhichRow() {
    GalleryView view;
    view.resize(900, 600);
    view.show();
    give(view, gallery({10, 90}));
    view.setWorstFirst(true);
    std::size_t clickedRow = 99, clickedColumn = 99;
    QPoint clickedPixel;
    connect(&view, &GalleryView::clicked, this, [&](std::size_t row, std::size_t column, QPoint pixel) {
      clickedRow = row;
      clickedColumn = column;
      clickedPixel = pixel;
    });
    auto* cell = view.cell(0, 2);
    QTest::mouseClick(cell, Qt::LeftButton, {}, {cell->width() / 4 + 2, cell->height() / 2 + 2});
    QCOMPARE(clickedRow, std::size_t(1));  // of the gallery, not of the screen
    QCOMPARE(clickedColumn, std::size_t(2));
    QCOMPARE(clickedPixel, QPoint(8, 16));
  }

  void oddGalleriesAreShown() {
    GalleryView view;
    view.resize(600, 400);
    view.show();
    give(view, {});
    Gallery odd{{"no frames", {}},
                {"empty picture", {{"nothing", FrameRole::Other, cv::Mat()}}},
                {"two sizes",
                 {{"target", FrameRole::Target, cv::Mat(5, 7, CV_8UC1, cv::Scalar(3))},
                  {"prediction", FrameRole::Prediction, cv::Mat(9, 3, CV_8UC3, cv::Scalar(3, 3, 3))}}}};
    give(view, odd);
    QVERIFY(!view.grab().isNull());
    view.setWorstFirst(true);
    view.setCellSize(300);
    QVERIFY(!view.grab().isNull());
    QCOMPARE(view.order().size(), odd.size());
    std::vector<QSize> sizes;
    for (std::size_t row = 0; row < odd.size(); ++row)
      for (std::size_t column = 0; const auto* cell = view.cell(row, column); ++column)
        sizes.emplace_back(cell->image().cols, cell->image().rows);
    std::ranges::sort(sizes, {}, &QSize::width);
    QCOMPARE(sizes, (std::vector<QSize>{{0, 0}, {3, 9}, {7, 5}}));
  }
};

QTEST_MAIN(GalleryViewTest)
#include "gallery_view_test.moc"
