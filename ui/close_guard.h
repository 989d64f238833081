#pragma once
#include <QDialog>
#include <functional>

class QLabel;
class QPushButton;
class QTimer;

namespace fw {

/// Asked when the window is closed while something runs: stop and keep, or do not close. While what runs
/// comes to its end it says so and waits.
class CloseGuard : public QDialog {
  Q_OBJECT
 public:
  /// `what` begins the sentence: "A training"; `working` says whether anything still runs.
  CloseGuard(const QString& what, std::function<bool()> working, QWidget* parent);

  QPushButton* stopButton() const { return stop_; }
  QPushButton* cancelButton() const { return cancel_; }

 Q_SIGNALS:
  void stopChosen();
  void stopped();  ///< nothing runs any more

 private:
  std::function<bool()> working_;
  QLabel* text_;
  QPushButton *stop_, *cancel_;
  QTimer* look_;
};

}  // namespace fw
