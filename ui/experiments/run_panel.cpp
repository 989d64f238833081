#include "ui/experiments/run_panel.h"

#include <QApplication>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QStyle>
#include <QTabWidget>
#include <QTimer>
#include <QToolButton>
#include <QVBoxLayout>
#include <cmath>

#include "ui/experiments/closer_row.h"
#include "ui/experiments/hole_painter.h"
#include "ui/experiments/layer_inspector.h"
#include "ui/experiments/run_scores.h"
#include "ui/experiments/training.h"
#include "ui/theme.h"
#include "ui/widgets/choice_box.h"
#include "ui/widgets/curve_plot.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/film_strip.h"
#include "ui/widgets/gallery_view.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/number_edit.h"
#include "ui/widgets/remembered_splitter.h"
#include "ui/widgets/save_file.h"
#include "ui/work/store_thread.h"

namespace fw {
namespace {

using namespace Qt::StringLiterals;

constexpr int kOwnFieldsARow = 3;
constexpr int kMeterEvery = 2000;  ///< ms, while the layers are looked at and the network learns

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
  if (chip->text() == text && chip->property("kind") == kind) return;
  chip->setText(text);
  chip->setProperty("kind", kind);
  chip->style()->unpolish(chip);
  chip->style()->polish(chip);
}

}  // namespace

RunPanel::RunPanel(StoreThread* store, QWidget* parent)
    : QWidget(parent),
      store_(store),
      title_(new ElidedLabel(TextRole::Heading)),
      state_(label({}, TextRole::Small)),
      progressText_(label({}, TextRole::Small, true)),
      progress_(new QProgressBar),
      pause_(button(u"pause"_s, u"Pause"_s, u"Hold the training, and let it go on (F6)"_s)),
      step_(button(u"step"_s, u"One step"_s, u"While paused: exactly one optimizer step (F7)"_s)),
      stop_(button(u"stop"_s, u"Stop"_s, u"Stop and keep what is learnt: it can be resumed (Shift+F5)"_s)),
      now_(button(u"play"_s, u"Start now anyway"_s,
                  u"Train beside the run that trains already; both become slower"_s)),
      resume_(button(u"play"_s, u"Resume"_s, u"Go on exactly where this run was, with what is said below"_s)),
      until_(new NumberEdit(NumberEdit::Steps::Logarithmic, true, 1, 1e12)),
      untilLabel_(label(u"Until step"_s, TextRole::Small, true)),
      rate_(new NumberEdit(NumberEdit::Steps::Logarithmic, false, 1e-9, 10)),
      rateLabel_(label(u"Learning rate"_s, TextRole::Small, true)),
      message_(new MessageBar),
      curves_(new CurvePlot),
      gallery_(new GalleryView),
      strip_(new FilmStrip),
      tabs_(new QTabWidget),
      scores_(new RunScores),
      layers_(new LayerInspector),
      holes_(new HolePainter),
      closer_(new CloserRow),
      closerHint_(label({}, TextRole::Small, true)),
      changes_(new QWidget),
      changesCaption_(label({}, TextRole::Small, true)),
      ownChanges_(new QWidget),
      controls_(new QWidget),
      meterAgain_(new QTimer(this)) {
  curves_->plot()->setOptionsSaved(u"plot"_s);
  gallery_->setPlaceholder(
      u"The gallery fills as soon as the run looks at its samples for the first time: input, target, "
      u"prediction and "
      u"difference of the same pictures, again and again."_s);
  auto* plotFrame = new QFrame;
  plotFrame->setObjectName(u"panel"_s);
  auto* plotLayout = new QVBoxLayout(plotFrame);
  plotLayout->setContentsMargins(kGrid * 3 / 2, kGrid, kGrid * 3 / 2, kGrid);
  plotLayout->addWidget(curves_);
  auto* splitter = new RememberedSplitter(Qt::Vertical, u"run"_s, {2, 3});
  splitter->addWidget(plotFrame);
  splitter->addWidget(makeTabs());
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(kGrid);
  layout->addWidget(makeControls());
  layout->addWidget(message_);
  layout->addWidget(splitter, 1);

  connect(pause_, &QPushButton::clicked, this, &RunPanel::togglePause);
  connect(step_, &QPushButton::clicked, this, &RunPanel::stepOnce);
  connect(stop_, &QPushButton::clicked, this, &RunPanel::stop);
  connect(now_, &QPushButton::clicked, this, [this] {
    if (training_) Q_EMIT startNowAsked(training_);
  });
  connect(resume_, &QPushButton::clicked, this, &RunPanel::resume);
  connect(rate_, &QAbstractSpinBox::editingFinished, this, &RunPanel::takeLearningRate);
  connect(strip_, &FilmStrip::stepChosen, this, &RunPanel::showStep);
  const auto saved = [this](const QString& file) { message_->say(MessageKind::Good, savedText(file)); };
  const auto notSaved = [this](const QString& text) { message_->error(text); };
  connect(gallery_, &GalleryView::exported, this, saved);
  connect(gallery_, &GalleryView::exportFailed, this, notSaved);
  connect(gallery_, &GalleryView::clicked, this, &RunPanel::lookCloser);
  connect(curves_->plot(), &LossPlot::exported, this, saved);
  connect(curves_->plot(), &LossPlot::exportFailed, this, notSaved);
  connect(holes_, &HolePainter::holePainted, this, [this](std::size_t row, const cv::Mat& hole) {
    nextHole_ = {row, hole};
    fillHole();
  });
  connect(tabs_, &QTabWidget::currentChanged, this, &RunPanel::meterLayers);
  meterAgain_->start(kMeterEvery);
  connect(meterAgain_, &QTimer::timeout, this, [this] {
    if (training_ && training_->state() == RunState::Running) meterLayers();
  });
  setTraining(nullptr);
}

QWidget* RunPanel::makeControls() {
  state_->setObjectName(u"chip"_s);
  state_->setWordWrap(false);
  progressText_->setWordWrap(false);
  progress_->setTextVisible(false);
  rateLabel_->setWordWrap(false);
  rateLabel_->setBuddy(rate_);
  rate_->setFixedWidth(13 * kGrid);
  untilLabel_->setWordWrap(false);
  untilLabel_->setBuddy(until_);
  until_->setFixedWidth(13 * kGrid);
  until_->setObjectName(u"until"_s);
  until_->setToolTip(u"A finished run goes on for as long again, unless you say otherwise"_s);
  auto* top = new QHBoxLayout;
  top->setSpacing(kGrid);
  top->addWidget(title_, 1);
  for (QWidget* each :
       {static_cast<QWidget*>(state_), static_cast<QWidget*>(now_), static_cast<QWidget*>(resume_),
        static_cast<QWidget*>(pause_), static_cast<QWidget*>(step_), static_cast<QWidget*>(stop_)})
    top->addWidget(each);
  auto* under = new QHBoxLayout;
  under->setSpacing(kGrid * 3 / 2);
  under->addWidget(progress_, 1);
  under->addWidget(progressText_);
  auto* ofAll = new QHBoxLayout;
  ofAll->setSpacing(kGrid);
  changesCaption_->setWordWrap(false);
  for (QWidget* each :
       std::initializer_list<QWidget*>{changesCaption_, untilLabel_, until_, rateLabel_, rate_})
    ofAll->addWidget(each);
  ofAll->addStretch();
  auto* changesColumn = new QVBoxLayout(changes_);
  changesColumn->setContentsMargins(0, 0, 0, 0);
  changesColumn->setSpacing(kGrid);
  changesColumn->addLayout(ofAll);
  changesColumn->addWidget(ownChanges_);
  auto* layout = new QVBoxLayout(controls_);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(kGrid);
  layout->addLayout(top);
  layout->addLayout(under);
  layout->addWidget(changes_);
  return controls_;
}

QWidget* RunPanel::makeTabs() {
  auto* learning = new QToolButton;
  learning->setIcon(icon(u"film"_s));
  learning->setToolTip(u"Save how it was learnt, snapshot by snapshot, as an animated GIF"_s);
  learning->setProperty("flat", true);
  connect(learning, &QToolButton::clicked, this, &RunPanel::exportLearning);
  auto* stripRow = new QHBoxLayout;
  stripRow->setSpacing(kGrid);
  stripRow->addWidget(strip_, 1);
  stripRow->addWidget(learning);
  auto* galleryTab = new QWidget;
  auto* galleryLayout = new QVBoxLayout(galleryTab);
  galleryLayout->setContentsMargins(0, kGrid, 0, 0);
  galleryLayout->setSpacing(kGrid);
  galleryLayout->addWidget(gallery_, 1);
  galleryLayout->addWidget(closerHint_);
  galleryLayout->addWidget(closer_);
  galleryLayout->addLayout(stripRow);
  auto* scoresTab = new QWidget;
  auto* scoresLayout = new QVBoxLayout(scoresTab);
  scoresLayout->setContentsMargins(0, kGrid, 0, 0);
  scoresLayout->addWidget(scores_);
  tabs_->setDocumentMode(true);
  tabs_->addTab(galleryTab, u"Gallery"_s);
  tabs_->addTab(scoresTab, u"Scores"_s);
  tabs_->addTab(layers_, u"Layers"_s);
  tabs_->addTab(holes_, u"Paint a hole"_s);
  tabs_->setTabToolTip(0, u"The same samples again and again, as the network learns"_s);
  tabs_->setTabToolTip(1, u"Every score on held-out data beside what trivial methods reach"_s);
  tabs_->setTabToolTip(2, u"What every layer makes of an example just now, and what is wrong with it"_s);
  tabs_->setTabToolTip(3, u"Hide a part of a held-out picture yourself; the network fills it at once"_s);
  auto* frame = new QFrame;
  frame->setObjectName(u"panel"_s);
  auto* layout = new QVBoxLayout(frame);
  layout->setContentsMargins(kGrid * 3 / 2, kGrid / 2, kGrid * 3 / 2, kGrid);
  layout->addWidget(tabs_);
  return frame;
}

void RunPanel::setTraining(Training* training) {
  if (training_) training_->disconnect(this);
  training_ = training;
  message_->dismiss();
  curves_->clear();
  gallery_->setGallery({});
  holes_->clear();
  layers_->clear();
  closer_->hide();
  filling_ = metering_ = false;
  nextHole_.reset();
  strip_->pause();
  strip_->setSteps({});
  controls_->setVisible(training != nullptr);
  if (!training) return;
  closerHint_->setText(QString::fromStdString(training->kind().closer));
  closerHint_->setVisible(!training->kind().closer.empty());
  tabs_->setTabVisible(tabs_->indexOf(holes_), training->kind().fillsHoles);
  labelMetrics(*curves_, training->kind());
  const auto showBest = [this] {
    if (const auto best = training_->best()) curves_->setBest(training_->kind().scores.front().name, *best);
  };
  const auto showCurves = [this, showBest] {
    curves_->addRun(u"run"_s, 0, training_->scalars(), training_->scores(), training_->baselines());
    showBest();
  };
  showCurves();
  connect(training, &Training::curvesGrew, this,
          [this, showBest](const Series& scalars, const Series& scores) {
            curves_->append(u"run"_s, scalars, scores);
            showBest();
            if (scalars.contains("learning_rate") && !editedRate()) showRate();
            if (!scores.empty()) showScores();
          });
  connect(training, &Training::curvesWentBack, this, [this, showCurves] {
    showCurves();
    showScores();
  });
  connect(training, &Training::baselinesKnown, this, [this] {
    curves_->setBaselines(u"run"_s, training_->baselines());
    showScores();
  });
  const auto showDiagnosis = [this] {
    if (!training_->diagnosis().isEmpty()) message_->say(MessageKind::Warning, training_->diagnosis());
  };
  connect(training, &Training::diagnosed, this, showDiagnosis);
  showDiagnosis();
  connect(training, &Training::galleryCame, this, &RunPanel::takeSnapshotSteps);
  connect(training, &Training::progressed, this, &RunPanel::showProgress);
  connect(training, &Training::stateChanged, this, &RunPanel::showState);
  const bool hasRate = training->kind().schema.find("learning_rate") != nullptr;
  rate_->setVisible(hasRate);
  rateLabel_->setVisible(hasRate);
  showRate();
  fillChangeable();
  showScores();
  takeSnapshotSteps();
  showState();
  meterLayers();
}

QString RunPanel::rateInForce() const {
  const auto rate = training_->learningRate();
  return rate ? QString::number(*rate, 'g', 6) : QString();
}

void RunPanel::showRate() {
  shownRate_ = rateInForce();
  rate_->setText(shownRate_);
}

void RunPanel::fillChangeable() {
  qDeleteAll(ownChanges_->findChildren<QWidget*>(Qt::FindDirectChildrenOnly));
  delete ownChanges_->layout();
  auto* grid = new QGridLayout(ownChanges_);
  grid->setContentsMargins(0, 0, 0, 0);
  grid->setSpacing(kGrid);
  grid->setColumnStretch(2 * kOwnFieldsARow, 1);
  const Schema& schema = training_->kind().schema;
  const Settings settings = Settings::fromJson(schema, training_->request().settings);
  for (const auto& name : training_->kind().changeable) {
    const Parameter& parameter = schema.at(name);
    if (!settings.matters(name)) continue;
    auto* caption = label(QString::fromStdString(parameter.label), TextRole::Small, true);
    caption->setWordWrap(false);
    QWidget* field = nullptr;
    if (parameter.kind == ParameterKind::Choice) {
      auto* box = new ChoiceBox;
      for (const auto& choice : parameter.choices)
        box->addItem(QString::fromStdString(choice.label), QString::fromStdString(choice.id));
      box->setCurrentIndex(box->findData(QString::fromStdString(settings.text(name))));
      box->setMinimumWidth(24 * kGrid);
      connect(box, &QComboBox::activated, this,
              [this, box, &parameter] { change(parameter, box->currentData().toString().toStdString()); });
      field = box;
    } else if (parameter.kind == ParameterKind::Real) {
      auto* edit = new NumberEdit(NumberEdit::Steps::Fine, false, parameter.low, parameter.high);
      edit->setText(QString::number(settings.real(name), 'g', 6));
      edit->setFixedWidth(11 * kGrid);
      connect(edit, &QAbstractSpinBox::editingFinished, this, [this, edit, &parameter] {
        bool isNumber = false;
        const double value = edit->text().replace(u',', u'.').toDouble(&isNumber);
        if (isNumber) return change(parameter, value);
        message_->error(
            u"%1: “%2” is no number."_s.arg(QString::fromStdString(parameter.label), edit->text()));
      });
      field = edit;
    } else {
      delete caption;
      continue;
    }
    field->setObjectName(QString::fromStdString(name));
    field->setToolTip(QString::fromStdString(parameter.help) + u" Takes effect with the next step."_s);
    caption->setBuddy(field);
    const int place = grid->count() / 2, row = place / kOwnFieldsARow, column = 2 * (place % kOwnFieldsARow);
    grid->addWidget(caption, row, column);
    grid->addWidget(field, row, column + 1);
  }
}

QWidget* RunPanel::changeable(const std::string& parameter) const {
  return parameter == "learning_rate" ? rate_
                                      : changes_->findChild<QWidget*>(QString::fromStdString(parameter));
}

void RunPanel::change(const Parameter& parameter, const Value& value) {
  if (!training_ || training_->ended()) return;
  try {
    training_->change(parameter.name, value);
    message_->say(MessageKind::Info, u"%1 is now %2."_s.arg(QString::fromStdString(parameter.label),
                                                            QString::fromStdString(toText(value))));
    // So that a resumed run goes on with what it was changed to.
    if (training_->runId() > 0)
      store_->tell([id = training_->runId(), request = training_->request()](Store& store) {
        store.setRunRequest(id, request);
      });
  } catch (const std::exception& error) {
    message_->error(QString::fromUtf8(error.what()));
  }
}

void RunPanel::togglePause() {
  if (!training_ || training_->ended()) return;
  training_->state() == RunState::Paused ? training_->resume() : training_->pause();
}

void RunPanel::stepOnce() {
  if (training_) training_->stepOnce();
}

void RunPanel::stop() {
  if (!training_) return;
  stopped_.start();
  training_->stop();
}

void RunPanel::showChip() {
  const RunState state = training_->state();
  const bool prepares = state == RunState::Running && training_->step() == 0;
  setChip(state_,
          training_->stopping() ? u"stopping"_s
          : prepares            ? u"preparing"_s
                                : stateText(state),
          state == RunState::Running                               ? u"accent"_s
          : state == RunState::Finished                            ? u"good"_s
          : state == RunState::Failed                              ? u"bad"_s
          : state == RunState::Paused || state == RunState::Queued ? u"warning"_s
                                                                   : u"plain"_s);
}

void RunPanel::showState() {
  if (!training_) return;
  const RunState state = training_->state();
  const bool alive = !training_->ended(), waiting = state == RunState::Queued;
  const bool stopHadFocus = stop_->hasFocus();
  pause_->setVisible(alive && !waiting);
  step_->setVisible(alive && !waiting);
  step_->setEnabled(state == RunState::Paused);
  stop_->setVisible(alive);
  stop_->setText(waiting ? u"Take out of the queue"_s : u"Stop"_s);
  now_->setVisible(waiting && alive);
  const bool resumable = !alive && training_->runId() > 0;
  resume_->setVisible(resumable);
  if (stopHadFocus && resumable) resume_->setFocus();  // else the field beside it would take it
  if (!alive) shownRate_ = rateInForce();  // what was set too late for any step goes for the resumed run
  showChangeable(alive, resumable);
  pause_->setText(state == RunState::Paused ? u"Go on"_s : u"Pause"_s);
  pause_->setIcon(icon(state == RunState::Paused ? u"play"_s : u"pause"_s));
  if (!alive && !training_->message().isEmpty())
    message_->say(state == RunState::Failed ? MessageKind::Error : MessageKind::Warning,
                  training_->message());
  showProgress();
}

void RunPanel::showChangeable(bool alive, bool resumable) {
  const bool hasRate = !rate_->isHidden(), hasMore = ownChanges_->layout()->count() > 0;
  const bool hasEnd = resumable && training_->request().steps > 0;
  if (hasEnd) suggestEnd();
  until_->setVisible(hasEnd);
  untilLabel_->setVisible(hasEnd);
  changes_->setVisible((alive && (hasRate || hasMore)) || hasEnd || (resumable && hasRate));
  const bool atEnd = hasEnd && training_->step() >= training_->request().steps;
  changesCaption_->setText(alive   ? u"Change while it trains:"_s
                           : atEnd ? u"It has made all its steps. To go on with:"_s
                                   : u"To resume with:"_s);
  rate_->setToolTip(alive ? u"Takes effect with the next step; Enter to set"_s
                          : u"Change it, then resume: a run whose loss grew may go on with a smaller one"_s);
  ownChanges_->setVisible(alive && hasMore);
}

void RunPanel::showProgress() {
  if (!training_) return;
  showChip();
  title_->setText(training_->title());
  title_->setToolTip(training_->title());
  const auto wanted = training_->request().steps;
  progress_->setRange(0, wanted > 0 ? 1000 : training_->state() == RunState::Running ? 0 : 1000);
  // Of a run without an end nothing can be said while it is held.
  progress_->setValue(wanted > 0 ? int(std::min<int64_t>(1000, training_->step() * 1000 / wanted)) : 0);
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
  if (step == training_->galleryStep()) return showGallery(training_->gallery());
  if (training_->runId() == 0) return;
  store_->ask(
      this, [id = training_->runId(), step](Store& store) { return store.snapshot(id, step); },
      [this, step, asked = training_](Gallery gallery) {
        if (asked == training_ && strip_->step() == step) showGallery(gallery);
      },
      [this](const QString& text) { message_->error(text); });
}

void RunPanel::showGallery(const Gallery& gallery) {
  gallery_->setGallery(gallery);
  if (training_ && training_->kind().fillsHoles) holes_->setSamples(gallery);
}

void RunPanel::showScores() {
  if (training_) scores_->setRun(training_->kind(), training_->scores(), training_->baselines());
}

void RunPanel::fillHole() {
  if (!training_ || filling_ || !nextHole_) return;
  filling_ = true;
  const auto [row, hole] = *std::exchange(nextHole_, std::nullopt);
  training_->ask(
      this, [row = row, hole = hole](Experiment& experiment) { return fw::fillHole(experiment, row, hole); },
      [this, asked = training_](std::optional<GalleryRow> filled) {
        if (asked != training_) return;
        filling_ = false;
        if (filled) holes_->setFilled(*filled);
        fillHole();
      },
      [this, asked = training_](const QString& text) {
        if (asked != training_) return;
        filling_ = false;
        holes_->say(text);
      });
}

void RunPanel::lookCloser(std::size_t row, std::size_t column, QPoint pixel) {
  if (!training_ || training_->kind().closer.empty()) return;
  training_->ask(
      this,
      [row, column, pixel](Experiment& experiment) {
        return fw::lookCloser(experiment, row, column, {pixel.x(), pixel.y()});
      },
      [this, asked = training_](std::optional<GalleryRow> found) {
        if (asked == training_ && found) closer_->setRow(*found);
      },
      [this](const QString& text) { message_->error(text); });
}

void RunPanel::meterLayers() {
  if (!training_ || metering_ || tabs_->currentWidget() != layers_ || !isVisible() ||
      training_->state() == RunState::Queued)
    return;
  metering_ = true;
  training_->ask(
      this, [](Experiment& experiment) { return layerMeters(experiment); },
      [this, asked = training_](std::vector<LayerMeter> meters) {
        if (asked != training_) return;
        metering_ = false;
        layers_->setMeters(std::move(meters));
      },
      [this, asked = training_](const QString& text) {
        if (asked != training_) return;
        metering_ = false;
        layers_->say(text);
      });
}

void RunPanel::suggestEnd() {
  const int64_t wanted = training_->request().steps, done = training_->step();
  until_->setText(QString::number(done < wanted ? wanted : done + wanted));
}

void RunPanel::resume() {
  // The second half of a double click on Stop, whose place this button takes, is none on this one.
  if (stopped_.isValid() && stopped_.elapsed() < QApplication::doubleClickInterval()) return;
  if (!training_ || training_->runId() <= 0) return;
  if (const auto rate = editedRate(); rate && !(*rate > 0))
    return message_->error(u"The learning rate “%1” is no number above 0."_s.arg(rate_->text()));
  if (until_->isHidden()) return Q_EMIT resumeAsked(training_->runId(), editedRate(), std::nullopt);
  bool isNumber = false;
  const qint64 until = until_->text().toLongLong(&isNumber);
  if (!isNumber || until <= training_->step())
    return message_->error(
        u"This run is at step %1: say a later one for it to go on to."_s.arg(training_->step()));
  Q_EMIT resumeAsked(training_->runId(), editedRate(), until);
}

// Leaving the field says nothing: a rate that falls by itself must not be put back to what it was.
std::optional<double> RunPanel::editedRate() const {
  if (rate_->isHidden() || rate_->text() == shownRate_) return std::nullopt;
  bool isNumber = false;
  const double rate = rate_->text().replace(u',', u'.').toDouble(&isNumber);
  return isNumber ? rate : 0;
}

void RunPanel::takeLearningRate() {
  const auto rate = editedRate();
  if (!training_ || training_->ended() || !rate) return;
  try {
    training_->setLearningRate(*rate);
    shownRate_ = rate_->text();
    message_->dismiss();
  } catch (const std::exception& error) {
    message_->error(QString::fromUtf8(error.what()));
  }
}

void RunPanel::exportLearning() {
  if (!training_ || training_->snapshots().empty()) return;
  const QString file = askWhereToSave(this, u"export"_s, u"Save how it was learnt"_s, u"learning.gif"_s,
                                      u"Animation (*.gif)"_s);
  if (file.isEmpty()) return;
  store_->ask(
      this,
      [id = training_->runId(), file](Store& store) {
        std::vector<std::pair<QString, ShownGallery>> shown;
        for (const int64_t step : store.snapshotSteps(id))
          shown.emplace_back(u"step %L1"_s.arg(step), prepareGallery(store.snapshot(id, step)));
        fw::exportLearning(shown, file);
      },
      [this, file] { message_->say(MessageKind::Good, savedText(file)); },
      [this](const QString& text) { message_->error(text); });
}

}  // namespace fw
