#pragma once
#include <QScrollArea>
#include <vector>

#include "core/store/run.h"

class QGridLayout;

namespace fw {

class Card;

/// All experiments as cards, in the order of a course.
class CatalogueView : public QScrollArea {
  Q_OBJECT
 public:
  explicit CatalogueView(QWidget* parent = nullptr);

  void setRuns(const std::vector<RunRecord>&
                   runs);  ///< each card tells the best of one's own beside the original's figure

 Q_SIGNALS:
  void chosen(const QString& experimentId);

 protected:
  void resizeEvent(QResizeEvent*) override;

 private:
  void arrange();
  std::vector<Card*> cards_;
  QGridLayout* grid_;
  int columns_ = 0;
};

}  // namespace fw
