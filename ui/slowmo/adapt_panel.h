#pragma once
#include <QWidget>

#include "core/experiments/clip_adaptation.h"
#include "core/slowmo/job.h"
#include "ui/slowmo/latest_task.h"
#include "ui/work/mailbox.h"

class QLabel;
class QPushButton;
class QSpinBox;

namespace fw {

class CompareView;
class LossPlot;

/// Teaches the engine swift the open clip: how much better it gets on frames held back, live, and one of them
/// before and after. What does not help is never used.
class AdaptPanel : public QWidget {
  Q_OBJECT
 public:
  explicit AdaptPanel(QWidget* parent = nullptr);

  void setClip(const SlowmoRequest& clip);  ///< another clip: what was learned of the one before goes away
  void adapt();
  void stop();
  bool adapting() const { return task_.running(); }
  /// For swift's setting "weights"; empty while nothing better than the bundled ones is known for this clip.
  const std::filesystem::path& weights() const { return weights_; }
  QPushButton* adaptButton() const { return adapt_; }

 Q_SIGNALS:
  void adapted();  ///< there are better weights now, or none any more
  void failed(const QString& message);

 private:
  struct News;
  class Watcher;
  void take(const News& news);
  void showEnd();
  void lookForEarlier();
  void use(const AdaptedClip& learned);
  void forget();

  SlowmoRequest clip_;
  std::vector<std::filesystem::path> taught_;  ///< the clip that it learns from, or did last
  std::filesystem::path weights_;
  std::shared_ptr<Mailbox<News>> mailbox_;
  std::shared_ptr<AdaptedClip> coming_;
  AdaptedClip earlier_;
  TrainControl control_;
  double before_ = 0, best_ = 0;
  cv::Mat untaught_;  ///< the frame as it was before
  QLabel* words_;
  QSpinBox* minutes_;
  QPushButton* adapt_;
  QPushButton* forget_;
  QPushButton* useEarlier_;  ///< what another session learned of this clip
  LossPlot* plot_;
  CompareView* compare_;
  LatestTask looking_;
  Task task_;  ///< last: its thread uses what stands above
};

}  // namespace fw
