#pragma once
#include <QWidget>

#include "core/slowmo/job.h"
#include "ui/slowmo/latest_task.h"

class QBoxLayout;
class QLabel;
class QLineEdit;
class QPushButton;
class QTimer;

namespace fw {

class BatchList;
class ModeBar;
class ParamForm;
class PresetButton;

/// What is to be made of the clip: preset, mode, engine and the rest, what that comes to, where it goes, and
/// Start.
class MakePanel : public QWidget {
  Q_OBJECT
 public:
  explicit MakePanel(QWidget* parent = nullptr);

  /// The clip that the settings are for.
  void setClip(const SlowmoRequest& clip, const VideoInfo& info);
  void setOthers(const std::vector<SlowmoRequest>& clips);  ///< that are to be made likewise
  void clearClip();
  void setSettings(const nlohmann::json& settings);
  /// The page's part of the request: trim, cuts, ranges. The estimate follows.
  void setMarks(const SlowmoRequest& marked);
  void setOutput(const std::filesystem::path& output);  ///< empty: a name beside the source
  /// A job that waits is being changed, with settings of its own: the person's come back after it.
  void edit(const SlowmoRequest& job);
  void endEditing();

  const Settings& settings() const { return settings_; }
  QString problem() const { return problem_; }
  const std::filesystem::path& output() const { return output_; }
  ModeBar* modeBar() const { return mode_; }
  QPushButton* startButton() const { return start_; }
  void setEngine(const std::string& id);

 Q_SIGNALS:
  void changed();          ///< the settings; what is made from them is out of date
  void analysisChanged();  ///< those that decide on cuts and repeated frames
  void failed(const QString& message);
  void startRequested();
  void previewRequested();
  void otherLeftOut(int index);
  void editingGivenUp();

 private:
  void buildFoot(QBoxLayout* foot);
  void takeMode();
  void takeForm();
  void showForm();
  void orderTabs();
  void settingsChanged();
  void askForEstimate();
  void showEstimate();
  void showEditing();
  bool editing() const { return own_.has_value(); }
  void chooseOutput();

  Settings settings_;
  std::optional<Settings> own_;  // while a job is being changed
  SlowmoRequest clip_;
  std::optional<VideoInfo> info_;
  std::size_t others_ = 0;
  std::filesystem::path output_, suggested_;
  QString problem_;

  PresetButton* presets_;
  QLineEdit* presetName_;
  QString replaces_;  ///< the preset of this name, when Enter comes once more
  BatchList* batch_;
  ModeBar* mode_;
  ParamForm* form_;
  QLabel* estimate_;
  QLabel* notes_;
  QLabel* outputName_;
  QPushButton* elsewhere_;
  QPushButton* start_;
  QPushButton* preview_;
  QPushButton* giveUp_;
  QTimer* soon_;
  LatestTask estimating_;
};

/// "12.4 MB"
QString bytesText(int64_t bytes);

}  // namespace fw
