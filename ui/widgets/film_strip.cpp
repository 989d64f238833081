#include "ui/widgets/film_strip.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QSlider>
#include <QTimer>
#include <QToolButton>
#include <algorithm>
#include <chrono>

#include "ui/theme.h"

namespace fw {
namespace {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

constexpr auto kPlayEvery = 250ms;

}  // namespace

FilmStrip::FilmStrip(QWidget* parent)
    : QWidget(parent),
      play_(new QToolButton),
      slider_(new QSlider(Qt::Horizontal)),
      text_(label({}, TextRole::Small, true)),
      timer_(new QTimer(this)) {
  play_->setIcon(icon(u"play"_s));
  play_->setToolTip(u"Play how it was learnt, from the first snapshot to the last"_s);
  slider_->setToolTip(u"The same samples at every snapshot of the training"_s);
  slider_->setPageStep(1);
  text_->setWordWrap(false);
  text_->setMinimumWidth(text_->fontMetrics().horizontalAdvance(u"step 100 000 000 · 88 of 88"_s));
  auto* layout = new QHBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(kGrid);
  layout->addWidget(play_);
  layout->addWidget(slider_, 1);
  layout->addWidget(text_);
  timer_->setInterval(kPlayEvery);
  connect(play_, &QToolButton::clicked, this, [this] { playing() ? pause() : play(); });
  connect(slider_, &QSlider::sliderPressed, this, &FilmStrip::pause);
  connect(slider_, &QSlider::valueChanged, this, [this] {
    showWhere();
    if (!steps_.empty()) Q_EMIT stepChosen(step());
  });
  connect(timer_, &QTimer::timeout, this, [this] {
    if (atLatest()) return pause();
    slider_->setValue(slider_->value() + 1);
  });
  setSteps({});
}

void FilmStrip::setSteps(std::vector<int64_t> steps) {
  if (steps == steps_ && !steps.empty()) return;
  const bool follow = atLatest() && !playing();
  const int64_t before = step();
  steps_ = std::move(steps);
  const int last = std::max(0, static_cast<int>(steps_.size()) - 1);
  {
    const QSignalBlocker quiet(slider_);
    slider_->setMaximum(last);
    if (follow || before < 0) slider_->setValue(last);
  }
  if (!follow && before >= 0) {
    const QSignalBlocker quiet(slider_);
    setStep(before);
  }
  setEnabled(!steps_.empty());
  showWhere();
  if (!steps_.empty() && step() != before) Q_EMIT stepChosen(step());
}

int64_t FilmStrip::step() const {
  return steps_.empty() ? -1 : steps_[static_cast<std::size_t>(slider_->value())];
}

void FilmStrip::setStep(int64_t step) {
  const auto after = std::upper_bound(steps_.begin(), steps_.end(), step);
  slider_->setValue(std::max(0, static_cast<int>(after - steps_.begin()) - 1));
}

bool FilmStrip::atLatest() const { return slider_->value() == slider_->maximum(); }

bool FilmStrip::playing() const { return timer_->isActive(); }

void FilmStrip::play() {
  if (steps_.size() < 2) return;
  if (atLatest()) slider_->setValue(0);
  timer_->start();
  play_->setIcon(icon(u"pause"_s));
}

void FilmStrip::pause() {
  timer_->stop();
  play_->setIcon(icon(u"play"_s));
}

void FilmStrip::showWhere() {
  text_->setText(steps_.empty()
                     ? u"no snapshots yet"_s
                     : u"step %L1 · %2 of %3"_s.arg(step()).arg(slider_->value() + 1).arg(steps_.size()));
}

}  // namespace fw
