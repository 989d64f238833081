#include <QAbstractButton>
#include <QAbstractSpinBox>
#include <QDir>
#include <QLabel>
#include <QPushButton>
#include <QSettings>
#include <QTemporaryDir>
#include <QTest>
#include <opencv2/imgproc.hpp>

#include "core/base/paths.h"
#include "ui/slowmo/clip_stage.h"
#include "ui/slowmo/inside_view.h"
#include "ui/slowmo/make_panel.h"
#include "ui/slowmo/player.h"
#include "ui/slowmo/preview_panel.h"
#include "ui/slowmo/self_check_panel.h"
#include "ui/slowmo/slowmo_page.h"
#include "ui/theme.h"
#include "ui/widgets/frame_view.h"

using namespace fw;
using namespace Qt::StringLiterals;

namespace {

constexpr int kLong = 180000;  // milliseconds a slow, busy machine may take

/// Words that do not fit where they stand. Elided and scrolled ones are meant to be longer than their place.
QStringList cutOff(const QWidget& page) {
  QStringList found;
  for (auto* text : page.findChildren<QLabel*>())
    if (text->isVisible() && !text->wordWrap() &&
        text->sizePolicy().horizontalPolicy() != QSizePolicy::Ignored &&
        text->sizeHint().width() > text->width() + 1)
      found << text->text();
  for (auto* button : page.findChildren<QAbstractButton*>())
    if (button->isVisible() && !button->text().isEmpty() &&
        button->minimumSizeHint().width() > button->width() + 1)
      found << button->text();
  return found;
}

}  // namespace

/// Every view of the page in both themes and at two sizes: nothing may be cut off. With FRAMEWRIGHT_GRAB set
/// the pictures are kept in that folder, FRAMEWRIGHT_CLIP names a clip of one's own.
class SlowmoLookTest : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir folder_;

  void look(SlowmoPage& page, const QString& name) {
    QTest::qWait(50);
    const auto words = cutOff(page);
    QVERIFY2(words.isEmpty(), qPrintable(name + u": "_s + words.join(u" | "_s)));
    if (const QString keep = qEnvironmentVariable("FRAMEWRIGHT_GRAB"); !keep.isEmpty()) {
      QDir().mkpath(keep);
      page.grab().save(keep + u"/%1.png"_s.arg(name));
    }
  }

 private Q_SLOTS:
  void nothingIsCutOff_data() {
    QTest::addColumn<bool>("dark");
    QTest::addColumn<QSize>("size");
    QTest::newRow("light-1280") << false << QSize(1192, 800);
    QTest::newRow("dark-1920") << true << QSize(1832, 1080);
  }

  void nothingIsCutOff() {
    QFETCH(bool, dark);
    QFETCH(QSize, size);
    const QString row = QString::fromLatin1(QTest::currentDataTag());
    qputenv("XDG_DATA_HOME", folder_.filePath(row).toUtf8());
    QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, folder_.filePath(u"config"_s));
    QCoreApplication::setOrganizationName(u"framewright-test"_s);
    QSettings().clear();
    applyTheme(dark ? ThemeChoice::Dark : ThemeChoice::Light);

    QString clip = qEnvironmentVariable("FRAMEWRIGHT_CLIP");
    if (clip.isEmpty()) {
      clip = folder_.filePath(row + u".mp4"_s);
      QVERIFY(QFile::copy(QString::fromStdString(resource("samples/windmill.mp4").string()), clip));
    }
    SlowmoPage page;
    page.resize(size);
    page.setAttribute(Qt::WA_StyledBackground);
    page.show();
    look(page, row + u"-1-welcome"_s);
    page.open({clip});
    auto* stage = page.stage();
    QTRY_VERIFY_WITH_TIMEOUT(!stage->player()->view()->image().empty(), kLong);
    stage->player()->pause();
    QTRY_VERIFY_WITH_TIMEOUT(page.makePanel()->startButton()->isEnabled(), kLong);
    QTest::qWait(700);
    look(page, row + u"-2-clip"_s);
    for (auto* button : page.makePanel()->findChildren<QAbstractButton*>())
      if (button->isVisible() && button->text() == u"More"_s) button->click();
    QVERIFY(page.makePanel()->findChildren<QAbstractSpinBox*>().size() > 2);
    look(page, row + u"-2-more"_s);
    stage->player()->seek(0.5);
    QTest::qWait(300);
    stage->showView(ClipStage::Inside);
    QTRY_VERIFY_WITH_TIMEOUT(!stage->inside()->shown().pictures.empty(), kLong);
    look(page, row + u"-3-inside"_s);
    stage->showView(ClipStage::Preview);
    stage->preview()->make();
    QTRY_VERIFY_WITH_TIMEOUT(stage->preview()->frames() > 0, kLong);
    look(page, row + u"-4-preview"_s);
    stage->showView(ClipStage::Check);
    stage->check()->check();
    QTRY_VERIFY_WITH_TIMEOUT(!stage->check()->result().engines.empty(), kLong);
    look(page, row + u"-5-check"_s);
    page.makePanel()->setOutput(folder_.filePath(row + u" slow.mp4"_s).toStdString());
    page.makePanel()->startButton()->click();
    page.makePanel()->startButton()->click();
    QTRY_VERIFY_WITH_TIMEOUT(page.queue().progress().framesOut > 20, kLong);
    look(page, row + u"-6-queue"_s);
    page.stopAndKeep();
    QTRY_VERIFY_WITH_TIMEOUT(!page.exporting(), kLong);
    QTRY_VERIFY_WITH_TIMEOUT(page.queue().desk().jobs().size() == 2, kLong);
    QTest::qWait(300);
    stage->showView(ClipStage::Clip);
    look(page, row + u"-7-stopped"_s);
  }
};

QTEST_MAIN(SlowmoLookTest)
#include "slowmo_look_test.moc"
