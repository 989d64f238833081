#include <QDir>
#include <QFile>
#include <QSettings>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>
#include <opencv2/imgproc.hpp>

#include "core/base/paths.h"
#include "core/slowmo/so_far.h"
#include "core/video/writer.h"
#include "ui/slowmo/clip_marks.h"
#include "ui/slowmo/clip_study.h"
#include "ui/slowmo/clip_timeline.h"
#include "ui/slowmo/job_queue.h"
#include "ui/slowmo/latest_task.h"
#include "ui/slowmo/preset_button.h"

using namespace fw;
using namespace Qt::StringLiterals;

namespace {

constexpr int kLong = 40000;

void makeClip(const QString& file, int frames) {
  VideoFormat format;
  format.width = 128;
  format.height = 80;
  format.frameRate = {12, 1};
  format.timeBase = {1, 12};
  VideoWriter writer(file.toStdString(), {}, format);
  for (int i = 0; i < frames; ++i) {
    cv::Mat picture(80, 128, CV_8UC3, cv::Scalar(60, 90, 40));
    cv::circle(picture, {20 + i, 40}, 12, cv::Scalar(220, 200, 90), cv::FILLED, cv::LINE_AA);
    writer.write(picture, i, 1);
  }
  writer.finish();
}

}  // namespace

/// What the queue, the marks and the presets do, without the page around them.
class SlowmoQueueTest : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir folder_;

  QString path(const QString& name) const { return folder_.filePath(name); }
  SlowmoRequest request(const QString& clip, const QString& output, double factor = 2) const {
    SlowmoRequest made;
    made.sources.push_back(path(clip).toStdString());
    made.output = path(output).toStdString();
    made.settings = {{"mode", "slow"}, {"factor", factor}};
    return made;
  }
  QStringList order(JobQueue& queue) const {
    QStringList names;
    for (const auto& card : queue.desk().jobs())
      names << QString::fromStdString(card.request.output.stem().string());
    return names;
  }

 private Q_SLOTS:
  void initTestCase() {
    qputenv("XDG_DATA_HOME", path(u"data"_s).toUtf8());
    qputenv("XDG_STATE_HOME", path(u"state"_s).toUtf8());
    QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, path(u"config"_s));
    QCoreApplication::setOrganizationName(u"framewright-test"_s);
    makeClip(path(u"short.mp4"_s), 12);
    makeClip(path(u"long.mp4"_s), 60);
  }
  void init() { QDir(path(u"data"_s)).removeRecursively(); }

  void jobsAreMadeInTheirOrderAndCanBeReordered() {
    JobQueue queue(dataHome());
    // Put there without starting, as after a start of the program.
    for (const auto* name : {"a", "b", "c"}) {
      Store store(dataHome());
      queueJob(store, request(u"short.mp4"_s, QString::fromLatin1(name) + u".mp4"_s));
    }
    queue.desk().refresh();
    QTRY_COMPARE(order(queue), (QStringList{u"a"_s, u"b"_s, u"c"_s}));
    queue.desk().move(queue.desk().jobs()[2].record.id, -2);
    QTRY_COMPARE(order(queue), (QStringList{u"c"_s, u"a"_s, u"b"_s}));
    queue.makeNext(queue.desk().jobs()[2].record.id);
    QTRY_COMPARE(order(queue), (QStringList{u"b"_s, u"c"_s, u"a"_s}));
    queue.desk().move(queue.desk().jobs()[0].record.id, 2);
    QTRY_COMPARE(order(queue), (QStringList{u"c"_s, u"a"_s, u"b"_s}));
    QVERIFY(!queue.busy());
    QStringList started;
    connect(&queue, &JobQueue::jobStarted, this, [&](qint64 id) {
      started << QString::fromStdString(queue.desk().find(id)->request.output.stem().string());
    });
    QSignalSpy allDone(&queue, &JobQueue::allDone);
    queue.start();
    QTRY_COMPARE_WITH_TIMEOUT(allDone.count(), 1, kLong);
    QCOMPARE(started, (QStringList{u"c"_s, u"a"_s, u"b"_s}));
    QCOMPARE(allDone[0][0].toInt(), 3);
    for (const auto* name : {"a", "b", "c"})
      QVERIFY(QFile::exists(path(QString::fromLatin1(name) + u".mp4"_s)));
  }

  void aPausedJobMakesRoomForOneThatIsAskedFor() {
    JobQueue queue(dataHome());
    QStringList started;
    connect(&queue, &JobQueue::jobStarted, this, [&](qint64 id) {
      started << QString::fromStdString(queue.desk().find(id)->request.output.stem().string());
    });
    QSignalSpy allDone(&queue, &JobQueue::allDone);
    queue.add(request(u"long.mp4"_s, u"held.mp4"_s, 8));
    queue.add(request(u"short.mp4"_s, u"other.mp4"_s));
    queue.add(request(u"short.mp4"_s, u"asked.mp4"_s));
    QTRY_VERIFY_WITH_TIMEOUT(queue.progress().framesOut > 5 && queue.desk().jobs().size() == 3, kLong);
    queue.pause();
    QTRY_VERIFY(queue.runner().paused());
    queue.makeNext(queue.desk().jobs()[2].record.id);
    QTRY_COMPARE_WITH_TIMEOUT(allDone.count(), 1, kLong);
    QCOMPARE(started, (QStringList{u"held"_s, u"asked"_s, u"held"_s, u"other"_s}));
    QCOMPARE(allDone[0][0].toInt(), 3);  // what made room is not forgotten
  }

  void movingAJobPassesThoseThatAreOver() {
    {
      Store store(dataHome());
      for (const auto* name : {"a", "over", "b"})
        queueJob(store, request(u"short.mp4"_s, QString::fromLatin1(name) + u".mp4"_s));
      cancelJob(store, store.jobs()[1].id, false);
    }
    JobQueue queue(dataHome());
    queue.desk().refresh();
    QTRY_COMPARE(order(queue), (QStringList{u"a"_s, u"over"_s, u"b"_s}));
    queue.desk().move(queue.desk().jobs()[2].record.id, -1);
    QTRY_COMPARE(order(queue), (QStringList{u"b"_s, u"over"_s, u"a"_s}));
  }

  void changingAWaitingJobKeepsItsPlace() {
    JobQueue queue(dataHome());
    {
      Store store(dataHome());
      queueJob(store, request(u"short.mp4"_s, u"first.mp4"_s));
      queueJob(store, request(u"short.mp4"_s, u"second.mp4"_s));
    }
    queue.desk().refresh();
    QTRY_COMPARE(queue.desk().jobs().size(), std::size_t(2));
    queue.desk().replace(queue.desk().jobs()[0].record.id, request(u"short.mp4"_s, u"first.mp4"_s, 4));
    QTRY_COMPARE(queue.desk().jobs()[0].request.settings.value("factor", 0.0), 4.0);
    QCOMPARE(order(queue), (QStringList{u"first"_s, u"second"_s}));
    QCOMPARE(queue.desk().jobs()[0].frames, int64_t(48));
  }

  void whatIsMadeSoFarCanBePlayedWhileTheRestIsMade() {
    JobQueue queue(dataHome());
    queue.add(request(u"long.mp4"_s, u"slow.mp4"_s, 8));
    QTRY_VERIFY_WITH_TIMEOUT(queue.progress().framesOut > 260, kLong);
    const int64_t id = queue.runner().job();
    queue.pause();
    const auto file = joinSoFar(Store(dataHome()), id, {});
    QVERIFY(file.has_value());
    const auto info = probe(*file);
    QVERIFY2(info.duration > 9 && info.duration < 40, qPrintable(QString::number(info.duration)));
    QVERIFY(queue.busy());
    queue.cancel(id, false);
    QTRY_VERIFY_WITH_TIMEOUT(!queue.busy(), kLong);
    QTRY_COMPARE_WITH_TIMEOUT(queue.desk().jobs()[0].record.state, std::string("cancelled"), kLong);
    QVERIFY(!QFile::exists(path(u"slow.mp4"_s)));
  }

  void aSourceThatIsGoneStopsItsJobAloneWithWords() {
    JobQueue queue(dataHome());
    makeClip(path(u"gone.mp4"_s), 12);
    {
      Store store(dataHome());
      queueJob(store, request(u"gone.mp4"_s, u"never.mp4"_s));
      queueJob(store, request(u"short.mp4"_s, u"after.mp4"_s));
    }
    QFile::remove(path(u"gone.mp4"_s));
    QSignalSpy ended(&queue, &JobQueue::jobEnded);
    queue.desk().refresh();
    QTRY_COMPARE(queue.desk().jobs().size(), std::size_t(2));
    queue.start();
    QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(path(u"after.mp4"_s)), kLong);
    QVERIFY2(ended[0][1].toString().contains(u"gone.mp4"_s), qPrintable(ended[0][1].toString()));
    QTRY_VERIFY(queue.desk().jobs()[0].canGoOn());
    QVERIFY(!queue.desk().jobs()[0].record.message.empty());
  }

  void cutsCanBeAddedRemovedAndPutBack() {
    ClipMarks marks;
    marks.end = marks.out = 10;
    marks.cutsFound = {2, 5};
    QVERIFY(removeCut(marks, 5.01, 0.04));
    QCOMPARE(marks.cuts(), std::vector<double>{2});
    addCut(marks, 5.01, 0.04);  // the same cut again: as found, not a second one beside it
    QCOMPARE(marks.cuts(), (std::vector<double>{2, 5}));
    QVERIFY(marks.cutsAdded.empty());
    addCut(marks, 2.01, 0.04);
    QCOMPARE(marks.cuts().size(), std::size_t(2));
    QVERIFY(!removeCut(marks, 7, 0.04));
  }

  void trimmingNeverLeavesNothing() {
    ClipMarks marks;
    marks.end = marks.out = 10;
    trimTo(marks, 3, 0.04);
    trimFrom(marks, 8, 0.04);  // beyond the end that was set: the end gives way
    QCOMPARE(marks.in, 8.0);
    QCOMPARE(marks.out, 10.0);
    trimFrom(marks, 99, 0.04);
    QVERIFY(marks.out - marks.in >= 0.039);
  }

  void theWorstSpotsComeOneAfterTheOther() {
    ClipMarks marks;
    for (int i = 0; i < 48; ++i)
      addConfidence(marks, i, i == 10 ? 0.2 : i == 30 ? 0.1 : i == 40 ? 0.3 : 0.95);
    const double frame = 0.04;
    QCOMPARE(nextWorst(marks, 0, frame), 10.0);
    QCOMPARE(nextWorst(marks, 10, frame), 30.0);
    QCOMPARE(nextWorst(marks, 10 - frame / 2, frame), 30.0);  // in sight is the frame before the made one
    QCOMPARE(nextWorst(marks, 45, frame), 10.0);
    QVERIFY(nextWorst(ClipMarks(), 0, frame) < 0);
  }

  void ownPresetsAreKeptAndNamed() {
    Settings settings(slowmoSchema());
    settings.set("factor", 3.0);
    PresetButton button;
    button.showMatching(settings);
    button.save(u"Ballet"_s);
    PresetButton another;
    another.showMatching(settings);
    QCOMPARE(another.text(), u"Ballet"_s);
  }

  void onlyTheNewestQuestionIsAnswered() {
    LatestTask task;
    QList<int> answers;
    std::atomic<int> worked = 0;
    for (int i = 0; i < 20; ++i)
      task.ask<int>(
          [i, &worked](std::stop_token) {
            ++worked;
            QThread::msleep(20);
            return i;
          },
          [&](int answer) { answers << answer; });
    QTRY_COMPARE(answers, QList<int>{19});
    QVERIFY(worked <= 3);
  }

  void timesReadAsPeopleWriteThem() {
    QCOMPARE(timeText(0), u"0:00.0"_s);
    QCOMPARE(timeText(72.45, 2), u"1:12.45"_s);
    QCOMPARE(timeText(3723.96, 1), u"1:02:04.0"_s);
    QCOMPARE(spanText(59.2), u"1 min 00 s"_s);
    QCOMPARE(spanText(3700), u"1 h 01 min"_s);
  }
};

QTEST_MAIN(SlowmoQueueTest)
#include "slowmo_queue_test.moc"
