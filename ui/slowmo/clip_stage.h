#pragma once
#include <QWidget>

#include "core/slowmo/job.h"
#include "ui/slowmo/clip_marks.h"

class QBoxLayout;
class QLabel;
class QStackedWidget;
class QToolButton;

namespace fw {

class AdaptPanel;
class ClipTimeline;
class InsideView;
class Player;
class PreviewPanel;
class ResultView;
class Segments;
class SelfCheckPanel;

/// The open clip: played, previewed, looked into, checked, and as it is made, above one timeline for all of
/// these.
class ClipStage : public QWidget {
  Q_OBJECT
 public:
  enum View { Clip, Preview, Inside, Check, Adapt, Result };

  explicit ClipStage(QWidget* parent = nullptr);

  void showClip(const SlowmoRequest& clip, const VideoInfo& info);
  void closeClip();  ///< jobs can still be watched
  bool hasClip() const { return !clip_.sources.empty(); }
  void setRequest(const SlowmoRequest& request);  ///< what preview and the look inside go by
  void showView(View view);
  View view() const;

  const ClipMarks& marks() const { return marks_; }
  void setMarks(const ClipMarks& marks);
  void addCutHere();
  void trimHere(bool in);
  void jumpToWorst();
  void giveEngine(const std::string& engine);  ///< to the part between the trim marks

  Player* player() const { return player_; }
  ClipTimeline* timeline() const { return timeline_; }
  PreviewPanel* preview() const { return preview_; }
  InsideView* inside() const { return inside_; }
  SelfCheckPanel* check() const { return check_; }
  AdaptPanel* adapt() const { return adapt_; }
  ResultView* result() const { return result_; }

 Q_SIGNALS:
  void marksEdited();  ///< by the person: what would be made is another thing now
  void closeRequested();
  void failed(const QString& message);

 protected:
  void keyPressEvent(QKeyEvent*) override;
  void resizeEvent(QResizeEvent*) override;
  void showEvent(QShowEvent*) override;

 private:
  void showTimeline();
  QWidget* buildHead();
  QWidget* buildTools();
  void arrangeHead();
  void connectTimeline();
  void updateViews();
  void goTo(double seconds);
  void edit(const std::function<void(ClipMarks&)>& change);

  SlowmoRequest clip_, request_;
  VideoInfo info_;
  ClipMarks marks_;
  double frame_ = 1.0 / 25;  ///< seconds of one frame
  double here_ = 0;          ///< where the person is: a preview begins there, however it is played
  QBoxLayout *head_ = nullptr, *names_ = nullptr;
  QLabel* title_;
  QLabel* facts_;
  QToolButton* close_;
  Segments* views_;
  QStackedWidget* stack_;
  ClipTimeline* timeline_;
  Player* player_;
  PreviewPanel* preview_;
  InsideView* inside_;
  SelfCheckPanel* check_;
  AdaptPanel* adapt_;
  ResultView* result_;
  QToolButton* worst_ = nullptr;
};

}  // namespace fw
