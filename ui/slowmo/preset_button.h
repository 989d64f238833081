#pragma once
#include <QToolButton>

#include "core/slowmo/job.h"

namespace fw {

/// The presets by name: those that come with the program and the person's own.
class PresetButton : public QToolButton {
  Q_OBJECT
 public:
  explicit PresetButton(QWidget* parent = nullptr);

  void showMatching(const Settings& settings);  ///< names the preset these settings are, if any
  bool has(const QString& name) const;          ///< among those the person keeps
  void save(const QString& name);               ///< the settings shown last, under this name

 Q_SIGNALS:
  void chosen(const nlohmann::json& settings);
  void failed(const QString& message);
  void saveRequested();  ///< ask for a name, then save()

 private:
  void fillMenu();
  void readOwn();
  Settings shown_;
  std::vector<SlowmoPreset> own_;  ///< as they were when last looked for
};

}  // namespace fw
