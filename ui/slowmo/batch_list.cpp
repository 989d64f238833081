#include "ui/slowmo/batch_list.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QScrollArea>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>

#include "ui/slowmo/player.h"
#include "ui/theme.h"
#include "ui/widgets/elided_label.h"

namespace fw {

using namespace Qt::StringLiterals;

namespace {

constexpr int kRowHeight = 4 * kGrid, kRowsInSight = 5;

}  // namespace

BatchList::BatchList(QWidget* parent)
    : QFrame(parent), title_(label({}, TextRole::Body)), scroll_(new QScrollArea) {
  setObjectName(u"card"_s);
  setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Maximum);
  auto* page = new QWidget;
  page->setObjectName(u"clips"_s);
  page->setStyleSheet(u"#clips { background: transparent; }"_s);
  rows_ = new QVBoxLayout(page);
  rows_->setContentsMargins(0, 0, 0, 0);
  rows_->setSpacing(0);
  scroll_->setWidgetResizable(true);
  scroll_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  scroll_->setStyleSheet(u"QScrollArea { background: transparent; }"_s);
  scroll_->setWidget(page);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(kGrid + 4, kGrid, kGrid, kGrid);
  column->setSpacing(kGrid / 2);
  column->addWidget(title_);
  column->addWidget(scroll_);
  column->addWidget(label(u"Trim, cuts and parts are this clip's alone."_s, TextRole::Small, true));
  hide();
}

void BatchList::setClips(const std::vector<SlowmoRequest>& clips) {
  while (QLayoutItem* item = rows_->takeAt(0)) {
    item->widget()->hide();
    item->widget()->deleteLater();  // it may be the one that speaks
    delete item;
  }
  for (int index = 0; const auto& clip : clips) {
    auto* row = new QWidget;
    row->setFixedHeight(kRowHeight);
    auto* line = new QHBoxLayout(row);
    line->setContentsMargins(0, 0, 0, 0);
    const auto& file = clip.sources.front();
    auto* name = new ElidedLabel(TextRole::Small);
    name->setText(QString::fromStdString(file.filename().string()));
    name->setToolTip(QString::fromStdString(file.string()));
    auto* out = iconButton(u"close"_s, u"Leave this clip out"_s);
    line->addWidget(name, 1);
    line->addWidget(out);
    connect(out, &QToolButton::clicked, this, [this, index] { Q_EMIT leftOut(index); });
    rows_->addWidget(row);
    ++index;
  }
  const auto count = static_cast<int>(clips.size());
  scroll_->setFixedHeight(std::min(count, kRowsInSight) * kRowHeight);
  title_->setText(count == 1 ? u"Likewise, 1 more clip"_s : u"Likewise, %1 more clips"_s.arg(count));
  setVisible(count > 0);
}

}  // namespace fw
