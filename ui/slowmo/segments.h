#pragma once
#include <QStringList>
#include <QWidget>

class QButtonGroup;

namespace fw {

/// A few choices side by side of which one is taken.
class Segments : public QWidget {
  Q_OBJECT
 public:
  explicit Segments(const QStringList& texts = {}, QWidget* parent = nullptr);

  void setTexts(const QStringList& texts);  ///< keeps the choice when there is one of the same text
  void setTips(const QStringList& tips);
  int current() const;
  void setCurrent(int index);  ///< says nothing
  void setAvailable(int index, bool available);

 Q_SIGNALS:
  void chosen(int index);

 private:
  QButtonGroup* buttons_;
};

}  // namespace fw
