#include "ui/slowmo/job_runner.h"

namespace fw {

namespace {

class Reporter : public SlowmoObserver {
 public:
  Reporter(std::shared_ptr<Mailbox<JobNews>> mailbox, std::shared_ptr<std::atomic<bool>> watching)
      : mailbox_(std::move(mailbox)), watching_(std::move(watching)) {}

  void onProgress(const SlowmoProgress& progress) override {
    mailbox_->post([&](JobNews& news) { news.progress = progress; });
  }
  void onNote(const std::string& note) override {
    mailbox_->post([&](JobNews& news) { news.notes.push_back(note); });
  }
  void onCut(double time) override {
    mailbox_->post([&](JobNews& news) { news.cuts.push_back(time); });
  }
  void onConfidence(double time, double mean) override {
    mailbox_->post([&](JobNews& news) { news.confidence.emplace_back(time, mean); });
  }
  bool wantsFrames() override { return *watching_; }
  void onFrame(const MadeFrame& frame) override {
    mailbox_->post([&](JobNews& news) { (frame.original ? news.original : news.made) = frame; });
  }

 private:
  std::shared_ptr<Mailbox<JobNews>> mailbox_;
  std::shared_ptr<std::atomic<bool>> watching_;
};

}  // namespace

JobRunner::JobRunner(std::filesystem::path storeFolder, QObject* parent)
    : QObject(parent), storeFolder_(std::move(storeFolder)), control_(std::make_shared<JobControl>()) {
  mailbox_ = Mailbox<JobNews>::create(this, [this](const JobNews& said) { Q_EMIT news(said); });
  connect(&task_, &Task::finished, this, [this] { finish({}); });
  connect(&task_, &Task::failed, this, &JobRunner::finish);
}

JobRunner::~JobRunner() { stop(); }

void JobRunner::run(int64_t job) {
  job_ = job;
  control_ = std::make_shared<JobControl>();
  result_ = std::make_shared<JobResult>();
  task_.start([folder = storeFolder_, job, control = control_, result = result_,
               reporter = std::make_shared<Reporter>(mailbox_, watching_)](std::stop_token stop) {
    Store store(folder);
    *result = runJob(store, job, *reporter, *control, stop);
  });
}

void JobRunner::pause() { control_->pause(); }
void JobRunner::resume() { control_->resume(); }

void JobRunner::stop() { task_.requestStop(); }

void JobRunner::finish(const QString& error) {
  const auto result = error.isEmpty() ? *result_ : JobResult{};
  Q_EMIT ended(job_, result, error);
}

}  // namespace fw
