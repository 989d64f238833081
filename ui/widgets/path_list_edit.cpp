#include "ui/widgets/path_list_edit.h"

#include <QDragEnterEvent>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QListWidget>
#include <QPushButton>
#include <QSettings>
#include <QVBoxLayout>
#include <opencv2/imgproc.hpp>

#include "core/image/views.h"
#include "ui/theme.h"
#include "ui/widgets/drop_zone.h"
#include "ui/widgets/file_filter.h"
#include "ui/widgets/frame_view.h"
#include "ui/work/task.h"

namespace fw {
namespace {

using namespace Qt::StringLiterals;

constexpr int kThumbnail = 48;

/// Fills a square, cut in the middle. Empty where the file is no picture.
QImage thumbnailOf(const QString& file) {
  try {
    const cv::Mat image = readImage(file.toStdString());
    const int side = std::min(image.cols, image.rows);
    cv::Mat small;
    cv::resize(image(cv::Rect((image.cols - side) / 2, (image.rows - side) / 2, side, side)), small,
               {2 * kThumbnail, 2 * kThumbnail}, 0, 0, cv::INTER_AREA);
    return toQImage(small);
  } catch (const std::exception&) {
    return {};
  }
}

}  // namespace

PathListEdit::PathListEdit(QWidget* parent)
    : QWidget(parent),
      list_(new QListWidget),
      hint_(label(u"Drop files here, or add them."_s, TextRole::Small, true)),
      clear_(new QPushButton(u"Clear"_s)),
      task_(new Task(this)) {
  setAcceptDrops(true);
  list_->setViewMode(QListView::IconMode);
  list_->setIconSize({kThumbnail, kThumbnail});
  list_->setGridSize({kThumbnail + kGrid, kThumbnail + kGrid});
  list_->setResizeMode(QListView::Adjust);
  list_->setMovement(QListView::Static);
  list_->setSelectionMode(QAbstractItemView::ExtendedSelection);
  list_->setFixedHeight(2 * (kThumbnail + kGrid) + kGrid);
  list_->setToolTip(u"Delete removes the selected ones"_s);
  list_->installEventFilter(this);
  auto* addFiles = new QPushButton(u"Add…"_s);
  auto* addFolder = new QPushButton(icon(u"open"_s), {});
  addFolder->setToolTip(u"Add a folder of pictures or videos"_s);
  auto* buttons = new QHBoxLayout;
  buttons->setSpacing(kGrid);
  buttons->addWidget(hint_, 1);
  buttons->addWidget(clear_);
  buttons->addWidget(addFolder);
  buttons->addWidget(addFiles);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(kGrid / 2);
  layout->addWidget(list_);
  layout->addLayout(buttons);
  connect(clear_, &QPushButton::clicked, this, [this] {
    setPaths({});
    Q_EMIT changed();
  });
  const auto lastPlace = [] { return QSettings().value(u"folders/own"_s).toString(); };
  const auto take = [this](const QStringList& chosen) {
    if (chosen.isEmpty()) return;
    QSettings().setValue(u"folders/own"_s, QFileInfo(chosen.first()).absolutePath());
    add(chosen);
  };
  connect(addFiles, &QPushButton::clicked, this, [this, lastPlace, take] {
    take(QFileDialog::getOpenFileNames(this, u"Add files"_s, lastPlace(), videosAndPictures()));
  });
  connect(addFolder, &QPushButton::clicked, this, [this, lastPlace, take] {
    const QString folder = QFileDialog::getExistingDirectory(this, u"Add a folder"_s, lastPlace());
    take(folder.isEmpty() ? QStringList() : QStringList(folder));
  });
  connect(task_, &Task::finished, this, [this] {
    if (std::exchange(again_, false)) loadThumbnails();
  });
  rebuild();
}

void PathListEdit::setPaths(const QStringList& paths) {
  if (paths == paths_) return;
  paths_ = paths;
  rebuild();
}

void PathListEdit::add(const QStringList& paths) {
  QStringList all = paths_;
  for (const auto& path : paths)
    if (!all.contains(path)) all << path;
  if (all == paths_) return;
  setPaths(all);
  Q_EMIT changed();
}

void PathListEdit::dragEnterEvent(QDragEnterEvent* event) {
  if (!localFiles(event->mimeData()).isEmpty()) event->acceptProposedAction();
}

void PathListEdit::dropEvent(QDropEvent* event) {
  event->acceptProposedAction();
  add(localFiles(event->mimeData()));
}

bool PathListEdit::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() == QEvent::KeyPress && static_cast<QKeyEvent*>(event)->key() == Qt::Key_Delete) {
    removeSelected();
    return true;
  }
  return QWidget::eventFilter(watched, event);
}

void PathListEdit::rebuild() {
  list_->clear();
  for (const QString& path : paths_) {
    auto* item = new QListWidgetItem(icon(u"images"_s), QString());
    item->setToolTip(path);
    item->setData(Qt::UserRole, path);
    list_->addItem(item);
  }
  list_->setVisible(!paths_.isEmpty());
  clear_->setVisible(!paths_.isEmpty());
  hint_->setText(paths_.isEmpty()     ? u"None: drop files here, or add them."_s
                 : paths_.size() == 1 ? u"1 file"_s
                                      : u"%1 files"_s.arg(paths_.size()));
  loadThumbnails();
}

void PathListEdit::loadThumbnails() {
  if (task_->running()) {
    again_ = true;
    return;
  }
  QStringList missing;
  for (int i = 0; i < list_->count(); ++i)
    if (!list_->item(i)->data(Qt::UserRole + 1).toBool())
      missing << list_->item(i)->data(Qt::UserRole).toString();
  if (missing.isEmpty()) return;
  task_->start([this, missing](std::stop_token stop) {
    for (const QString& path : missing) {
      if (stop.stop_requested()) return;
      const QImage picture = thumbnailOf(path);
      QMetaObject::invokeMethod(this, [this, path, picture] {
        for (int i = 0; i < list_->count(); ++i) {
          auto* item = list_->item(i);
          if (item->data(Qt::UserRole).toString() != path) continue;
          item->setData(Qt::UserRole + 1, true);
          if (!picture.isNull()) item->setIcon(QPixmap::fromImage(picture));
        }
      });
    }
  });
}

void PathListEdit::removeSelected() {
  QStringList kept;
  for (int i = 0; i < list_->count(); ++i)
    if (!list_->item(i)->isSelected()) kept << list_->item(i)->data(Qt::UserRole).toString();
  if (kept == paths_) return;
  setPaths(kept);
  Q_EMIT changed();
}

}  // namespace fw
