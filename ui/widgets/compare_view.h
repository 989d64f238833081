#pragma once
#include <QWidget>
#include <opencv2/core.hpp>

class QButtonGroup;
class QLabel;
class QTimer;

namespace fw {

class FrameView;
class ViewLink;
struct ViewState;

enum class CompareMode { Wipe, SideBySide, Flicker, Difference };

/// Two pictures of the same size against each other. In a wipe, drag the line; elsewhere drag pans and the
/// wheel zooms both. Space flips a flicker by hand.
class CompareView : public QWidget {
  Q_OBJECT
 public:
  explicit CompareView(QWidget* parent = nullptr);

  /// Keeps zoom and mode, so that pictures of a clip may follow each other.
  void setImages(const cv::Mat& first, const cv::Mat& second);
  void setLabels(const QString& first, const QString& second);
  void setValueRange(double low, double high);

  CompareMode mode() const { return mode_; }
  void setMode(CompareMode mode);
  /// The row of buttons above the pictures; a page may have its own instead.
  void setControlsVisible(bool visible);

  double wipe() const;  ///< 0 all of the second, 1 all of the first
  void setWipe(double position);
  ViewLink* link() const { return link_; }

 Q_SIGNALS:
  void modeChanged(CompareMode mode);

 protected:
  void keyPressEvent(QKeyEvent*) override;

 private:
  class WipeView;
  void refresh();
  void flip();

  CompareMode mode_ = CompareMode::Wipe;
  cv::Mat first_, second_;
  QString firstLabel_, secondLabel_;
  WipeView* main_;
  FrameView* side_;
  QLabel* mainCaption_;
  QLabel* sideCaption_;
  QWidget* controls_;
  QWidget* legend_;
  QButtonGroup* modes_;
  ViewLink* link_;
  QTimer* flicker_;
  bool showsSecond_ = false;
  double low_ = 0, high_ = 255;
};

}  // namespace fw
