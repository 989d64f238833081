#pragma once
#include <QWidget>

#include "core/slowmo/inside_look.h"

namespace fw {

/// How to read a map: the colour wheel of flow, or a bar with what its ends mean.
class MapLegend : public QWidget {
  Q_OBJECT
 public:
  explicit MapLegend(QWidget* parent = nullptr);
  void explain(const InsidePicture& picture);
  QSize sizeHint() const override { return {220, 56}; }

 protected:
  void paintEvent(QPaintEvent*) override;

 private:
  InsidePicture::Legend kind_ = InsidePicture::Legend::None;
  QImage map_;
  QString low_, high_;
};

}  // namespace fw
