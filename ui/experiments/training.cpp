#include "ui/experiments/training.h"

#include <algorithm>

#include "ui/widgets/curve_plot.h"

namespace fw {
namespace {

using namespace Qt::StringLiterals;

constexpr double kPaceSeconds = 5;  ///< the speed shown is of this long

void appendAll(Series& to, const Series& from) {
  for (const auto& [name, points] : from) {
    auto& mine = to[name];
    mine.insert(mine.end(), points.begin(), points.end());
  }
}

}  // namespace

/// Everything said since the UI last listened.
struct Training::News {
  Series scalars, scores;
  std::optional<Scores> baselines;
  std::shared_ptr<const Gallery> gallery;
  int64_t galleryStep = -1;
  std::vector<int64_t> snapshots;
  std::optional<Point> best;
  std::optional<RunState> state;
  std::optional<RunResult> result;
  std::optional<std::string> diagnosis;
  int64_t runId = 0, step = -1;
  double seconds = 0;
};

/// Stands on the training thread.
class Training::Watcher : public TrainObserver {
 public:
  Watcher(std::shared_ptr<Mailbox<News>> mailbox, std::string bestScore)
      : mailbox_(std::move(mailbox)), bestScore_(std::move(bestScore)) {}

  void onScalars(int64_t step, double seconds, const Scalars& values) override {
    mailbox_->post([&](News& news) {
      for (const auto& [name, value] : values) news.scalars[name].push_back({step, seconds, value});
      news.step = step;
      news.seconds = seconds;
    });
  }
  void onScores(int64_t step, double seconds, const Scores& values, bool best) override {
    mailbox_->post([&](News& news) {
      for (const auto& [name, value] : values) news.scores[name].push_back({step, seconds, value});
      if (const auto found = values.find(bestScore_); best && found != values.end())
        news.best = Point{step, seconds, found->second};
    });
  }
  void onBaselines(const Scores& values) override {
    mailbox_->post([&](News& news) { news.baselines = values; });
  }
  void onGallery(int64_t step, const Gallery& gallery) override {
    auto copy = std::make_shared<const Gallery>(gallery);
    mailbox_->post([&](News& news) {
      news.gallery = copy;
      news.galleryStep = step;
      if (isMilestone(step)) news.snapshots.push_back(step);
    });
  }
  void onDiagnosis(const std::string& text) override {
    mailbox_->post([&](News& news) { news.diagnosis = text; });
  }
  void onState(RunState state) override {
    mailbox_->post([&](News& news) { news.state = state; });
  }

 private:
  std::shared_ptr<Mailbox<News>> mailbox_;
  std::string bestScore_;
};

RunHistory readHistory(Store& store, int64_t runId) {
  return {store.run(runId), store.scalars(runId), store.scores(runId), store.baselines(runId),
          store.snapshotSteps(runId)};
}

Training::Training(RunRequest request, std::filesystem::path store, std::optional<RunHistory> history,
                   QObject* parent)
    : QObject(parent),
      kind_(&experimentKind(request.experiment)),
      request_(std::move(request)),
      store_(std::move(store)),
      gallery_(std::make_shared<const Gallery>()) {
  if (history) {
    resumes_ = runId_ = history->record.id;
    step_ = history->record.step;
    seconds_ = history->record.seconds;
    scalars_ = std::move(history->scalars);
    scores_ = std::move(history->scores);
    baselines_ = std::move(history->baselines);
    snapshots_ = std::move(history->snapshots);
    if (history->record.bestStep >= 0 && !kind_->scores.empty())
      for (const auto& point : scores_[kind_->scores.front().name])
        if (point.step == history->record.bestStep) best_ = point;
  }
  mailbox_ = Mailbox<News>::create(this, [this](News news) { take(std::move(news)); });
  connect(&task_, &Task::failed, this, [this](const QString& message) {
    message_ = message;
    ended_ = true;
    stopping_ = false;
    setState(RunState::Failed);
    poseWhatIsOpen();
    Q_EMIT done();
  });
}

std::unique_ptr<Training> Training::ofEarlier(RunHistory history, std::filesystem::path store) {
  const RunRecord record = history.record;
  auto training = std::make_unique<Training>(record.request, std::move(store), std::move(history));
  training->started_ = training->ended_ = true;
  training->state_ = record.state == RunState::Finished || record.state == RunState::Failed
                         ? record.state
                         : RunState::Stopped;
  training->message_ = QString::fromStdString(record.message);
  return training;
}

void Training::start() {
  if (started_) return;
  started_ = true;
  setState(RunState::Running);
  task_.start([this, mailbox = mailbox_, request = request_, resumes = resumes_, folder = store_,
               name = name_.toStdString(),
               bestScore =
                   kind_->scores.empty() ? std::string() : kind_->scores.front().name](std::stop_token stop) {
    Watcher watcher(mailbox, bestScore);
    Store store(folder);
    const RunResult result = resumes > 0 ? resumeRun(store, resumes, request.steps, watcher, control_, stop)
                                         : startRun(store, request, watcher, control_, stop, [&](int64_t id) {
                                             if (!name.empty()) store.renameRun(id, name);
                                             mailbox->post([&](News& news) { news.runId = id; });
                                           });
    // Behind the last scalars, so that nobody hears the end before the rest.
    mailbox->post([&](News& news) { news.result = result; });
  });
}

void Training::stop() {
  if (ended_) return;
  if (started_) {
    task_.requestStop();
    stopping_ = true;
    return Q_EMIT stateChanged();
  }
  ended_ = true;
  setState(RunState::Stopped);
  Q_EMIT done();
}

void Training::pause() { control_.pause(); }
void Training::resume() { control_.resume(); }
void Training::stepOnce() { control_.stepOnce(); }
void Training::setLearningRate(double rate) {
  control_.setLearningRate(rate);
  wantedRate_ = rate;
}

std::optional<double> Training::learningRate() const {
  if (wantedRate_) return wantedRate_;
  const auto changed = scalars_.find("learning_rate");
  if (changed != scalars_.end() && !changed->second.empty()) return changed->second.back().value;
  if (!kind_->schema.find("learning_rate")) return std::nullopt;
  return Settings::fromJson(kind_->schema, request_.settings).real("learning_rate");
}

void Training::change(const std::string& parameter, const Value& value) {
  Settings settings = Settings::fromJson(kind_->schema, request_.settings);
  settings.set(parameter, value);
  request_.settings = settings.toJson();
  control_.ask([parameter, value](Experiment& experiment) { fw::change(experiment, parameter, value); });
}

void Training::post(QObject* receiver, Work work, std::function<void(QString)> failed) {
  if (!started_) return;
  const int64_t number = ++lastQuestion_;
  questions_[number] = {receiver, std::move(work), std::move(failed)};
  pose(number);
}

// What nobody answered in time is asked of the network that was kept.
void Training::poseWhatIsOpen() {
  for (const auto& [number, question] : questions_) pose(number);
}

void Training::pose(int64_t number) {
  // Answered on a thread that this object outlives; the receiver may only be looked at on this one.
  const auto answered = [this, number](std::function<void()> news, const QString& wrong) {
    QMetaObject::invokeMethod(
        this,
        [this, number, news = std::move(news), wrong] {
          const auto found = questions_.find(number);
          if (found == questions_.end()) return;
          const Question question = std::move(found->second);
          questions_.erase(found);
          if (!question.receiver) return;
          if (news)
            news();
          else if (question.failed)
            question.failed(wrong);
        },
        Qt::QueuedConnection);
  };
  const auto asked = [answered, work = questions_[number].work](Experiment& experiment) {
    try {
      answered(work(experiment), {});
    } catch (const std::exception& error) {
      answered({}, QString::fromUtf8(error.what()));
    }
  };
  if (!ended_) return control_.ask(asked);
  if (!kept_) kept_ = std::make_unique<KeptNetwork>(store_, runId_);
  kept_->ask(asked, [answered](const QString& wrong) { answered({}, wrong); });
}

bool Training::ended() const { return ended_; }

QString Training::title() const {
  const QString name = QString::fromStdString(kind_->title);
  const QString whole = name_.isEmpty() ? name : name + u" · "_s + name_;
  return runId_ > 0 ? u"Run %1 · %2"_s.arg(runId_).arg(whole) : whole;
}

QString Training::shortTitle() const {
  const QString name = name_.isEmpty() ? QString::fromStdString(kind_->title) : name_;
  return runId_ > 0 ? u"%1 "_s.arg(runId_) + name : name;
}

double Training::stepsPerSecond() const {
  if (pace_.size() < 2 || state_ != RunState::Running) return 0;
  const double span = pace_.back().second - pace_.front().second;
  return span > 0 ? double(pace_.back().first - pace_.front().first) / span : 0;
}

void Training::take(News news) {
  if (news.runId > 0) runId_ = news.runId;
  const bool goesBack = resumes_ > 0 && !goesOn_ && (!news.scalars.empty() || !news.scores.empty());
  if (goesBack) {
    // The run goes on from its last checkpoint: what came after it is learnt again.
    goesOn_ = true;
    int64_t from = std::numeric_limits<int64_t>::max();
    for (const auto* series : {&news.scalars, &news.scores})
      for (const auto& [name, points] : *series) from = std::min(from, points.front().step);
    const bool looked = !news.scores.empty() && news.scores.begin()->second.front().step == from;
    // A look at the checkpoint itself repeats its scores, but no step.
    for (auto& [name, points] : scalars_)
      std::erase_if(points, [&](const Point& point) { return point.step >= from + (looked ? 1 : 0); });
    for (auto& [name, points] : scores_)
      std::erase_if(points, [&](const Point& point) { return point.step >= from; });
    std::erase_if(snapshots_, [&](int64_t step) { return step > from; });
  }
  appendAll(scalars_, news.scalars);
  if (news.scalars.contains("learning_rate")) wantedRate_.reset();  // it is in force
  appendAll(scores_, news.scores);
  if (news.baselines) baselines_ = *news.baselines;
  if (news.best) best_ = news.best;
  for (const int64_t step : news.snapshots)
    if (snapshots_.empty() || snapshots_.back() < step) snapshots_.push_back(step);
  if (news.step >= 0) {
    step_ = news.step;
    seconds_ = news.seconds;
    pace_.emplace_back(step_, seconds_);
    while (pace_.size() > 2 && seconds_ - pace_.front().second > kPaceSeconds) pace_.erase(pace_.begin());
  }
  if (news.result) {
    message_ = QString::fromStdString(news.result->message);
    step_ = news.result->step;
    ended_ = true;
    stopping_ = false;
    wantedRate_.reset();  // no step was made with it
    const int64_t last = news.gallery ? news.galleryStep : galleryStep_;
    if (last >= 0 && (snapshots_.empty() || snapshots_.back() < last)) snapshots_.push_back(last);
  }
  if (news.diagnosis) {
    diagnosis_ = QString::fromStdString(*news.diagnosis);
    Q_EMIT diagnosed();
  }
  if (news.baselines) Q_EMIT baselinesKnown();
  if (goesBack)
    Q_EMIT curvesWentBack();
  else if (!news.scalars.empty() || !news.scores.empty())
    Q_EMIT curvesGrew(news.scalars, news.scores);
  if (news.gallery) {
    gallery_ = news.gallery;
    galleryStep_ = news.galleryStep;
    Q_EMIT galleryCame();
  }
  if (news.step >= 0 || news.runId > 0) Q_EMIT progressed();
  if (news.result)
    setState(news.result->state);
  else if (news.state)
    setState(*news.state);
  if (news.result) {
    poseWhatIsOpen();
    Q_EMIT done();
  }
}

void Training::setState(RunState state) {
  state_ = state;
  Q_EMIT stateChanged();
}

QString stateText(RunState state) {
  switch (state) {
    case RunState::Queued:
      return u"waiting"_s;
    case RunState::Running:
      return u"training"_s;
    case RunState::Paused:
      return u"paused"_s;
    case RunState::Stopped:
      return u"stopped"_s;
    case RunState::Finished:
      return u"finished"_s;
    case RunState::Failed:
      return u"failed"_s;
  }
  return {};
}

void labelMetrics(CurvePlot& plot, const ExperimentKind& kind) {
  for (const auto& score : kind.scores) {
    const std::string metric = metricOf(score.name).metric;
    const auto same = std::count_if(kind.scores.begin(), kind.scores.end(), [&](const ScoreKind& each) {
      return metricOf(each.name).metric == metric;
    });
    // A label like "PSNR on held-out pictures" would be wrong for what training pictures share.
    const bool shared =
        same > 1 || metric == "loss" || metric == "psnr" || metric == "ssim" || metric == "mse";
    QString text = shared ? metricText(metric) : QString::fromStdString(score.label);
    if (!score.unit.empty()) text += u" (%1)"_s.arg(QString::fromStdString(score.unit));
    plot.setMetricLabel(metric, text, score.lowestIsBest);
  }
}

}  // namespace fw
