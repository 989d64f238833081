#include "ui/slowmo/result_view.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QMouseEvent>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSlider>
#include <QStackedWidget>
#include <QStyle>
#include <QVBoxLayout>

#include "ui/slowmo/clip_timeline.h"
#include "ui/slowmo/player.h"
#include "ui/theme.h"
#include "ui/widgets/compare_view.h"

namespace fw {

using namespace Qt::StringLiterals;

namespace {

constexpr int kSeekSteps = 10000;

/// Goes to where it is pressed.
class SeekBar : public QSlider {
 public:
  SeekBar() : QSlider(Qt::Horizontal) {
    setRange(0, kSeekSteps);
    setPageStep(kSeekSteps / 20);
    setAccessibleName(u"Position in the result"_s);
  }

 protected:
  void mousePressEvent(QMouseEvent* event) override {
    setValue(QStyle::sliderValueFromPosition(minimum(), maximum(), qRound(event->position().x()), width()));
    QSlider::mousePressEvent(event);
  }
};

}  // namespace

ResultView::ResultView(QWidget* parent)
    : QWidget(parent),
      stack_(new QStackedWidget),
      compare_(new CompareView),
      player_(new Player),
      seek_(new SeekBar),
      title_(label(u"Nothing is being made now."_s, TextRole::Small, true)),
      moment_(label({}, TextRole::Number)),
      soFar_(new QPushButton(icon(u"play"_s), u"Play what is made so far"_s)),
      back_(new QPushButton(icon(u"back"_s), u"Back to the frames being made"_s)),
      soon_(new QTimer(this)) {
  constexpr int kBetweenFrames = 40;  // milliseconds: painting at every refresh takes time from making them
  soon_->setInterval(kBetweenFrames);
  soon_->setSingleShot(true);
  connect(soon_, &QTimer::timeout, this, [this] {
    if (isVisible() && watching()) showFrames();
  });
  compare_->setLabels(u"original"_s, u"made"_s);
  stack_->addWidget(compare_);
  stack_->addWidget(player_);
  moment_->setWordWrap(false);
  soFar_->hide();
  back_->hide();
  auto* foot = new QHBoxLayout;
  foot->setSpacing(kGrid);
  foot->addWidget(title_, 1);
  foot->addWidget(moment_);
  foot->addWidget(soFar_);
  foot->addWidget(back_);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(kGrid / 2);
  column->addWidget(stack_, 1);
  column->addWidget(seek_);
  column->addLayout(foot);
  seek_->hide();
  connect(seek_, &QSlider::valueChanged, this, [this](int value) {
    player_->pause();
    player_->seek(duration_ * value / kSeekSteps);
  });
  connect(player_, &Player::positionChanged, this, [this](double seconds) {
    const QSignalBlocker followed(seek_);
    if (duration_ > 0 && !seek_->isSliderDown()) seek_->setValue(qRound(kSeekSteps * seconds / duration_));
  });
  connect(soFar_, &QPushButton::clicked, this, &ResultView::soFarRequested);
  connect(back_, &QPushButton::clicked, this, &ResultView::showWatching);
}

bool ResultView::watching() const { return stack_->currentWidget() == compare_; }

void ResultView::watch(const QString& name) {
  if (name != job_) {
    original_.release();
    made_.release();
    moment_->clear();
  }
  job_ = name;
  if (!watching()) return back_->setVisible(!name.isEmpty());  // a film that plays is not taken away
  showWatching();
}

void ResultView::showWatching() {
  player_->close();
  seek_->hide();
  stack_->setCurrentWidget(compare_);
  title_->setText(job_.isEmpty() ? u"Nothing is being made now."_s : u"Making %1"_s.arg(job_));
  soFar_->setVisible(!job_.isEmpty());
  back_->hide();
  showFrames();
  Q_EMIT changedOver();
}

void ResultView::showNews(const JobNews& news) {
  if (news.original) original_ = news.original->image;
  // An original is shown untouched: there both sides are the same.
  if (news.made && (!news.original || news.made->outputTime > news.original->outputTime))
    made_ = news.made->image;
  else if (news.original)
    made_ = news.original->image;
  const auto& latest = news.made ? news.made : news.original;
  if (!latest) return;
  ++framesShown_;
  if (watching()) moment_->setText(timeText(latest->outputTime, 2));
  if (!soon_->isActive()) soon_->start();
}

void ResultView::showFrames() {
  // The first frames of a resumed part may all be made: then there is no original to set against them yet.
  compare_->setImages(original_.empty() ? made_ : original_, made_);
}

void ResultView::play(const std::filesystem::path& file, double duration, const QString& name) {
  stack_->setCurrentWidget(player_);
  title_->setText(name);
  moment_->clear();
  soFar_->hide();
  back_->setVisible(!job_.isEmpty());
  SlowmoRequest request;
  request.sources.push_back(file);
  duration_ = duration;
  seek_->setVisible(duration > 0);
  player_->open(request, duration);
  Q_EMIT changedOver();
}

void ResultView::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  if (!watching()) return;
  showFrames();
  if (job_.isEmpty()) Q_EMIT openedIdle();
}

void ResultView::hideEvent(QHideEvent* event) {
  QWidget::hideEvent(event);
  player_->pause();
}

}  // namespace fw
