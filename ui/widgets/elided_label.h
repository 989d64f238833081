#pragma once
#include <QLabel>

#include "ui/theme.h"

namespace fw {

/// One line that takes the room there is: what does not fit leaves dots in the middle, for names end with
/// what tells them apart.
class ElidedLabel : public QLabel {
 public:
  explicit ElidedLabel(TextRole role, bool muted = false, QWidget* parent = nullptr);

 protected:
  void paintEvent(QPaintEvent*) override;
};

}  // namespace fw
