#pragma once
#include <QFrame>

#include "core/image/gallery.h"

class QHBoxLayout;
class QLabel;

namespace fw {

/// The pictures behind one spot of a gallery in a row that can be closed; hidden while there are none.
class CloserRow : public QFrame {
  Q_OBJECT
 public:
  explicit CloserRow(QWidget* parent = nullptr);
  void setRow(const GalleryRow& row);
  QString title() const;
  int pictures() const { return pictures_; }

 private:
  QLabel* title_;
  QHBoxLayout* row_;
  int pictures_ = 0;
};

}  // namespace fw
