#include "ui/slowmo/map_legend.h"

#include <QPainter>
#include <QPainterPath>

#include "core/image/views.h"
#include "ui/theme.h"
#include "ui/widgets/frame_view.h"

namespace fw {
namespace {

using namespace Qt::StringLiterals;

constexpr int kWheel = 52;

QImage scaleBar() {
  cv::Mat ramp(1, 256, CV_32FC1);
  for (int x = 0; x < ramp.cols; ++x) ramp.at<float>(0, x) = float(x) / 255.0F;
  return toQImage(heatMap(ramp, 0, 1));
}

}  // namespace

MapLegend::MapLegend(QWidget* parent) : QWidget(parent) { setFixedSize(sizeHint()); }

void MapLegend::explain(const InsidePicture& picture) {
  kind_ = picture.legend;
  low_ = QString::fromStdString(picture.low);
  high_ = kind_ == InsidePicture::Legend::Flow ? u"rim: %1 px and more"_s.arg(picture.longest)
                                               : QString::fromStdString(picture.high);
  map_ = kind_ == InsidePicture::Legend::Flow    ? toQImage(flowLegend(2 * kWheel))
         : kind_ == InsidePicture::Legend::Scale ? scaleBar()
                                                 : QImage();
  update();
}

void MapLegend::paintEvent(QPaintEvent*) {
  if (map_.isNull()) return;
  QPainter painter(this);
  painter.setRenderHints(QPainter::Antialiasing | QPainter::SmoothPixmapTransform);
  painter.setFont(fontOf(TextRole::Small));
  painter.setPen(coloursOf(palette()).muted);
  if (kind_ == InsidePicture::Legend::Flow) {
    const QRectF wheel(width() - kWheel, (height() - kWheel) / 2.0, kWheel, kWheel);
    painter.drawText(QRectF(0, 0, wheel.left() - kGrid, height()), Qt::AlignVCenter | Qt::AlignRight, high_);
    QPainterPath circle;
    circle.addEllipse(wheel);
    painter.setClipPath(circle);
    painter.drawImage(wheel, map_);
    return;
  }
  const QRectF bar(0, height() / 2.0 - 14, width(), 12);
  painter.drawImage(bar, map_);
  const QRectF words(0, bar.bottom() + 2, width(), 18);
  painter.drawText(words, Qt::AlignLeft, low_);
  painter.drawText(words, Qt::AlignRight, high_);
}

}  // namespace fw
