#include "ui/experiments/illustration.h"

#include <QPainter>
#include <QPainterPath>
#include <cmath>
#include <functional>
#include <map>

#include "core/base/random.h"
#include "ui/theme.h"

namespace fw {
namespace {

/// All motifs are drawn on a stage of 288 × 128.
constexpr double kWidth = 288, kHeight = 128;
using Motif = std::function<void(QPainter&, const Colours&)>;

QColor faded(QColor colour, double alpha) {
  colour.setAlphaF(float(alpha));
  return colour;
}

void frame(QPainter& painter, const Colours& c, const QRectF& where, bool made = false) {
  painter.setPen(QPen(made ? c.accent : c.strongBorder, made ? 2 : 1.2));
  painter.setBrush(made ? c.accentSoft : c.surface);
  painter.drawRoundedRect(where, 4, 4);
}

void arrow(QPainter& painter, const Colours& c, QPointF from, QPointF to) {
  painter.setPen(QPen(c.muted, 1.6, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
  painter.drawLine(from, to);
  const QPointF along = (to - from) / std::hypot(to.x() - from.x(), to.y() - from.y()),
                across(-along.y(), along.x());
  painter.setBrush(Qt::NoBrush);
  painter.drawPolyline(QPolygonF{to - along * 6 + across * 4, to, to - along * 6 - across * 4});
}

void ball(QPainter& painter, QPointF at, double radius, const QColor& colour) {
  painter.setPen(Qt::NoPen);
  painter.setBrush(colour);
  painter.drawEllipse(at, radius, radius);
}

/// A landscape of a hill, a sun and the sky: stands for any picture.
void picture(QPainter& painter, const Colours& c, const QRectF& r, double clear = 1.0) {
  painter.save();
  QPainterPath clip;
  clip.addRoundedRect(r, 4, 4);
  painter.setClipPath(clip);
  painter.fillRect(r, c.raised);
  painter.setPen(Qt::NoPen);
  painter.setBrush(faded(c.series[6], clear));
  painter.drawEllipse(QPointF(r.x() + r.width() * 0.72, r.y() + r.height() * 0.3), r.width() * 0.11,
                      r.width() * 0.11);
  QPainterPath far(r.bottomLeft());
  far.lineTo(r.x() + r.width() * 0.35, r.y() + r.height() * 0.35);
  far.lineTo(r.x() + r.width() * 0.8, r.bottom());
  painter.fillPath(far, faded(c.series[5], 0.75 * clear));
  QPainterPath near(QPointF(r.x() + r.width() * 0.3, r.bottom()));
  near.lineTo(r.x() + r.width() * 0.72, r.y() + r.height() * 0.55);
  near.lineTo(QPointF(r.right() + 10, r.bottom()));
  painter.fillPath(near, faded(c.accent, 0.85 * clear));
  painter.restore();
  painter.setPen(QPen(c.strongBorder, 1));
  painter.setBrush(Qt::NoBrush);
  painter.drawRoundedRect(r, 4, 4);
}

void noise(QPainter& painter, const QRectF& r, const QColor& colour, int count, uint64_t seed,
           double size = 2) {
  Random random(seed);
  painter.setPen(Qt::NoPen);
  painter.setBrush(colour);
  for (int i = 0; i < count; ++i)
    painter.drawRect(QRectF(r.x() + random.uniform() * (r.width() - size),
                            r.y() + random.uniform() * (r.height() - size), size, size));
}

void curve(QPainter& painter, const QRectF& r, const QColor& colour, const std::function<double(double)>& f,
           double width = 2) {
  QPolygonF line;
  for (int i = 0; i <= 60; ++i)
    line << QPointF(r.x() + r.width() * i / 60.0, r.bottom() - r.height() * f(i / 60.0));
  painter.setBrush(Qt::NoBrush);
  painter.setPen(QPen(colour, width, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
  painter.drawPolyline(line);
}

void gridCompletion(QPainter& p, const Colours& c) {
  const auto lines = [&](const QRectF& r, const QColor& colour) {
    p.setPen(QPen(colour, 1.4));
    for (double x = r.left() + 4; x < r.right(); x += 10)
      p.drawLine(QPointF(x, r.top()), QPointF(x, r.bottom()));
    for (double y = r.top() + 4; y < r.bottom(); y += 10)
      p.drawLine(QPointF(r.left(), y), QPointF(r.right(), y));
  };
  const QRectF left(30, 18, 92, 92), right(166, 18, 92, 92);
  for (const QRectF& r : {left, right}) {
    frame(p, c, r);
    lines(r, c.text);
  }
  p.setPen(Qt::NoPen);
  p.fillRect(left.adjusted(30, 30, -30, -30), c.raised);
  p.setPen(QPen(c.muted, 1.2, Qt::DashLine));
  p.drawRect(left.adjusted(30, 30, -30, -30));
  p.save();
  p.setClipRect(right.adjusted(30, 30, -30, -30));
  p.fillRect(right, c.accentSoft);
  lines(right, c.accent);
  p.restore();
  p.setPen(QPen(c.accent, 1.6));
  p.setBrush(Qt::NoBrush);
  p.drawRect(right.adjusted(30, 30, -30, -30));
  arrow(p, c, {132, 64}, {156, 64});
}

void blobEvents(QPainter& p, const Colours& c, bool forecast) {
  for (int i = 0; i < 4; ++i) {
    const QRectF r(16 + i * 30, 30 + i * 8, 56, 56);
    frame(p, c, r);
    QRadialGradient glow(QPointF(r.x() + 16 + i * 8, r.y() + 20 + i * 5), 20);
    glow.setColorAt(0, faded(c.accent, forecast && i > 1 ? 0.15 : 0.9));
    glow.setColorAt(1, faded(c.accent, 0));
    p.fillRect(r.adjusted(1, 1, -1, -1), glow);
  }
  arrow(p, c, {170, 64}, {186, 64});
  const QRectF r(194, 22, 84, 84);
  frame(p, c, r, true);
  Random random(4);
  p.setPen(Qt::NoPen);
  for (int i = 0; i < 340; ++i) {
    const double t = random.uniform();
    const QPointF at(r.x() + 18 + t * 46 + random.normal() * 8, r.y() + 24 + t * 34 + random.normal() * 8);
    if (!r.adjusted(3, 3, -3, -3).contains(at)) continue;
    p.setBrush(faded(c.accent, 0.3 + 0.6 * random.uniform()));
    p.drawRect(QRectF(at, QSizeF(2, 2)));
  }
}

void autoencoder(QPainter& p, const Colours& c, int layers, bool skips, bool noisy) {
  picture(p, c, {14, 36, 56, 56});
  picture(p, c, {218, 36, 56, 56}, skips || layers == 1 ? 1.0 : 0.85);
  const double middle = 144;
  for (int side : {-1, 1})
    for (int i = 0; i <= layers; ++i) {
      const double height = 76.0 * (1 - 0.82 * (layers - i + 1) / (layers + 1)) * (i == 0 ? 0.6 : 1);
      const double x = middle + side * (i * 46.0 / (layers + 0.5));
      p.setPen(Qt::NoPen);
      p.setBrush(i == 0 ? c.accent : faded(c.accent, 0.25 + 0.1 * (layers - i)));
      p.drawRoundedRect(QRectF(x - 5, 64 - height / 2, 10, height), 3, 3);
      if (skips && i > 0 && side == -1) {
        const double other = middle - side * (i * 46.0 / (layers + 0.5)), lift = 64 - height / 2 - 4;
        QPainterPath arc(QPointF(x, lift));
        arc.cubicTo(x + 8, lift - 20, other - 8, lift - 20, other, lift);
        p.setBrush(Qt::NoBrush);
        p.setPen(QPen(noisy ? c.warning : c.muted, 1.4, noisy ? Qt::DotLine : Qt::SolidLine));
        p.drawPath(arc);
      }
    }
}

void manyPictures(QPainter& p, const Colours& c) {
  for (int row = 0; row < 3; ++row)
    for (int column = 0; column < 4; ++column)
      picture(p, c, QRectF(14 + column * 30, 18 + row * 32, 26, 26), 0.35 + 0.16 * column);
  arrow(p, c, {142, 64}, {164, 64});
  for (int i = 0; i < 2; ++i) {
    const QRectF r(174 + i * 54, 40, 48, 48);
    picture(p, c, r, i == 0 ? 1 : 0.9);
    if (i == 1) {
      p.setPen(QPen(c.accent, 2));
      p.drawRoundedRect(r, 4, 4);
    }
  }
}

void nextFrame(QPainter& p, const Colours& c, bool general) {
  for (int i = 0; i < 4; ++i) {
    const QRectF r(14 + i * 67, 34, 59, 59);
    frame(p, c, r, i == 3);
    for (int k = 0; k <= i; ++k)
      ball(p, r.topLeft() + QPointF(13 + 11 * k, 42 - 22 * std::sin(0.9 * k)), 6,
           faded(i == 3 ? c.accent : c.text, k == i ? 1 : 0.12));
    if (general) {
      p.setPen(Qt::NoPen);
      p.setBrush(faded(c.series[1], i == 3 ? 1 : 0.7));
      p.drawRect(QRectF(r.right() - 18 - 9 * i, r.top() + 8, 10, 10));
    }
  }
}

void betweenFrames(QPainter& p, const Colours& c, const Motif& under) {
  for (int i = 0; i < 3; ++i) {
    const bool made = i == 1;
    const QRectF r(22 + i * 86, made ? 22 : 30, 72, made ? 72 : 56);
    frame(p, c, r, made);
    const QPointF at = r.center() + QPointF(-18 + 18 * i, 6 - 12 * i + (i == 1 ? 0 : 0));
    ball(p, at, 9, made ? c.accent : c.text);
    if (made) {
      p.setPen(QPen(c.accent, 1.4, Qt::DotLine));
      p.drawLine(at - QPointF(20, -13), at + QPointF(20, -13));
    }
  }
  if (under) under(p, c);
}

void chessboard(QPainter& p, const Colours& c) {
  p.setPen(Qt::NoPen);
  for (int i = 0; i < 14; ++i) {
    p.setBrush(i % 2 ? c.text : c.border);
    p.drawRect(QRectF(74 + i * 10, 108, 10, 8));
  }
}

void ownClip(QPainter& p, const Colours& c) {
  p.setPen(Qt::NoPen);
  p.setBrush(c.border);
  p.drawRoundedRect(QRectF(22, 108, 244, 8), 3, 3);
  p.setBrush(faded(c.accent, 0.8));
  for (const double x : {22.0, 110.0, 180.0}) p.drawRoundedRect(QRectF(x, 108, 52, 8), 3, 3);
}

void glow(QPainter& p, const Colours& c) {
  picture(p, c, {16, 36, 56, 56});
  picture(p, c, {216, 36, 56, 56});
  const QRectF r(98, 30, 92, 60);
  const auto bell = [](double centre, double width) {
    return [=](double x) { return std::exp(-(x - centre) * (x - centre) / (2 * width * width)); };
  };
  curve(p, r, faded(c.muted, 0.7), bell(0.3, 0.11), 1.4);
  curve(p, r, faded(c.muted, 0.7), bell(0.7, 0.11), 1.4);
  curve(p, r, c.accent, bell(0.5, 0.11), 2.4);
  p.setPen(QPen(c.strongBorder, 1));
  p.drawLine(r.bottomLeft(), r.bottomRight());
  arrow(p, c, {78, 56}, {94, 56});
  arrow(p, c, {94, 72}, {78, 72});
  arrow(p, c, {210, 56}, {194, 56});
  arrow(p, c, {194, 72}, {210, 72});
}

void classifier(QPainter& p, const Colours& c) {
  QFont font = p.font();
  font.setPixelSize(34);
  font.setWeight(QFont::DemiBold);
  frame(p, c, {18, 36, 56, 56});
  p.setFont(font);
  p.setPen(c.text);
  p.drawText(QRectF(18, 36, 56, 56), Qt::AlignCenter, QStringLiteral("3"));
  for (int i = 0; i < 3; ++i) frame(p, c, QRectF(92 + i * 9, 34 + i * 7, 34, 34));
  for (int i = 0; i < 4; ++i) frame(p, c, QRectF(146 + i * 6, 42 + i * 6, 20, 20));
  arrow(p, c, {196, 64}, {210, 64});
  const double bars[] = {0.08, 0.12, 0.05, 0.92, 0.1, 0.2};
  for (int i = 0; i < 6; ++i) {
    p.setPen(Qt::NoPen);
    p.setBrush(i == 3 ? c.accent : c.strongBorder);
    p.drawRoundedRect(QRectF(220, 28 + i * 13, 52 * bars[i] + 2, 8), 2, 2);
  }
}

void shiftTest(QPainter& p, const Colours& c) {
  for (int i = 0; i < 3; ++i) {
    const QRectF r(16 + i * 40, 44, 34, 40);
    frame(p, c, r);
    p.setPen(Qt::NoPen);
    p.setBrush(c.text);
    p.drawRect(QRectF(r.x() + 5 + i * 7, r.y() + 12, 9, 16));
  }
  const QRectF r(152, 28, 118, 72);
  p.setPen(QPen(c.strongBorder, 1));
  p.drawLine(r.bottomLeft(), r.bottomRight());
  p.drawLine(r.bottomLeft(), r.topLeft());
  curve(
      p, r, c.accent, [](double x) { return 0.95 - 0.12 * x * x; }, 2.4);
  curve(
      p, r, c.series[1], [](double x) { return 0.12 + 0.8 / (1 + std::exp(9 * (x - 0.35))); }, 2.4);
}

void denoising(QPainter& p, const Colours& c) {
  const QRectF left(24, 26, 76, 76), right(188, 26, 76, 76);
  picture(p, c, left);
  noise(p, left, faded(c.text, 0.75), 190, 7);
  noise(p, left, faded(c.surface, 0.85), 190, 8);
  picture(p, c, right);
  arrow(p, c, {116, 64}, {172, 64});
}

void fallingLoss(QPainter& p, const Colours& c) {
  const QRectF r(28, 22, 232, 84);
  p.setPen(QPen(c.strongBorder, 1));
  p.drawLine(r.bottomLeft(), r.bottomRight());
  p.drawLine(r.bottomLeft(), r.topLeft());
  Random random(3);
  curve(
      p, r, faded(c.accent, 0.35),
      [&](double x) { return 0.08 + 0.85 * std::exp(-4 * x) + 0.05 * random.normal() * std::exp(-2 * x); },
      1);
  curve(
      p, r, c.accent, [](double x) { return 0.08 + 0.85 * std::exp(-4 * x); }, 2.4);
}

const std::map<std::string, Motif>& motifs() {
  static const std::map<std::string, Motif> all{
      {"grid-completion", gridCompletion},
      {"blob-events", [](QPainter& p, const Colours& c) { blobEvents(p, c, false); }},
      {"blob-forecast", [](QPainter& p, const Colours& c) { blobEvents(p, c, true); }},
      {"reconstruction-sanity", [](QPainter& p, const Colours& c) { autoencoder(p, c, 1, false, false); }},
      {"reconstruction-deep", [](QPainter& p, const Colours& c) { autoencoder(p, c, 3, true, true); }},
      {"reconstruction-general", manyPictures},
      {"next-frame-sanity", [](QPainter& p, const Colours& c) { nextFrame(p, c, false); }},
      {"next-frame-general", [](QPainter& p, const Colours& c) { nextFrame(p, c, true); }},
      {"middle-frame-unet", [](QPainter& p, const Colours& c) { betweenFrames(p, c, chessboard); }},
      {"clip-unet", [](QPainter& p, const Colours& c) { betweenFrames(p, c, ownClip); }},
      {"interpolation", [](QPainter& p, const Colours& c) { betweenFrames(p, c, nullptr); }},
      {"glow-unet", glow},
      {"cnn-classifier", classifier},
      {"shift-test", shiftTest},
      {"denoising-autoencoder", denoising}};
  return all;
}

}  // namespace

Illustration::Illustration(std::string experimentId, QWidget* parent)
    : QWidget(parent), id_(std::move(experimentId)) {
  setFixedHeight(int(kHeight));
}

void Illustration::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  const auto& colours = coloursOf(palette());
  painter.setPen(Qt::NoPen);
  painter.setBrush(colours.canvas);
  painter.drawRoundedRect(rect(), 6, 6);
  const double scale = std::min(width() / kWidth, height() / kHeight);
  painter.translate((width() - kWidth * scale) / 2, (height() - kHeight * scale) / 2);
  painter.scale(scale, scale);
  const auto found = motifs().find(id_);
  (found == motifs().end() ? Motif(fallingLoss) : found->second)(painter, colours);
}

}  // namespace fw
