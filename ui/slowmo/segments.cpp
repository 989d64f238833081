#include "ui/slowmo/segments.h"

#include <QAbstractButton>
#include <QButtonGroup>
#include <QHBoxLayout>
#include <QToolButton>

namespace fw {

using namespace Qt::StringLiterals;

Segments::Segments(const QStringList& texts, QWidget* parent)
    : QWidget(parent), buttons_(new QButtonGroup(this)) {
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(0);
  connect(buttons_, &QButtonGroup::idClicked, this, &Segments::chosen);
  setTexts(texts);
}

void Segments::setTexts(const QStringList& texts) {
  QStringList present;
  for (const auto* button : buttons_->buttons()) present << button->text();
  if (texts == present) return;
  const QString chosen = buttons_->checkedButton() ? buttons_->checkedButton()->text() : QString();
  for (auto* button : buttons_->buttons()) delete button;
  for (qsizetype i = 0; i < texts.size(); ++i) {
    auto* button = new QToolButton;
    button->setText(texts[i]);
    button->setCheckable(true);
    button->setChecked(texts[i] == chosen);
    button->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    if (texts.size() > 1)
      button->setProperty("segment", i == 0 ? u"first"_s : i + 1 == texts.size() ? u"last"_s : u"middle"_s);
    buttons_->addButton(button, static_cast<int>(i));
    layout()->addWidget(button);
  }
}

void Segments::setTips(const QStringList& tips) {
  for (qsizetype i = 0; i < tips.size(); ++i)
    if (auto* button = buttons_->button(static_cast<int>(i))) button->setToolTip(tips[i]);
}

int Segments::current() const { return buttons_->checkedId(); }

void Segments::setCurrent(int index) {
  if (auto* button = buttons_->button(index)) button->setChecked(true);
}

void Segments::setAvailable(int index, bool available) {
  if (auto* button = buttons_->button(index)) button->setEnabled(available);
}

}  // namespace fw
