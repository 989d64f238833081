#include "ui/widgets/save_file.h"

#include <QFileDialog>
#include <QSettings>
#include <QStandardPaths>

namespace fw {

using namespace Qt::StringLiterals;

QString askWhereToSave(QWidget* parent, const QString& purpose, const QString& title, const QString& name,
                       const QString& filter) {
  QSettings settings;
  const QString key = u"folders/"_s + purpose;
  const QString folder =
      settings.value(key, QStandardPaths::writableLocation(QStandardPaths::DocumentsLocation)).toString();
  const QString file = QFileDialog::getSaveFileName(parent, title, folder + u'/' + name, filter);
  if (!file.isEmpty()) settings.setValue(key, QFileInfo(file).absolutePath());
  return file;
}

QString savedText(const QString& file) { return u"Saved as %1"_s.arg(file); }

}  // namespace fw
