#include "ui/slowmo/slowmo_page.h"

#include <QDoubleSpinBox>
#include <QFile>
#include <QLabel>
#include <QMenu>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>
#include <QSlider>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>
#include <cmath>
#include <nlohmann/json.hpp>
#include <opencv2/imgproc.hpp>

#include "core/store/store.h"
#include "core/video/writer.h"
#include "ui/slowmo/batch_list.h"
#include "ui/slowmo/clip_stage.h"
#include "ui/slowmo/clip_timeline.h"
#include "ui/slowmo/inside_view.h"
#include "ui/slowmo/job_row.h"
#include "ui/slowmo/make_panel.h"
#include "ui/slowmo/mode_bar.h"
#include "ui/slowmo/player.h"
#include "ui/slowmo/preview_panel.h"
#include "ui/slowmo/queue_view.h"
#include "ui/slowmo/result_view.h"
#include "ui/slowmo/self_check_panel.h"
#include "ui/slowmo/timeline_paint.h"
#include "ui/theme.h"
#include "ui/widgets/compare_view.h"
#include "ui/widgets/frame_view.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/param_form.h"

using namespace fw;
using namespace Qt::StringLiterals;

namespace {

constexpr int kFps = 12;
constexpr int kLong = 120000;  // milliseconds a slow, busy machine may take

/// A disc crosses a textured ground; the corner's brightness says which frame it is. From frame `cutAt` on
/// everything is another scene.
cv::Mat picture(int index, cv::Size size, bool otherScene) {
  cv::Mat ground(size, CV_8UC3);
  cv::RNG random(otherScene ? 99 : 7);
  random.fill(ground, cv::RNG::UNIFORM, otherScene ? 120 : 0, otherScene ? 255 : 140);
  cv::GaussianBlur(ground, ground, {}, 3);
  cv::circle(ground, {size.width / 4 + index * 3 % (size.width / 2), size.height / 2}, size.height / 5,
             otherScene ? cv::Scalar(20, 40, 220) : cv::Scalar(220, 200, 40), cv::FILLED, cv::LINE_AA);
  ground(cv::Rect(0, 0, 24, 24)).setTo(cv::Scalar::all(16 + 8 * (index % 28)));
  return ground;
}

QString makeClip(const QString& file, int frames, cv::Size size = {160, 96}, int cutAt = -1) {
  VideoFormat format;
  format.width = size.width;
  format.height = size.height;
  format.frameRate = {kFps, 1};
  format.timeBase = {1, kFps};
  EncodeSettings encode;
  encode.quality = 10;
  encode.speed = "fast";
  VideoWriter writer(file.toStdString(), encode, format);
  for (int i = 0; i < frames; ++i) writer.write(picture(i, size, cutAt >= 0 && i >= cutAt), i, 1);
  writer.finish();
  return file;
}

int indexOf(const cv::Mat& image) {
  if (image.empty()) return -1;
  return static_cast<int>(std::lround((cv::mean(image(cv::Rect(4, 4, 16, 16)))[1] - 16) / 8));
}

/// A button the person would look for by its words.
QAbstractButton* button(const QWidget& in, const QString& text) {
  for (auto* candidate : in.findChildren<QAbstractButton*>())
    if (candidate->text() == text && candidate->isVisible()) return candidate;
  return nullptr;
}

QAbstractButton* buttonByTip(const QWidget& in, const QString& tip) {
  for (auto* candidate : in.findChildren<QAbstractButton*>())
    if (candidate->toolTip() == tip && candidate->isVisible()) return candidate;
  return nullptr;
}

}  // namespace

class SlowmoPageTest : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir folder_;
  QString clip_;
  std::unique_ptr<SlowmoPage> page_;

  QString path(const QString& name) const { return folder_.filePath(name); }

  void openAndWait(const QString& file) {
    page_->open({file});
    QTRY_VERIFY_WITH_TIMEOUT(!page_->stage()->player()->view()->image().empty(), kLong);
    page_->stage()->player()->pause();
  }

  void seekTo(double seconds, int index) {
    page_->stage()->player()->seek(seconds);
    QTRY_COMPARE_WITH_TIMEOUT(indexOf(page_->stage()->player()->view()->image()), index, kLong);
  }

  /// A job that is made to 40 %, stopped.
  int64_t stoppedJob(const QString& clip, const nlohmann::json& settings) {
    Store store;
    SlowmoRequest request;
    request.sources = {clip.toStdString()};
    request.output = path(u"chosen.mp4"_s).toStdString();
    request.settings = settings;
    auto job = queueJob(store, request);
    job.state = "stopped";
    job.progress = 0.4;
    store.updateJob(job);
    page_->queue().desk().refresh();
    (void)QTest::qWaitFor([&] { return page_->queueView()->row(job.id) != nullptr; }, kLong);
    return job.id;
  }

 private Q_SLOTS:
  void initTestCase() {
    QVERIFY(folder_.isValid());
    qputenv("XDG_DATA_HOME", path(u"data"_s).toUtf8());
    qputenv("XDG_STATE_HOME", path(u"state"_s).toUtf8());
    QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, path(u"config"_s));
    QCoreApplication::setOrganizationName(u"framewright-test"_s);
    applyTheme(ThemeChoice::Light);
    clip_ = makeClip(path(u"clip.mp4"_s), 24);
  }

  void init() {
    QSettings().clear();
    QDir(path(u"data"_s)).removeRecursively();
    page_ = std::make_unique<SlowmoPage>();
    page_->resize(1280, 800);
    page_->show();
    QVERIFY(QTest::qWaitForWindowExposed(page_.get()));
  }

  void cleanup() { page_.reset(); }

  void aDroppedClipPlaysAtOnce() {
    page_->open({clip_});
    auto* player = page_->stage()->player();
    QTRY_VERIFY_WITH_TIMEOUT(player->playing() && player->position() > 0.2, kLong);
    QVERIFY(page_->stage()->isVisible());
    QCOMPARE(indexOf(player->view()->image()), int(std::lround(player->position() * kFps)));
  }

  void theClipPlaysAtItsOwnSpeed() {
    openAndWait(clip_);
    seekTo(0, 0);
    auto* player = page_->stage()->player();
    player->play();
    QTest::qWait(900);
    // 900 ms of a 12 fps clip: a busy machine may be late, but never early.
    QVERIFY2(player->position() > 0.3 && player->position() < 1.05,
             qPrintable(QString::number(player->position())));
  }

  void stepsFrameByFrameInBothDirections() {
    openAndWait(clip_);
    auto* player = page_->stage()->player();
    auto* view = player->view();
    seekTo(0, 0);
    for (int index = 1; index <= 3; ++index) {
      QTest::keyClick(page_->stage(), Qt::Key_Right);
      QTRY_COMPARE(indexOf(view->image()), index);
    }
    QTest::keyClick(page_->stage(), Qt::Key_Left);
    QTRY_COMPARE(indexOf(view->image()), 2);
    seekTo(1.0, 12);
    QVERIFY(!player->playing());
    QTest::keyClick(page_->stage(), Qt::Key_Space);
    QVERIFY(player->playing());
  }

  void theTimelineScrubsAndTrims() {
    openAndWait(clip_);
    auto* timeline = page_->stage()->timeline();
    const auto at = [&](double seconds) {
      return QPoint(int(std::lround(timeline->xOf(seconds))), timeline->thumbnailBand().center().y());
    };
    QTest::mouseClick(timeline, Qt::LeftButton, {}, at(1.02));
    QTRY_COMPARE(indexOf(page_->stage()->player()->view()->image()), 12);
    QTest::keyClick(page_->stage(), Qt::Key_O);  // the frame in sight is the last one of the part
    QTRY_VERIFY(std::abs(page_->stage()->marks().out - 13.0 / kFps) < 0.03);
    seekTo(0.5, 6);
    QTest::keyClick(page_->stage(), Qt::Key_I);
    QVERIFY(std::abs(page_->stage()->marks().in - 0.5) < 0.01);
    // The handle can be dragged.
    QTest::mousePress(timeline, Qt::LeftButton, {}, at(0.5));
    QTest::mouseMove(timeline, at(0.25));
    QTest::mouseRelease(timeline, Qt::LeftButton, {}, at(0.25));
    QVERIFY(std::abs(page_->stage()->marks().in - 0.25) < 0.02);
  }

  void cutsAreFoundBeforeTheRunAndCanBeEdited() {
    openAndWait(makeClip(path(u"cut.mp4"_s), 24, {160, 96}, 12));
    auto* stage = page_->stage();
    QTRY_COMPARE_WITH_TIMEOUT(stage->marks().cuts().size(), std::size_t(1), kLong);
    QVERIFY(std::abs(stage->marks().cuts()[0] - 1.0) < 0.02);
    const auto click = [&](double seconds) {
      const int y = timelineBands(stage->timeline()->rect()).cutHeads.center().y();
      QTest::mouseClick(stage->timeline(), Qt::LeftButton, {},
                        {int(std::lround(stage->timeline()->xOf(seconds))), y});
    };
    click(1.0);
    QVERIFY(stage->marks().cuts().empty());
    QCOMPARE(stage->marks().cutsRemoved.size(), std::size_t(1));
    seekTo(0.5, 6);
    QTest::keyClick(stage, Qt::Key_C);
    QCOMPARE(stage->marks().cuts().size(), std::size_t(1));
    QVERIFY(std::abs(stage->marks().cuts()[0] - 0.5) < 0.01);
  }

  void fourTimesSlowerIsFourTimesAsLong() {
    openAndWait(clip_);
    QTest::mouseClick(button(*page_, u"4×"_s), Qt::LeftButton);
    auto* start = page_->makePanel()->startButton();
    QTRY_VERIFY(start->isEnabled());
    QTest::mouseClick(start, Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(path(u"clip 4x.mp4"_s)), kLong);
    QTRY_VERIFY_WITH_TIMEOUT(!page_->exporting(), kLong);
    const auto info = probe(path(u"clip 4x.mp4"_s).toStdString());
    QVERIFY2(std::abs(info.duration - 8.0) < 1.0 / kFps, qPrintable(QString::number(info.duration)));
    QVERIFY(page_->stage()->result()->framesShown() > 0);
    QTRY_COMPARE(page_->queue().desk().jobs().size(), std::size_t(1));
    QTRY_COMPARE(page_->queue().desk().jobs()[0].record.state, std::string("done"));
    // What was made plays, and can be scrubbed.
    auto* result = page_->stage()->result();
    QTRY_VERIFY_WITH_TIMEOUT(!result->watching() && result->player()->frameDuration() > 0, kLong);
    auto* seek = result->findChild<QSlider*>();
    QVERIFY(seek->isVisible());
    QVERIFY(!page_->stage()->timeline()->isVisible());  // which is the clip's
    QTest::mouseClick(seek, Qt::LeftButton, {}, {seek->width() * 3 / 4, seek->height() / 2});
    QTRY_VERIFY_WITH_TIMEOUT(std::abs(result->player()->position() - 6.0) < 0.2, kLong);
    QVERIFY(!result->player()->playing());
    page_->stage()->showView(ClipStage::Clip);
    QVERIFY(page_->stage()->timeline()->isVisible());
    QFile::remove(path(u"clip 4x.mp4"_s));
  }

  void aBatchIsListedAndClipsCanBeLeftOutOfIt() {
    const QStringList files{clip_, makeClip(path(u"second.mp4"_s), 12), makeClip(path(u"third.mp4"_s), 12)};
    page_->open(files);
    QTRY_VERIFY_WITH_TIMEOUT(button(*page_, u"Start all 3"_s), kLong);
    auto* list = page_->makePanel()->findChild<BatchList*>();
    QVERIFY(list->isVisible());
    const auto listed = [&] {
      QStringList names;
      for (auto* label : list->findChildren<QLabel*>())
        if (label->isVisible() && label->text().endsWith(u".mp4"_s)) names << label->text();
      return names;
    };
    QTRY_COMPARE(listed(), (QStringList{u"second.mp4"_s, u"third.mp4"_s}));
    buttonByTip(*list, u"Leave this clip out"_s)->click();
    QTRY_COMPARE(listed(), QStringList{u"third.mp4"_s});
    QVERIFY(button(*page_, u"Start all 2"_s));
    // Rows that were made anew are still come to before the modes.
    const auto* panel = page_->makePanel();
    const QWidget* at = buttonByTip(*list, u"Leave this clip out"_s);
    while (!panel->modeBar()->isAncestorOf(at) && at != panel->startButton()) at = at->nextInFocusChain();
    QVERIFY(panel->modeBar()->isAncestorOf(at));
    buttonByTip(*list, u"Leave this clip out"_s)->click();
    QVERIFY(button(*page_, u"Start"_s));
    QVERIFY(!list->isVisible());
  }

  void theTabKeyComesToStartLast() {
    openAndWait(clip_);
    auto* panel = page_->makePanel();
    auto* more = button(*panel, u"More"_s);
    more->click();
    int fields = 0;
    QWidget* last = nullptr;
    QWidget* at = panel->modeBar();
    for (QWidget* next = at->nextInFocusChain(); next != at; next = next->nextInFocusChain()) {
      if (!panel->isAncestorOf(next) || !next->isVisible() || !(next->focusPolicy() & Qt::TabFocus)) continue;
      if (next == panel->startButton()) break;
      fields += panel->findChild<ParamForm*>()->isAncestorOf(next) ? 1 : 0;
      last = next;
    }
    QVERIFY2(fields > 6, qPrintable(QString::number(fields)));
    QCOMPARE(last, static_cast<QWidget*>(button(*page_, u"Preview 2 seconds"_s)));
    more->click();
  }

  void aCommaIsADecimalSign() {
    openAndWait(clip_);
    QTest::mouseClick(button(*page_, u"Custom"_s), Qt::LeftButton);
    auto* factor = page_->findChild<QDoubleSpinBox*>();
    QVERIFY(factor->isVisible());
    factor->selectAll();
    QTest::keyClicks(factor, u"3,7"_s);
    QCOMPARE(page_->makePanel()->settings().real("factor"), 3.7);
    QTest::mouseClick(button(*page_, u"2×"_s), Qt::LeftButton);
  }

  void aJobThatIsRefusedLeavesThePersonWhereItCanBeMended() {
    openAndWait(clip_);
    auto settings = page_->makePanel()->settings();
    settings.set("swift_weights", std::string("/nowhere.safetensors"));
    page_->makePanel()->setSettings(settings.toJson());
    auto* start = page_->makePanel()->startButton();
    QTRY_VERIFY(start->isEnabled());
    QTest::mouseClick(start, Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(page_->messages()->text().contains(u"/nowhere.safetensors"_s), kLong);
    QVERIFY(page_->makePanel()->isVisible());
    QVERIFY(page_->queue().desk().jobs().empty());
    settings.set("swift_weights", std::string());
    page_->makePanel()->setSettings(settings.toJson());
  }

  void theEngineOfAPartCanBeToldWhatItNeeds() {
    openAndWait(clip_);
    const auto* form = page_->makePanel()->findChild<ParamForm*>();
    QVERIFY(!form->editor(u"rife_weights"_s));
    seekTo(0.5, 6);
    page_->stage()->trimHere(true);
    auto* engines = buttonByTip(*page_, u"Another engine for the part between the trim marks"_s);
    QVERIFY(engines);
    const auto menu = qobject_cast<QToolButton*>(engines)->menu()->actions();
    const auto rife = std::ranges::find(menu, u"RIFE (your weights) for this part"_s, &QAction::text);
    QVERIFY(rife != menu.end());
    (*rife)->trigger();
    QVERIFY(form->editor(u"rife_weights"_s));
    QVERIFY(form->editor(u"swift_quality"_s));  // the rest is made by the chosen one
  }

  void theTrimmedPartAloneIsMade() {
    openAndWait(clip_);
    seekTo(0.5, 6);
    page_->stage()->trimHere(true);
    seekTo(1.0, 12);
    page_->stage()->trimHere(false);
    QTRY_VERIFY(page_->makePanel()->startButton()->isEnabled());
    QTest::mouseClick(page_->makePanel()->startButton(), Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(path(u"clip 2x.mp4"_s)), kLong);
    const auto info = probe(path(u"clip 2x.mp4"_s).toStdString());
    QVERIFY2(std::abs(info.duration - 2 * 7.0 / kFps) < 2.0 / kFps,
             qPrintable(QString::number(info.duration)));
    QTRY_VERIFY_WITH_TIMEOUT(!page_->exporting(), kLong);
    QFile::remove(path(u"clip 2x.mp4"_s));
  }

  void pausesResumesAndKeepsThePartWhenCancelled() {
    openAndWait(makeClip(path(u"long.mp4"_s), 72));
    QTest::mouseClick(button(*page_, u"8×"_s), Qt::LeftButton);
    QTRY_VERIFY(page_->makePanel()->startButton()->isEnabled());
    QTest::mouseClick(page_->makePanel()->startButton(), Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(page_->queue().progress().framesOut > 5, kLong);
    const auto id = page_->queue().runner().job();
    auto* row = page_->queueView()->row(id);
    QVERIFY(row);
    QTest::mouseClick(buttonByTip(*row, u"Pause"_s), Qt::LeftButton);
    QTRY_COMPARE_WITH_TIMEOUT(Store().job(id).state, std::string("paused"), kLong);
    QTest::qWait(400);  // news of what was under way comes in bundles
    const auto paused = page_->queue().progress().framesOut;
    QTest::qWait(400);
    QCOMPARE(page_->queue().progress().framesOut, paused);
    QVERIFY(page_->exporting());
    QTest::mouseClick(buttonByTip(*row, u"Resume"_s), Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(page_->queue().progress().framesOut > std::max<int64_t>(paused, 260), kLong);
    row->askToCancel();
    QTest::mouseClick(button(*row, u"Keep what is done"_s), Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(!page_->exporting(), kLong);
    QTRY_COMPARE_WITH_TIMEOUT(page_->queue().desk().jobs()[0].record.state, std::string("cancelled"), kLong);
    const auto part = probe(path(u"long 8x.mp4"_s).toStdString());
    QVERIFY2(part.duration > 1 && part.duration < 47, qPrintable(QString::number(part.duration)));
  }

  void theQueueSurvivesANewPage() {
    openAndWait(makeClip(path(u"again.mp4"_s), 48));
    QTest::mouseClick(button(*page_, u"8×"_s), Qt::LeftButton);
    QTRY_VERIFY(page_->makePanel()->startButton()->isEnabled());
    QTest::mouseClick(page_->makePanel()->startButton(), Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(page_->queue().progress().framesOut > 5, kLong);
    page_->stopAndKeep();
    QTRY_VERIFY_WITH_TIMEOUT(!page_->exporting(), kLong);
    page_ = std::make_unique<SlowmoPage>();
    page_->resize(1280, 800);
    page_->show();
    QTRY_COMPARE_WITH_TIMEOUT(page_->queue().desk().jobs().size(), std::size_t(1), kLong);
    const auto& card = page_->queue().desk().jobs()[0];
    QVERIFY(card.canGoOn());
    QVERIFY(!page_->exporting());  // nothing starts by itself
    auto* row = page_->queueView()->row(card.record.id);
    QTRY_VERIFY(buttonByTip(*row, u"Resume"_s));
    QTest::mouseClick(buttonByTip(*row, u"Resume"_s), Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(path(u"again 8x.mp4"_s)), kLong);
    const auto info = probe(path(u"again 8x.mp4"_s).toStdString());
    QVERIFY(std::abs(info.duration - 32.0) < 2.0 / kFps);
  }

  void thePreviewSetsMadeFramesAgainstTheOriginal() {
    openAndWait(clip_);
    auto* preview = page_->stage()->preview();
    page_->stage()->showView(ClipStage::Preview);
    preview->make();
    QTRY_VERIFY_WITH_TIMEOUT(!preview->making() && preview->frames() > 0, kLong);
    // Two seconds at 2× and 12 frames a second.
    QVERIFY2(std::abs(preview->frames() - 48) <= 2, qPrintable(QString::number(preview->frames())));
    preview->step(1);
    QVERIFY(preview->isVisible());
  }

  void lookingInsideShowsMotionAndConfidence() {
    openAndWait(clip_);
    seekTo(0.5, 6);
    page_->stage()->showView(ClipStage::Inside);
    auto* inside = page_->stage()->inside();
    QTRY_VERIFY_WITH_TIMEOUT(inside->shown().pictures.size() >= 5, kLong);
    QStringList names;
    for (const auto& shown : inside->shown().pictures) {
      names << QString::fromStdString(shown.name);
      QVERIFY(!shown.image.empty());
    }
    QVERIFY(names.contains(u"Motion vectors"_s) && names.contains(u"Confidence"_s));
    QTRY_VERIFY(std::abs(inside->shown().firstTime - 0.5) < 0.01);
  }

  void theSelfCheckRecommendsAnEngineWithOneClickToUseIt() {
    openAndWait(clip_);
    page_->stage()->showView(ClipStage::Check);
    auto* check = page_->stage()->check();
    QTest::mouseClick(check->checkButton(), Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(!check->result().recommended.empty(), kLong);
    QVERIFY(check->result().engines.size() >= 2);
    QTRY_VERIFY(check->useButton()->isVisible());
    page_->makePanel()->setEngine("blend");
    QTest::mouseClick(check->useButton(), Qt::LeftButton);
    QCOMPARE(page_->makePanel()->settings().text("engine"), check->result().recommended);
  }

  void aHostileFileIsAnInlineError() {
    QFile file(path(u"broken.mp4"_s));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(QByteArray(5000, '\x7f'));
    file.close();
    page_->open({file.fileName()});
    QTRY_VERIFY_WITH_TIMEOUT(page_->messages()->isVisible(), kLong);
    QVERIFY2(page_->messages()->text().contains(u"broken.mp4"_s), qPrintable(page_->messages()->text()));
    openAndWait(clip_);  // and the page goes on
    QVERIFY(!page_->messages()->isVisible());
  }

  void whatCannotBeReadIsLeftOutOfABatch() {
    QFile note(path(u"a note.mp4"_s));  // comes before the others
    QVERIFY(note.open(QIODevice::WriteOnly));
    page_->open({clip_, path(u"a note.mp4"_s)});
    QTRY_VERIFY_WITH_TIMEOUT(!page_->stage()->player()->view()->image().empty(), kLong);
    QTRY_VERIFY(page_->messages()->text().contains(u"a note.mp4"_s));
    QVERIFY(button(*page_, u"Start"_s));
  }

  void changingAJobLeavesThePersonsOwnSettingsAlone() {
    const int64_t job = stoppedJob(clip_, {{"mode", "slow"}, {"factor", 8.0}});
    openAndWait(clip_);
    const auto own = page_->makePanel()->settings().toJson();
    Q_EMIT page_->queueView()->editRequested(job);
    QTRY_VERIFY_WITH_TIMEOUT(button(*page_, u"Save the changes"_s) != nullptr, kLong);
    QCOMPARE(toText(page_->makePanel()->settings().value("factor")), std::string("8"));
    QVERIFY(page_->messages()->text().contains(u"40 %"_s));  // what would be lost is said
    auto changed = page_->makePanel()->settings().toJson();
    changed["container"] = "mkv";
    page_->makePanel()->setSettings(changed);
    QCOMPARE(page_->makePanel()->output().filename(), std::filesystem::path("chosen.mkv"));
    QTRY_VERIFY(page_->makePanel()->startButton()->isEnabled());
    QTest::mouseClick(page_->makePanel()->startButton(), Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(page_->queue().desk().jobs().size() == 1 &&
                                 page_->queue().desk().jobs()[0].request.output.extension() == ".mkv",
                             kLong);
    QVERIFY(page_->makePanel()->settings().toJson() == own);
    page_ = std::make_unique<SlowmoPage>();
    QVERIFY(page_->makePanel()->settings().toJson() == own);  // as remembered
  }

  void anEditThatCannotBeSavedIsNotLost() {
    const int64_t job = stoppedJob(clip_, {{"mode", "slow"}, {"factor", 8.0}});
    openAndWait(clip_);
    Q_EMIT page_->queueView()->editRequested(job);
    QTRY_VERIFY_WITH_TIMEOUT(button(*page_, u"Save the changes"_s) != nullptr, kLong);
    auto changed = page_->makePanel()->settings();
    changed.set("factor", 4.0);
    page_->makePanel()->setSettings(changed.toJson());
    QTRY_VERIFY(page_->makePanel()->startButton()->isEnabled());
    Store store;
    auto finished = store.job(job);  // by another program, say
    finished.state = "done";
    store.updateJob(finished);
    QTest::mouseClick(page_->makePanel()->startButton(), Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(page_->messages()->text().contains(u"over"_s), kLong);
    QVERIFY(button(*page_, u"Save the changes"_s));
    QVERIFY(page_->makePanel()->settings() == changed);
    QTest::mouseClick(button(*page_, u"Leave it as it was"_s), Qt::LeftButton);
    QVERIFY(!button(*page_, u"Save the changes"_s));
    store.deleteJob(job);
  }

  void aJobWhoseClipIsGoneCannotBeOverwrittenByAnother() {
    const QString gone = makeClip(path(u"gone.mp4"_s), 12);
    const int64_t job = stoppedJob(gone, {{"mode", "slow"}, {"factor", 8.0}});
    QFile::remove(gone);
    openAndWait(clip_);
    Q_EMIT page_->queueView()->editRequested(job);
    QTRY_VERIFY_WITH_TIMEOUT(page_->messages()->isVisible(), kLong);
    QVERIFY(button(*page_, u"Save the changes"_s) == nullptr);
    QTRY_VERIFY(page_->makePanel()->startButton()->isEnabled());
    QTest::mouseClick(page_->makePanel()->startButton(), Qt::LeftButton);
    QTRY_COMPARE_WITH_TIMEOUT(page_->queue().desk().jobs().size(), std::size_t(2), kLong);
    QCOMPARE(Store().job(job).progress, 0.4);
    page_->stopAndKeep();
    QTRY_VERIFY_WITH_TIMEOUT(!page_->exporting(), kLong);
  }

  void whatIsMadeIsNeverThrownAwayUnasked() {
    const int64_t job = stoppedJob(clip_, {});
    auto* row = page_->queueView()->row(job);
    auto* menu = row->findChild<QMenu*>();
    Q_EMIT menu->aboutToShow();
    for (const auto* action : menu->actions()) QVERIFY(!action->text().contains(u"Remove"_s));
    row->askToCancel();
    QVERIFY(button(*row, u"Keep what is done"_s)->isVisibleTo(row));
    QCOMPARE(Store().job(job).state, std::string("stopped"));
  }

  void aPreviewBeginsWhereThePersonIsHoweverItIsPlayed() {
    openAndWait(clip_);
    auto* stage = page_->stage();
    Q_EMIT stage->timeline()->scrubbed(0.5);
    stage->showView(ClipStage::Preview);
    stage->preview()->make();
    stage->showView(ClipStage::Clip);
    QTRY_VERIFY_WITH_TIMEOUT(!stage->preview()->making() && stage->preview()->frames() > 0, kLong);
    const double playhead = stage->timeline()->playhead();
    QTest::qWait(300);
    QCOMPARE(stage->timeline()->playhead(), playhead);  // it does not play unseen
    stage->showView(ClipStage::Preview);
    stage->preview()->step(1);
    stage->preview()->step(9);
    const auto settings = page_->makePanel()->settings().toJson();
    page_->makePanel()->setSettings(settings);
    stage->preview()->make();
    QTRY_VERIFY_WITH_TIMEOUT(!stage->preview()->making(), kLong);
    QVERIFY(std::abs(stage->preview()->madeAt() - 0.5) < 0.1);
  }

  void whatWasLearnedOfOneClipIsNotSaidOfAnother() {
    openAndWait(clip_);
    page_->stage()->showView(ClipStage::Check);
    auto* check = page_->stage()->check();
    QTest::mouseClick(check->checkButton(), Qt::LeftButton);
    openAndWait(makeClip(path(u"other.mp4"_s), 24));
    QTRY_VERIFY_WITH_TIMEOUT(check->checkButton()->text() != u"Stop"_s, kLong);
    QVERIFY(check->result().engines.empty());
  }

  void aCropBelongsToItsClip() {
    openAndWait(clip_);
    auto settings = page_->makePanel()->settings().toJson();
    settings["crop"] = "40,20,80,48";
    settings["factor"] = 4.0;
    page_->makePanel()->setSettings(settings);
    page_->open({makeClip(path(u"another.mp4"_s), 12, {96, 64})});
    QTRY_VERIFY_WITH_TIMEOUT(page_->makePanel()->settings().text("crop").empty(), kLong);
    QCOMPARE(page_->makePanel()->settings().real("factor"), 4.0);
    QTRY_VERIFY_WITH_TIMEOUT(page_->makePanel()->startButton()->isEnabled(), kLong);
    page_->makePanel()->setSettings(settings);
    page_ = std::make_unique<SlowmoPage>();
    QVERIFY(page_->makePanel()->settings().text("crop").empty());
    QCOMPARE(page_->makePanel()->settings().real("factor"), 4.0);
  }

  void weightsThatAreGoneAreToldBeforeTheStart() {
    openAndWait(clip_);
    QTRY_VERIFY(page_->makePanel()->startButton()->isEnabled());
    auto settings = page_->makePanel()->settings().toJson();
    settings["engine"] = "swift";
    settings["swift_weights"] = "/nowhere/best.safetensors";
    page_->makePanel()->setSettings(settings);
    QTRY_VERIFY(!page_->makePanel()->startButton()->isEnabled());
    settings["swift_weights"] = "";
    page_->makePanel()->setSettings(settings);
    QTRY_VERIFY(page_->makePanel()->startButton()->isEnabled());
  }

  void whatWasFinishedIsShownWhenThePersonComesBack() {
    openAndWait(clip_);
    QTRY_VERIFY(page_->makePanel()->startButton()->isEnabled());
    QTest::mouseClick(page_->makePanel()->startButton(), Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(page_->exporting(), kLong);
    page_->stage()->showView(ClipStage::Clip);
    QTRY_VERIFY_WITH_TIMEOUT(!page_->exporting(), kLong);
    QVERIFY(page_->stage()->result()->watching());
    page_->stage()->showView(ClipStage::Result);
    QTRY_VERIFY_WITH_TIMEOUT(!page_->stage()->result()->watching(), kLong);
    QCOMPARE(page_->stage()->view(), ClipStage::Result);
  }

  void settingsAreRemembered() {
    openAndWait(clip_);
    QTest::mouseClick(button(*page_, u"Smoother"_s), Qt::LeftButton);
    QTest::mouseClick(button(*page_, u"120"_s), Qt::LeftButton);
    QVERIFY(button(*page_, u"8×"_s) == nullptr);  // what does not matter now is hidden
    page_ = std::make_unique<SlowmoPage>();
    QCOMPARE(page_->makePanel()->settings().text("mode"), std::string("smooth"));
    QCOMPARE(page_->makePanel()->settings().text("rate"), std::string("120"));
  }
};

QTEST_MAIN(SlowmoPageTest)
#include "slowmo_page_test.moc"
