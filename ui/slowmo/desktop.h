#pragma once
#include <QObject>
#include <QString>
#include <memory>

class QWidget;

/// What the rest of the desktop is asked for over D-Bus; where nobody answers, nothing happens.
namespace fw {

/// Keeps the machine from falling asleep while it is held.
class SleepGuard : public QObject {
  Q_OBJECT
 public:
  explicit SleepGuard(QObject* parent = nullptr);
  ~SleepGuard() override;
  void hold();
  void release();

 private:
  struct Lock;
  std::shared_ptr<Lock> lock_;
};

/// A notification of the desktop; where there is no such service the window asks for attention.
void notifyDesktop(QWidget* window, const QString& title, const QString& text);
void suspendComputer();
/// The file manager on the file's folder, with the file selected where the desktop can do so.
void showInFolder(const QString& file);

}  // namespace fw
