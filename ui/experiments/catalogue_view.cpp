#include "ui/experiments/catalogue_view.h"

#include <QGridLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QMouseEvent>
#include <QVBoxLayout>

#include "core/experiments/catalog.h"
#include "ui/experiments/illustration.h"
#include "ui/runs/run_table.h"
#include "ui/theme.h"

namespace fw {
namespace {

using namespace Qt::StringLiterals;

constexpr int kNarrowestCard = 35 * kGrid;
constexpr int kWidestPage = 200 * kGrid;

}  // namespace

/// One experiment: what one will see, the question, and the figure to beat. Clicked, or chosen with Enter.
class Card : public QFrame {
  Q_OBJECT
 public:
  Card(const ExperimentKind& kind, int number) : kind_(kind), own_(label({}, TextRole::Small)) {
    setObjectName(u"card"_s);
    setFocusPolicy(Qt::StrongFocus);
    setCursor(Qt::PointingHandCursor);
    setAccessibleName(QString::fromStdString(kind.title));
    setToolTip(QString::fromStdString(kind.story));
    auto* title = label(u"%1  %2"_s.arg(number).arg(QString::fromStdString(kind.title)), TextRole::Heading);
    auto* question = label(QString::fromStdString(kind.question));
    auto* original =
        label(u"Original: %1"_s.arg(QString::fromStdString(kind.originalFigure)), TextRole::Small, true);
    original->setVisible(!kind.originalFigure.empty());
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(kGrid * 3 / 2, kGrid * 3 / 2, kGrid * 3 / 2, kGrid * 3 / 2);
    layout->setSpacing(kGrid);
    layout->addWidget(new Illustration(kind.id));
    own_->hide();
    for (QLabel* text : {title, question, original, own_}) {
      text->setTextInteractionFlags(Qt::NoTextInteraction);
      text->setWordWrap(true);
      layout->addWidget(text);
    }
    layout->addStretch();
  }

  void setRuns(const std::vector<RunRecord>& runs) {
    if (kind_.scores.empty()) return;
    const ScoreKind& score = kind_.scores.front();
    const RunRecord* best = nullptr;
    for (const auto& run : runs)
      if (run.request.experiment == kind_.id && run.bestStep >= 0 &&
          (!best || (score.lowestIsBest ? run.bestScore < best->bestScore : run.bestScore > best->bestScore)))
        best = &run;
    own_->setVisible(best != nullptr);
    if (best)
      own_->setText(u"Yours: %1, %2 (run %3)"_s
                        .arg(withUnit(best->bestScore, score), QString::fromStdString(score.label))
                        .arg(best->id));
  }

 Q_SIGNALS:
  void chosen();

 protected:
  void mouseReleaseEvent(QMouseEvent* event) override {
    if (event->button() == Qt::LeftButton && rect().contains(event->position().toPoint())) Q_EMIT chosen();
  }
  void keyPressEvent(QKeyEvent* event) override {
    if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter || event->key() == Qt::Key_Space)
      Q_EMIT chosen();
    else
      QFrame::keyPressEvent(event);
  }

 private:
  const ExperimentKind& kind_;
  QLabel* own_;
};

CatalogueView::CatalogueView(QWidget* parent) : QScrollArea(parent) {
  setWidgetResizable(true);
  setFrameShape(QFrame::NoFrame);
  setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  auto* page = new QWidget;
  page->setObjectName(u"page"_s);
  auto* outer = new QHBoxLayout(page);
  outer->setContentsMargins(0, 0, 0, 0);
  auto* content = new QWidget;
  content->setMaximumWidth(kWidestPage);
  outer->addWidget(content);
  auto* layout = new QVBoxLayout(content);
  layout->setContentsMargins(3 * kGrid, 3 * kGrid, 3 * kGrid, 3 * kGrid);
  layout->setSpacing(kGrid);
  layout->addWidget(label(u"Experiments"_s, TextRole::Display));
  layout->addWidget(
      label(u"A course through neural networks on pictures and video. Choose one, press Start, and watch it "
            u"learn on data it has never seen."_s,
            TextRole::Body, true));
  layout->addSpacing(kGrid);
  grid_ = new QGridLayout;
  grid_->setSpacing(2 * kGrid);
  layout->addLayout(grid_);
  layout->addStretch();
  for (int number = 1; const auto& kind : catalog()) {
    auto* card = new Card(kind, number++);
    connect(card, &Card::chosen, this, [this, id = QString::fromStdString(kind.id)] { Q_EMIT chosen(id); });
    cards_.push_back(card);
  }
  setWidget(page);
  arrange();
}

void CatalogueView::setRuns(const std::vector<RunRecord>& runs) {
  for (Card* card : cards_) card->setRuns(runs);
}

void CatalogueView::resizeEvent(QResizeEvent* event) {
  QScrollArea::resizeEvent(event);
  arrange();
}

void CatalogueView::arrange() {
  const int width = std::min(viewport()->width(), kWidestPage) - 6 * kGrid;
  const int columns = std::max(1, (width + 2 * kGrid) / (kNarrowestCard + 2 * kGrid));
  if (columns == columns_) return;
  for (int i = 0; i < columns_; ++i) grid_->setColumnStretch(i, 0);
  columns_ = columns;
  for (int i = 0; QWidget * card : cards_) {
    grid_->addWidget(card, i / columns, i % columns);
    ++i;
  }
  for (int i = 0; i < columns; ++i) grid_->setColumnStretch(i, 1);
}

}  // namespace fw

#include "catalogue_view.moc"
