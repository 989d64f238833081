#pragma once
#include <QImage>
#include <QPointer>
#include <QWidget>
#include <functional>
#include <opencv2/core.hpp>
#include <vector>

namespace fw {

/// A picture as Qt paints it: 8- or 16-bit, one, three (BGR) or four channels. The copy is Qt's own.
QImage toQImage(const cv::Mat& image);

/// What part of a picture is seen, and how large. Views of pictures of different sizes can share one.
struct ViewState {
  double zoom = 0;           ///< screen pixels for one picture pixel; 0: as large as fits
  QPointF centre{0.5, 0.5};  ///< the point of the picture in the middle of the view, as a share of its size
  bool operator==(const ViewState&) const = default;
};

/// Shows one picture: fit, 1:1 or zoomed down to the pixel, which stays a sharp square; drag to pan; the
/// value under the cursor in the picture's own units. Keys: + − zoom, 0 fit, 1 one to one, arrows pan.
class FrameView : public QWidget {
  Q_OBJECT
 public:
  explicit FrameView(QWidget* parent = nullptr);

  void setImage(const cv::Mat& image);  ///< empty: shows nothing
  /// The same when another thread has already turned it into Qt's form.
  void setPicture(const cv::Mat& image, const QImage& picture);
  const cv::Mat& image() const { return image_; }
  /// What 0 and full scale stand for, so that the value under the cursor is honest. Without it, 0 … 255.
  void setValueRange(double low, double high);
  /// Says what stands at a pixel in place of the picture's own value: of a colour-coded map, for example.
  void setValueText(std::function<QString(QPoint)> text);
  void setPlaceholder(const QString& text);  ///< shown while there is no picture

  const ViewState& viewState() const { return state_; }
  void setViewState(const ViewState& state);
  /// Shown pixels for one of the picture's, also when it fits.
  double zoom() const;
  void zoomBy(double factor, QPointF at);
  void zoomBy(double factor) { zoomBy(factor, QRectF(rect()).center()); }
  void fit() { setViewState({}); }
  void oneToOne();
  /// In a scrolling page the plain wheel scrolls and Ctrl+wheel zooms.
  void setWheelNeedsCtrl(bool needs) { wheelNeedsCtrl_ = needs; }

  QPoint pixelAt(QPointF position) const;  ///< (-1, -1) outside the picture
  QString valueAt(QPoint pixel) const;     ///< "0.532", or one number a channel as red green blue
  void setMarkedPixel(QPoint pixel);       ///< shows this pixel's value; (-1, -1) none
  QSize sizeHint() const override { return {320, 240}; }

 Q_SIGNALS:
  void viewStateChanged(const ViewState& state);
  void hovered(QPoint pixel);  ///< (-1, -1) when the cursor leaves
  void clicked(QPoint pixel);  ///< pressed and let go without moving; never beside the picture
  void doubleClicked();

 protected:
  QRectF pictureRect() const;  ///< where the whole picture would lie
  /// Draws `picture` in place of the view's own, of the same size, inside `clip`.
  void paintPicture(QPainter& painter, const QImage& picture, const QRectF& clip) const;
  virtual void paintContent(QPainter& painter);  ///< the picture, before the value is written over it

  void paintEvent(QPaintEvent*) override;
  void wheelEvent(QWheelEvent*) override;
  void mousePressEvent(QMouseEvent*) override;
  void mouseMoveEvent(QMouseEvent*) override;
  void mouseReleaseEvent(QMouseEvent*) override;
  void mouseDoubleClickEvent(QMouseEvent*) override;
  void leaveEvent(QEvent*) override;
  void keyPressEvent(QKeyEvent*) override;
  bool panning() const { return panning_; }

  QImage picture_;

 private:
  double scale() const;  ///< logical pixels for one picture pixel
  void panBy(QPointF delta);
  void paintValue(QPainter& painter) const;

  cv::Mat image_;
  ViewState state_;
  double low_ = 0, high_ = 255;
  std::function<QString(QPoint)> valueText_;
  QString placeholder_;
  QPoint marked_{-1, -1};
  QPointF lastPosition_, pressedAt_;
  bool panning_ = false, wheelNeedsCtrl_ = false;
};

/// Views in one link zoom and pan together and mark the same pixel.
class ViewLink : public QObject {
  Q_OBJECT
 public:
  explicit ViewLink(QObject* parent = nullptr) : QObject(parent) {}
  void add(FrameView* view);
  const ViewState& viewState() const { return state_; }
  void setViewState(const ViewState& state);
  double zoom() const;  ///< of the first view; 0 when there is none
  void zoomBy(double factor);

 private:
  std::vector<QPointer<FrameView>> views_;
  ViewState state_;
};

}  // namespace fw
