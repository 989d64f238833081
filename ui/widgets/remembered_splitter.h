#pragma once
#include <QSplitter>

namespace fw {

/// A splitter whose handle is where the person left it, in this session and the next. No part can be closed
/// by accident.
class RememberedSplitter : public QSplitter {
  Q_OBJECT
 public:
  /// `shares` is how the room is divided until then.
  RememberedSplitter(Qt::Orientation orientation, const QString& name, const QList<int>& shares,
                     QWidget* parent = nullptr);

 protected:
  void showEvent(QShowEvent*) override;

 private:
  QString key_;
  QList<int> shares_;
  bool placed_ = false;
};

}  // namespace fw
