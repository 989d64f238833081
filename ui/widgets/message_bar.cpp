#include "ui/widgets/message_bar.h"

#include <QApplication>
#include <QClipboard>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QPushButton>
#include <QStyle>
#include <QToolButton>

#include "ui/theme.h"

namespace fw {

using namespace Qt::StringLiterals;

MessageBar::MessageBar(QWidget* parent)
    : QFrame(parent), icon_(new QLabel), text_(label({})), action_(new QPushButton), copy_(new QToolButton) {
  setObjectName(u"messageBar"_s);
  text_->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
  copy_->setIcon(icon(u"copy"_s));
  copy_->setToolTip(u"Copy this text"_s);
  copy_->setProperty("flat", true);
  auto* close = new QToolButton;
  close->setIcon(icon(u"close"_s));
  close->setToolTip(u"Close (Esc)"_s);
  close->setProperty("flat", true);
  auto* layout = new QHBoxLayout(this);
  layout->setContentsMargins(kGrid * 3 / 2, kGrid / 2, kGrid / 2, kGrid / 2);
  layout->setSpacing(kGrid);
  layout->addWidget(icon_);
  layout->addWidget(text_, 1);
  layout->addWidget(action_);
  layout->addWidget(copy_);
  layout->addWidget(close);
  connect(close, &QToolButton::clicked, this, &MessageBar::dismiss);
  connect(copy_, &QToolButton::clicked, this, [this] { QApplication::clipboard()->setText(text_->text()); });
  connect(action_, &QPushButton::clicked, this, [this] {
    const auto act = std::exchange(act_, nullptr);
    hide();
    if (act) act();
  });
  action_->hide();
  hide();
}

void MessageBar::say(MessageKind kind, const QString& text) { ask(kind, text, {}, nullptr); }

void MessageBar::ask(MessageKind kind, const QString& text, const QString& action, std::function<void()> act,
                     bool dangerous) {
  kind_ = kind;
  act_ = std::move(act);
  text_->setText(text);
  action_->setText(action);
  action_->setVisible(!action.isEmpty());
  action_->setProperty("danger", dangerous);
  copy_->setVisible(kind == MessageKind::Error || kind == MessageKind::Warning);
  setProperty("kind", kind == MessageKind::Error     ? u"error"_s
                      : kind == MessageKind::Warning ? u"warning"_s
                      : kind == MessageKind::Good    ? u"good"_s
                                                     : u"info"_s);
  for (QWidget* widget : {static_cast<QWidget*>(this), static_cast<QWidget*>(action_)}) {
    style()->unpolish(widget);
    style()->polish(widget);
  }
  paintIcon();
  show();
  if (!action.isEmpty()) action_->setFocus();
}

void MessageBar::dismiss() {
  act_ = nullptr;
  hide();
  Q_EMIT dismissed();
}

QString MessageBar::text() const { return text_->text(); }

void MessageBar::changeEvent(QEvent* event) {
  if (event->type() == QEvent::PaletteChange) paintIcon();
  QFrame::changeEvent(event);
}

void MessageBar::keyPressEvent(QKeyEvent* event) {
  if (event->key() == Qt::Key_Escape) return dismiss();
  QFrame::keyPressEvent(event);
}

void MessageBar::paintIcon() {
  const auto& colours = coloursOf(palette());
  const auto [name, colour] = kind_ == MessageKind::Error     ? std::pair(u"error"_s, colours.bad)
                              : kind_ == MessageKind::Warning ? std::pair(u"warning"_s, colours.warning)
                              : kind_ == MessageKind::Good    ? std::pair(u"check"_s, colours.good)
                                                              : std::pair(u"info"_s, colours.accent);
  icon_->setPixmap(iconPixmap(name, 20, colour, devicePixelRatioF()));
}

}  // namespace fw
