#include "ui/widgets/drop_zone.h"

#include <QDir>
#include <QDragEnterEvent>
#include <QFileDialog>
#include <QKeyEvent>
#include <QLabel>
#include <QMimeData>
#include <QMouseEvent>
#include <QPushButton>
#include <QRegularExpression>
#include <QSettings>
#include <QStyle>
#include <QUrl>
#include <QVBoxLayout>
#include <algorithm>

#include "ui/theme.h"

namespace fw {

using namespace Qt::StringLiterals;

QStringList localFiles(const QMimeData* data) {
  QStringList files;
  for (const QUrl& url : data->urls())
    if (url.isLocalFile()) files << url.toLocalFile();
  return files;
}

DropZone::DropZone(const QString& iconName, const QString& title, const QString& hint, const QString& filter,
                   QWidget* parent)
    : QFrame(parent),
      iconName_(iconName),
      filter_(filter),
      picture_(new QLabel),
      title_(label(title, TextRole::Title)),
      hint_(label(hint, TextRole::Body, true)),
      button_(new QPushButton(u"Choose files…"_s)) {
  setObjectName(u"dropZone"_s);
  setAcceptDrops(true);
  setFocusPolicy(Qt::StrongFocus);
  setCursor(Qt::PointingHandCursor);
  button_->setCursor(Qt::ArrowCursor);
  for (QLabel* text : {title_, hint_}) {
    text->setAlignment(Qt::AlignCenter);
    text->setTextInteractionFlags(Qt::NoTextInteraction);
    text->setWordWrap(true);
  }
  picture_->setAlignment(Qt::AlignCenter);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(3 * kGrid, 3 * kGrid, 3 * kGrid, 3 * kGrid);
  layout->setSpacing(kGrid);
  layout->addStretch();
  layout->addWidget(picture_);
  layout->addWidget(title_);
  layout->addWidget(hint_);
  layout->addSpacing(kGrid);
  layout->addWidget(button_, 0, Qt::AlignHCenter);
  layout->addStretch();
  connect(button_, &QPushButton::clicked, this, &DropZone::choose);
  paintIcon();
}

void DropZone::setTitle(const QString& title) { title_->setText(title); }
void DropZone::setHint(const QString& hint) { hint_->setText(hint); }

void DropZone::setCompact(bool compact) {
  iconSize_ = compact ? 24 : 48;
  title_->setFont(fontOf(compact ? TextRole::Heading : TextRole::Title));
  const int margin = compact ? kGrid : 3 * kGrid;
  layout()->setContentsMargins(margin, margin, margin, margin);
  layout()->setSpacing(compact ? kGrid / 2 : kGrid);
  paintIcon();
}

void DropZone::choose() {
  QSettings settings;
  const QString key = u"folders/"_s + iconName_;
  const QStringList files =
      QFileDialog::getOpenFileNames(this, title_->text(), settings.value(key).toString(), filter_);
  if (files.isEmpty()) return;
  settings.setValue(key, QFileInfo(files.first()).absolutePath());
  Q_EMIT filesChosen(files);
}

bool DropZone::takes(const QStringList& files) const {
  static const QRegularExpression inBrackets(u"\\(([^)]*)\\)"_s);
  const QString patterns = inBrackets.match(filter_).captured(1);
  return !files.isEmpty() && std::all_of(files.begin(), files.end(), [&](const QString& file) {
    const QFileInfo info(file);
    return info.isDir() || patterns.isEmpty() || QDir::match(patterns.split(u' '), info.fileName());
  });
}

void DropZone::dragEnterEvent(QDragEnterEvent* event) {
  if (!takes(localFiles(event->mimeData()))) return event->ignore();  // the window may know where it belongs
  event->acceptProposedAction();
  setHot(true);
}

void DropZone::dragLeaveEvent(QDragLeaveEvent*) { setHot(false); }

void DropZone::dropEvent(QDropEvent* event) {
  setHot(false);
  event->acceptProposedAction();
  Q_EMIT filesChosen(localFiles(event->mimeData()));
}

void DropZone::mouseReleaseEvent(QMouseEvent* event) {
  if (event->button() == Qt::LeftButton && rect().contains(event->position().toPoint())) choose();
}

void DropZone::keyPressEvent(QKeyEvent* event) {
  if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Space) return choose();
  QFrame::keyPressEvent(event);
}

void DropZone::changeEvent(QEvent* event) {
  if (event->type() == QEvent::PaletteChange) paintIcon();
  QFrame::changeEvent(event);
}

void DropZone::setHot(bool hot) {
  setProperty("hot", hot);
  style()->unpolish(this);
  style()->polish(this);
}

void DropZone::paintIcon() {
  picture_->setPixmap(iconPixmap(iconName_, iconSize_, coloursOf(palette()).accent, devicePixelRatioF()));
}

}  // namespace fw
