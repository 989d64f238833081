#include "ui/slowmo/adapt_panel.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QSpinBox>
#include <QVBoxLayout>
#include <algorithm>

#include "ui/theme.h"
#include "ui/widgets/compare_view.h"
#include "ui/widgets/loss_plot.h"

namespace fw {
namespace {

using namespace Qt::StringLiterals;

constexpr const char* kScore = "validation/psnr";
const QString kCurve = u"held-back frames"_s;
const QString kStart = u"Adapt to this clip"_s;
const QString kPurpose =
    u"Every clip moves in its own way. The engine Swift can learn from this clip's own frames: a few "
    u"are held back to see whether it helps, and only then what it learned is used for this clip."_s;

QString gainText(double gain) {
  return u"%1%2 dB"_s.arg(gain < 0 ? u"−"_s : u"+"_s).arg(std::abs(gain), 0, 'f', 2);
}

QString gainOf(const AdaptedClip& learned) { return gainText(learned.after - learned.before); }

cv::Mat prediction(const Gallery& gallery) {
  if (gallery.empty()) return {};
  for (const auto& frame : gallery.front().frames)
    if (frame.role == FrameRole::Prediction) return frame.image;
  return {};
}

}  // namespace

struct AdaptPanel::News {
  std::vector<Point> scores;
  Scores baselines;
  cv::Mat frame;
  int64_t frameStep = -1;
  double seconds = 0;
  int64_t step = 0;
};

class AdaptPanel::Watcher : public TrainObserver {
 public:
  explicit Watcher(std::shared_ptr<Mailbox<News>> box) : box_(std::move(box)) {}
  void onScalars(int64_t step, double seconds, const Scalars&) override {
    box_->post([=](News& news) {
      news.step = step;
      news.seconds = seconds;
    });
  }
  void onScores(int64_t step, double seconds, const Scores& scores, bool) override {
    if (const auto found = scores.find(kScore); found != scores.end())
      box_->post([&](News& news) { news.scores.push_back({step, seconds, found->second}); });
  }
  void onBaselines(const Scores& scores) override {
    box_->post([&](News& news) { news.baselines = scores; });
  }
  void onGallery(int64_t step, const Gallery& gallery) override {
    const cv::Mat frame = prediction(gallery).clone();
    box_->post([&](News& news) {
      if (news.frameStep == 0) return;  // the first one is the frame before: it must arrive
      news.frame = frame;
      news.frameStep = step;
    });
  }

 private:
  std::shared_ptr<Mailbox<News>> box_;
};

AdaptPanel::AdaptPanel(QWidget* parent)
    : QWidget(parent),
      words_(label(kPurpose, TextRole::Body, true)),
      minutes_(new QSpinBox),
      adapt_(new QPushButton(kStart)),
      forget_(new QPushButton(u"Forget what was learned"_s)),
      useEarlier_(new QPushButton),
      plot_(new LossPlot),
      compare_(new CompareView) {
  minutes_->setRange(1, 120);
  minutes_->setValue(5);
  minutes_->setSuffix(u" min"_s);
  minutes_->setToolTip(u"At most; it can be stopped whenever you are satisfied"_s);
  adapt_->setProperty("primary", true);
  plot_->setValueLabel(u"PSNR (dB)"_s);
  plot_->setBySeconds(true);
  plot_->setMaximumHeight(220);
  compare_->setLabels(u"before"_s, u"after"_s);

  auto* head = new QHBoxLayout;
  head->setSpacing(kGrid);
  head->addWidget(words_, 1);
  head->addWidget(minutes_);
  head->addWidget(adapt_);
  auto* known = new QHBoxLayout;
  known->addStretch();
  known->addWidget(useEarlier_);
  known->addWidget(forget_);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(kGrid);
  column->addLayout(head);
  column->addLayout(known);
  column->addWidget(plot_);
  column->addWidget(compare_, 1);
  column->addStretch();
  for (QWidget* later : std::initializer_list<QWidget*>{useEarlier_, forget_, plot_, compare_}) later->hide();

  mailbox_ = Mailbox<News>::create(this, [this](const News& news) { take(news); });
  connect(adapt_, &QPushButton::clicked, this, [this] { adapting() ? stop() : adapt(); });
  connect(forget_, &QPushButton::clicked, this, &AdaptPanel::forget);
  connect(useEarlier_, &QPushButton::clicked, this, [this] { use(earlier_); });
  connect(&task_, &Task::finished, this, &AdaptPanel::showEnd);
  connect(&task_, &Task::failed, this, [this](const QString& message) {
    adapt_->setText(kStart);
    words_->setText(kPurpose);
    forget_->setVisible(!weights_.empty());
    if (weights_.empty()) lookForEarlier();
    Q_EMIT failed(message);
  });
}

void AdaptPanel::setClip(const SlowmoRequest& clip) {
  const bool same = clip.sources == clip_.sources;
  clip_ = clip;
  if (same) return;
  stop();
  forget();
  adapt_->setEnabled(clip.sources.size() == 1);  // loose pictures are no one file to learn from
  for (QWidget* widget : std::initializer_list<QWidget*>{plot_, compare_}) widget->hide();
  lookForEarlier();
}

void AdaptPanel::lookForEarlier() {
  useEarlier_->hide();
  looking_.forget();
  if (clip_.sources.size() != 1) return;
  using Learned = std::optional<AdaptedClip>;
  looking_.ask<Learned>(
      [clip = clip_.sources.front()](std::stop_token) { return learnedBefore(Store(), clip); },
      [this](const Learned& learned) {
        if (!learned || adapting() || !weights_.empty()) return;
        earlier_ = *learned;
        useEarlier_->setText(u"Use what was learned before (%1)"_s.arg(gainOf(earlier_)));
        useEarlier_->show();
      });
}

void AdaptPanel::use(const AdaptedClip& learned) {
  weights_ = learned.weights;
  useEarlier_->hide();
  forget_->show();
  adapt_->setText(u"Adapt again"_s);
  words_->setText(u"Adapted: %1 on held-back frames. This clip will be made with what was learned."_s.arg(
      gainOf(learned)));
  Q_EMIT adapted();
}

void AdaptPanel::adapt() {
  if (adapting() || clip_.sources.size() != 1) return;
  taught_ = clip_.sources;
  before_ = best_ = 0;
  untaught_.release();
  plot_->clear();
  plot_->setSeries(kCurve, SeriesKind::Validation, 0, {});
  coming_ = std::make_shared<AdaptedClip>();
  ClipAdaptation wish = adaptationFor(clip_);
  wish.minutes = minutes_->value();
  task_.start([wish, result = coming_, box = mailbox_, this](std::stop_token stop) {
    Store store;
    Watcher watcher(box);
    *result = adaptToClip(store, wish, watcher, control_, stop);
  });
  adapt_->setText(u"Stop here"_s);
  for (QWidget* other : {useEarlier_, forget_}) other->hide();
  words_->setText(u"Measuring the frames that are held back…"_s);
  plot_->show();
}

void AdaptPanel::stop() {
  if (adapting()) words_->setText(u"Stopping…"_s);
  task_.requestStop();
}

void AdaptPanel::take(const News& news) {
  if (!adapting() || taught_ != clip_.sources) return;
  for (const auto& point : news.scores) {
    if (point.step == 0) {
      before_ = point.value;
      plot_->setBaseline(u"before"_s, 1, point.value);
    }
    best_ = std::max(best_, point.value);
  }
  if (!news.scores.empty()) plot_->append(kCurve, news.scores);
  if (const auto flow = news.baselines.find("validation/psnr (classical flow)"); flow != news.baselines.end())
    plot_->setBaseline(u"optical flow"_s, 2, flow->second);
  if (!news.frame.empty()) {
    if (untaught_.empty()) untaught_ = news.frame;
    compare_->setImages(untaught_, news.frame);
    compare_->show();
  }
  if (before_ > 0)
    words_->setText(u"%1 of %2 s · step %3 · %4 dB on held-back frames before, best so far %5"_s
                        .arg(news.seconds, 0, 'f', 0)
                        .arg(60 * minutes_->value())
                        .arg(news.step)
                        .arg(before_, 0, 'f', 2)
                        .arg(gainText(best_ - before_)));
}

void AdaptPanel::showEnd() {
  if (taught_ != clip_.sources) {  // another clip was opened meanwhile
    forget();
    return lookForEarlier();
  }
  adapt_->setText(u"Adapt again"_s);
  if (coming_->helps()) return use(*coming_);
  forget_->setVisible(!weights_.empty());  // what helped before stays
  if (weights_.empty()) lookForEarlier();
  words_->setText(u"It did not help on the held-back frames (%1): the weights stay as they were."_s.arg(
      gainText(coming_->after - std::max(coming_->before, coming_->flow))));
  Q_EMIT adapted();
}

void AdaptPanel::forget() {
  forget_->hide();
  words_->setText(kPurpose);
  if (!adapting()) adapt_->setText(kStart);
  if (weights_.empty()) return;
  weights_.clear();
  lookForEarlier();  // forgotten for now: it can be taken up again
  Q_EMIT adapted();
}

}  // namespace fw
