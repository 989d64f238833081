#include "ui/experiments/setup_panel.h"

#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QFileDialog>
#include <QFormLayout>
#include <QLabel>
#include <QMenu>
#include <QPushButton>
#include <QScrollArea>
#include <QScrollBar>
#include <QSettings>
#include <QToolButton>
#include <QVBoxLayout>

#include "core/base/error.h"
#include "ui/experiments/sweep_dialog.h"
#include "ui/theme.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/number_edit.h"
#include "ui/widgets/param_form.h"
#include "ui/widgets/save_file.h"
#include "ui/work/task.h"

namespace fw {
namespace {

using namespace Qt::StringLiterals;

constexpr int64_t kMostSteps = 1'000'000'000;
constexpr int64_t kMostSeeds = 9'007'199'254'740'992;  // what a number field holds exactly
constexpr int kMostThreads = 256;

int64_t wholeNumber(const NumberEdit* field, const char* name, int64_t low, int64_t high) {
  bool isNumber = false;
  const qint64 value = field->text().trimmed().toLongLong(&isNumber);
  if (!isNumber || value < low || value > high)
    throw Error(std::string(name) + " must be a whole number from " + std::to_string(low) + " to " +
                    std::to_string(high),
                "'" + field->text().toStdString() + "'", "Correct it and start again.");
  return value;
}

}  // namespace

SetupPanel::SetupPanel(QWidget* parent)
    : QWidget(parent),
      title_(label({}, TextRole::Title)),
      question_(label({}, TextRole::Body)),
      story_(label({}, TextRole::Body, true)),
      original_(label({}, TextRole::Small, true)),
      form_(new ParamForm),
      steps_(new NumberEdit(NumberEdit::Steps::Logarithmic, true, 0, double(kMostSteps))),
      seed_(new NumberEdit(NumberEdit::Steps::Whole, true, 0, double(kMostSeeds))),
      threads_(new NumberEdit(NumberEdit::Steps::Whole, true, 0, kMostThreads)),
      device_(new QComboBox),
      start_(new QPushButton(iconOnAccent(u"play"_s), u"Start training"_s)),
      message_(new MessageBar),
      scroll_(new QScrollArea) {
  title_->setWordWrap(true);
  auto* back = new QPushButton(icon(u"back"_s), u"All experiments"_s);
  back->setProperty("link", true);
  back->setToolTip(u"Back to the catalogue; runs go on (Alt+Left)"_s);
  back->setShortcut(QKeySequence(Qt::ALT | Qt::Key_Left));
  auto* more = new QToolButton;
  more->setIcon(icon(u"more"_s));
  more->setToolTip(u"Copy, save or open this set-up; back to the defaults"_s);
  more->setPopupMode(QToolButton::InstantPopup);
  auto* menu = new QMenu(more);
  menu->addAction(icon(u"copy"_s), u"Copy the set-up as JSON"_s, this, &SetupPanel::copySetup);
  menu->addAction(icon(u"save"_s), u"Save the set-up…"_s, this, &SetupPanel::saveSetup);
  menu->addAction(icon(u"open"_s), u"Open a set-up…"_s, this, &SetupPanel::openSetup);
  menu->addSeparator();
  menu->addAction(icon(u"reset"_s), u"Back to the defaults"_s, this, [this] {
    form_->setSettings(Settings(kind_->schema));
    steps_->setText(QString::number(kind_->defaultSteps));
  });
  more->setMenu(menu);
  start_->setProperty("primary", true);
  start_->setToolTip(u"Train with this set-up; when another run trains already, wait for it (F5)"_s);
  steps_->setToolTip(u"How many optimizer steps; 0 trains until you stop it"_s);
  seed_->setToolTip(u"The same seed gives the same run"_s);
  threads_->setToolTip(u"Processor threads; 0 uses as many as there are cores"_s);
  device_->setToolTip(u"Where the network is computed"_s);
  device_->addItem(u"cpu"_s);

  auto* content = new QWidget;
  content->setObjectName(u"page"_s);
  auto* inside = new QVBoxLayout(content);
  inside->setContentsMargins(2 * kGrid, 0, 2 * kGrid, 2 * kGrid);
  inside->setSpacing(kGrid);
  inside->addWidget(title_);
  inside->addWidget(question_);
  inside->addWidget(original_);
  auto* read = new QPushButton(icon(u"right"_s), u"Read the story"_s);
  read->setProperty("link", true);
  read->setCheckable(true);
  read->setToolTip(u"What this experiment shows, what to watch, and what to try next"_s);
  inside->addWidget(read, 0, Qt::AlignLeft);
  inside->addWidget(story_);
  story_->hide();
  connect(read, &QPushButton::toggled, this, [this, read](bool open) {
    story_->setVisible(open);
    read->setIcon(icon(open ? u"down"_s : u"right"_s));
  });
  const auto heading = [&](const QString& text) {
    inside->addSpacing(kGrid);
    inside->addWidget(label(text, TextRole::Heading));
  };
  heading(u"Set-up"_s);
  inside->addWidget(form_);
  heading(u"Training"_s);
  auto* run = new QGridLayout;
  run->setHorizontalSpacing(kGrid * 3 / 2);
  run->setVerticalSpacing(kGrid);
  run->setColumnStretch(0, 3);
  run->setColumnStretch(1, 2);
  const std::pair<QString, QWidget*> fields[] = {
      {u"Steps"_s, steps_}, {u"Seed"_s, seed_}, {u"Device"_s, device_}, {u"Threads"_s, threads_}};
  for (int line = 0; const auto& [text, field] : fields) {
    auto* caption = label(text);
    caption->setBuddy(field);
    run->addWidget(caption, line, 0);
    run->addWidget(field, line++, 1);
  }
  inside->addLayout(run);
  inside->addStretch();
  scroll_->setWidget(content);
  scroll_->setWidgetResizable(true);
  scroll_->setFrameShape(QFrame::NoFrame);
  scroll_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);

  auto* head = new QHBoxLayout;
  head->setContentsMargins(kGrid, kGrid, 2 * kGrid, 0);
  head->addWidget(back);
  head->addStretch();
  head->addWidget(more);
  auto* foot = new QVBoxLayout;
  foot->setContentsMargins(2 * kGrid, kGrid, 2 * kGrid, 2 * kGrid);
  foot->setSpacing(kGrid);
  auto* several = new QPushButton(icon(u"queue"_s), u"Try several values…"_s);
  several->setToolTip(u"One run for each of several values of one parameter, to be laid over each other"_s);
  foot->addWidget(message_);
  foot->addWidget(start_);
  foot->addWidget(several);
  connect(several, &QPushButton::clicked, this, [this] {
    if (!justStarted()) trySeveral();  // the first run makes the session's bar appear, and buttons move
  });
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(kGrid);
  layout->addLayout(head);
  layout->addWidget(scroll_, 1);
  layout->addLayout(foot);

  connect(back, &QPushButton::clicked, this, &SetupPanel::backAsked);
  connect(start_, &QPushButton::clicked, this, [this] {
    if (justStarted()) return;  // one run, not two
    lastStart_.start();
    start();
  });
  connect(form_, &ParamForm::changed, message_, &MessageBar::dismiss);

  // Asking for graphics cards may take a second: not here.
  auto* task = new Task(this);
  task->start([this](std::stop_token) {
    QMetaObject::invokeMethod(this, [this, found = devices()] { takeDevices(found); });
  });
}

void SetupPanel::setKind(const ExperimentKind& kind) {
  if (kind_ && kind_ != &kind) try {
      left_[kind_->id] = request();
    } catch (const Error&) {  // left with something impossible in a field: begin anew next time
    }
  if (kind_ != &kind) scroll_->verticalScrollBar()->setValue(0);
  kind_ = &kind;
  message_->dismiss();
  title_->setText(QString::fromStdString(kind.title));
  question_->setText(QString::fromStdString(kind.question));
  story_->setText(QString::fromStdString(kind.story));
  original_->setText(u"The original: %1"_s.arg(QString::fromStdString(kind.originalFigure)));
  original_->setVisible(!kind.originalFigure.empty());
  form_->setSettings(Settings(kind.schema));
  steps_->setText(QString::number(kind.defaultSteps));
  seed_->setText(u"1"_s);
  threads_->setText(u"0"_s);
  if (const auto left = left_.extract(kind.id)) setRequest(left.mapped());
}

void SetupPanel::setRequest(const RunRequest& request) {
  const ExperimentKind& kind = experimentKind(request.experiment);
  const Settings settings = Settings::fromJson(kind.schema, request.settings);
  setKind(kind);
  form_->setSettings(settings);
  steps_->setText(QString::number(request.steps));
  seed_->setText(QString::number(request.seed));
  threads_->setText(QString::number(request.threads));
  const QString device = QString::fromStdString(request.device);
  if (device_->findText(device) < 0) device_->addItem(device);
  device_->setCurrentText(device);
}

RunRequest SetupPanel::request() const {
  RunRequest request;
  request.experiment = kind_->id;
  request.settings = form_->settings().toJson();
  request.steps = wholeNumber(steps_, "Steps", 0, kMostSteps);
  request.seed = uint64_t(wholeNumber(seed_, "Seed", 0, kMostSeeds));
  request.device = device_->currentText().toStdString();
  request.threads = int(wholeNumber(threads_, "Threads", 0, kMostThreads));
  return request;
}

bool SetupPanel::addFiles(const QStringList& files) { return kind_ && form_->addFiles(files); }

bool SetupPanel::setWeights(const QString& file) { return kind_ && form_->setWeights(file); }

void SetupPanel::focusStart() { start_->setFocus(); }

void SetupPanel::start() {
  if (!kind_) return;
  if (!form_->valid())
    return report(u"One of the values above is not possible; what is wrong stands beside it."_s);
  try {
    const RunRequest wanted = request();
    validate(wanted);
    message_->dismiss();
    Q_EMIT startAsked(wanted);
  } catch (const std::exception& error) {
    report(QString::fromUtf8(error.what()));
  }
}

void SetupPanel::copySetup() {
  try {
    QApplication::clipboard()->setText(QString::fromStdString(toJson(request()).dump(2)));
    message_->say(MessageKind::Good, u"The set-up is on the clipboard."_s);
  } catch (const std::exception& error) {
    report(QString::fromUtf8(error.what()));
  }
}

void SetupPanel::saveSetup() {
  const QString file =
      askWhereToSave(this, u"setup"_s, u"Save the set-up"_s,
                     u"%1.json"_s.arg(QString::fromStdString(kind_->id)), u"Set-up (*.json)"_s);
  if (file.isEmpty()) return;
  try {
    fw::saveSetup(file.toStdString(), request());
    message_->say(MessageKind::Good, savedText(file));
  } catch (const std::exception& error) {
    report(QString::fromUtf8(error.what()));
  }
}

void SetupPanel::openSetup() {
  QSettings settings;
  const QString name = QFileDialog::getOpenFileName(
      this, u"Open a set-up"_s, settings.value(u"folders/setup"_s).toString(), u"Set-up (*.json)"_s);
  if (name.isEmpty()) return;
  settings.setValue(u"folders/setup"_s, QFileInfo(name).absolutePath());
  try {
    setRequest(readSetup(name.toStdString()));
  } catch (const std::exception& error) {
    report(QString::fromUtf8(error.what()));
  }
}

bool SetupPanel::justStarted() const {
  return lastStart_.isValid() && lastStart_.elapsed() < QApplication::doubleClickInterval();
}

void SetupPanel::trySeveral() {
  if (!form_->valid())
    return report(u"One of the values above is not possible; what is wrong stands beside it."_s);
  auto* dialog = new SweepDialog(form_->settings(), this);
  connect(dialog, &SweepDialog::startAsked, this, [this](const std::vector<Settings>& variants) {
    try {
      std::vector<RunRequest> all;
      for (const Settings& variant : variants) {
        RunRequest& wanted = all.emplace_back(request());
        wanted.settings = variant.toJson();
        validate(wanted);
      }
      message_->dismiss();
      Q_EMIT severalAsked(all);
    } catch (const std::exception& error) {
      report(QString::fromUtf8(error.what()));
    }
  });
  dialog->open();
}

void SetupPanel::takeDevices(const std::vector<std::string>& devices) {
  const QString chosen = device_->currentText();
  device_->clear();
  for (const auto& name : devices) device_->addItem(QString::fromStdString(name));
  device_->setCurrentText(chosen);
}

void SetupPanel::report(const QString& text) { message_->error(text); }

}  // namespace fw
