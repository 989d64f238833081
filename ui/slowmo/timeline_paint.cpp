#include "ui/slowmo/timeline_paint.h"

#include <QPainterPath>
#include <algorithm>
#include <cmath>

namespace fw {

namespace {

constexpr int kSide = 10;  // room for the handles beside the first and last frame

struct Painting {
  QPainter& painter;
  const TimelineView& view;
  const ClipMarks& marks;
  const Colours& colours;
  TimelineBands bands;

  double x(double seconds) const {
    return bands.thumbnails.left() +
           (seconds - view.from) / std::max(view.to - view.from, 1e-9) * bands.thumbnails.width();
  }
};

QColor faded(QColor colour) {
  colour.setAlphaF(0.45F);
  return colour;
}

/// Of 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60 … the smallest step whose labels do not touch.
double labelStep(double span, double width) {
  constexpr double kLabelWidth = 72;
  for (const double step :
       {0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0})
    if (step / span * width >= kLabelWidth) return step;
  return 3600;
}

void paintRuler(const Painting& p) {
  p.painter.setFont(fontOf(TextRole::Small));
  p.painter.setPen(p.colours.muted);
  const double step = labelStep(p.view.to - p.view.from, p.bands.ruler.width());
  const int decimals = step < 1 ? 1 : 0;
  for (double t = p.marks.start + std::ceil((p.view.from - p.marks.start) / step) * step;
       t <= p.view.to + 1e-6; t += step) {
    const double x = p.x(t);
    p.painter.drawLine(QPointF(x, p.bands.ruler.bottom() - 3), QPointF(x, p.bands.ruler.bottom()));
    const QString label = timeText(t, decimals);
    const double width = p.painter.fontMetrics().horizontalAdvance(label);
    if (x + 7 + width <= p.view.rect.right())
      p.painter.drawText(QPointF(x + 7, p.bands.ruler.bottom() - 3), label);
  }
}

void paintThumbnails(const Painting& p, const std::vector<ClipTimeline::Thumbnail>& thumbnails) {
  const QRect band = p.bands.thumbnails;
  p.painter.save();
  QPainterPath rounded;
  rounded.addRoundedRect(band, 4, 4);
  p.painter.setClipPath(rounded);
  p.painter.fillRect(band, p.colours.canvas);
  if (!thumbnails.empty()) {
    const QSize size = thumbnails.front().image.size();
    const double width =
        std::max(8.0, size.width() * static_cast<double>(band.height()) / std::max(1, size.height()));
    for (double left = band.left(); left < band.right(); left += width) {
      const double middle =
          p.view.from + (left + width / 2 - band.left()) / band.width() * (p.view.to - p.view.from);
      const auto nearest = std::ranges::min_element(
          thumbnails, {}, [&](const auto& thumbnail) { return std::abs(thumbnail.time - middle); });
      p.painter.drawImage(QRectF(left, band.top(), width, band.height()), nearest->image);
    }
  }
  QColor veil = p.colours.window;
  veil.setAlphaF(0.72F);
  p.painter.fillRect(QRectF(QPointF(band.left(), band.top()), QPointF(p.x(p.marks.in), band.bottom() + 1)),
                     veil);
  p.painter.fillRect(
      QRectF(QPointF(p.x(p.marks.out), band.top()), QPointF(band.right() + 1, band.bottom() + 1)), veil);
  p.painter.setPen(QPen(p.colours.series[3], 2));
  double last = -1;
  for (const double t : p.marks.duplicates) {
    const double x = p.x(t);
    if (x < last + 1 || x > band.right() + 1) continue;  // one mark a pixel is all one can see
    p.painter.drawLine(QPointF(x, band.bottom() - 6), QPointF(x, band.bottom()));
    last = x;
  }
  p.painter.restore();
}

void paintTrim(const Painting& p) {
  const QRect band = p.bands.thumbnails;
  const QRectF part(QPointF(p.x(p.marks.in), band.top()), QPointF(p.x(p.marks.out), band.bottom() + 1));
  const QColor colour = p.marks.trimmed() ? p.colours.accent : p.colours.muted;
  p.painter.setPen(QPen(colour, 2));
  p.painter.setBrush(Qt::NoBrush);
  p.painter.drawRoundedRect(part, 4, 4);
  p.painter.setPen(Qt::NoPen);
  p.painter.setBrush(colour);
  for (const double x : {part.left(), part.right()}) {
    p.painter.drawRoundedRect(QRectF(x - 4, part.top() - 1, 8, part.height() + 2), 3, 3);
    p.painter.save();
    p.painter.setPen(QPen(p.colours.window, 1.5));
    p.painter.drawLine(QPointF(x, part.center().y() - 7), QPointF(x, part.center().y() + 7));
    p.painter.restore();
  }
}

void paintCuts(const Painting& p) {
  for (const double cut : p.marks.cuts()) {
    const double x = p.x(cut);
    if (x < p.bands.thumbnails.left() - 1 || x > p.bands.thumbnails.right() + 1) continue;
    p.painter.setPen(QPen(p.colours.series[1], 1.5));
    p.painter.drawLine(QPointF(x, p.bands.cutHeads.center().y()), QPointF(x, p.bands.thumbnails.bottom()));
    p.painter.setPen(Qt::NoPen);
    p.painter.setBrush(p.colours.series[1]);
    const QPointF c(x, p.bands.cutHeads.center().y() + 0.5);
    p.painter.drawPolygon(
        QPolygonF{c + QPointF(0, -5), c + QPointF(5, 0), c + QPointF(0, 5), c + QPointF(-5, 0)});
  }
}

void paintRanges(const Painting& p) {
  for (const auto& range : p.marks.ranges) {
    const QRectF bar(QPointF(p.x(range.from), p.bands.ranges.top()),
                     QPointF(p.x(range.to), p.bands.ranges.bottom()));
    QColor fill = p.colours.accent;
    fill.setAlphaF(0.35F);
    p.painter.setPen(QPen(p.colours.accent, 1));
    p.painter.setBrush(fill);
    p.painter.drawRoundedRect(bar, 3, 3);
    p.painter.setFont(fontOf(TextRole::Small));
    p.painter.setPen(p.colours.text);
    p.painter.drawText(bar.adjusted(4, 0, -4, 0), Qt::AlignVCenter | Qt::AlignLeft,
                       p.painter.fontMetrics().elidedText(QString::fromStdString(range.title), Qt::ElideRight,
                                                          static_cast<int>(bar.width()) - 8));
  }
}

/// Green where the engine is sure, over amber to red where it guesses.
QColor sureness(const Colours& colours, double mean) {
  constexpr double kSure = 0.9, kHalf = 0.7, kGuess = 0.4;
  const auto mix = [](const QColor& a, const QColor& b, double share) {
    const auto channel = [&](int from, int to) { return static_cast<int>(from + (to - from) * share); };
    return QColor(channel(a.red(), b.red()), channel(a.green(), b.green()), channel(a.blue(), b.blue()));
  };
  if (mean >= kHalf)
    return mix(colours.warning, colours.good, std::min(1.0, (mean - kHalf) / (kSure - kHalf)));
  return mix(colours.bad, colours.warning, std::max(0.0, (mean - kGuess) / (kHalf - kGuess)));
}

/// The least sure value in each column of pixels, so that a film of any length is painted as fast as a short
/// one and no dip is lost. Negative: nothing known.
std::vector<double> leastSure(const Painting& p) {
  const QRect band = p.bands.confidence;
  std::vector<double> columns(static_cast<std::size_t>(std::max(0, band.width())), -1.0);
  const auto note = [&](int column, double value) {
    if (column < 0 || column >= band.width()) return;
    double& known = columns[static_cast<std::size_t>(column)];
    known = known < 0 ? value : std::min(known, value);
  };
  const auto columnOf = [&](double time) { return static_cast<int>(std::floor(p.x(time))) - band.left(); };
  for (std::size_t i = 0; i < p.marks.confidence.size(); ++i) {
    const auto& to = p.marks.confidence[i];
    const auto& from = p.marks.confidence[i > 0 ? i - 1 : 0];
    const int last = columnOf(to.time), first = std::min(columnOf(from.time), last);
    for (int x = std::max(first, 0); x <= std::min(last, band.width() - 1); ++x) {
      const double share = last == first ? 1.0 : static_cast<double>(x - first) / (last - first);
      note(x, from.mean + (to.mean - from.mean) * share);
    }
  }
  return columns;
}

/// 1 at the top of the band, 0 at its bottom; coloured by what it says, so that a low spot catches the eye.
void paintConfidence(const Painting& p) {
  const QRect band = p.bands.confidence;
  const auto columns = leastSure(p);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i] < 0) continue;
    const QColor colour = sureness(p.colours, columns[i]);
    const int x = band.left() + static_cast<int>(i);
    const int height = std::max(2, static_cast<int>(std::lround(columns[i] * band.height())));
    p.painter.fillRect(x, band.bottom() + 1 - height, 1, height, faded(colour));
    p.painter.fillRect(x, band.bottom() + 1 - height, 1, 2, colour);
  }
}

void paintPlayhead(const Painting& p) {
  const double x = p.x(p.view.playhead);
  if (x < p.bands.thumbnails.left() - 1 || x > p.bands.thumbnails.right() + 1) return;
  const QColor colour = p.colours.text;
  p.painter.setPen(QPen(colour, 1.5));
  p.painter.drawLine(QPointF(x, p.bands.ruler.bottom() - 4), QPointF(x, p.bands.confidence.bottom()));
  p.painter.setPen(Qt::NoPen);
  p.painter.setBrush(colour);
  const double top = p.bands.ruler.bottom() - 9;
  p.painter.drawPolygon(QPolygonF{QPointF(x - 5, top), QPointF(x + 5, top), QPointF(x + 5, top + 5),
                                  QPointF(x, top + 10), QPointF(x - 5, top + 5)});
}

}  // namespace

TimelineBands timelineBands(const QRect& widget) {
  const QRect inner = widget.adjusted(kSide, 0, -kSide, 0);
  TimelineBands bands;
  bands.ruler = QRect(inner.left(), inner.top(), inner.width(), 16);
  bands.cutHeads = QRect(inner.left(), inner.top() + 17, inner.width(), 12);
  const int below = 16 + 2 + 22 + 2;  // ranges, gap, confidence, gap
  bands.thumbnails =
      QRect(inner.left(), inner.top() + 30, inner.width(), std::max(24, inner.height() - 30 - below));
  bands.ranges = QRect(inner.left(), bands.thumbnails.bottom() + 3, inner.width(), 15);
  bands.confidence = QRect(inner.left(), bands.ranges.bottom() + 2, inner.width(), 22);
  return bands;
}

void paintTimeline(QPainter& painter, const TimelineView& view, const ClipMarks& marks,
                   const std::vector<ClipTimeline::Thumbnail>& thumbnails) {
  painter.setRenderHints(QPainter::Antialiasing | QPainter::SmoothPixmapTransform);
  const Painting painting{painter, view, marks, view.colours, timelineBands(view.rect)};
  paintRuler(painting);
  paintThumbnails(painting, thumbnails);
  paintTrim(painting);
  paintRanges(painting);
  paintConfidence(painting);
  paintCuts(painting);
  paintPlayhead(painting);
}

}  // namespace fw
