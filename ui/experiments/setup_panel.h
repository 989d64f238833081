#pragma once
#include <QElapsedTimer>
#include <QWidget>

#include <map>

#include "core/experiments/catalog.h"

class QComboBox;
class QLabel;
class QPushButton;
class QScrollArea;

namespace fw {

class MessageBar;
class NumberEdit;
class ParamForm;

/// What one experiment is and what a person may choose before it trains: story, form, steps, seed, device.
class SetupPanel : public QWidget {
  Q_OBJECT
 public:
  explicit SetupPanel(QWidget* parent = nullptr);

  void setKind(const ExperimentKind& kind);  ///< at its defaults, or as it was left last
  const ExperimentKind* kind() const { return kind_; }
  void setRequest(const RunRequest& request);  ///< the whole set-up; throws Error
  RunRequest request() const;                  ///< throws Error
  bool addFiles(const QStringList& files);     ///< own pictures; false when this experiment takes none

  bool setWeights(const QString& file);  ///< a network to start from; false when none can be given

  void start();       ///< as the button does
  void trySeveral();  ///< several values of one parameter
  void focusStart();
  ParamForm* form() const { return form_; }
  MessageBar* message() const { return message_; }

 Q_SIGNALS:
  void startAsked(const RunRequest& request);
  void severalAsked(const std::vector<RunRequest>& requests);  ///< to be compared
  void backAsked();

 private:
  void copySetup();
  void saveSetup();
  void openSetup();
  void takeDevices(const std::vector<std::string>& devices);
  void report(const QString& text);
  bool justStarted() const;  ///< what is clicked now may be the second half of a double click

  const ExperimentKind* kind_ = nullptr;
  std::map<std::string, RunRequest> left_;  ///< how each experiment's set-up was left
  QLabel *title_, *question_, *story_, *original_;
  ParamForm* form_;
  NumberEdit *steps_, *seed_, *threads_;
  QComboBox* device_;
  QPushButton* start_;
  MessageBar* message_;
  QScrollArea* scroll_;
  QElapsedTimer lastStart_;
};

}  // namespace fw
