#include "ui/widgets/elided_label.h"

#include <QPainter>
#include <QStyle>

namespace fw {

ElidedLabel::ElidedLabel(TextRole role, bool muted, QWidget* parent) : QLabel(parent) {
  setFont(fontOf(role));
  setProperty("muted", muted);
  setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
}

void ElidedLabel::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  const QRect room = contentsRect();
  style()->drawItemText(&painter, room, int(Qt::AlignLeft | Qt::AlignVCenter), palette(), isEnabled(),
                        fontMetrics().elidedText(text(), Qt::ElideMiddle, room.width()), foregroundRole());
}

}  // namespace fw
