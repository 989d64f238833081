#pragma once
#include <QWidget>

class QBoxLayout;
class QLabel;

namespace fw {

/// The page before a clip is open: where to drop one, what was open lately, and a sample to try.
class Welcome : public QWidget {
  Q_OBJECT
 public:
  explicit Welcome(QWidget* parent = nullptr);

  static void remember(const QStringList& files);  ///< among the recent ones
  void refresh();

 Q_SIGNALS:
  void filesChosen(const QStringList& files);

 private:
  QBoxLayout* recent_;
  QWidget* recentPart_;
};

}  // namespace fw
