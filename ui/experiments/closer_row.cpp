#include "ui/experiments/closer_row.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QScrollArea>
#include <QToolButton>

#include "ui/theme.h"
#include "ui/widgets/frame_view.h"

namespace fw {
namespace {

using namespace Qt::StringLiterals;

constexpr int kPicture = 7 * kGrid, kTitleWidth = 16 * kGrid;

}  // namespace

CloserRow::CloserRow(QWidget* parent) : QFrame(parent), title_(label({}, TextRole::Small)) {
  auto* content = new QWidget;
  content->setObjectName(u"page"_s);
  row_ = new QHBoxLayout(content);
  row_->setContentsMargins(0, 0, 0, 0);
  row_->setSpacing(kGrid);
  auto* scroll = new QScrollArea;
  scroll->setWidget(content);
  scroll->setWidgetResizable(true);
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  scroll->setFixedHeight(kPicture + 3 * kGrid / 2);
  auto* close = new QToolButton;
  close->setIcon(icon(u"close"_s));
  close->setToolTip(u"Close this row"_s);
  close->setProperty("flat", true);
  title_->setFixedWidth(kTitleWidth);
  auto* layout = new QHBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(kGrid);
  layout->addWidget(title_);
  layout->addWidget(scroll, 1);
  layout->addWidget(close, 0, Qt::AlignTop);
  connect(close, &QToolButton::clicked, this, &QWidget::hide);
  hide();
}

void CloserRow::setRow(const GalleryRow& row) {
  while (auto* item = row_->takeAt(0)) {
    delete item->widget();
    delete item;
  }
  pictures_ = int(row.frames.size());
  for (const auto& frame : row.frames) {
    auto* view = new FrameView;
    view->setFixedSize(kPicture, kPicture);
    view->setImage(frame.image);
    view->setValueRange(frame.low, frame.high);
    view->setWheelNeedsCtrl(true);
    view->setToolTip(QString::fromStdString(frame.label));
    row_->addWidget(view);
  }
  row_->addStretch();
  title_->setText(QString::fromStdString(row.name));
  show();
}

QString CloserRow::title() const { return title_->text(); }

}  // namespace fw
