#include "ui/theme.h"

#include <QApplication>
#include <QDBusConnection>
#include <QDBusMessage>
#include <QDBusPendingCallWatcher>
#include <QDBusPendingReply>
#include <QDBusVariant>
#include <QFile>
#include <QFontDatabase>
#include <QIconEngine>
#include <QLabel>
#include <QPainter>
#include <QSettings>
#include <QStyle>
#include <QStyleFactory>
#include <QSvgRenderer>
#if QT_VERSION >= QT_VERSION_CHECK(6, 5, 0)
#include <QStyleHints>
#endif
#include <map>
#include <optional>

// A macro that must stand outside every namespace: the linker drops resources of a library nobody asks for.
static void initResources() { Q_INIT_RESOURCE(resources); }

namespace fw {
namespace {

using namespace Qt::StringLiterals;

const Colours& lightColours() {
  static const Colours colours{
      .window = QColor(0xF4F5F8),
      .surface = QColor(0xFFFFFF),
      .raised = QColor(0xF0F2F6),
      .canvas = QColor(0xE9ECF1),
      .border = QColor(0xDFE3EA),
      .strongBorder = QColor(0xC3CAD5),
      .text = QColor(0x1B2330),
      .muted = QColor(0x5D6879),
      .accent = QColor(0x3A5CD8),
      .accentSoft = QColor(0xE4E9FB),
      .onAccent = QColor(0xFFFFFF),
      .good = QColor(0x1F8A5B),
      .warning = QColor(0xA86200),
      .bad = QColor(0xC8313F),
      .series = {QColor(0x3A5CD8), QColor(0xDB6B1D), QColor(0x1F8A5B), QColor(0x8B46C4), QColor(0xC8313F),
                 QColor(0x0E8FA3), QColor(0xA8810A), QColor(0xBE2B86)}};
  return colours;
}

const Colours& darkColours() {
  static const Colours colours{
      .window = QColor(0x15171C),
      .surface = QColor(0x1C1F26),
      .raised = QColor(0x252932),
      .canvas = QColor(0x101216),
      .border = QColor(0x2E333E),
      .strongBorder = QColor(0x4A5261),
      .text = QColor(0xE6E9EF),
      .muted = QColor(0x9AA4B5),
      .accent = QColor(0x7B97FF),
      .accentSoft = QColor(0x28335A),
      .onAccent = QColor(0x0E1322),
      .good = QColor(0x4CC38A),
      .warning = QColor(0xF0B44C),
      .bad = QColor(0xFF6B74),
      .series = {QColor(0x7B97FF), QColor(0xFF9A57), QColor(0x4CC38A), QColor(0xBF8AF0), QColor(0xFF6B74),
                 QColor(0x3CC7DA), QColor(0xE0BC4A), QColor(0xF07CC0)}};
  return colours;
}

QPalette paletteFor(const Colours& c) {
  QPalette palette(c.surface, c.window);
  palette.setColor(QPalette::Window, c.window);
  palette.setColor(QPalette::WindowText, c.text);
  palette.setColor(QPalette::Base, c.surface);
  palette.setColor(QPalette::AlternateBase, c.raised);
  palette.setColor(QPalette::Text, c.text);
  palette.setColor(QPalette::PlaceholderText, c.muted);
  palette.setColor(QPalette::Button, c.raised);
  palette.setColor(QPalette::ButtonText, c.text);
  palette.setColor(QPalette::BrightText, c.bad);
  palette.setColor(QPalette::ToolTipBase, c.raised);
  palette.setColor(QPalette::ToolTipText, c.text);
  palette.setColor(QPalette::Highlight, c.accent);
  palette.setColor(QPalette::HighlightedText, c.onAccent);
  palette.setColor(QPalette::Link, c.accent);
  palette.setColor(QPalette::LinkVisited, c.accent);
  palette.setColor(QPalette::Light, c.raised);
  palette.setColor(QPalette::Midlight, c.raised);
  palette.setColor(QPalette::Mid, c.border);
  palette.setColor(QPalette::Dark, c.strongBorder);
  palette.setColor(QPalette::Shadow, c.border);
  QColor faint = c.muted;
  faint.setAlpha(140);
  for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
    palette.setColor(QPalette::Disabled, role, faint);
  return palette;
}

/// The sheet names colours as @text, @border …: one sheet for both kinds.
QString styleSheetFor(const Colours& c) {
  QFile file(u":/style.qss"_s);
  if (!file.open(QIODevice::ReadOnly)) return {};
  QString sheet = QString::fromUtf8(file.readAll());
  const std::pair<QString, QColor> names[] = {{u"@strongBorder"_s, c.strongBorder},
                                              {u"@accentSoft"_s, c.accentSoft},
                                              {u"@onAccent"_s, c.onAccent},
                                              {u"@window"_s, c.window},
                                              {u"@surface"_s, c.surface},
                                              {u"@raised"_s, c.raised},
                                              {u"@canvas"_s, c.canvas},
                                              {u"@border"_s, c.border},
                                              {u"@text"_s, c.text},
                                              {u"@muted"_s, c.muted},
                                              {u"@accent"_s, c.accent},
                                              {u"@good"_s, c.good},
                                              {u"@warning"_s, c.warning},
                                              {u"@bad"_s, c.bad}};
  for (const auto& [name, colour] : names) sheet.replace(name, colour.name());
  return sheet.replace(u"@kind"_s, &c == &darkColours() ? u"dark"_s : u"light"_s);
}

/// Of the desktop, taken before our own palette hides it; the portal's word comes later and wins.
std::optional<bool>& desktopIsDark() {
  static std::optional<bool> dark;
  return dark;
}

bool systemWantsDark() {
#if QT_VERSION >= QT_VERSION_CHECK(6, 5, 0)
  if (QGuiApplication::styleHints()->colorScheme() != Qt::ColorScheme::Unknown)
    return QGuiApplication::styleHints()->colorScheme() == Qt::ColorScheme::Dark;
#endif
  return desktopIsDark().value_or(false);
}

/// org.freedesktop.appearance color-scheme: 0 no preference, 1 dark, 2 light. Qt 6.4 does not ask for it.
class PortalListener : public QObject {
  Q_OBJECT
 public:
  explicit PortalListener(QObject* parent) : QObject(parent) {
    auto bus = QDBusConnection::sessionBus();
    if (!bus.isConnected()) return;
    const QString service = u"org.freedesktop.portal.Desktop"_s, path = u"/org/freedesktop/portal/desktop"_s,
                  interface = u"org.freedesktop.portal.Settings"_s;
    bus.connect(service, path, interface, u"SettingChanged"_s, this,
                SLOT(changed(QString, QString, QDBusVariant)));
    auto ask = QDBusMessage::createMethodCall(service, path, interface, u"Read"_s);
    ask << u"org.freedesktop.appearance"_s << u"color-scheme"_s;
    auto* watcher = new QDBusPendingCallWatcher(bus.asyncCall(ask, 2000), this);
    connect(watcher, &QDBusPendingCallWatcher::finished, this, [this](QDBusPendingCallWatcher* call) {
      const QDBusPendingReply<QDBusVariant> reply = *call;
      if (reply.isValid()) take(reply.value());
      call->deleteLater();
    });
  }

 private Q_SLOTS:
  void changed(const QString& space, const QString& key, const QDBusVariant& value) {
    if (space == u"org.freedesktop.appearance"_s && key == u"color-scheme"_s) take(value);
  }

 private:
  void take(const QDBusVariant& value) {
    QVariant inner = value.variant();
    if (inner.canConvert<QDBusVariant>()) inner = inner.value<QDBusVariant>().variant();
    if (inner.toUInt() == 0) return;
    desktopIsDark() = inner.toUInt() == 1;
    if (savedTheme() == ThemeChoice::System) applyTheme(ThemeChoice::System);
  }
};

/// Draws an SVG in the palette's colours when it is painted, so that icons follow a change of theme.
class ThemedIconEngine : public QIconEngine {
 public:
  explicit ThemedIconEngine(QString name, bool onAccent = false)
      : name_(std::move(name)), onAccent_(onAccent) {}

  void paint(QPainter* painter, const QRect& rect, QIcon::Mode mode, QIcon::State state) override {
    const auto& colours = coloursOf(QApplication::palette());
    QColor colour = onAccent_ ? colours.onAccent : state == QIcon::On ? colours.accent : colours.text;
    if (mode == QIcon::Disabled) colour = colours.strongBorder;
    const double ratio = painter->device() ? painter->device()->devicePixelRatioF() : 1.0;
    const int size = std::min(rect.width(), rect.height());
    const QPixmap picture = iconPixmap(name_, size, colour, ratio);
    painter->drawPixmap(
        QPointF(rect.x() + (rect.width() - size) / 2.0, rect.y() + (rect.height() - size) / 2.0), picture);
  }
  QPixmap pixmap(const QSize& size, QIcon::Mode mode, QIcon::State state) override {
    QPixmap picture(size);
    picture.fill(Qt::transparent);
    QPainter painter(&picture);
    paint(&painter, QRect(QPoint(), size), mode, state);
    return picture;
  }
  QIconEngine* clone() const override { return new ThemedIconEngine(name_, onAccent_); }

 private:
  QString name_;
  bool onAccent_;
};

}  // namespace

bool isDark(const QPalette& palette) { return palette.color(QPalette::Window).lightness() < 128; }

const Colours& coloursOf(const QPalette& palette) { return isDark(palette) ? darkColours() : lightColours(); }

void applyTheme(ThemeChoice choice) {
  if (!desktopIsDark()) {
    initResources();
    desktopIsDark() = isDark(QApplication::palette());
    QApplication::setStyle(QStyleFactory::create(u"Fusion"_s));
    QFont font = QApplication::font();
    for (const auto* family : {"Inter", "Inter Variable", "Cantarell", "Noto Sans"})
      if (QFontDatabase::hasFamily(QString::fromLatin1(family))) {
        // Only where the desktop has no opinion of its own does Qt fall back to these.
        if (font.family() == u"Sans Serif"_s || font.family() == u"DejaVu Sans"_s)
          font.setFamily(QString::fromLatin1(family));
        break;
      }
    font.setPixelSize(13);
    QApplication::setFont(font);
  }
  const bool dark = choice == ThemeChoice::Dark || (choice == ThemeChoice::System && systemWantsDark());
  const Colours& colours = dark ? darkColours() : lightColours();
  QApplication::setPalette(paletteFor(colours));
  qApp->setStyleSheet(styleSheetFor(colours));
}

ThemeChoice savedTheme() {
  const QString saved = QSettings().value(u"theme"_s).toString();
  return saved == u"light"_s  ? ThemeChoice::Light
         : saved == u"dark"_s ? ThemeChoice::Dark
                              : ThemeChoice::System;
}

void saveTheme(ThemeChoice choice) {
  QSettings().setValue(u"theme"_s, choice == ThemeChoice::Light  ? u"light"_s
                                   : choice == ThemeChoice::Dark ? u"dark"_s
                                                                 : u"system"_s);
}

void followDesktop() {
#if QT_VERSION >= QT_VERSION_CHECK(6, 5, 0)
  QObject::connect(QGuiApplication::styleHints(), &QStyleHints::colorSchemeChanged, qApp, [] {
    if (savedTheme() == ThemeChoice::System) applyTheme(ThemeChoice::System);
  });
#endif
  new PortalListener(qApp);
}

QPixmap iconPixmap(const QString& name, int size, const QColor& colour, double devicePixelRatio) {
  QSvgRenderer renderer(u":/icons/%1.svg"_s.arg(name));
  QPixmap picture(QSize(size, size) * devicePixelRatio);
  picture.fill(Qt::transparent);
  QPainter painter(&picture);
  renderer.render(&painter);
  painter.setCompositionMode(QPainter::CompositionMode_SourceIn);
  painter.fillRect(picture.rect(), colour);
  painter.end();
  picture.setDevicePixelRatio(devicePixelRatio);
  return picture;
}

QIcon iconOnAccent(const QString& name) { return QIcon(new ThemedIconEngine(name, true)); }

QIcon icon(const QString& name) { return QIcon(new ThemedIconEngine(name)); }

QFont fontOf(TextRole role) {
  QFont font = QApplication::font();
  switch (role) {
    case TextRole::Display:
      font.setPixelSize(26);
      font.setWeight(QFont::DemiBold);
      break;
    case TextRole::Title:
      font.setPixelSize(19);
      font.setWeight(QFont::DemiBold);
      break;
    case TextRole::Heading:
      font.setPixelSize(14);
      font.setWeight(QFont::DemiBold);
      break;
    case TextRole::Body:
      break;
    case TextRole::Small:
      font.setPixelSize(12);
      break;
    case TextRole::Number:
      font.setFamily(QFontDatabase::systemFont(QFontDatabase::FixedFont).family());
      font.setPixelSize(12);
      break;
  }
  return font;
}

QLabel* label(const QString& text, TextRole role, bool muted) {
  auto* made = new QLabel(text);
  made->setFont(fontOf(role));
  made->setWordWrap(role == TextRole::Body || role == TextRole::Small);
  made->setTextInteractionFlags(Qt::TextSelectableByMouse);
  made->setProperty("muted", muted);
  return made;
}

}  // namespace fw

#include "theme.moc"
