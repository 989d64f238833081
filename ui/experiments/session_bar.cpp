#include "ui/experiments/session_bar.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QScrollArea>
#include <QScrollBar>
#include <QToolButton>
#include <QWheelEvent>

#include "ui/experiments/training_queue.h"
#include "ui/theme.h"

namespace fw {

using namespace Qt::StringLiterals;

SessionBar::SessionBar(TrainingQueue* queue, QWidget* parent) : QFrame(parent), queue_(queue) {
  setObjectName(u"sessionBar"_s);
  auto* content = new QWidget;
  content->setObjectName(u"page"_s);
  row_ = new QHBoxLayout(content);
  row_->setContentsMargins(0, 0, 0, 0);
  row_->setSpacing(kGrid);
  auto* scroll = scroll_ = new QScrollArea;
  scroll->viewport()->installEventFilter(this);
  scroll->setWidget(content);
  scroll->setWidgetResizable(true);
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  scroll->setFixedHeight(5 * kGrid);
  auto* clear = new QPushButton(u"Clear ended"_s);
  clear->setProperty("link", true);
  clear->setToolTip(u"Take the runs that are done off this row; they stay under Runs"_s);
  auto* caption = label(u"This session"_s, TextRole::Small, true);
  caption->setWordWrap(false);
  auto* layout = new QHBoxLayout(this);
  layout->setContentsMargins(2 * kGrid, kGrid / 2, 2 * kGrid, kGrid / 2);
  layout->setSpacing(kGrid * 3 / 2);
  layout->addWidget(caption);
  layout->addWidget(scroll, 1);
  layout->addWidget(clear);
  connect(clear, &QPushButton::clicked, this, [this] {
    for (Training* training : queue_->all())
      if (training->ended() && training != current_) queue_->remove(training);
  });
  connect(queue_, &TrainingQueue::listChanged, this, &SessionBar::rebuild);
  rebuild();
}

void SessionBar::setCurrent(Training* training) {
  current_ = training;
  for (const auto& [each, button] : buttons_) button->setChecked(each == training);
  showCurrent();
}

// A button just made has its place only after this turn of the event loop.
void SessionBar::showCurrent() {
  QMetaObject::invokeMethod(
      this,
      [this] {
        const auto found = buttons_.find(current_);
        if (found == buttons_.end()) return;
        row_->activate();
        scroll_->ensureWidgetVisible(found->second, 2 * kGrid, 0);
      },
      Qt::QueuedConnection);
}

bool SessionBar::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() != QEvent::Wheel) return QFrame::eventFilter(watched, event);
  const auto* wheel = static_cast<QWheelEvent*>(event);
  auto* bar = scroll_->horizontalScrollBar();
  bar->setValue(bar->value() - wheel->angleDelta().y() - wheel->angleDelta().x());
  return true;
}

void SessionBar::rebuild() {
  while (auto* item = row_->takeAt(0)) {
    delete item->widget();
    delete item;
  }
  buttons_.clear();
  for (Training* training : queue_->all()) {
    auto* button = new QToolButton;
    button->setCheckable(true);
    button->setChecked(training == current_);
    button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    button->setFont(fontOf(TextRole::Small));
    buttons_[training] = button;
    row_->addWidget(button);
    connect(button, &QToolButton::clicked, this, [this, training] { Q_EMIT chosen(training); });
    connect(training, &Training::progressed, button, [this, training] { write(training); });
    connect(training, &Training::stateChanged, button, [this, training] { write(training); });
    write(training);
  }
  row_->addStretch();
  showCurrent();
  setVisible(!buttons_.empty());
}

void SessionBar::write(Training* training) {
  const auto found = buttons_.find(training);
  if (found == buttons_.end()) return;
  const RunState state = training->state();
  const auto wanted = training->request().steps;
  const QString progress = state == RunState::Running && wanted > 0
                               ? u"%1 %"_s.arg(training->step() * 100 / wanted)
                               : stateText(state);
  const QString title = training->shortTitle();
  // What is done says so by its icon: the row has room for more runs.
  found->second->setText(training->ended() ? title : u"%1 · %2"_s.arg(title, progress));
  found->second->setToolTip(u"%1: %2. Click to show it."_s.arg(training->title(), progress));
  found->second->setIcon(icon(state == RunState::Running    ? u"play"_s
                              : state == RunState::Paused   ? u"pause"_s
                              : state == RunState::Queued   ? u"queue"_s
                              : state == RunState::Finished ? u"check"_s
                              : state == RunState::Failed   ? u"warning"_s
                                                            : u"stop"_s));
}

}  // namespace fw
