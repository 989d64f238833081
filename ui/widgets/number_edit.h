#pragma once
#include <QAbstractSpinBox>

namespace fw {

/// A number field that lets a person type anything and judges nothing: whoever owns it says what is wrong, in
/// words. Its arrows step by one, by nice parts of a range, or, logarithmic, along 1, 2, 5, 10, 20, 50 …
class NumberEdit : public QAbstractSpinBox {
  Q_OBJECT
 public:
  enum class Steps { Whole, Fine, Logarithmic };
  NumberEdit(Steps steps, bool whole, double low, double high, QWidget* parent = nullptr);

  void setText(const QString& text);
  QString text() const;
  void stepBy(int steps) override;
  QSize sizeHint() const override;

 Q_SIGNALS:
  void edited(const QString& text);

 protected:
  StepEnabled stepEnabled() const override { return StepUpEnabled | StepDownEnabled; }
  QValidator::State validate(QString&, int&) const override { return QValidator::Acceptable; }
  void wheelEvent(QWheelEvent*) override;

 private:
  Steps steps_;
  bool whole_;
  double low_, high_;
};

}  // namespace fw
