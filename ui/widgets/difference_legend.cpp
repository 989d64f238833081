#include "ui/widgets/difference_legend.h"

#include <QPainter>
#include <algorithm>

#include "core/image/views.h"
#include "ui/theme.h"
#include "ui/widgets/frame_view.h"

namespace fw {
namespace {

using namespace Qt::StringLiterals;

constexpr int kBarWidth = 12 * kGrid;
constexpr int kBarHeight = kGrid;

/// Painted by the very function that colours the pictures, so the two cannot disagree.
const QImage& bar() {
  static const QImage image = [] {
    cv::Mat a(1, 129, CV_8UC1), b(1, 129, CV_8UC1, cv::Scalar(128));
    for (int x = 0; x < a.cols; ++x) a.at<uchar>(0, x) = static_cast<uchar>(64 + x);
    return toQImage(signedDifference(a, b));
  }();
  return image;
}

}  // namespace

DifferenceLegend::DifferenceLegend(const QString& fullScale, QWidget* parent)
    : QWidget(parent), fullScale_(fullScale) {
  setFont(fontOf(TextRole::Small));
  setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
  setToolTip(
      u"Blue: the picture is too dark there. Red: too bright. White: equal. The colours are full at ± %1."_s
          .arg(fullScale_));
}

void DifferenceLegend::setFullScale(const QString& text) {
  fullScale_ = text;
  updateGeometry();
  update();
}

QSize DifferenceLegend::sizeHint() const {
  const QFontMetrics metrics(font());
  return {kBarWidth + 2 * kGrid + metrics.horizontalAdvance(u"too dark  −"_s + fullScale_) +
              metrics.horizontalAdvance(u"+"_s + fullScale_ + u"  too bright"_s),
          metrics.height() + 4};
}

void DifferenceLegend::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  const auto& colours = coloursOf(palette());
  const QString dark = u"too dark  −"_s + fullScale_, bright = u"+"_s + fullScale_ + u"  too bright"_s;
  const int left = fontMetrics().horizontalAdvance(dark) + kGrid;
  painter.setPen(colours.muted);
  painter.drawText(QRect(0, 0, left - kGrid, height()), Qt::AlignVCenter | Qt::AlignLeft, dark);
  painter.drawText(QRect(left + kBarWidth + kGrid, 0, width(), height()), Qt::AlignVCenter | Qt::AlignLeft,
                   bright);
  const QRect where(left, (height() - kBarHeight) / 2, kBarWidth, kBarHeight);
  painter.drawImage(where, bar());
  painter.setPen(colours.strongBorder);
  painter.drawRect(where.adjusted(0, 0, -1, -1));
}

QString differenceText(const cv::Mat& a, const cv::Mat& b, QPoint pixel, double span) {
  if (a.empty() || a.size() != b.size() || a.type() != b.type()) return {};
  if (pixel.x() < 0 || pixel.y() < 0 || pixel.x() >= a.cols || pixel.y() >= a.rows) return {};
  const bool wide = a.depth() == CV_16U;
  QStringList parts;
  for (int i = 0; i < std::min(3, a.channels()); ++i) {
    const int at = pixel.x() * a.channels() + (a.channels() >= 3 ? 2 - i : i);
    const double delta = wide ? (a.ptr<uint16_t>(pixel.y())[at] - b.ptr<uint16_t>(pixel.y())[at]) / 65535.0
                              : (a.ptr<uchar>(pixel.y())[at] - b.ptr<uchar>(pixel.y())[at]) / 255.0;
    const double value = delta * span;
    parts << (value > 0 ? u"+"_s : QString()) + QString::number(value, 'f',
                                                                span >= 100 ? 0
                                                                : span >= 1 ? 3
                                                                            : 5);
  }
  return parts.join(u"  "_s);
}

}  // namespace fw
