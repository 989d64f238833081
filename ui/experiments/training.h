#pragma once
#include <QObject>
#include <QPointer>
#include <QString>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "core/experiments/catalog.h"
#include "ui/experiments/kept_network.h"
#include "ui/work/mailbox.h"
#include "ui/work/task.h"

namespace fw {

class CurvePlot;

/// What was written down of a run before this session: for showing all of its curves when it goes on.
struct RunHistory {
  RunRecord record;
  Series scalars, scores;
  Scores baselines;
  std::vector<int64_t> snapshots;
};
RunHistory readHistory(Store& store, int64_t runId);

/// One run of this session: waits its turn, trains on a thread of its own, and keeps what it said for whoever
/// looks.
class Training : public QObject {
  Q_OBJECT
 public:
  /// A new run, or, with a history, one that goes on where its last checkpoint is.
  Training(RunRequest request, std::filesystem::path store, std::optional<RunHistory> history = {},
           QObject* parent = nullptr);
  /// A run that came to its end before this session: to be looked at and asked, not to go on.
  static std::unique_ptr<Training> ofEarlier(RunHistory history, std::filesystem::path store);

  /// Before it starts: what tells it from others like it.
  void setName(const QString& name) { name_ = name; }
  void start();  ///< once
  void stop();   ///< keeps what is done; a run that still waits is done at once
  void pause();
  void resume();
  void stepOnce();
  void setLearningRate(double rate);  ///< throws Error
  /// Another value for one of ExperimentKind::changeable, from the next step on; throws Error.
  void change(const std::string& parameter, const Value& value);

  /// Asks the network as it is now: the one that trains, or the one the run has left behind.
  /// `question(experiment)` runs on another thread, `answer(result)` on this one, unless `receiver` is gone
  /// by then. Does nothing before the run has begun.
  template <class Question, class Answer>
  void ask(QObject* receiver, Question question, Answer answer, std::function<void(QString)> failed = {}) {
    post(
        receiver,
        [question = std::move(question),
         answer = std::move(answer)](Experiment& experiment) mutable -> std::function<void()> {
          auto result = std::make_shared<decltype(question(experiment))>(question(experiment));
          return [answer, result] { answer(std::move(*result)); };
        },
        std::move(failed));
  }

  const ExperimentKind& kind() const { return *kind_; }
  const RunRequest& request() const { return request_; }
  int64_t runId() const { return runId_; }  ///< 0 until it has begun
  RunState state() const { return state_; }
  bool stopping() const { return stopping_; }  ///< was asked to, and has not yet
  bool ended() const;                          ///< stopped, finished or failed, and its thread has come home
  QString message() const { return message_; }
  QString diagnosis() const { return diagnosis_; }  ///< what is wrong with the network just now
  QString title() const;                            ///< "Run 12 · Grid completion"
  QString shortTitle() const;  ///< "12 Grid completion", or what tells it from others like it

  int64_t step() const { return step_; }
  double seconds() const { return seconds_; }
  double stepsPerSecond() const;
  const Series& scalars() const { return scalars_; }
  const Series& scores() const { return scores_; }
  const Scores& baselines() const { return baselines_; }
  std::optional<Point> best() const { return best_; }
  std::optional<double> learningRate() const;  ///< in force, or about to be; nothing where there is none
  const Gallery& gallery() const { return *gallery_; }
  int64_t galleryStep() const { return galleryStep_; }  ///< -1 while there is none
  const std::vector<int64_t>& snapshots() const { return snapshots_; }

 Q_SIGNALS:
  void stateChanged();
  void progressed();                                             ///< step, seconds
  void curvesGrew(const Series& scalars, const Series& scores);  ///< the new points only
  void curvesWentBack();  ///< instead, once: what came after the last checkpoint is learnt again
  void baselinesKnown();
  void diagnosed();
  void galleryCame();
  void done();  ///< ended() from now on

 private:
  struct News;
  class Watcher;
  using Work = std::function<std::function<void()>(Experiment&)>;
  struct Question {
    QPointer<QObject> receiver;
    Work work;
    std::function<void(QString)> failed;
  };
  void take(News news);
  void setState(RunState state);
  void post(QObject* receiver, Work work, std::function<void(QString)> failed);
  void pose(int64_t number);  ///< to whoever can answer just now
  void poseWhatIsOpen();

  const ExperimentKind* kind_;
  RunRequest request_;
  std::filesystem::path store_;
  int64_t resumes_ = 0;  ///< the run that goes on; 0 for a new one
  TrainControl control_;
  std::shared_ptr<Mailbox<News>> mailbox_;

  QString name_;
  int64_t runId_ = 0, step_ = 0, galleryStep_ = -1;
  RunState state_ = RunState::Queued;
  bool started_ = false, stopping_ = false, ended_ = false, goesOn_ = false;
  QString message_, diagnosis_;
  double seconds_ = 0;
  Series scalars_, scores_;
  Scores baselines_;
  std::optional<Point> best_;
  std::optional<double> wantedRate_;  // asked for, not yet heard to be in force
  std::shared_ptr<const Gallery> gallery_;
  std::vector<int64_t> snapshots_;
  std::vector<std::pair<int64_t, double>> pace_;  ///< recent (step, seconds), for the speed
  std::map<int64_t, Question> questions_;         ///< without an answer yet
  int64_t lastQuestion_ = 0;
  std::unique_ptr<KeptNetwork> kept_;
  Task task_;  ///< last: its thread uses what stands above, and is waited for first
};

QString stateText(RunState state);
/// The experiment's own words for its scores.
void labelMetrics(CurvePlot& plot, const ExperimentKind& kind);

}  // namespace fw
