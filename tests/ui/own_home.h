#pragma once
#include <QCoreApplication>
#include <QSettings>
#include <QTemporaryDir>

/// A home of the test's own: no test may see or touch what the person running it has stored.
struct OwnHome {
  OwnHome() {
    qputenv("XDG_DATA_HOME", folder.path().toUtf8());
    qputenv("XDG_STATE_HOME", folder.path().toUtf8());
    QCoreApplication::setOrganizationName(QStringLiteral("framewright"));
    QCoreApplication::setApplicationName(QStringLiteral("framewright"));
    QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, folder.path());
  }
  QTemporaryDir folder;
};
