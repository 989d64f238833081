#pragma once
#include <QString>

class QWidget;

namespace fw {

/// Asks where to save, first in the folder that was last chosen for this `purpose`, and remembers it. Empty
/// when the person changed their mind.
QString askWhereToSave(QWidget* parent, const QString& purpose, const QString& title, const QString& name,
                       const QString& filter);

/// What is said afterwards.
QString savedText(const QString& file);

}  // namespace fw
