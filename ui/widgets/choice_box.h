#pragma once
#include <QComboBox>

namespace fw {

/// A combo box in a narrow place: what does not fit ends in an ellipsis, is read in the tooltip, and the list
/// is as wide as its longest choice.
class ChoiceBox : public QComboBox {
  Q_OBJECT
 public:
  explicit ChoiceBox(QWidget* parent = nullptr);
  void showPopup() override;

 protected:
  bool event(QEvent*) override;
  void paintEvent(QPaintEvent*) override;
};

}  // namespace fw
