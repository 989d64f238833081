#pragma once
#include <QDialog>

#include "core/params/schema.h"

class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;

namespace fw {

/// Several values of one parameter, to be trained one after the other from one click.
class SweepDialog : public QDialog {
  Q_OBJECT
 public:
  SweepDialog(const Settings& settings, QWidget* parent);

  void choose(const QString& parameter, const QString& values);  ///< "0.1, 0.01, 0.001"
  std::vector<Settings> variants() const;                        ///< empty while a value is not possible

 Q_SIGNALS:
  void startAsked(const std::vector<Settings>& variants);

 private:
  void suggest();
  void check();

  Settings settings_;
  QComboBox* parameter_;
  QLineEdit* values_;
  QLabel* problem_;
  QPushButton* start_;
};

}  // namespace fw
