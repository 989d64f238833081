#include "ui/widgets/choice_box.h"

#include <QAbstractItemView>
#include <QHelpEvent>
#include <QStyleOptionComboBox>
#include <QStylePainter>
#include <QToolTip>

#include "ui/theme.h"

namespace fw {
namespace {

constexpr int kAroundText = 5 * kGrid;  ///< padding and arrow
constexpr int kAroundItem = 5 * kGrid;

}  // namespace

ChoiceBox::ChoiceBox(QWidget* parent) : QComboBox(parent) {
  setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  setMinimumContentsLength(8);
}

void ChoiceBox::showPopup() {
  view()->setMinimumWidth(std::max(width(), view()->sizeHintForColumn(0) + kAroundItem));
  QComboBox::showPopup();
}

bool ChoiceBox::event(QEvent* event) {
  if (event->type() == QEvent::ToolTip &&
      fontMetrics().horizontalAdvance(currentText()) > width() - kAroundText) {
    const QString text =
        toolTip().isEmpty() ? currentText() : currentText() + QStringLiteral("\n") + toolTip();
    QToolTip::showText(static_cast<QHelpEvent*>(event)->globalPos(), text, this);
    return true;
  }
  return QComboBox::event(event);
}

void ChoiceBox::paintEvent(QPaintEvent*) {
  QStylePainter painter(this);
  QStyleOptionComboBox option;
  initStyleOption(&option);
  painter.drawComplexControl(QStyle::CC_ComboBox, option);
  option.currentText = fontMetrics().elidedText(option.currentText, Qt::ElideRight, width() - kAroundText);
  painter.drawControl(QStyle::CE_ComboBoxLabel, option);
}

}  // namespace fw
