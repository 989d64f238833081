#include "ui/slowmo/adapt_panel.h"

#include <QLabel>
#include <QPushButton>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <fstream>
#include <opencv2/imgproc.hpp>

#include "core/data/layered_motion.h"
#include "core/video/writer.h"
#include "own_home.h"
#include "ui/widgets/compare_view.h"
#include "ui/widgets/loss_plot.h"

using namespace fw;
using namespace Qt::StringLiterals;

namespace {

constexpr int kLong = 120000;  // milliseconds a slow, busy machine may take

/// A camera pans over a picture.
std::filesystem::path makeClip(const QString& file) {
  VideoFormat format;
  format.width = 256;
  format.height = 192;
  format.frameRate = {12, 1};
  format.timeBase = {1, 12};
  EncodeSettings encode;
  encode.speed = "fast";
  Random random(5);
  const cv::Mat scene = inventedPhoto(384, random);
  VideoWriter writer(file.toStdString(), encode, format);
  for (int i = 0; i < 24; ++i) writer.write(scene(cv::Rect(3 * i, 2 * i, 256, 192)).clone(), i, 1);
  writer.finish();
  return file.toStdString();
}

/// As an adaptation leaves it behind that helped by 1.5 dB.
std::filesystem::path learnedInTheStore(const std::filesystem::path& clip) {
  Store store;
  RunRequest request;
  request.experiment = "interpolation";
  request.settings = {{"data", {clip.string()}}, {"parts_held_out", true}};
  const auto run = store.createRun(request, "test");
  RunWriter writer(store.folder(), run.id);
  writer.scores(0, 0, {{"validation/psnr", 30.0}});
  writer.scores(20, 1, {{"validation/psnr", 31.5}});
  writer.scores(50, 2, {{"validation/psnr", 31.0}});
  writer.state(RunState::Stopped);
  writer.flush();
  std::ofstream(run.folder / "best.safetensors") << "weights";
  return run.folder / "best.safetensors";
}

QPushButton* buttonSaying(const QWidget& in, const QString& words) {
  for (auto* button : in.findChildren<QPushButton*>())
    if (button->text().contains(words) && button->isVisible()) return button;
  return nullptr;
}

bool says(const QWidget& in, const QString& words) {
  for (const auto* text : in.findChildren<QLabel*>())
    if (text->text().contains(words)) return true;
  return false;
}

}  // namespace

class AdaptPanelTest : public QObject {
  Q_OBJECT

 private:
  OwnHome home_;
  QTemporaryDir folder_;

 private Q_SLOTS:
  void whatWasLearnedAnotherDayCanBeUsedAgain() {
    SlowmoRequest clip;
    clip.sources = {makeClip(folder_.filePath(u"known.mp4"_s))};
    const auto weights = learnedInTheStore(clip.sources.front());
    AdaptPanel panel;
    panel.show();
    QSignalSpy adapted(&panel, &AdaptPanel::adapted);
    panel.setClip(clip);
    const auto offer = [&] { return buttonSaying(panel, u"+1.50 dB"_s); };
    QTRY_VERIFY_WITH_TIMEOUT(offer(), kLong);
    QVERIFY(panel.weights().empty());  // offered, not forced
    QTest::mouseClick(offer(), Qt::LeftButton);
    QCOMPARE(panel.weights(), weights);
    QCOMPARE(adapted.size(), 1);
    QVERIFY(!offer());
    QTest::mouseClick(buttonSaying(panel, u"Forget"_s), Qt::LeftButton);
    QVERIFY(panel.weights().empty());
    QTRY_VERIFY_WITH_TIMEOUT(offer(), kLong);
  }

  void showsTheGainAndUsesOnlyWhatHelps() {
    SlowmoRequest clip;
    clip.sources = {makeClip(folder_.filePath(u"pan.mp4"_s))};
    AdaptPanel panel;
    panel.resize(900, 700);
    panel.show();
    QSignalSpy ended(&panel, &AdaptPanel::adapted), failed(&panel, &AdaptPanel::failed);
    panel.setClip(clip);
    panel.adaptButton()->click();
    QVERIFY(panel.adapting());
    QTRY_VERIFY_WITH_TIMEOUT(panel.findChild<CompareView*>()->isVisible() || !failed.isEmpty(), kLong);
    QVERIFY(panel.findChild<LossPlot*>()->isVisible());
    QTRY_VERIFY_WITH_TIMEOUT(says(panel, u" · step "_s) || !failed.isEmpty(), kLong);
    if (!failed.isEmpty()) QFAIL(qPrintable(failed.front().front().toString()));
    panel.adaptButton()->click();  // satisfied
    QTRY_VERIFY_WITH_TIMEOUT(!panel.adapting(), kLong);
    QTRY_COMPARE_WITH_TIMEOUT(ended.size(), 1, kLong);
    QCOMPARE(failed.size(), 0);
    const bool helps = !panel.weights().empty();
    QCOMPARE(std::filesystem::exists(panel.weights()), helps);
    QCOMPARE(says(panel, u"did not help"_s), !helps);

    clip.sources = {"/nowhere/other.mp4"};  // what was learned was for the other clip
    panel.setClip(clip);
    QVERIFY(panel.weights().empty());
    panel.adaptButton()->click();
    QTRY_COMPARE_WITH_TIMEOUT(failed.size(), 1, kLong);
    QVERIFY(failed.front().front().toString().contains(u"other.mp4"_s));
  }
};

QTEST_MAIN(AdaptPanelTest)
#include "adapt_panel_test.moc"
