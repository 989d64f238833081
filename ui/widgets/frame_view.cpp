#include "ui/widgets/frame_view.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QWheelEvent>
#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "core/image/views.h"
#include "ui/theme.h"

namespace fw {
namespace {

using namespace Qt::StringLiterals;

constexpr double kLargestZoom = 128;  ///< a pixel as large as a thumb
constexpr double kGridFrom = 12;      ///< from here on, lines part the pixels
constexpr double kSharpFrom = 2;      ///< from here on a pixel is shown as a square
constexpr double kClickSlack = 4;     ///< pixels that a hand may move in a click
constexpr double kWheelStep = 1.25;

QString numberText(double value, double span) {
  const int decimals = span >= 100 ? 0 : span >= 10 ? 1 : span >= 1 ? 3 : 5;
  return QString::number(value, 'f', decimals);
}

}  // namespace

QImage toQImage(const cv::Mat& image) {
  if (image.empty()) return {};
  const cv::Mat eight = image.depth() == CV_8U ? image : to8Bit(image);
  const auto format = eight.channels() == 1   ? QImage::Format_Grayscale8
                      : eight.channels() == 4 ? QImage::Format_ARGB32
                                              : QImage::Format_BGR888;
  const QImage view(eight.data, eight.cols, eight.rows, static_cast<qsizetype>(eight.step), format);
  // RGB32 is what the raster engine paints fastest.
  return eight.channels() == 4 ? view.copy() : view.convertToFormat(QImage::Format_RGB32);
}

FrameView::FrameView(QWidget* parent) : QWidget(parent) {
  setMouseTracking(true);
  setFocusPolicy(Qt::StrongFocus);
  setMinimumSize(48, 48);
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
}

void FrameView::setImage(const cv::Mat& image) { setPicture(image, toQImage(image)); }

void FrameView::setPicture(const cv::Mat& image, const QImage& picture) {
  image_ = image;
  picture_ = picture;
  update();
}

void FrameView::setValueRange(double low, double high) {
  low_ = low;
  high_ = high;
  update();
}

void FrameView::setValueText(std::function<QString(QPoint)> text) { valueText_ = std::move(text); }

void FrameView::setPlaceholder(const QString& text) {
  placeholder_ = text;
  update();
}

void FrameView::setViewState(const ViewState& state) {
  if (state == state_) return;
  state_ = state;
  update();
  Q_EMIT viewStateChanged(state_);
}

double FrameView::zoom() const {
  if (state_.zoom > 0) return state_.zoom;
  if (picture_.isNull()) return 1;
  return std::min(double(width()) / picture_.width(), double(height()) / picture_.height()) *
         devicePixelRatioF();
}

double FrameView::scale() const { return zoom() / devicePixelRatioF(); }

QRectF FrameView::pictureRect() const {
  const QSizeF size = QSizeF(picture_.size()) * scale();
  const QPointF centre = state_.zoom > 0 ? state_.centre : QPointF(0.5, 0.5);
  const QPointF middle = QRectF(rect()).center();
  return {middle - QPointF(centre.x() * size.width(), centre.y() * size.height()), size};
}

void FrameView::zoomBy(double factor, QPointF at) {
  if (picture_.isNull()) return;
  const QRectF before = pictureRect();
  const QPointF share((at.x() - before.x()) / before.width(), (at.y() - before.y()) / before.height());
  const double fitting = std::min(double(width()) / picture_.width(), double(height()) / picture_.height()) *
                         devicePixelRatioF();
  const double wanted = std::clamp(zoom() * factor, std::min(0.05, fitting), std::max(kLargestZoom, fitting));
  if (factor < 1 && wanted <= fitting) return fit();
  // The point under the cursor stays where it is.
  const QSizeF size = QSizeF(picture_.size()) * (wanted / devicePixelRatioF());
  const QPointF offset = QRectF(rect()).center() - at;
  setViewState({wanted,
                {std::clamp(share.x() + offset.x() / size.width(), 0.0, 1.0),
                 std::clamp(share.y() + offset.y() / size.height(), 0.0, 1.0)}});
}

void FrameView::oneToOne() { setViewState({1, state_.zoom > 0 ? state_.centre : QPointF(0.5, 0.5)}); }

void FrameView::panBy(QPointF delta) {
  const QSizeF size = pictureRect().size();
  if (size.isEmpty()) return;
  const QPointF from = state_.zoom > 0 ? state_.centre : QPointF(0.5, 0.5);
  setViewState({zoom(),
                {std::clamp(from.x() - delta.x() / size.width(), 0.0, 1.0),
                 std::clamp(from.y() - delta.y() / size.height(), 0.0, 1.0)}});
}

QPoint FrameView::pixelAt(QPointF position) const {
  if (picture_.isNull()) return {-1, -1};
  const QRectF where = pictureRect();
  const QPoint pixel(int(std::floor((position.x() - where.x()) / scale())),
                     int(std::floor((position.y() - where.y()) / scale())));
  return picture_.rect().contains(pixel) ? pixel : QPoint(-1, -1);
}

QString FrameView::valueAt(QPoint pixel) const {
  if (!picture_.rect().contains(pixel)) return {};
  if (valueText_) return valueText_(pixel);
  const double full = image_.depth() == CV_16U ? 65535.0 : 255.0;
  const auto* row = image_.ptr(pixel.y());
  QStringList parts;
  const auto first = static_cast<std::ptrdiff_t>(pixel.x()) * image_.channels();
  for (int i = 0; i < std::min(3, image_.channels()); ++i) {
    const int channel = image_.channels() >= 3 ? 2 - i : i;  // stored BGR, read as red green blue
    const std::ptrdiff_t at = first + channel;
    const double raw = image_.depth() == CV_16U ? reinterpret_cast<const uint16_t*>(row)[at] : row[at];
    parts << numberText(low_ + raw / full * (high_ - low_), std::abs(high_ - low_));
  }
  return parts.join(u"  "_s);
}

void FrameView::setMarkedPixel(QPoint pixel) {
  if (marked_ == pixel) return;
  marked_ = pixel;
  update();
}

void FrameView::paintPicture(QPainter& painter, const QImage& picture, const QRectF& clip) const {
  const QRectF where = pictureRect();
  const QRectF visible = where & clip & QRectF(rect());
  if (visible.isEmpty()) return;
  const QRectF source((visible.topLeft() - where.topLeft()) / scale(), visible.size() / scale());
  painter.setRenderHint(QPainter::SmoothPixmapTransform, zoom() < kSharpFrom);
  if (zoom() < 0.5) {
    // Bilinear painting skips pixels at such reductions, which makes fine texture shimmer: average them.
    const QSize target = (visible.size() * devicePixelRatioF()).toSize().expandedTo({1, 1});
    const QRect part = source.toAlignedRect() & picture.rect();
    const cv::Mat full(picture.height(), picture.width(), CV_8UC4, const_cast<uchar*>(picture.constBits()),
                       static_cast<std::size_t>(picture.bytesPerLine()));
    cv::Mat small;
    cv::resize(full(cv::Rect(part.x(), part.y(), part.width(), part.height())), small,
               {target.width(), target.height()}, 0, 0, cv::INTER_AREA);
    painter.drawImage(visible,
                      QImage(small.data, small.cols, small.rows, qsizetype(small.step), picture.format()));
    return;
  }
  painter.drawImage(visible, picture, source);
}

void FrameView::paintContent(QPainter& painter) { paintPicture(painter, picture_, rect()); }

void FrameView::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  const auto& colours = coloursOf(palette());
  painter.fillRect(rect(), colours.canvas);
  if (picture_.isNull()) {
    painter.setPen(colours.muted);
    painter.drawText(rect().adjusted(kGrid, kGrid, -kGrid, -kGrid), Qt::AlignCenter | Qt::TextWordWrap,
                     placeholder_);
  } else {
    paintContent(painter);
    if (state_.zoom == 0) {  // a white picture on a white page still has an edge
      QColor edge = colours.strongBorder;
      edge.setAlphaF(0.6F);
      painter.setRenderHint(QPainter::Antialiasing, false);
      painter.setPen(edge);
      painter.setBrush(Qt::NoBrush);
      painter.drawRect(pictureRect().toAlignedRect().adjusted(0, 0, -1, -1));
    }
    paintValue(painter);
  }
  if (hasFocus()) {
    painter.setPen(QPen(colours.accent, 2));
    painter.setBrush(Qt::NoBrush);
    painter.drawRect(rect().adjusted(1, 1, -1, -1));
  }
}

void FrameView::paintValue(QPainter& painter) const {
  const QRectF where = pictureRect();
  if (zoom() >= kGridFrom) {
    painter.setPen(QPen(QColor(128, 128, 128, 90), 0));
    const QRectF visible = where & QRectF(rect());
    for (double x = std::ceil((visible.left() - where.left()) / scale());
         where.left() + x * scale() <= visible.right(); ++x)
      painter.drawLine(QPointF(where.left() + x * scale(), visible.top()),
                       QPointF(where.left() + x * scale(), visible.bottom()));
    for (double y = std::ceil((visible.top() - where.top()) / scale());
         where.top() + y * scale() <= visible.bottom(); ++y)
      painter.drawLine(QPointF(visible.left(), where.top() + y * scale()),
                       QPointF(visible.right(), where.top() + y * scale()));
  }
  if (!picture_.rect().contains(marked_)) return;
  const QRectF pixel(where.topLeft() + QPointF(marked_) * scale(), QSizeF(scale(), scale()));
  painter.setBrush(Qt::NoBrush);
  painter.setPen(QPen(Qt::black, 1));
  painter.drawRect(pixel.adjusted(-2, -2, 1, 1));
  painter.setPen(QPen(Qt::white, 1));
  painter.drawRect(pixel.adjusted(-1, -1, 0, 0));

  painter.setFont(fontOf(TextRole::Number));
  const QFontMetrics metrics(painter.font());
  const QString place = u"%1, %2:"_s.arg(marked_.x()).arg(marked_.y()), value = valueAt(marked_);
  QString text = place + u"  "_s + value;
  // On a small picture one under the other.
  const int room = width() - 8 - 2 * kGrid;
  if (metrics.horizontalAdvance(text) > room) text = place + u'\n' + value;
  if (metrics.horizontalAdvance(value) > room)
    text = place + u'\n' + value.split(u' ', Qt::SkipEmptyParts).join(u'\n');
  const QSize size = metrics.size(0, text);
  QRect chip(0, 0, size.width() + 2 * kGrid, size.height() + 6);
  chip.moveBottomLeft(rect().bottomLeft() + QPoint(4, -4));
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(Qt::NoPen);
  painter.setBrush(QColor(12, 14, 18, 200));
  painter.drawRoundedRect(chip, 4, 4);
  painter.setPen(Qt::white);
  painter.drawText(chip, Qt::AlignCenter, text);
}

void FrameView::wheelEvent(QWheelEvent* event) {
  const bool ctrl = event->modifiers() & Qt::ControlModifier;
  if ((wheelNeedsCtrl_ && !ctrl) || event->angleDelta().y() == 0) return event->ignore();
  zoomBy(std::pow(kWheelStep, event->angleDelta().y() / 120.0), event->position());
  event->accept();
}

void FrameView::mousePressEvent(QMouseEvent* event) {
  if (event->button() != Qt::LeftButton && event->button() != Qt::MiddleButton) return event->ignore();
  lastPosition_ = pressedAt_ = event->position();
  panning_ = true;
}

void FrameView::mouseMoveEvent(QMouseEvent* event) {
  const QPoint pixel = pixelAt(event->position());
  setMarkedPixel(pixel);
  Q_EMIT hovered(pixel);
  if (!panning_ || !(event->buttons() & (Qt::LeftButton | Qt::MiddleButton)) || state_.zoom == 0) return;
  setCursor(Qt::ClosedHandCursor);
  panBy(event->position() - lastPosition_);
  lastPosition_ = event->position();
}

void FrameView::mouseReleaseEvent(QMouseEvent* event) {
  const bool pressedHere = std::exchange(panning_, false);
  unsetCursor();
  const QPoint pixel = pixelAt(event->position());
  if (pressedHere && event->button() == Qt::LeftButton && pixel.x() >= 0 &&
      (event->position() - pressedAt_).manhattanLength() < kClickSlack)
    Q_EMIT clicked(pixel);
}

void FrameView::mouseDoubleClickEvent(QMouseEvent*) { Q_EMIT doubleClicked(); }

void FrameView::leaveEvent(QEvent*) {
  setMarkedPixel({-1, -1});
  Q_EMIT hovered({-1, -1});
}

void FrameView::keyPressEvent(QKeyEvent* event) {
  constexpr double kStep = 5 * kGrid;
  switch (event->key()) {
    case Qt::Key_Plus:
    case Qt::Key_Equal:
      return zoomBy(kWheelStep);
    case Qt::Key_Minus:
      return zoomBy(1 / kWheelStep);
    case Qt::Key_0:
      return fit();
    case Qt::Key_1:
      return oneToOne();
    default:
      break;
  }
  if (state_.zoom > 0) switch (event->key()) {
      case Qt::Key_Left:
        return panBy({kStep, 0});
      case Qt::Key_Right:
        return panBy({-kStep, 0});
      case Qt::Key_Up:
        return panBy({0, kStep});
      case Qt::Key_Down:
        return panBy({0, -kStep});
      default:
        break;
    }
  QWidget::keyPressEvent(event);
}

void ViewLink::add(FrameView* view) {
  std::erase_if(views_, [](const auto& known) { return !known; });
  views_.emplace_back(view);
  view->setViewState(state_);
  connect(view, &FrameView::viewStateChanged, this, [this](const ViewState& state) { setViewState(state); });
  connect(view, &FrameView::hovered, this, [this](QPoint pixel) {
    for (const auto& other : views_)
      if (other) other->setMarkedPixel(pixel);
  });
}

void ViewLink::setViewState(const ViewState& state) {
  if (state == state_) return;
  state_ = state;
  for (const auto& view : views_)
    if (view) view->setViewState(state);
}

double ViewLink::zoom() const {
  for (const auto& view : views_)
    if (view) return view->zoom();
  return 0;
}

void ViewLink::zoomBy(double factor) {
  for (const auto& view : views_)
    if (view) return view->zoomBy(factor);
}

}  // namespace fw
