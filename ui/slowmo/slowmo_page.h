#pragma once
#include <QStringList>
#include <QWidget>
#include <optional>

#include "ui/slowmo/clip_study.h"
#include "ui/slowmo/job_queue.h"

class QStackedWidget;
class QFrame;
class QTabWidget;

namespace fw {

class ClipStage;
class MakePanel;
class MessageBar;
class QueueView;
class Welcome;

/// Drop a video, see it play, choose how slow or smooth, press Start; the queue does the rest.
class SlowmoPage : public QWidget {
  Q_OBJECT
 public:
  explicit SlowmoPage(QWidget* parent = nullptr);
  ~SlowmoPage() override;

  void open(const QStringList& files);  ///< videos, pictures or folders
  bool exporting() const;               ///< a job is being made
  bool adapting() const;                ///< swift is being taught the open clip
  void stopAndKeep();                   ///< what is being made can go on after the next start

  ClipStage* stage() const { return stage_; }
  MakePanel* makePanel() const { return make_; }
  QueueView* queueView() const { return queueView_; }
  JobQueue& queue() { return queue_; }
  MessageBar* messages() const { return messages_; }

 protected:
  void resizeEvent(QResizeEvent* event) override;
  void keyPressEvent(QKeyEvent*) override;

 private:
  void buildLayout();
  void connectStudy();
  void connectMaking();
  void connectQueue();
  void showOpened(const SlowmoRequest& first, const VideoInfo& info,
                  const std::vector<SlowmoRequest>& others);
  SlowmoRequest request() const;  ///< of the open clip with everything that was chosen
  void passRequestOn();
  void start();
  void edit(int64_t job);
  void beginEditing(const JobCard& card);  ///< its clip is open now
  void endEditing();
  void closeClip();
  void showNews(const JobNews& news);
  void watchMaking();
  void playSoFar();
  void playFile(const QString& file);
  void finishQueue(int finished, int failed);
  void updateQueueTab();

  JobQueue queue_;
  ClipStudy study_;
  LatestTask playing_;
  SlowmoRequest clip_;
  std::vector<SlowmoRequest> others_;
  int awaited_ = 0;                 // jobs that the store has not answered for yet
  QStringList refused_;             // why some were not taken
  std::optional<JobCard> toEdit_;   // once its clip is open
  std::optional<int64_t> editing_;  // the job that is being changed
  Welcome* welcome_;
  ClipStage* stage_;
  QStackedWidget* left_;
  QFrame* panel_;
  QTabWidget* right_;
  MakePanel* make_;
  QueueView* queueView_;
  MessageBar* messages_;
};

}  // namespace fw
