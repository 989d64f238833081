#include "ui/main_window.h"

#include <QAction>
#include <QActionGroup>
#include <QApplication>
#include <QButtonGroup>
#include <QCloseEvent>
#include <QDragEnterEvent>
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QSettings>
#include <QStackedWidget>
#include <QTimer>
#include <QToolButton>
#include <QVBoxLayout>

#include "core/base/paths.h"
#include "core/base/version.h"
#include "core/experiments/catalog.h"
#include "core/learn/weights_origin.h"
#include "ui/close_guard.h"
#include "ui/experiments/experiments_page.h"
#include "ui/experiments/setup_panel.h"
#include "ui/explore/explore_page.h"
#include "ui/runs/runs_page.h"
#include "ui/slowmo/make_panel.h"
#include "ui/slowmo/slowmo_page.h"
#include "ui/theme.h"
#include "ui/widgets/drop_zone.h"
#include "ui/widgets/message_bar.h"
#include "ui/work/store_thread.h"

namespace fw {
namespace {

using namespace Qt::StringLiterals;

constexpr int kRailWidth = 12 * kGrid;
constexpr int kFollowRunsEvery = 2000;  ///< ms, while something trains
constexpr int kRefreshRunsAfter = 300;  ///< ms; a run says several things at once

struct PlaceText {
  QString name, iconName, tip;
};

const std::array<PlaceText, 4>& placeTexts() {
  static const std::array<PlaceText, 4> texts{
      PlaceText{u"Slow motion"_s, u"slowmo"_s, u"Slow a video down, or make it smoother (Ctrl+1)"_s},
      PlaceText{u"Experiments"_s, u"experiments"_s,
                u"Train networks on pictures and video, and watch them learn (Ctrl+2)"_s},
      PlaceText{u"Explore"_s, u"explore"_s, u"Look inside the networks (Ctrl+3)"_s},
      PlaceText{u"Runs"_s, u"runs"_s, u"Every run there ever was: compare, resume, take notes (Ctrl+4)"_s}};
  return texts;
}

QString titlesWith(ParameterKind kind) {
  QStringList titles;
  for (const auto& experiment : catalog())
    for (const auto& parameter : experiment.schema.parameters())
      if (parameter.kind == kind) {
        titles << u"“%1”"_s.arg(QString::fromStdString(experiment.title));
        break;
      }
  return titles.join(u", "_s);
}

}  // namespace

FileFit fitOf(const QString& file) {
  if (QFileInfo(file).isDir()) return FileFit::Folder;
  const std::filesystem::path path = file.toStdString();
  if (isVideo(path)) return FileFit::Video;
  if (isPicture(path)) return FileFit::Picture;
  static const QStringList weights{u"safetensors"_s, u"pt"_s, u"pth"_s, u"pkl"_s, u"ckpt"_s};
  const QString ending = QFileInfo(file).suffix().toLower();
  if (weights.contains(ending)) return FileFit::Weights;
  if (ending == u"json"_s) return FileFit::Setup;
  return FileFit::Unknown;
}

MainWindow::MainWindow(QWidget* parent)
    : QMainWindow(parent),
      store_(new StoreThread(dataHome(), this)),
      places_(new QButtonGroup(this)),
      stack_(new QStackedWidget),
      message_(new MessageBar),
      slowmo_(new SlowmoPage),
      experiments_(new ExperimentsPage(store_)),
      explore_(new ExplorePage(store_)),
      runs_(new RunsPage(store_)),
      refreshRuns_(new QTimer(this)) {
  setAcceptDrops(true);
  setMinimumSize(960, 600);
  for (QWidget* page : {static_cast<QWidget*>(slowmo_), static_cast<QWidget*>(experiments_),
                        static_cast<QWidget*>(explore_), static_cast<QWidget*>(runs_)})
    stack_->addWidget(page);
  auto* right = new QVBoxLayout;
  right->setContentsMargins(0, 0, 0, 0);
  right->setSpacing(0);
  message_->setProperty("flush", true);
  right->addWidget(message_);
  right->addWidget(stack_, 1);
  auto* content = new QWidget;
  auto* layout = new QHBoxLayout(content);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(0);
  layout->addWidget(makeRail());
  layout->addLayout(right, 1);
  setCentralWidget(content);
  makeShortcuts();

  refreshRuns_->setSingleShot(true);
  refreshRuns_->setInterval(kRefreshRunsAfter);
  connect(refreshRuns_, &QTimer::timeout, this, [this] {
    runs_->refresh();
    explore_->refresh();
    experiments_->refresh();
  });
  auto* follow = new QTimer(this);
  follow->start(kFollowRunsEvery);
  connect(follow, &QTimer::timeout, this, [this] {
    if (place() == Place::Runs && experiments_->working()) runs_->refresh();
  });
  connect(store_, &StoreThread::failed, message_, &MessageBar::error);
  connect(experiments_, &ExperimentsPage::runsChanged, this, &MainWindow::refreshRunsSoon);
  connect(runs_, &RunsPage::resumeAsked, this, [this](int64_t id) {
    go(Place::Experiments);
    experiments_->resumeRun(id);
  });
  connect(runs_, &RunsPage::deleted, experiments_, &ExperimentsPage::forgetRuns);
  connect(runs_, &RunsPage::sameAsAsked, this, [this](const RunRequest& request) {
    try {
      experiments_->openRequest(request);
      go(Place::Experiments);
    } catch (const std::exception& error) {
      runs_->message()->error(QString::fromUtf8(error.what()));
    }
  });
  connect(runs_, &RunsPage::openAsked, this, [this](int64_t id) {
    go(Place::Experiments);
    experiments_->openRun(id);
  });
  connect(runs_, &RunsPage::engineAsked, this, &MainWindow::useEngine);
  connect(experiments_, &ExperimentsPage::compareAsked, this, [this](const std::vector<int64_t>& ids) {
    go(Place::Runs);
    runs_->select(ids);
  });
  connect(runs_, &RunsPage::exploreAsked, this, [this](int64_t id) {
    explore_->showRun(id);
    go(Place::Explore);
  });
  store_->tell([](Store& store) { store.adoptOrphans(); });
  refreshRunsSoon();

  QSettings settings;
  resize(1280, 800);
  restoreGeometry(settings.value(u"window/geometry"_s).toByteArray());
  const int last = settings.value(u"window/place"_s, 0).toInt();
  go(last >= 0 && last < stack_->count() ? static_cast<Place>(last) : Place::Slowmo);
}

// The pages first: they may still have something to tell the store.
MainWindow::~MainWindow() { delete centralWidget(); }

QWidget* MainWindow::makeRail() {
  auto* rail = new QFrame;
  rail->setObjectName(u"rail"_s);
  rail->setFixedWidth(kRailWidth);
  auto* layout = new QVBoxLayout(rail);
  layout->setContentsMargins(kGrid / 2, kGrid * 3 / 2, kGrid / 2, kGrid);
  layout->setSpacing(kGrid / 2);
  auto* mark = new QLabel;
  mark->setPixmap(QIcon(u":/icons/framewright.svg"_s).pixmap(QSize(36, 36), devicePixelRatioF()));
  mark->setAlignment(Qt::AlignCenter);
  mark->setToolTip(u"Framewright %1"_s.arg(QString::fromUtf8(version())));
  layout->addWidget(mark);
  layout->addSpacing(kGrid);
  const auto add = [&](const QString& text, const QString& iconName, const QString& tip) {
    auto* button = new QToolButton;
    button->setText(text);
    button->setIcon(icon(iconName));
    button->setIconSize({24, 24});
    button->setFont(fontOf(TextRole::Small));
    button->setToolButtonStyle(Qt::ToolButtonTextUnderIcon);
    button->setToolTip(tip);
    button->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    layout->addWidget(button);
    return button;
  };
  for (int i = 0; const auto& [name, iconName, tip] : placeTexts()) {
    auto* button = add(name, iconName, tip);
    button->setCheckable(true);
    places_->addButton(button, i++);
  }
  connect(places_, &QButtonGroup::idClicked, this, [this](int id) { go(static_cast<Place>(id)); });
  layout->addStretch();
  auto* look = add(u"Look"_s, u"system"_s, u"Light, dark, or as the desktop says"_s);
  look->setPopupMode(QToolButton::InstantPopup);
  auto* menu = new QMenu(look);
  auto* choices = new QActionGroup(menu);
  const std::tuple<QString, QString, ThemeChoice> looks[] = {
      {u"As the desktop"_s, u"system"_s, ThemeChoice::System},
      {u"Light"_s, u"sun"_s, ThemeChoice::Light},
      {u"Dark"_s, u"moon"_s, ThemeChoice::Dark}};
  for (const auto& [text, iconName, choice] : looks) {
    auto* action = menu->addAction(icon(iconName), text);
    action->setCheckable(true);
    action->setChecked(savedTheme() == choice);
    action->setObjectName(u"theme"_s + text);
    choices->addAction(action);
    connect(action, &QAction::triggered, this, [choice = choice] {
      saveTheme(choice);
      applyTheme(choice);
    });
  }
  look->setMenu(menu);
  return rail;
}

void MainWindow::makeShortcuts() {
  const auto shortcut = [this](const QKeySequence& key, auto act) {
    auto* action = new QAction(this);
    action->setShortcut(key);
    addAction(action);
    connect(action, &QAction::triggered, this, act);
  };
  for (int i = 0; i < 4; ++i)
    shortcut(QKeySequence(Qt::CTRL | static_cast<Qt::Key>(Qt::Key_1 + i)),
             [this, i] { go(static_cast<Place>(i)); });
  shortcut(QKeySequence::Open, [this] { chooseFiles(); });
  shortcut(QKeySequence::Quit, [this] { close(); });
  shortcut(QKeySequence(Qt::Key_F11), [this] { setWindowState(windowState() ^ Qt::WindowFullScreen); });
}

void MainWindow::go(Place place) {
  const int index = static_cast<int>(place);
  places_->button(index)->setChecked(true);
  stack_->setCurrentIndex(index);
  setWindowTitle(u"%1 – Framewright"_s.arg(placeTexts()[std::size_t(index)].name));
  if (place == Place::Runs) runs_->refresh();
}

Place MainWindow::place() const { return static_cast<Place>(stack_->currentIndex()); }

void MainWindow::chooseFiles() {
  QSettings settings;
  const QStringList files = QFileDialog::getOpenFileNames(
      this, u"Open videos, pictures, weights or a set-up"_s, settings.value(u"folders/open"_s).toString());
  if (files.isEmpty()) return;
  settings.setValue(u"folders/open"_s, QFileInfo(files.first()).absolutePath());
  open(files);
}

void MainWindow::open(const QStringList& files) {
  QStringList clips, pictures, unknown;
  message_->dismiss();
  for (const QString& file : files) switch (fitOf(file)) {
      case FileFit::Video:
      case FileFit::Folder:
        clips << file;
        break;
      case FileFit::Picture:
        pictures << file;
        break;
      case FileFit::Weights:
        openWeights(file);
        break;
      case FileFit::Setup:
        try {
          experiments_->openSetupFile(file);
          go(Place::Experiments);
        } catch (const std::exception& error) {
          message_->error(QString::fromUtf8(error.what()));
        }
        break;
      case FileFit::Unknown:
        unknown << QFileInfo(file).fileName();
        break;
    }
  if (!clips.isEmpty() || (!pictures.isEmpty() && place() == Place::Slowmo)) {
    go(Place::Slowmo);
    slowmo_->open(clips + pictures);  // pictures one after the other are a video, too
  } else if (!pictures.isEmpty()) {
    openPictures(pictures);
  }
  if (!unknown.isEmpty())
    message_->say(
        MessageKind::Warning,
        u"%1 is nothing Framewright can use. It opens videos, pictures, folders of pictures, weights "
        u"(.safetensors, .pt, .pth, .pkl) and set-ups (.json)."_s.arg(unknown.join(u", "_s)));
}

void MainWindow::openPictures(const QStringList& files) {
  go(Place::Experiments);
  if (experiments_->addFiles(files)) return;
  const QString titles = titlesWith(ParameterKind::PathList);
  message_->ask(MessageKind::Info,
                titles.isEmpty()
                    ? u"The experiment that is open takes no pictures of your own."_s
                    : u"To train on your own pictures, open one of %1 and drop them there."_s.arg(titles),
                u"Open as a video"_s, [this, files] {
                  go(Place::Slowmo);
                  slowmo_->open(files);
                });
}

void MainWindow::openWeights(const QString& file) {
  if (place() == Place::Slowmo) {
    // Framewright's own weights say where they were trained; all others are RIFE's.
    const auto [experiment, settings] = originOf(file.toStdString());
    const QString engine = engineOf(experiment, settings);
    return useEngine(!engine.isEmpty()    ? engine
                     : experiment.empty() ? u"rife"_s
                                          : u"learned"_s,
                     file, QFileInfo(file).fileName());
  }
  go(Place::Experiments);
  if (experiments_->setup()->setWeights(file)) return;
  message_->ask(
      MessageKind::Info,
      u"%1 holds the weights of a network. Open an experiment that can start from weights and drop the file "
      u"there, or make slow motion with it."_s.arg(QFileInfo(file).fileName()),
      u"Make slow motion with it"_s, [this, file] {
        go(Place::Slowmo);
        openWeights(file);
      });
}

void MainWindow::useEngine(const QString& engine, const QString& weights, const QString& called) {
  go(Place::Slowmo);
  auto settings = slowmo_->makePanel()->settings().toJson();
  settings["engine"] = engine.toStdString();
  settings[engine.toStdString() + "_weights"] = weights.toStdString();
  slowmo_->makePanel()->setSettings(settings);
  message_->say(MessageKind::Good, u"Slow motion is made with %1 now."_s.arg(called));
}

bool MainWindow::working() const { return !work().isEmpty(); }

QStringList MainWindow::work() const {
  QStringList what;
  if (slowmo_->exporting()) what << u"a slow-motion export"_s;
  if (slowmo_->adapting()) what << u"adapting to a clip"_s;
  if (experiments_->working()) what << u"a training"_s;
  return what;
}

void MainWindow::closeEvent(QCloseEvent* event) {
  if (!closing_ && working()) {
    event->ignore();
    return askBeforeClosing();
  }
  QSettings settings;
  settings.setValue(u"window/geometry"_s, saveGeometry());
  settings.setValue(u"window/place"_s, stack_->currentIndex());
  event->accept();
}

void MainWindow::askBeforeClosing() {
  if (auto* open = findChild<CloseGuard*>()) return open->raise();
  const QStringList all = work();
  QString what = all.join(u" and "_s) + (all.size() > 1 ? u" are"_s : u" is"_s);
  what[0] = what[0].toUpper();
  auto* guard = new CloseGuard(
      what, [this] { return working(); }, this);
  connect(guard, &CloseGuard::stopChosen, this, [this] {
    slowmo_->stopAndKeep();
    experiments_->stopAndKeep();
  });
  connect(guard, &CloseGuard::stopped, this, [this] {
    closing_ = true;
    close();
  });
  guard->open();
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event) {
  if (!localFiles(event->mimeData()).isEmpty()) event->acceptProposedAction();
}

void MainWindow::dropEvent(QDropEvent* event) {
  event->acceptProposedAction();
  open(localFiles(event->mimeData()));
}

void MainWindow::refreshRunsSoon() { refreshRuns_->start(); }

}  // namespace fw
