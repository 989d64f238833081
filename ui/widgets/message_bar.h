#pragma once
#include <QFrame>
#include <functional>

class QLabel;
class QPushButton;
class QToolButton;

namespace fw {

enum class MessageKind { Info, Good, Warning, Error };

/// News where the person is looking, instead of a box that must be clicked away: a text that can be copied,
/// at most one thing to do about it, and a cross. Hidden while there is nothing to say.
class MessageBar : public QFrame {
  Q_OBJECT
 public:
  explicit MessageBar(QWidget* parent = nullptr);

  void say(MessageKind kind, const QString& text);
  /// With something to do: the bar closes once it is done. `dangerous` paints the button as a warning.
  void ask(MessageKind kind, const QString& text, const QString& action, std::function<void()> act,
           bool dangerous = false);
  void error(const QString& text) { say(MessageKind::Error, text); }
  void dismiss();

  QString text() const;
  QPushButton* actionButton() const { return action_; }

 Q_SIGNALS:
  void dismissed();

 protected:
  void changeEvent(QEvent*) override;
  void keyPressEvent(QKeyEvent*) override;

 private:
  void paintIcon();

  MessageKind kind_ = MessageKind::Info;
  std::function<void()> act_;
  QLabel* icon_;
  QLabel* text_;
  QPushButton* action_;
  QToolButton* copy_;
};

}  // namespace fw
