#include "ui/experiments/experiments_page.h"

#include <QAction>
#include <QFrame>
#include <QHBoxLayout>
#include <QLabel>
#include <QPointer>
#include <QScrollArea>
#include <QStackedWidget>
#include <algorithm>

#include "core/experiments/catalog.h"
#include "ui/experiments/catalogue_view.h"
#include "ui/experiments/illustration.h"
#include "ui/experiments/run_panel.h"
#include "ui/experiments/session_bar.h"
#include "ui/experiments/setup_panel.h"
#include "ui/experiments/training_queue.h"
#include "ui/theme.h"
#include "ui/widgets/message_bar.h"
#include "ui/work/store_thread.h"

namespace fw {
namespace {

using namespace Qt::StringLiterals;

/// "Width 32": by which one of several runs is told from the others.
QString whatDiffers(const RunRequest& one, const std::vector<RunRequest>& all) {
  const Schema& schema = experimentKind(one.experiment).schema;
  const Settings own = Settings::fromJson(schema, one.settings);
  QStringList words;
  for (const auto& parameter : schema.parameters()) {
    const bool differs = std::any_of(all.begin(), all.end(), [&](const RunRequest& other) {
      return Settings::fromJson(schema, other.settings).value(parameter.name) != own.value(parameter.name);
    });
    if (differs) words << QString::fromStdString(parameter.label + " " + toText(own.value(parameter.name)));
  }
  return words.join(u", "_s);
}

constexpr int kSetupWidth = 42 * kGrid;

/// Stands where the curves will be while nothing has been trained yet: what this experiment is about.
QWidget* invitation(const ExperimentKind& kind) {
  auto* page = new QWidget;
  auto* layout = new QVBoxLayout(page);
  layout->setSpacing(kGrid * 3 / 2);
  auto* picture = new Illustration(kind.id);
  picture->setFixedHeight(176);
  auto* column = new QWidget;
  column->setMaximumWidth(90 * kGrid);
  auto* inside = new QVBoxLayout(column);
  inside->setSpacing(kGrid * 3 / 2);
  inside->addStretch();
  inside->addWidget(picture);
  inside->addWidget(label(QString::fromStdString(kind.question), TextRole::Title));
  inside->addWidget(label(QString::fromStdString(kind.story)));
  inside->addWidget(
      label(u"Press Start training (F5): the curves, the gallery of the same samples and a film strip of how "
            u"they were learnt appear here."_s,
            TextRole::Body, true));
  inside->addStretch();
  for (auto* text : column->findChildren<QLabel*>()) text->setWordWrap(true);
  auto* centred = new QHBoxLayout;
  centred->addStretch(1);
  centred->addWidget(column, 8);
  centred->addStretch(1);
  layout->addLayout(centred);
  auto* scroll = new QScrollArea;
  scroll->setWidget(page);
  scroll->setWidgetResizable(true);
  scroll->setFrameShape(QFrame::NoFrame);
  page->setObjectName(u"page"_s);
  return scroll;
}

}  // namespace

ExperimentsPage::ExperimentsPage(StoreThread* store, QWidget* parent)
    : QWidget(parent),
      store_(store),
      queue_(new TrainingQueue(this)),
      stack_(new QStackedWidget),
      catalogue_(new CatalogueView),
      setup_(new SetupPanel),
      run_(new RunPanel(store)),
      right_(new QStackedWidget),
      session_(new SessionBar(queue_)) {
  auto* side = new QFrame;
  side->setObjectName(u"sidePanel"_s);
  side->setFixedWidth(kSetupWidth);
  auto* sideLayout = new QVBoxLayout(side);
  sideLayout->setContentsMargins(0, 0, 0, 0);
  sideLayout->addWidget(setup_);
  auto* detail = new QWidget;
  auto* detailLayout = new QHBoxLayout(detail);
  detailLayout->setContentsMargins(0, 0, 0, 0);
  detailLayout->setSpacing(0);
  detailLayout->addWidget(side);
  auto* rightFrame = new QWidget;
  auto* rightLayout = new QVBoxLayout(rightFrame);
  rightLayout->setContentsMargins(2 * kGrid, 2 * kGrid, 2 * kGrid, 2 * kGrid);
  right_->addWidget(new QWidget);
  right_->addWidget(run_);
  rightLayout->addWidget(right_);
  detailLayout->addWidget(rightFrame, 1);
  stack_->addWidget(catalogue_);
  stack_->addWidget(detail);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(0);
  layout->addWidget(stack_, 1);
  layout->addWidget(session_);

  connect(catalogue_, &CatalogueView::chosen, this, &ExperimentsPage::openExperiment);
  connect(setup_, &SetupPanel::backAsked, this, &ExperimentsPage::showCatalogue);
  connect(setup_, &SetupPanel::startAsked, this, [this](const RunRequest& request) { start(request); });
  connect(setup_, &SetupPanel::severalAsked, this, &ExperimentsPage::startSeveral);
  connect(session_, &SessionBar::chosen, this, &ExperimentsPage::showTraining);
  connect(run_, &RunPanel::startNowAsked, queue_, &TrainingQueue::startNow);
  connect(run_, &RunPanel::resumeAsked, this, &ExperimentsPage::resumeRun);
  connect(queue_, &TrainingQueue::workingChanged, this, &ExperimentsPage::workingChanged);
  const auto shortcut = [this](const QKeySequence& key, auto act) {
    auto* action = new QAction(this);
    action->setShortcut(key);
    action->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    addAction(action);
    connect(action, &QAction::triggered, this, act);
  };
  shortcut(QKeySequence(Qt::Key_F5), [this] {
    if (stack_->currentIndex() == 1) setup_->start();
  });
  shortcut(QKeySequence(Qt::Key_F6), [this] { run_->togglePause(); });
  shortcut(QKeySequence(Qt::Key_F7), [this] { run_->stepOnce(); });
  shortcut(QKeySequence(Qt::SHIFT | Qt::Key_F5), [this] { run_->stop(); });
}

ExperimentsPage::~ExperimentsPage() = default;

void ExperimentsPage::showCatalogue() { stack_->setCurrentIndex(0); }

void ExperimentsPage::refresh() {
  store_->ask(
      this, [](Store& store) { return store.runs(); },
      [this](std::vector<RunRecord> runs) { catalogue_->setRuns(runs); },
      [](const QString&) {});  // the Runs page says it
}

void ExperimentsPage::openExperiment(const QString& id) {
  const ExperimentKind& kind = experimentKind(id.toStdString());
  if (setup_->kind() != &kind) setup_->setKind(kind);
  // The newest run of this experiment is what one wants to see again.
  Training* newest = nullptr;
  for (Training* training : queue_->all())
    if (&training->kind() == &kind) newest = training;
  run_->setTraining(newest);
  session_->setCurrent(newest);
  if (newest) {
    right_->setCurrentIndex(1);
  } else {
    delete right_->widget(0);
    right_->insertWidget(0, invitation(kind));
    right_->setCurrentIndex(0);
  }
  stack_->setCurrentIndex(1);
  setup_->focusStart();
}

void ExperimentsPage::openRequest(const RunRequest& request) {
  openExperiment(QString::fromStdString(request.experiment));
  setup_->setRequest(request);
}

void ExperimentsPage::openSetupFile(const QString& file) { openRequest(readSetup(file.toStdString())); }

void ExperimentsPage::withHistory(int64_t runId, std::function<void(RunHistory)> act) {
  store_->ask(
      this, [runId](Store& store) { return readHistory(store, runId); },
      [this, act = std::move(act)](RunHistory history) {
        try {
          act(std::move(history));
        } catch (const std::exception& error) {
          setup_->message()->error(QString::fromUtf8(error.what()));
        }
      },
      [this](const QString& text) { setup_->message()->error(text); });
}

void ExperimentsPage::resumeRun(int64_t runId, std::optional<double> learningRate,
                                std::optional<int64_t> until) {
  if (Training* known = queue_->ofRun(runId); known && !known->ended()) return showTraining(known);
  withHistory(runId, [this, learningRate, until](RunHistory history) {
    // Asked for twice while the history was read.
    if (Training* known = queue_->ofRun(history.record.id); known && !known->ended())
      return showTraining(known);
    RunRequest request = history.record.request;
    const RunRequest asItWas = request;
    if (until)
      request.steps = *until;
    else if (request.steps > 0 && history.record.step >= request.steps)
      return openRun(history.record.id);  // there a person says how far it is to go on
    // What showed the run as it was makes room.
    if (Training* known = queue_->ofRun(history.record.id)) queue_->remove(known);
    openRequest(asItWas);  // how far this one goes on is no set-up for the next
    auto training = std::make_unique<Training>(request, store_->folder(), std::move(history));
    if (learningRate) training->setLearningRate(*learningRate);
    watch(training.get());
    showTraining(queue_->add(std::move(training)));
  });
}

void ExperimentsPage::forgetRuns(const std::vector<int64_t>& runIds) {
  for (const int64_t id : runIds) {
    Training* known = queue_->ofRun(id);
    if (!known || !known->ended()) continue;
    if (run_->training() == known) {
      run_->setTraining(nullptr);
      session_->setCurrent(nullptr);
    }
    queue_->remove(known);
  }
}

void ExperimentsPage::openRun(int64_t runId) {
  if (Training* known = queue_->ofRun(runId)) return showTraining(known);
  withHistory(runId, [this](RunHistory history) {
    openRequest(history.record.request);
    showTraining(queue_->add(Training::ofEarlier(std::move(history), store_->folder())));
  });
}

bool ExperimentsPage::addFiles(const QStringList& files) {
  return stack_->currentIndex() == 1 && setup_->addFiles(files);
}

bool ExperimentsPage::working() const { return queue_->working(); }

void ExperimentsPage::stopAndKeep() { queue_->stopAll(); }

void ExperimentsPage::start(const RunRequest& request, const QString& name) {
  auto training = std::make_unique<Training>(request, store_->folder());
  training->setName(name);
  watch(training.get());
  showTraining(queue_->add(std::move(training)));
}

void ExperimentsPage::startSeveral(const std::vector<RunRequest>& requests) {
  std::vector<QPointer<Training>> started;
  for (const auto& request : requests) {
    start(request, whatDiffers(request, requests));
    started.emplace_back(run_->training());
  }
  if (!started.empty()) showTraining(started.front());
  setup_->message()->ask(MessageKind::Info, u"%1 runs, one after the other."_s.arg(requests.size()),
                         u"Compare them"_s, [this, started] {
                           std::vector<int64_t> ids;
                           for (const auto& training : started)
                             if (training && training->runId() > 0) ids.push_back(training->runId());
                           Q_EMIT compareAsked(ids);
                         });
}

void ExperimentsPage::watch(Training* training) {
  connect(training, &Training::stateChanged, this, &ExperimentsPage::runsChanged);
  connect(training, &Training::done, this, &ExperimentsPage::runsChanged);
}

void ExperimentsPage::showTraining(Training* training) {
  if (setup_->kind() != &training->kind()) setup_->setRequest(training->request());
  run_->setTraining(training);
  session_->setCurrent(training);
  right_->setCurrentIndex(1);
  stack_->setCurrentIndex(1);
}

}  // namespace fw
