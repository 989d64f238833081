#pragma once
#include <QWidget>
#include <opencv2/core.hpp>
#include <vector>

#include "core/image/gallery.h"

class QComboBox;
class QLabel;
class QSlider;

namespace fw {

class FrameView;
class ViewLink;

/// A person hides any part of a held-out picture and sees what the network puts there.
class HolePainter : public QWidget {
  Q_OBJECT
 public:
  explicit HolePainter(QWidget* parent = nullptr);

  void clear();
  /// The targets of the gallery; a hole that is painted already stays while the pictures are the same.
  void setSamples(const Gallery& gallery);
  void setFilled(const GalleryRow& filled);
  void say(const QString& text);

  void chooseSample(int index);
  void paintSquare(QPoint centre, int side);  ///< adds to the hole, as the brush does
  const cv::Mat& hole() const;                ///< 8-bit, not 0 where the picture is hidden
  FrameView* filled() const { return filled_; }

 Q_SIGNALS:
  void holePainted(std::size_t row, const cv::Mat& hole);

 private:
  class PaintView;
  struct Sample {
    std::size_t row;
    cv::Mat picture;
  };
  void showSample();
  void tellHole();

  std::vector<Sample> samples_;
  QComboBox* sample_;
  QSlider* brush_;
  QLabel* result_;
  PaintView* canvas_;
  FrameView *filled_, *everywhere_;
  QLabel* everywhereCaption_;
  ViewLink* link_;
};

}  // namespace fw
