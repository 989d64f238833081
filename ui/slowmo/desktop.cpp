#include "ui/slowmo/desktop.h"

#include <QApplication>
#include <QDBusConnection>
#include <QDBusMessage>
#include <QDBusPendingCallWatcher>
#include <QDBusPendingReply>
#include <QDBusUnixFileDescriptor>
#include <QDesktopServices>
#include <QFileInfo>
#include <QPointer>
#include <QUrl>
#include <QVariantMap>
#include <QWidget>

namespace fw {

using namespace Qt::StringLiterals;

/// logind lets go when the descriptor is closed: also when the program dies.
struct SleepGuard::Lock {
  QDBusUnixFileDescriptor descriptor;
};

SleepGuard::SleepGuard(QObject* parent) : QObject(parent) {}
SleepGuard::~SleepGuard() = default;

void SleepGuard::hold() {
  if (lock_) return;
  lock_ = std::make_shared<Lock>();
  const auto bus = QDBusConnection::systemBus();
  if (!bus.isConnected()) return;
  auto call = QDBusMessage::createMethodCall(u"org.freedesktop.login1"_s, u"/org/freedesktop/login1"_s,
                                             u"org.freedesktop.login1.Manager"_s, u"Inhibit"_s);
  call << u"sleep:idle"_s << QApplication::applicationDisplayName() << u"A video is being made"_s
       << u"block"_s;
  auto* watcher = new QDBusPendingCallWatcher(bus.asyncCall(call), this);
  connect(watcher, &QDBusPendingCallWatcher::finished, this,
          [lock = std::weak_ptr<Lock>(lock_)](QDBusPendingCallWatcher* finished) {
            const QDBusPendingReply<QDBusUnixFileDescriptor> reply = *finished;
            if (const auto held = lock.lock(); held && reply.isValid()) held->descriptor = reply.value();
            finished->deleteLater();
          });
}

void SleepGuard::release() { lock_.reset(); }

void notifyDesktop(QWidget* window, const QString& title, const QString& text) {
  const QPointer<QWidget> target(window);
  const auto alert = [target] {
    if (target) QApplication::alert(target->window());
  };
  const auto bus = QDBusConnection::sessionBus();
  if (!bus.isConnected()) return alert();
  auto call =
      QDBusMessage::createMethodCall(u"org.freedesktop.Notifications"_s, u"/org/freedesktop/Notifications"_s,
                                     u"org.freedesktop.Notifications"_s, u"Notify"_s);
  call << QApplication::applicationDisplayName() << 0U << u"framewright"_s << title << text << QStringList()
       << QVariantMap() << -1;
  auto* watcher = new QDBusPendingCallWatcher(bus.asyncCall(call), qApp);
  QObject::connect(watcher, &QDBusPendingCallWatcher::finished, qApp,
                   [alert](QDBusPendingCallWatcher* finished) {
                     if (finished->isError()) alert();
                     finished->deleteLater();
                   });
}

void suspendComputer() {
  const auto bus = QDBusConnection::systemBus();
  if (!bus.isConnected()) return;
  auto call = QDBusMessage::createMethodCall(u"org.freedesktop.login1"_s, u"/org/freedesktop/login1"_s,
                                             u"org.freedesktop.login1.Manager"_s, u"Suspend"_s);
  call << false;
  bus.send(call);
}

void showInFolder(const QString& file) {
  const QString folder = QFileInfo(file).absolutePath();
  const auto openFolder = [folder] { QDesktopServices::openUrl(QUrl::fromLocalFile(folder)); };
  const auto bus = QDBusConnection::sessionBus();
  if (!bus.isConnected()) return openFolder();
  auto call =
      QDBusMessage::createMethodCall(u"org.freedesktop.FileManager1"_s, u"/org/freedesktop/FileManager1"_s,
                                     u"org.freedesktop.FileManager1"_s, u"ShowItems"_s);
  call << QStringList{QUrl::fromLocalFile(file).toString()} << QString();
  auto* watcher = new QDBusPendingCallWatcher(bus.asyncCall(call), qApp);
  QObject::connect(watcher, &QDBusPendingCallWatcher::finished, qApp,
                   [openFolder](QDBusPendingCallWatcher* finished) {
                     if (finished->isError()) openFolder();
                     finished->deleteLater();
                   });
}

}  // namespace fw
