#include "ui/slowmo/welcome.h"

#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QSettings>
#include <QVBoxLayout>

#include "core/base/paths.h"
#include "ui/theme.h"
#include "ui/widgets/drop_zone.h"
#include "ui/widgets/file_filter.h"

namespace fw {
namespace {

using namespace Qt::StringLiterals;

const QString kRecentKey = u"slowmo/recent"_s;
constexpr qsizetype kMostRecent = 6;
constexpr int kWidth = 760;

QString sampleFile() {
  try {
    return QString::fromStdString(resource("samples/windmill.mp4").string());
  } catch (const std::exception&) {
    return {};  // a package may leave it out
  }
}

}  // namespace

Welcome::Welcome(QWidget* parent) : QWidget(parent), recent_(new QVBoxLayout), recentPart_(new QWidget) {
  auto* zone = new DropZone(
      u"slowmo"_s, u"Drop a video here"_s,
      u"It plays at once. Make it slower or smoother: the frames in between are made on this computer."_s,
      videosAndPictures());
  zone->setMinimumHeight(320);
  auto* folder = new QPushButton(icon(u"images"_s), u"Open a folder of pictures…"_s);
  auto* sample = new QPushButton(icon(u"video"_s), u"Try the sample clip"_s);
  sample->setVisible(!sampleFile().isEmpty());
  auto* others = new QHBoxLayout;
  others->setSpacing(kGrid);
  others->addStretch();
  others->addWidget(folder);
  others->addWidget(sample);
  others->addStretch();

  auto* part = new QVBoxLayout(recentPart_);
  part->setContentsMargins(0, 0, 0, 0);
  part->setSpacing(kGrid / 2);
  part->addWidget(label(u"Opened lately"_s, TextRole::Heading));
  recent_->setSpacing(0);
  part->addLayout(recent_);

  auto* inner = new QWidget;
  inner->setMaximumWidth(kWidth);
  auto* column = new QVBoxLayout(inner);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(2 * kGrid);
  column->addWidget(zone);
  column->addLayout(others);
  column->addWidget(recentPart_);
  auto* middle = new QHBoxLayout;
  middle->addStretch(1);
  middle->addWidget(inner, 8);
  middle->addStretch(1);
  auto* page = new QVBoxLayout(this);
  page->setContentsMargins(3 * kGrid, 3 * kGrid, 3 * kGrid, 3 * kGrid);
  page->addStretch(2);
  page->addLayout(middle);
  page->addStretch(3);

  connect(zone, &DropZone::filesChosen, this, &Welcome::filesChosen);
  connect(sample, &QPushButton::clicked, this, [this] { Q_EMIT filesChosen({sampleFile()}); });
  connect(folder, &QPushButton::clicked, this, [this] {
    const QString chosen =
        QFileDialog::getExistingDirectory(this, u"A folder of pictures, in the order of their names"_s);
    if (!chosen.isEmpty()) Q_EMIT filesChosen({chosen});
  });
  refresh();
}

void Welcome::remember(const QStringList& files) {
  QSettings settings;
  QStringList recent = settings.value(kRecentKey).toStringList();
  for (const QString& file : files.mid(0, kMostRecent)) {
    recent.removeAll(file);
    recent.prepend(file);
  }
  settings.setValue(kRecentKey, QStringList(recent.mid(0, kMostRecent)));
}

void Welcome::refresh() {
  while (auto* item = recent_->takeAt(0)) {
    delete item->widget();
    delete item;
  }
  const QStringList files = QSettings().value(kRecentKey).toStringList();
  recentPart_->setVisible(!files.isEmpty());
  for (const QString& file : files) {
    auto* button = new QPushButton(QFileInfo(file).fileName());
    button->setProperty("link", true);
    button->setToolTip(QDir::toNativeSeparators(file));
    connect(button, &QPushButton::clicked, this, [this, file] { Q_EMIT filesChosen({file}); });
    recent_->addWidget(button, 0, Qt::AlignLeft);
  }
}

}  // namespace fw
