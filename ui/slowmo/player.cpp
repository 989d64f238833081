#include "ui/slowmo/player.h"

#include <QComboBox>
#include <QCoreApplication>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QThreadPool>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>

#include "ui/slowmo/clip_timeline.h"
#include "ui/theme.h"
#include "ui/widgets/frame_view.h"

namespace fw {
namespace {

using namespace Qt::StringLiterals;

/// A frame that is due within this time is shown now: timers are no finer.
constexpr double kNow = 0.002;
constexpr int kIconSize = 18;

}  // namespace

QToolButton* iconButton(const QString& iconName, const QString& tip) {
  auto* button = new QToolButton;
  button->setIcon(icon(iconName));
  button->setIconSize({kIconSize, kIconSize});
  button->setToolTip(tip);
  button->setAccessibleName(tip);
  button->setProperty("flat", true);
  return button;
}

Player::Player(QWidget* parent) : QWidget(parent), view_(new FrameView) {
  mailbox_ = Mailbox<News>::create(this, [this](News news) {
    if (news.opened != opened_) return;  // of the clip before
    if (!news.error.isEmpty()) {
      setPlaying(false);
      Q_EMIT failed(news.error);
    }
    advance();
  });
  timer_.setSingleShot(true);
  timer_.setTimerType(Qt::PreciseTimer);
  connect(&timer_, &QTimer::timeout, this, &Player::advance);

  column_ = new QVBoxLayout(this);
  column_->setContentsMargins(0, 0, 0, 0);
  column_->setSpacing(kGrid / 2);
  column_->addWidget(view_, 1);
  buildControls();
  connect(view_, &FrameView::doubleClicked, this,
          [this] { view_->viewState().zoom == 0 ? view_->oneToOne() : view_->fit(); });
}

Player::~Player() { letGo(); }

void Player::buildControls() {
  controls_ = new QHBoxLayout;
  controls_->setSpacing(2);
  auto* back = iconButton(u"step-back"_s, u"One frame back (←)"_s);
  playButton_ = iconButton(u"play"_s, u"Play (Space)"_s);
  auto* forward = iconButton(u"step"_s, u"One frame forward (→)"_s);
  loopButton_ = iconButton(u"loop"_s, u"Play round and round"_s);
  loopButton_->setCheckable(true);
  loopButton_->setChecked(true);
  for (QToolButton* button : {back, playButton_, forward, loopButton_}) controls_->addWidget(button);
  speed_ = new QComboBox;
  speed_->setToolTip(u"Speed of playing"_s);
  for (const auto& [text, value] : {std::pair{u"¼×"_s, 0.25}, {u"½×"_s, 0.5}, {u"1×"_s, 1.0}, {u"2×"_s, 2.0}})
    speed_->addItem(text, value);
  speed_->setCurrentIndex(2);
  controls_->addWidget(speed_);
  controls_->addSpacing(kGrid);
  time_ = label({}, TextRole::Number);
  time_->setWordWrap(false);
  controls_->addWidget(time_);
  controls_->addStretch();
  auto* full = iconButton(u"fullscreen"_s, u"Fill the screen (F)"_s);
  controls_->addWidget(full);
  column_->addLayout(controls_);

  connect(back, &QToolButton::clicked, this, [this] { step(-1); });
  connect(forward, &QToolButton::clicked, this, [this] { step(1); });
  connect(playButton_, &QToolButton::clicked, this, &Player::togglePlaying);
  connect(full, &QToolButton::clicked, this, &Player::toggleFullScreen);
  connect(speed_, &QComboBox::currentIndexChanged, this, [this] {
    restartClock(shown_.time);
    advance();
  });
}

void Player::addTools(QWidget* tools) { controls_->insertWidget(controls_->count() - 1, tools); }

void Player::open(const SlowmoRequest& source, double duration) {
  close();
  duration_ = out_ = duration;
  const auto tell = [box = mailbox_, opened = opened_](const QString& error) {
    box->post([&](News& news) {
      if (news.opened > opened) return;
      news = {opened, news.opened == opened && error.isEmpty() ? news.error : error};
    });
  };
  decoder_ = std::make_shared<ClipDecoder>(
      source, [tell] { tell({}); },
      [tell](const std::string& error) { tell(QString::fromStdString(error)); });
  startSeek(0);
  setPlaying(true);
}

// A decoder ends where it is told to, which may take a while: on the way to a moment far from a key frame.
// The window does not wait for it; the program does, at its end.
void Player::letGo() {
  ++opened_;
  if (auto decoder = std::exchange(decoder_, nullptr))
    QThreadPool::globalInstance()->start([decoder = std::move(decoder)]() mutable { decoder.reset(); });
}

void Player::close() {
  letGo();
  timer_.stop();
  setPlaying(false);
  shown_ = {};
  next_.reset();
  seekAfter_.reset();
  seeking_ = starving_ = atEnd_ = false;
  stepsToGo_ = 0;
  duration_ = in_ = out_ = 0;
  view_->setImage({});
  view_->fit();
  showTime();
}

void Player::setPart(double in, double out) {
  in_ = in;
  out_ = out;
}

void Player::play() {
  if (!decoder_) return;
  setPlaying(true);
  if (atEnd_ || shown_.time + shown_.duration / 2 >= out_) return seek(in_);
  restartClock(shown_.time);
  advance();
}

void Player::pause() {
  setPlaying(false);
  timer_.stop();
}

void Player::step(int direction) {
  if (!decoder_) return;
  pause();
  if (direction < 0) {
    if (shown_.time <= 0) return;
    return seek(std::max(0.0, shown_.time - shown_.duration / 2));
  }
  ++stepsToGo_;
  advance();
}

void Player::seek(double seconds) {
  if (!decoder_) return;
  seconds = std::clamp(seconds, 0.0, std::max(0.0, duration_ - 1e-3));
  stepsToGo_ = 0;
  // A seek that is under way ends first, so that scrubbing shows something all the time.
  if (seeking_)
    seekAfter_ = seconds;
  else
    startSeek(seconds);
}

void Player::startSeek(double seconds) {
  seeking_ = true;
  atEnd_ = false;
  next_.reset();
  timer_.stop();
  decoder_->showFrom(seconds);
}

void Player::advance() {
  if (!decoder_) return;
  if (seeking_) {
    auto frame = decoder_->take();
    if (!frame) return;
    seeking_ = false;
    atEnd_ = frame->image.empty();
    if (!atEnd_) show(std::move(*frame));
    restartClock(shown_.time);
    if (seekAfter_) return startSeek(*std::exchange(seekAfter_, std::nullopt));
  }
  while (stepsToGo_ > 0) {
    if (!next_) next_ = decoder_->take();
    if (!next_) return;  // its arrival calls again
    --stepsToGo_;
    if (next_->image.empty()) {
      stepsToGo_ = 0;
      atEnd_ = true;
      return;
    }
    show(*std::exchange(next_, std::nullopt));
  }
  if (playing_) playOn();
}

void Player::playOn() {
  std::optional<ClipFrame> due;
  for (;;) {
    if (!next_) {
      next_ = decoder_->take();
      if (next_ && starving_) restartClock(std::min(mediaTime(), next_->time));
      starving_ = !next_;
    }
    if (!next_) break;
    const bool ends = next_->image.empty() || (next_->time > out_ - kNow && shown_.time < out_ - kNow);
    const double wait = (ends ? shown_.time + shown_.duration : next_->time) - mediaTime();
    if (wait > kNow) {
      timer_.start(static_cast<int>(wait / speed_->currentData().toDouble() * 1000) + 1);
      break;
    }
    if (ends && !due) return reachedEnd();
    if (ends) break;
    due = std::exchange(next_, std::nullopt);
    shown_.time = due->time;
    shown_.duration = due->duration;
  }
  if (!due) return;
  const bool more = next_.has_value();
  show(std::move(*due));
  if (more && !timer_.isActive()) timer_.start(static_cast<int>(shown_.duration * 1000));
}

void Player::reachedEnd() {
  if (loopButton_->isChecked()) return startSeek(in_);
  atEnd_ = true;
  pause();
}

void Player::show(ClipFrame frame) {
  shown_ = std::move(frame);
  view_->setImage(shown_.image);
  showTime();
  Q_EMIT positionChanged(shown_.time);
}

void Player::showTime() {
  constexpr int kRoomForBoth = 72 * kGrid;  // beside the tools
  const QString time = timeText(shown_.time, 2);
  time_->setText(width() < kRoomForBoth ? time : u"%1 / %2"_s.arg(time, timeText(duration_, 2)));
}

void Player::resizeEvent(QResizeEvent* event) {
  showTime();
  QWidget::resizeEvent(event);
}

void Player::setPlaying(bool playing) {
  if (playing == playing_) return;
  playing_ = playing;
  playButton_->setIcon(icon(playing ? u"pause"_s : u"play"_s));
  playButton_->setToolTip(playing ? u"Pause (Space)"_s : u"Play (Space)"_s);
  Q_EMIT playingChanged(playing);
}

void Player::restartClock(double at) {
  clockBase_ = at;
  clock_.start();
}

double Player::mediaTime() const {
  return clockBase_ + static_cast<double>(clock_.nsecsElapsed()) * 1e-9 * speed_->currentData().toDouble();
}

void Player::toggleFullScreen() {
  if (fullScreen_ == nullptr) {
    fullScreen_ = new QWidget(this, Qt::Window);
    fullScreen_->setWindowTitle(QCoreApplication::applicationName());
    auto* layout = new QVBoxLayout(fullScreen_);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(view_);
    fullScreen_->installEventFilter(this);
    fullScreen_->showFullScreen();
  } else {
    column_->insertWidget(0, view_, 1);
    fullScreen_->removeEventFilter(this);
    fullScreen_->hide();
    fullScreen_->deleteLater();
    fullScreen_ = nullptr;
  }
  view_->setFocus();
}

bool Player::eventFilter(QObject* watched, QEvent* event) {
  if (watched != fullScreen_) return QWidget::eventFilter(watched, event);
  if (event->type() == QEvent::Close) {
    toggleFullScreen();
    return true;
  }
  if (event->type() == QEvent::KeyPress) {
    const int key = static_cast<QKeyEvent*>(event)->key();
    if (key == Qt::Key_F || key == Qt::Key_Escape)
      toggleFullScreen();
    else  // keys do not leave a window by themselves: what the page can do works here too
      QCoreApplication::sendEvent(this, event);
    return true;
  }
  return QWidget::eventFilter(watched, event);
}

}  // namespace fw
