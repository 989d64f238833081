#include "ui/slowmo/preview_panel.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QSlider>
#include <QStyle>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

#include "ui/slowmo/clip_timeline.h"
#include "ui/slowmo/player.h"
#include "ui/theme.h"
#include "ui/widgets/compare_view.h"

namespace fw {
namespace {

using namespace Qt::StringLiterals;

constexpr double kPreviewSeconds = 2;
constexpr int kBarSteps = 1000;

}  // namespace

PreviewPanel::PreviewPanel(QWidget* parent)
    : QWidget(parent),
      compare_(new CompareView),
      play_(iconButton(u"play"_s, u"Play (Space)"_s)),
      speed_(new QComboBox),
      position_(new QSlider(Qt::Horizontal)),
      time_(label({}, TextRole::Number)),
      bar_(new QProgressBar),
      state_(label({}, TextRole::Small, true)),
      make_(new QPushButton(u"Make the preview"_s)) {
  compare_->setLabels(u"original"_s, u"result"_s);
  speed_->setToolTip(u"Speed of playing: slow shows single frames"_s);
  for (const auto& [text, value] :
       {std::pair{u"as the result"_s, 1.0}, {u"½ speed"_s, 0.5}, {u"¼ speed"_s, 0.25}, {u"slow loop"_s, 0.1}})
    speed_->addItem(text, value);
  time_->setWordWrap(false);
  bar_->setRange(0, kBarSteps);
  bar_->setTextVisible(false);
  bar_->hide();

  auto* back = iconButton(u"step-back"_s, u"One frame back (←)"_s);
  auto* forward = iconButton(u"step"_s, u"One frame forward (→)"_s);
  auto* foot = new QHBoxLayout;
  foot->setSpacing(2);
  for (QToolButton* button : {back, play_, forward}) foot->addWidget(button);
  foot->addWidget(speed_);
  foot->addSpacing(kGrid);
  foot->addWidget(position_, 1);
  foot->addSpacing(kGrid);
  foot->addWidget(time_);
  auto* head = new QHBoxLayout;
  head->addWidget(state_, 1);
  head->addWidget(make_);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(kGrid / 2);
  column->addLayout(head);
  column->addWidget(bar_);
  column->addWidget(compare_, 1);
  column->addLayout(foot);

  timer_.setSingleShot(true);
  timer_.setTimerType(Qt::PreciseTimer);
  connect(&timer_, &QTimer::timeout, this, [this] { showFrame(shown_ + 1 < frames() ? shown_ + 1 : 0); });
  connect(back, &QToolButton::clicked, this, [this] { step(-1); });
  connect(forward, &QToolButton::clicked, this, [this] { step(1); });
  connect(play_, &QToolButton::clicked, this, &PreviewPanel::togglePlaying);
  connect(position_, &QSlider::sliderMoved, this, [this](int index) {
    setPlaying(false);
    showFrame(index);
  });
  connect(make_, &QPushButton::clicked, this, [this] { task_.running() ? task_.requestStop() : make(); });
  mailbox_ = Mailbox<News>::create(this, [this](News news) {
    bar_->setValue(static_cast<int>(std::lround(news.fraction * kBarSteps)));
    if (task_.running()) compare_->setImages(news.latest.original, news.latest.result);
  });
  connect(&task_, &Task::finished, this, [this] { takeFrames(std::move(*coming_)); });
  connect(&task_, &Task::failed, this, [this](const QString& message) {
    showState();
    Q_EMIT failed(message);
  });
  showState();
}

void PreviewPanel::setRequest(const SlowmoRequest& request, double from, double duration) {
  request_ = request;
  from_ = from;
  duration_ = duration;
  showState();
}

void PreviewPanel::clear() {
  task_.requestStop();
  setPlaying(false);
  frames_.clear();
  request_ = madeFrom_ = {};
  compare_->setImages({}, {});
  showState();
}

void PreviewPanel::make() {
  if (task_.running() || request_.sources.empty()) return;
  setPlaying(false);
  coming_ = std::make_shared<PreviewFrames>();
  madeFrom_ = request_;
  madeAt_ = from_;
  task_.start([request = request_, from = from_, result = coming_, box = mailbox_](std::stop_token stop) {
    const auto tell = [&](const PreviewFrame& frame, double fraction) {
      box->post([&](News& news) { news = {frame, fraction}; });
    };
    *result = previewFrames(request, from, kPreviewSeconds, tell, stop);
  });
  bar_->setValue(0);
  showState();
}

void PreviewPanel::takeFrames(PreviewFrames preview) {
  if (request_.sources != madeFrom_.sources) return showState();  // another clip was opened meanwhile
  frames_ = std::move(preview.frames);
  height_ = preview.height;
  position_->setRange(0, std::max(0, frames() - 1));
  showState();
  if (frames_.empty()) return;
  showFrame(0);
  setPlaying(isVisible());
}

void PreviewPanel::showState() {
  const bool busy = task_.running();
  bar_->setVisible(busy);
  make_->setText(busy ? u"Stop"_s : frames_.empty() ? u"Make the preview"_s : u"Make again"_s);
  const bool upToDate = toJson(request_) == toJson(madeFrom_) && std::abs(from_ - madeAt_) < 1e-3;
  make_->setProperty("primary", !busy && !upToDate);
  make_->style()->unpolish(make_);
  make_->style()->polish(make_);
  const auto span = [this](const SlowmoRequest& request, double from) {
    return previewedFrom(request, from, kPreviewSeconds, duration_);
  };
  const PreviewSpan next = busy ? span(madeFrom_, madeAt_) : span(request_, from_);
  const QString here =
      u"%1 s from %2"_s.arg(std::min(next.seconds, duration_), 0, 'g', 2).arg(timeText(next.from));
  const QString made = timeText(span(madeFrom_, madeAt_).from);
  state_->setText(
      busy              ? u"Making %1…"_s.arg(here)
      : frames_.empty() ? u"Makes %1 with the current settings, to see them before the start."_s.arg(here)
      : upToDate
          ? u"%1 frames from %2, %3 lines high."_s.arg(frames()).arg(made).arg(height_)
          : u"Made from %1 with other settings or elsewhere: make it again to see %2."_s.arg(made, here));
}

void PreviewPanel::showFrame(int index) {
  if (frames_.empty()) return;
  shown_ = std::clamp(index, 0, frames() - 1);
  const auto& frame = frames_[static_cast<std::size_t>(shown_)];
  compare_->setImages(frame.original, frame.result);
  position_->setValue(shown_);
  time_->setText(u"%1 / %2"_s.arg(shown_ + 1).arg(frames()));
  Q_EMIT sourceTimeShown(frame.sourceTime);
  if (!playing_) return;
  const double seconds = frame.duration / speed_->currentData().toDouble();
  timer_.start(std::max(1, static_cast<int>(std::lround(seconds * 1000))));
}

void PreviewPanel::togglePlaying() { setPlaying(!playing_); }

void PreviewPanel::step(int direction) {
  setPlaying(false);
  showFrame(shown_ + direction);
}

void PreviewPanel::setPlaying(bool playing) {
  playing_ = playing && !frames_.empty();
  play_->setIcon(icon(playing_ ? u"pause"_s : u"play"_s));
  timer_.stop();
  if (playing_) showFrame(shown_);
}

void PreviewPanel::hideEvent(QHideEvent* event) {
  QWidget::hideEvent(event);
  setPlaying(false);
}

}  // namespace fw
