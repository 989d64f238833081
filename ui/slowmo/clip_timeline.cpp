#include "ui/slowmo/clip_timeline.h"

#include <QHelpEvent>
#include <QMouseEvent>
#include <QToolTip>
#include <QWheelEvent>
#include <algorithm>
#include <cmath>
#include <limits>

#include "ui/slowmo/timeline_paint.h"

namespace fw {

namespace {

using namespace Qt::StringLiterals;

constexpr double kReach = 7;           // pixels within which a handle is taken
constexpr double kShortestSpan = 0.2;  // seconds in sight at the closest zoom
constexpr double kNoCut = -std::numeric_limits<double>::infinity();

}  // namespace

QString timeText(double seconds, int decimals) {
  const double scale = std::pow(10.0, decimals);
  seconds = std::round(std::max(seconds, 0.0) * scale) / scale;
  const auto whole = static_cast<qint64>(seconds);
  const double rest = static_cast<double>(whole % 60) + (seconds - static_cast<double>(whole));
  const QString tail =
      QString::number(rest, 'f', decimals).rightJustified(decimals > 0 ? 3 + decimals : 2, u'0');
  if (whole >= 3600)
    return u"%1:%2:%3"_s.arg(whole / 3600).arg(whole / 60 % 60, 2, 10, QChar(u'0')).arg(tail);
  return u"%1:%2"_s.arg(whole / 60).arg(tail);
}

ClipTimeline::ClipTimeline(QWidget* parent) : QWidget(parent) {
  setMouseTracking(true);
  setFocusPolicy(Qt::ClickFocus);
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  setAccessibleName(u"Timeline"_s);
}

void ClipTimeline::setMarks(const ClipMarks& marks) {
  const bool otherClip = marks.start != marks_.start || marks.end != marks_.end;
  marks_ = marks;
  if (otherClip) showSpan(marks.start, marks.end);
  update();
}

void ClipTimeline::setThumbnails(std::vector<Thumbnail> thumbnails) {
  thumbnails_ = std::move(thumbnails);
  update();
}

void ClipTimeline::setPlayhead(double seconds) {
  if (seconds == playhead_) return;
  playhead_ = seconds;
  update();
}

double ClipTimeline::secondsAt(double x) const {
  const QRect band = thumbnailBand();
  return from_ + (x - band.left()) / std::max(1, band.width()) * (to_ - from_);
}

double ClipTimeline::xOf(double seconds) const {
  const QRect band = thumbnailBand();
  return band.left() + (seconds - from_) / std::max(to_ - from_, 1e-9) * band.width();
}

QRect ClipTimeline::thumbnailBand() const { return timelineBands(rect()).thumbnails; }

void ClipTimeline::showSpan(double from, double to) {
  const double whole = std::max(marks_.end - marks_.start, 1e-3);
  const double length = std::clamp(to - from, std::min(kShortestSpan, whole), whole);
  from_ = std::clamp(from, marks_.start, std::max(marks_.start, marks_.end - length));
  to_ = from_ + length;
  update();
}

void ClipTimeline::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  const TimelineView view{rect(), coloursOf(palette()), from_, to_, playhead_};
  paintTimeline(painter, view, marks_, thumbnails_);
}

ClipTimeline::Grip ClipTimeline::gripAt(QPointF position) const {
  const QRect band = thumbnailBand();
  if (position.y() >= band.top() && position.y() <= band.bottom()) {
    const double toIn = std::abs(position.x() - xOf(marks_.in));
    const double toOut = std::abs(position.x() - xOf(marks_.out));
    if (std::min(toIn, toOut) <= kReach) return toIn < toOut ? Grip::In : Grip::Out;
  }
  return Grip::Playhead;
}

double ClipTimeline::cutAt(QPointF position) const {
  const QRect heads = timelineBands(rect()).cutHeads;
  if (position.y() < heads.top() || position.y() > heads.bottom()) return kNoCut;
  for (const double cut : marks_.cuts())
    if (std::abs(xOf(cut) - position.x()) <= kReach) return cut;
  return kNoCut;
}

int ClipTimeline::rangeAt(QPointF position) const {
  const QRect band = timelineBands(rect()).ranges;
  if (position.y() < band.top() || position.y() > band.bottom()) return -1;
  for (std::size_t i = 0; i < marks_.ranges.size(); ++i)
    if (position.x() >= xOf(marks_.ranges[i].from) && position.x() <= xOf(marks_.ranges[i].to))
      return static_cast<int>(i);
  return -1;
}

void ClipTimeline::mousePressEvent(QMouseEvent* event) {
  if (event->button() != Qt::LeftButton || marks_.end <= marks_.start) return;
  if (const double cut = cutAt(event->position()); cut != kNoCut) {
    Q_EMIT cutClicked(cut);
    return;
  }
  if (const int range = rangeAt(event->position()); range >= 0) {
    Q_EMIT rangeClicked(range);
    return;
  }
  grip_ = gripAt(event->position());
  mouseMoveEvent(event);
}

void ClipTimeline::mouseMoveEvent(QMouseEvent* event) {
  if (grip_ == Grip::None) {
    const bool onHandle = gripAt(event->position()) != Grip::Playhead;
    const bool onMark = cutAt(event->position()) != kNoCut || rangeAt(event->position()) >= 0;
    setCursor(onMark ? Qt::PointingHandCursor : onHandle ? Qt::SizeHorCursor : Qt::ArrowCursor);
    return;
  }
  const double seconds = std::clamp(secondsAt(event->position().x()), marks_.start, marks_.end);
  if (grip_ == Grip::Playhead) {
    setPlayhead(seconds);
    Q_EMIT scrubbed(seconds);
  } else if (grip_ == Grip::In) {
    Q_EMIT trimmed(std::min(seconds, marks_.out), marks_.out);
  } else {
    Q_EMIT trimmed(marks_.in, std::max(seconds, marks_.in));
  }
}

void ClipTimeline::mouseReleaseEvent(QMouseEvent*) { grip_ = Grip::None; }

void ClipTimeline::wheelEvent(QWheelEvent* event) {
  const QPoint delta = event->angleDelta();
  const double notches = (delta.y() != 0 ? delta.y() : delta.x()) / 120.0;
  if (event->modifiers() & Qt::ShiftModifier || delta.y() == 0) {
    const double shift = -notches * 0.15 * (to_ - from_);
    showSpan(from_ + shift, to_ + shift);
  } else {
    const double anchor = secondsAt(event->position().x());
    const double scale = std::pow(0.8, notches);
    showSpan(anchor - (anchor - from_) * scale, anchor + (to_ - anchor) * scale);
  }
  event->accept();
}

QString ClipTimeline::hintAt(QPointF position) const {
  if (const double cut = cutAt(position); cut != kNoCut)
    return u"Cut at %1: nothing is made across it. Click to remove it."_s.arg(timeText(cut, 2));
  if (const int range = rangeAt(position); range >= 0)
    return u"%1 makes this part. Click to go back to the chosen engine."_s.arg(
        QString::fromStdString(marks_.ranges[static_cast<std::size_t>(range)].title));
  const QRect curve = timelineBands(rect()).confidence;
  if (!marks_.confidence.empty() && curve.contains(position.toPoint())) {
    const auto nearest = std::ranges::min_element(marks_.confidence, {}, [&](const auto& spot) {
      return std::abs(spot.time - secondsAt(position.x()));
    });
    return u"%1 % sure at %2"_s.arg(std::lround(nearest->mean * 100)).arg(timeText(nearest->time, 2));
  }
  if (gripAt(position) == Grip::In) return u"Start of the part to make (I)"_s;
  if (gripAt(position) == Grip::Out) return u"End of the part to make (O)"_s;
  return timeText(secondsAt(position.x()), 2);
}

bool ClipTimeline::event(QEvent* event) {
  if (event->type() != QEvent::ToolTip) return QWidget::event(event);
  const auto* help = static_cast<QHelpEvent*>(event);
  QToolTip::showText(help->globalPos(), hintAt(help->pos()), this);
  return true;
}

}  // namespace fw
