#include "ui/experiments/run_panel.h"

#include <QFileDialog>
#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QSettings>
#include <QSplitter>
#include <QStyle>
#include <QToolButton>
#include <QVBoxLayout>
#include <cmath>

#include "ui/experiments/training.h"
#include "ui/theme.h"
#include "ui/widgets/curve_plot.h"
#include "ui/widgets/film_strip.h"
#include "ui/widgets/gallery_view.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/number_edit.h"
#include "ui/work/store_thread.h"

namespace fw {
namespace {

using namespace Qt::StringLiterals;

QString duration(double seconds) {
  const auto whole = qint64(std::llround(seconds));
  if (whole < 60) return u"%1 s"_s.arg(whole);
  if (whole < 3600) return u"%1 min %2 s"_s.arg(whole / 60).arg(whole % 60);
  return u"%1 h %2 min"_s.arg(whole / 3600).arg(whole / 60 % 60);
}

QPushButton* button(const QString& iconName, const QString& text, const QString& tip) {
  auto* made = new QPushButton(icon(iconName), text);
  made->setToolTip(tip);
  return made;
}

void setChip(QLabel* chip, const QString& text, const QString& kind) {
  chip->setText(text);
  chip->setProperty("kind", kind);
  chip->style()->unpolish(chip);
  chip->style()->polish(chip);
}

}  // namespace

RunPanel::RunPanel(StoreThread* store, QWidget* parent)
    : QWidget(parent),
      store_(store),
      title_(label({}, TextRole::Heading)),
      state_(label({}, TextRole::Small)),
      progressText_(label({}, TextRole::Small, true)),
      progress_(new QProgressBar),
      pause_(button(u"pause"_s, u"Pause"_s, u"Hold the training, and let it go on (F6)"_s)),
      step_(button(u"step"_s, u"One step"_s, u"While paused: exactly one optimizer step (F7)"_s)),
      stop_(button(u"stop"_s, u"Stop"_s, u"Stop and keep what is learnt: it can be resumed (Shift+F5)"_s)),
      now_(button(u"play"_s, u"Start now anyway"_s,
                  u"Train beside the run that trains already; both become slower"_s)),
      rate_(new NumberEdit(NumberEdit::Steps::Logarithmic, false, 1e-9, 10)),
      rateLabel_(label(u"Learning rate"_s, TextRole::Small, true)),
      message_(new MessageBar),
      curves_(new CurvePlot),
      gallery_(new GalleryView),
      strip_(new FilmStrip),
      controls_(new QWidget) {
  state_->setObjectName(u"chip"_s);
  state_->setWordWrap(false);
  progressText_->setWordWrap(false);
  rateLabel_->setWordWrap(false);
  rateLabel_->setBuddy(rate_);
  rate_->setToolTip(u"Takes effect with the next step; Enter to set"_s);
  rate_->setFixedWidth(13 * kGrid);
  progress_->setTextVisible(false);
  curves_->plot()->setOptionsSaved(u"plot"_s);
  gallery_->setPlaceholder(
      u"The gallery fills as soon as the run looks at its samples for the first time: input, target, "
      u"prediction and "
      u"difference of the same pictures, again and again."_s);

  auto* top = new QHBoxLayout;
  top->setSpacing(kGrid);
  top->addWidget(title_);
  top->addWidget(state_);
  top->addStretch();
  top->addWidget(now_);
  top->addWidget(rateLabel_);
  top->addWidget(rate_);
  top->addWidget(pause_);
  top->addWidget(step_);
  top->addWidget(stop_);
  auto* under = new QHBoxLayout;
  under->setSpacing(kGrid * 3 / 2);
  under->addWidget(progress_, 1);
  under->addWidget(progressText_);
  auto* controlsLayout = new QVBoxLayout(controls_);
  controlsLayout->setContentsMargins(0, 0, 0, 0);
  controlsLayout->setSpacing(kGrid);
  controlsLayout->addLayout(top);
  controlsLayout->addLayout(under);

  auto* learning = new QToolButton;
  learning->setIcon(icon(u"film"_s));
  learning->setToolTip(u"Save how it was learnt, snapshot by snapshot, as an animated GIF"_s);
  learning->setProperty("flat", true);
  auto* stripRow = new QHBoxLayout;
  stripRow->setSpacing(kGrid);
  stripRow->addWidget(strip_, 1);
  stripRow->addWidget(learning);

  const auto panel = [](QWidget* content, QLayout* below = nullptr) {
    auto* frame = new QFrame;
    frame->setObjectName(u"panel"_s);
    auto* layout = new QVBoxLayout(frame);
    layout->setContentsMargins(kGrid * 3 / 2, kGrid, kGrid * 3 / 2, kGrid);
    layout->setSpacing(kGrid);
    layout->addWidget(content, 1);
    if (below) layout->addLayout(below);
    return frame;
  };
  auto* splitter = new QSplitter(Qt::Vertical);
  splitter->setChildrenCollapsible(false);
  splitter->setHandleWidth(kGrid);
  splitter->addWidget(panel(curves_));
  splitter->addWidget(panel(gallery_, stripRow));
  splitter->setStretchFactor(0, 2);
  splitter->setStretchFactor(1, 3);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(kGrid * 3 / 2);
  layout->addWidget(controls_);
  layout->addWidget(message_);
  layout->addWidget(splitter, 1);

  connect(pause_, &QPushButton::clicked, this, &RunPanel::togglePause);
  connect(step_, &QPushButton::clicked, this, &RunPanel::stepOnce);
  connect(stop_, &QPushButton::clicked, this, &RunPanel::stop);
  connect(now_, &QPushButton::clicked, this, [this] {
    if (training_) Q_EMIT startNowAsked(training_);
  });
  connect(rate_, &QAbstractSpinBox::editingFinished, this, &RunPanel::takeLearningRate);
  connect(strip_, &FilmStrip::stepChosen, this, &RunPanel::showStep);
  connect(learning, &QToolButton::clicked, this, &RunPanel::exportLearning);
  const auto saved = [this](const QString& file) {
    message_->say(MessageKind::Good, u"Saved as %1"_s.arg(file));
  };
  const auto notSaved = [this](const QString& text) { message_->error(text); };
  connect(gallery_, &GalleryView::exported, this, saved);
  connect(gallery_, &GalleryView::exportFailed, this, notSaved);
  connect(curves_->plot(), &LossPlot::exported, this, saved);
  connect(curves_->plot(), &LossPlot::exportFailed, this, notSaved);
  setTraining(nullptr);
}

void RunPanel::setTraining(Training* training) {
  if (training_) training_->disconnect(this);
  training_ = training;
  message_->dismiss();
  curves_->clear();
  gallery_->setGallery({});
  strip_->pause();
  strip_->setSteps({});
  controls_->setVisible(training != nullptr);
  if (!training) return;
  labelMetrics(*curves_, training->kind());
  curves_->addRun(u"run"_s, 0, training->scalars(), training->scores(), training->baselines());
  const auto showBest = [this] {
    if (const auto best = training_->best()) curves_->setBest(training_->kind().scores.front().name, *best);
  };
  showBest();
  connect(training, &Training::curvesGrew, this,
          [this, showBest](const Series& scalars, const Series& scores) {
            curves_->append(u"run"_s, scalars, scores);
            showBest();
          });
  connect(training, &Training::baselinesKnown, this,
          [this] { curves_->setBaselines(u"run"_s, training_->baselines()); });
  connect(training, &Training::galleryCame, this, &RunPanel::takeSnapshotSteps);
  connect(training, &Training::progressed, this, &RunPanel::showProgress);
  connect(training, &Training::stateChanged, this, &RunPanel::showState);
  const Schema& schema = training->kind().schema;
  const bool hasRate = schema.find("learning_rate") != nullptr;
  rate_->setVisible(hasRate);
  rateLabel_->setVisible(hasRate);
  if (hasRate) {
    const auto changed = training->scalars().find("learning_rate");
    rate_->setText(
        changed != training->scalars().end() && !changed->second.empty()
            ? QString::number(changed->second.back().value, 'g', 6)
            : QString::fromStdString(
                  toText(Settings::fromJson(schema, training->request().settings).real("learning_rate"))));
  }
  takeSnapshotSteps();
  showState();
}

void RunPanel::togglePause() {
  if (!training_ || training_->ended()) return;
  training_->state() == RunState::Paused ? training_->resume() : training_->pause();
}

void RunPanel::stepOnce() {
  if (training_) training_->stepOnce();
}

void RunPanel::stop() {
  if (training_) training_->stop();
}

void RunPanel::showState() {
  if (!training_) return;
  const RunState state = training_->state();
  title_->setText(training_->title());
  setChip(state_, stateText(state),
          state == RunState::Running                               ? u"accent"_s
          : state == RunState::Finished                            ? u"good"_s
          : state == RunState::Failed                              ? u"bad"_s
          : state == RunState::Paused || state == RunState::Queued ? u"warning"_s
                                                                   : u"plain"_s);
  const bool alive = !training_->ended(), waiting = state == RunState::Queued;
  pause_->setVisible(alive && !waiting);
  step_->setVisible(alive && !waiting);
  step_->setEnabled(state == RunState::Paused);
  stop_->setVisible(alive);
  stop_->setText(waiting ? u"Take out of the queue"_s : u"Stop"_s);
  now_->setVisible(waiting && alive);
  rate_->setEnabled(alive);
  pause_->setText(state == RunState::Paused ? u"Go on"_s : u"Pause"_s);
  pause_->setIcon(icon(state == RunState::Paused ? u"play"_s : u"pause"_s));
  if (state == RunState::Failed && !training_->message().isEmpty()) message_->error(training_->message());
  showProgress();
}

void RunPanel::showProgress() {
  if (!training_) return;
  title_->setText(training_->title());
  const auto wanted = training_->request().steps;
  progress_->setRange(0, wanted > 0 ? 1000 : training_->state() == RunState::Running ? 0 : 1000);
  if (wanted > 0) progress_->setValue(int(std::min<int64_t>(1000, training_->step() * 1000 / wanted)));
  QString text = wanted > 0 ? u"step %L1 of %L2"_s.arg(training_->step()).arg(wanted)
                            : u"step %L1"_s.arg(training_->step());
  text += u"  ·  "_s + duration(training_->seconds());
  if (const double speed = training_->stepsPerSecond(); speed > 0) {
    text += u"  ·  %1 steps/s"_s.arg(speed, 0, 'f', speed < 10 ? 1 : 0);
    if (wanted > 0) text += u"  ·  "_s + duration(double(wanted - training_->step()) / speed) + u" left"_s;
  }
  progressText_->setText(text);
}

void RunPanel::takeSnapshotSteps() {
  if (!training_) return;
  std::vector<int64_t> steps = training_->snapshots();
  // The newest look is shown although only milestones are kept on disk.
  if (training_->galleryStep() >= 0 && (steps.empty() || steps.back() < training_->galleryStep()))
    steps.push_back(training_->galleryStep());
  const bool follow = strip_->atLatest() && !strip_->playing();
  const int64_t before = strip_->step();
  strip_->setSteps(steps);
  if (follow && strip_->step() == before && strip_->step() >= 0) showStep(strip_->step());
}

void RunPanel::showStep(int64_t step) {
  if (!training_) return;
  if (step == training_->galleryStep()) return gallery_->setGallery(training_->gallery());
  if (training_->runId() == 0) return;
  store_->ask(
      this, [id = training_->runId(), step](Store& store) { return store.snapshot(id, step); },
      [this, step, asked = training_](Gallery gallery) {
        if (asked == training_ && strip_->step() == step) gallery_->setGallery(gallery);
      },
      [this](const QString& text) { message_->error(text); });
}

void RunPanel::takeLearningRate() {
  if (!training_ || training_->ended()) return;
  bool isNumber = false;
  const double rate = rate_->text().toDouble(&isNumber);
  try {
    training_->setLearningRate(isNumber ? rate : 0);
    message_->dismiss();
  } catch (const std::exception& error) {
    message_->error(QString::fromUtf8(error.what()));
  }
}

void RunPanel::exportLearning() {
  if (!training_ || training_->snapshots().empty()) return;
  QSettings settings;
  const QString file = QFileDialog::getSaveFileName(
      this, u"Save how it was learnt"_s, settings.value(u"folders/export"_s).toString() + u"/learning.gif"_s,
      u"Animation (*.gif)"_s);
  if (file.isEmpty()) return;
  settings.setValue(u"folders/export"_s, QFileInfo(file).absolutePath());
  store_->ask(
      this,
      [id = training_->runId(), file](Store& store) {
        std::vector<ShownGallery> shown;
        for (const int64_t step : store.snapshotSteps(id))
          shown.push_back(prepareGallery(store.snapshot(id, step)));
        fw::exportLearning(shown, file);
      },
      [this, file] { message_->say(MessageKind::Good, u"Saved as %1"_s.arg(file)); },
      [this](const QString& text) { message_->error(text); });
}

}  // namespace fw
