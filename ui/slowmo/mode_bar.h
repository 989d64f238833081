#pragma once
#include <QWidget>

#include "core/params/schema.h"

class QDoubleSpinBox;
class QLabel;
class QLineEdit;

namespace fw {

class Segments;

/// The one choice everybody makes: slower, smoother or both, and by how much. Everything else has a good
/// default.
class ModeBar : public QWidget {
  Q_OBJECT
 public:
  explicit ModeBar(QWidget* parent = nullptr);

  void showSettings(const Settings& settings);
  void writeTo(Settings& settings) const;
  void chooseMode(int mode);  ///< 0 slow motion, 1 smoother, 2 both
  void chooseFactor(double factor);
  void chooseRate(const QString& rate);

 Q_SIGNALS:
  void changed();

 private:
  void showWhatMatters();

  Segments* mode_;
  QWidget* factorRow_;
  Segments* factors_;
  QDoubleSpinBox* factor_;
  QWidget* rateRow_;
  Segments* rates_;
  QLineEdit* rate_;
};

}  // namespace fw
