#include "ui/slowmo/job_row.h"

#include <QClipboard>
#include <QFileInfo>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QProgressBar>
#include <QPushButton>
#include <QStyle>
#include <QToolButton>
#include <QVBoxLayout>
#include <cmath>

#include "ui/slowmo/player.h"
#include "ui/theme.h"
#include "ui/widgets/elided_label.h"

namespace fw {
namespace {

using namespace Qt::StringLiterals;

constexpr int kBarSteps = 1000;

QString nameOf(const std::filesystem::path& path) { return QString::fromStdString(path.filename().string()); }

QString rateText(double fps) { return QString::number(fps, 'f', fps < 10 ? 1 : 0); }

}  // namespace

JobRow::JobRow(JobQueue& queue, int64_t id, QWidget* parent)
    : QFrame(parent),
      queue_(queue),
      id_(id),
      title_(new ElidedLabel(TextRole::Heading)),
      what_(label({}, TextRole::Small, true)),
      state_(label({}, TextRole::Small, true)),
      bar_(new QProgressBar),
      go_(iconButton(u"pause"_s, u"Pause"_s)),
      play_(iconButton(u"film"_s, u"Play the result"_s)),
      more_(iconButton(u"more"_s, u"More"_s)),
      question_(new QWidget),
      copy_(new QPushButton(u"Copy the error"_s)) {
  setObjectName(u"card"_s);
  bar_->setRange(0, kBarSteps);
  bar_->setTextVisible(false);
  copy_->setProperty("link", true);
  more_->setPopupMode(QToolButton::InstantPopup);

  auto* head = new QHBoxLayout;
  head->setSpacing(0);
  head->addWidget(title_, 1);
  for (QToolButton* button : {go_, play_, more_}) head->addWidget(button);

  auto* keep = new QPushButton(u"Keep what is done"_s);
  auto* drop = new QPushButton(u"Discard"_s);
  auto* back = new QPushButton(u"Go on making it"_s);
  drop->setProperty("danger", true);
  back->setProperty("link", true);
  auto* answers = new QHBoxLayout;
  answers->setSpacing(kGrid / 2);
  for (QPushButton* answer : {keep, drop}) answers->addWidget(answer);
  answers->addStretch();
  auto* asked = new QVBoxLayout(question_);
  asked->setContentsMargins(0, kGrid / 2, 0, 0);
  asked->setSpacing(kGrid / 2);
  asked->addWidget(label(u"Cancel this job? The finished part can stay as a playable file."_s));
  asked->addLayout(answers);
  asked->addWidget(back, 0, Qt::AlignLeft);
  question_->hide();

  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(kGrid + 4, kGrid, kGrid, kGrid);
  column->setSpacing(kGrid / 2);
  column->addLayout(head);
  column->addWidget(what_);
  column->addWidget(bar_);
  column->addWidget(state_);
  column->addWidget(copy_, 0, Qt::AlignLeft);
  column->addWidget(question_);

  connect(go_, &QToolButton::clicked, this, [this] {
    if (mine()) return queue_.runner().paused() ? queue_.goOn(id_) : queue_.pause();
    if (!card_.waits()) return queue_.goOn(id_);
    queue_.runner().running() ? queue_.makeNext(id_) : queue_.start();
  });
  connect(play_, &QToolButton::clicked, this, [this] {
    if (card_.over())
      Q_EMIT playRequested(QString::fromStdString(card_.request.output.string()));
    else
      Q_EMIT watchRequested(id_);
  });
  connect(copy_, &QPushButton::clicked, this,
          [this] { QGuiApplication::clipboard()->setText(QString::fromStdString(card_.record.message)); });
  connect(keep, &QPushButton::clicked, this, [this] {
    question_->hide();
    queue_.cancel(id_, true);
  });
  connect(drop, &QPushButton::clicked, this, [this] {
    question_->hide();
    queue_.cancel(id_, false);
  });
  connect(back, &QPushButton::clicked, question_, &QWidget::hide);
  buildMenu();
}

void JobRow::buildMenu() {
  auto* menu = new QMenu(this);
  more_->setMenu(menu);
  connect(menu, &QMenu::aboutToShow, this, [this, menu] {
    menu->clear();
    const bool moving = mine() || card_.runs();
    if (!moving && !card_.over()) {
      menu->addAction(icon(u"settings"_s), u"Change the settings…"_s, this,
                      [this] { Q_EMIT editRequested(id_); });
      menu->addAction(icon(u"up"_s), u"Earlier"_s, this, [this] { queue_.desk().move(id_, -1); });
      menu->addAction(icon(u"down"_s), u"Later"_s, this, [this] { queue_.desk().move(id_, 1); });
    }
    menu->addAction(icon(u"open"_s), u"Show in folder"_s, this,
                    [this] { showInFolder(QString::fromStdString(card_.request.output.string())); });
    menu->addSeparator();
    if (!card_.over()) menu->addAction(icon(u"stop"_s), u"Cancel…"_s, this, &JobRow::askToCancel);
    if (card_.over() || (!moving && !anythingMade()))  // what is made is asked about first: "Cancel…"
      menu->addAction(icon(u"trash"_s), u"Remove from the list"_s, this, [this] { queue_.remove(id_); });
  });
}

void JobRow::askToCancel() {
  if (!mine() && !anythingMade()) return queue_.cancel(id_, false);
  question_->show();
}

void JobRow::showJob(const JobCard& card) {
  card_ = card;
  const QString output = nameOf(card.request.output);
  title_->setText(output.isEmpty() ? u"Job %1"_s.arg(id_) : output);
  title_->setToolTip(QString::fromStdString(card.request.output.string()));
  const QString source = card.request.sources.empty() ? QString() : nameOf(card.request.sources.front());
  what_->setText(u"%1 of %2"_s.arg(requestText(card.request), source));
  showProgress();
}

void JobRow::showProgress() {
  const bool going = mine();
  const double fraction = going ? std::max(queue_.progress().fraction, 0.0) : card_.record.progress;
  const bool pausing = going && !queue_.runner().paused();
  bar_->setValue(static_cast<int>(std::lround(fraction * kBarSteps)));
  bar_->setVisible(!card_.over());
  if (card_.over()) question_->hide();
  go_->setVisible(!card_.over() && (going || !card_.runs()));
  go_->setIcon(icon(pausing ? u"pause"_s : u"play"_s));
  go_->setToolTip(pausing                     ? u"Pause"_s
                  : !card_.waits() || going   ? u"Resume"_s
                  : queue_.runner().paused()  ? u"Make it now, before the paused one"_s
                  : queue_.runner().running() ? u"Make it next"_s
                                              : u"Make it"_s);
  play_->setVisible(going || card_.record.state == "done" ||
                    (card_.record.state == "cancelled" && card_.resultExists));
  play_->setIcon(icon(going ? u"film"_s : u"play"_s));
  play_->setToolTip(going ? u"Watch it being made"_s : u"Play the result"_s);
  const bool failed = !going && card_.canGoOn() && !card_.record.message.empty();
  copy_->setVisible(failed);
  state_->setText(stateText());
  if (state_->property("problem").toBool() != failed) {
    state_->setProperty("problem", failed);
    state_->style()->unpolish(state_);
    state_->style()->polish(state_);
  }
}

QString JobRow::stateText() const {
  const QString percent = u"%1 %"_s.arg(std::floor(card_.record.progress * 100));
  if (mine()) {
    const auto& p = queue_.progress();
    const QString done = u"%1 %"_s.arg(std::floor(p.fraction * 100));
    if (queue_.runner().paused()) return u"Paused at %1"_s.arg(done);
    QString text = p.stage.empty() ? u"Starting"_s : QString::fromStdString(p.stage);
    text[0] = text[0].toUpper();
    text += u" · "_s + done;
    if (p.fpsOut > 0) text += u" · %1 → %2 fps"_s.arg(rateText(p.fpsIn), rateText(p.fpsOut));
    if (p.secondsLeft >= 0) text += u" · %1 left"_s.arg(spanText(p.secondsLeft));
    return text;
  }
  const auto& state = card_.record.state;
  const QString message = QString::fromStdString(card_.record.message);
  if (state == "queued") {
    const QString frames = card_.frames > 0 ? u" · %L1 frames"_s.arg(card_.frames) : QString();
    return card_.record.progress > 0 ? u"Waiting at %1"_s.arg(percent) : u"Waiting"_s + frames;
  }
  if (state == "running") return u"Another program is making it · %1"_s.arg(percent);
  if (state == "done") return message.isEmpty() ? u"Finished"_s : u"Finished. "_s + message;
  if (state == "cancelled") return message.isEmpty() ? u"Cancelled"_s : u"Cancelled. "_s + message;
  return message.isEmpty() ? u"Stopped at %1. Resume makes only what is missing."_s.arg(percent) : message;
}

QString requestText(const SlowmoRequest& request) {
  try {
    const auto settings = Settings::fromJson(slowmoSchema(), request.settings);
    const QString mode = QString::fromStdString(settings.text("mode"));
    const QString factor = QString::fromStdString(toText(settings.value("factor")));
    const QString rate = QString::fromStdString(toText(settings.value("rate")));
    if (mode == u"slow"_s) return u"Slow motion %1×"_s.arg(factor);
    if (mode == u"smooth"_s) return u"Smooth %1 fps"_s.arg(rate);
    return u"Slow motion %1×, %2 fps"_s.arg(factor, rate);
  } catch (const std::exception&) {
    return u"Slow motion"_s;
  }
}

}  // namespace fw
