#pragma once
#include <QImage>
#include <QWidget>
#include <vector>

#include "ui/slowmo/clip_marks.h"

namespace fw {

/// The clip at a glance: thumbnails, playhead, trim handles, cuts, repeated frames, how sure the engine was,
/// and which parts have an engine of their own. Wheel zooms, Shift+wheel moves along.
class ClipTimeline : public QWidget {
  Q_OBJECT
 public:
  struct Thumbnail {
    double time = 0;
    QImage image;
  };

  explicit ClipTimeline(QWidget* parent = nullptr);

  void setMarks(const ClipMarks& marks);
  void setThumbnails(std::vector<Thumbnail> thumbnails);
  void setPlayhead(double seconds);
  double playhead() const { return playhead_; }
  double secondsAt(double x) const;
  double xOf(double seconds) const;
  QRect thumbnailBand() const;

  QSize sizeHint() const override { return {640, 124}; }
  QSize minimumSizeHint() const override { return {240, 120}; }

 Q_SIGNALS:
  void scrubbed(double seconds);
  void trimmed(double in, double out);
  void cutClicked(double seconds);
  void rangeClicked(int index);

 protected:
  void paintEvent(QPaintEvent*) override;
  void mousePressEvent(QMouseEvent*) override;
  void mouseMoveEvent(QMouseEvent*) override;
  void mouseReleaseEvent(QMouseEvent*) override;
  void wheelEvent(QWheelEvent*) override;
  bool event(QEvent*) override;

 private:
  enum class Grip { None, Playhead, In, Out };
  Grip gripAt(QPointF position) const;
  double cutAt(QPointF position) const;  ///< negative infinity: none
  int rangeAt(QPointF position) const;
  void showSpan(double from, double to);
  QString hintAt(QPointF position) const;

  ClipMarks marks_;
  std::vector<Thumbnail> thumbnails_;
  double playhead_ = 0;
  double from_ = 0, to_ = 1;  ///< the part of the clip that is in sight
  Grip grip_ = Grip::None;
};

/// "0:12.4", "1:02:03.5"
QString timeText(double seconds, int decimals = 1);

}  // namespace fw
