#pragma once
#include <QScrollArea>
#include <vector>

class QGridLayout;

namespace fw {

struct ExperimentKind;

/// All experiments as cards, in the order of a course.
class CatalogueView : public QScrollArea {
  Q_OBJECT
 public:
  explicit CatalogueView(QWidget* parent = nullptr);

 Q_SIGNALS:
  void chosen(const QString& experimentId);

 protected:
  void resizeEvent(QResizeEvent*) override;

 private:
  void arrange();
  std::vector<QWidget*> cards_;
  QGridLayout* grid_;
  int columns_ = 0;
};

}  // namespace fw
