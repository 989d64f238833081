#pragma once
#include <QString>
#include <QStringList>

namespace fw {

/// Shows every page with real content, light and dark, at 1280×800 and 1920×1080, and saves each as a PNG
/// file in `folder`. Works in a store of its own that is removed at the end. Returns the exit status.
int runTour(const QString& folder, const QStringList& clips);

}  // namespace fw
