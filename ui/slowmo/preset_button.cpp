#include "ui/slowmo/preset_button.h"

#include <QMenu>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "ui/theme.h"

namespace fw {
namespace {

using namespace Qt::StringLiterals;

bool same(const Settings& settings, const SlowmoPreset& preset) {
  try {
    return settings == Settings::fromJson(slowmoSchema(), preset.settings);
  } catch (const std::exception&) {
    return false;  // of an older version
  }
}

QString titleOf(const SlowmoPreset& preset) { return QString::fromStdString(preset.title); }

}  // namespace

PresetButton::PresetButton(QWidget* parent) : QToolButton(parent), shown_(slowmoSchema()) {
  setPopupMode(QToolButton::InstantPopup);
  setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
  setIcon(fw::icon(u"down"_s));
  setToolTip(u"Presets: settings by what they are for"_s);
  setProperty("flat", true);
  auto* menu = new QMenu(this);
  menu->setToolTipsVisible(true);
  setMenu(menu);
  connect(menu, &QMenu::aboutToShow, this, &PresetButton::fillMenu);
  readOwn();
}

// Not at every change of a setting: it is a file.
void PresetButton::readOwn() {
  own_ = ownPresets();
  showMatching(shown_);
}

void PresetButton::fillMenu() {
  menu()->clear();
  readOwn();  // the command line keeps some too
  const auto add = [this](const SlowmoPreset& preset) {
    auto* action =
        menu()->addAction(titleOf(preset), this, [this, preset] { Q_EMIT chosen(preset.settings); });
    action->setToolTip(QString::fromStdString(preset.summary));
  };
  for (const auto& preset : slowmoPresets()) add(preset);
  if (!own_.empty()) menu()->addSeparator();
  for (const auto& preset : own_) add(preset);
  menu()->addSeparator();
  menu()->addAction(fw::icon(u"save"_s), u"Save these settings…"_s, this, &PresetButton::saveRequested);
  if (own_.empty()) return;
  auto* forget = menu()->addMenu(fw::icon(u"trash"_s), u"Forget"_s);
  for (const auto& preset : own_)
    forget->addAction(titleOf(preset), this, [this, preset] {
      try {
        forgetPreset(preset.id);
        readOwn();
      } catch (const std::exception& error) {
        Q_EMIT failed(QString::fromUtf8(error.what()));
      }
    });
}

void PresetButton::showMatching(const Settings& settings) {
  shown_ = settings;
  QString name = u"Own settings"_s;
  for (const auto* presets : {&std::as_const(own_), &slowmoPresets()})
    for (const auto& preset : *presets)
      if (same(settings, preset)) name = titleOf(preset);
  setText(name);
}

bool PresetButton::has(const QString& name) const {
  return std::ranges::any_of(own_, [&](const auto& preset) { return titleOf(preset) == name.trimmed(); });
}

void PresetButton::save(const QString& name) {
  if (name.trimmed().isEmpty()) return;
  try {
    keepPreset(name.trimmed().toStdString(), shown_);
  } catch (const std::exception& error) {
    return Q_EMIT failed(QString::fromUtf8(error.what()));
  }
  readOwn();
}

}  // namespace fw
