#pragma once
#include <QWidget>
#include <opencv2/core.hpp>

namespace fw {

/// What the colours of a signed difference mean: a bar from "too dark" over "equal" to "too bright".
class DifferenceLegend : public QWidget {
  Q_OBJECT
 public:
  /// `fullScale` is the difference at the bar's ends, written as it is.
  explicit DifferenceLegend(const QString& fullScale = QStringLiteral("25 %"), QWidget* parent = nullptr);
  void setFullScale(const QString& text);
  QSize sizeHint() const override;

 protected:
  void paintEvent(QPaintEvent*) override;

 private:
  QString fullScale_;
};

/// The signed difference a − b at one pixel, where the whole range spans `span`: "+0.031", or one a channel.
QString differenceText(const cv::Mat& a, const cv::Mat& b, QPoint pixel, double span);

}  // namespace fw
