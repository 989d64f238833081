#include "ui/close_guard.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QTimer>
#include <QVBoxLayout>
#include <chrono>

#include "ui/theme.h"

namespace fw {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

CloseGuard::CloseGuard(const QString& what, std::function<bool()> working, QWidget* parent)
    : QDialog(parent),
      working_(std::move(working)),
      text_(label(
          u"%1 still running. Closing stops that; all that is done is kept, and you can go on with it next "
          u"time."_s.arg(what),
          TextRole::Body, true)),
      stop_(new QPushButton(u"Stop and keep"_s)),
      cancel_(new QPushButton(u"Cancel"_s)),
      look_(new QTimer(this)) {
  setWindowTitle(u"Close Framewright?"_s);
  setWindowModality(Qt::WindowModal);
  setAttribute(Qt::WA_DeleteOnClose);
  stop_->setProperty("primary", true);
  auto* buttons = new QHBoxLayout;
  buttons->setSpacing(kGrid);
  buttons->addStretch();
  buttons->addWidget(cancel_);
  buttons->addWidget(stop_);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(3 * kGrid, 3 * kGrid, 3 * kGrid, 2 * kGrid);
  layout->setSpacing(kGrid * 3 / 2);
  layout->addWidget(label(u"Close Framewright?"_s, TextRole::Title));
  layout->addWidget(text_);
  layout->addSpacing(kGrid);
  layout->addLayout(buttons);
  text_->setMinimumWidth(52 * kGrid);
  stop_->setDefault(true);
  connect(cancel_, &QPushButton::clicked, this, &QDialog::reject);
  connect(stop_, &QPushButton::clicked, this, [this] {
    stop_->setEnabled(false);
    text_->setText(u"Stopping, and keeping what is done …"_s);
    Q_EMIT stopChosen();
    look_->start();
  });
  look_->setInterval(50ms);
  connect(look_, &QTimer::timeout, this, [this] {
    if (working_()) return;
    look_->stop();
    accept();
    Q_EMIT stopped();
  });
}

}  // namespace fw
