#include "ui/slowmo/make_panel.h"

#include <QFileDialog>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QPushButton>
#include <QScrollArea>
#include <QSettings>
#include <QStyle>
#include <QTimer>
#include <QVBoxLayout>
#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "ui/slowmo/batch_list.h"
#include "ui/slowmo/clip_timeline.h"
#include "ui/slowmo/mode_bar.h"
#include "ui/slowmo/preset_button.h"
#include "ui/theme.h"
#include "ui/widgets/param_form.h"

namespace fw {
namespace {

using namespace Qt::StringLiterals;

const QString kSettingsKey = u"slowmo/settings"_s;
constexpr int kEstimateAfter = 120;  // milliseconds: not for every digit that is typed

/// What has a place of its own on the page, and what the window never does.
const std::set<std::string> kElsewhere{"mode", "factor", "rate", "trim_in", "trim_out", "overwrite"};

/// The settings of the form, with what follows from choices made outside it already decided. The engine of a
/// part has its settings there too; they say whose they are, as the chosen one may have some of the same
/// name.
Schema formSchema(const Settings& settings, const SlowmoRequest& clip, const std::optional<VideoInfo>& info) {
  const bool pictures = clip.sources.size() > 1 || (info && info->container == "pictures");
  std::vector<Parameter> kept;
  for (Parameter parameter : settings.schema().parameters()) {
    if (kElsewhere.contains(parameter.name)) continue;
    if (parameter.name == "picture_rate" && !pictures) continue;
    if (parameter.name == "sound" && info && info->audio.empty()) continue;
    bool matters = true;
    std::erase_if(parameter.mattersWhen, [&](const MattersWhen& condition) {
      const bool engine = condition.parameter == "engine";
      if (!engine && !kElsewhere.contains(condition.parameter)) return false;
      const auto holds = [&](const Value& value) {
        return std::ranges::find(condition.values, value) != condition.values.end();
      };
      if (holds(settings.value(condition.parameter))) return true;
      const auto part = std::ranges::find_if(clip.engineRanges, holds, &EngineRange::engine);
      if (engine && part != clip.engineRanges.end())
        parameter.label = engineKind(part->engine).title + ": " + parameter.label;
      else
        matters = false;
      return true;
    });
    if (matters) kept.push_back(std::move(parameter));
  }
  return Schema(std::move(kept));
}

struct Estimated {
  SlowmoEstimate estimate;
  std::filesystem::path suggested;
};

void setProblem(QLabel* label, bool problem) {
  label->setProperty("problem", problem);
  label->style()->unpolish(label);
  label->style()->polish(label);
}

}  // namespace

QString bytesText(int64_t bytes) { return QLocale().formattedDataSize(bytes, 1, QLocale::DataSizeSIFormat); }

MakePanel::MakePanel(QWidget* parent)
    : QWidget(parent),
      settings_(slowmoSchema()),
      presets_(new PresetButton),
      presetName_(new QLineEdit),
      batch_(new BatchList),
      mode_(new ModeBar),
      form_(new ParamForm),
      estimate_(label({}, TextRole::Body)),
      notes_(label({}, TextRole::Small, true)),
      outputName_(label({}, TextRole::Small)),
      elsewhere_(new QPushButton(u"Change…"_s)),
      start_(new QPushButton(u"Start"_s)),
      preview_(new QPushButton(icon(u"search"_s), u"Preview 2 seconds"_s)),
      giveUp_(new QPushButton(u"Leave it as it was"_s)),
      soon_(new QTimer(this)) {
  auto* head = new QHBoxLayout;
  head->addWidget(label(u"What to make"_s, TextRole::Heading));
  head->addStretch();
  head->addWidget(presets_);
  presetName_->setPlaceholderText(u"Name of the preset, then Enter"_s);
  presetName_->hide();

  auto* page = new QWidget;
  page->setObjectName(u"page"_s);
  auto* content = new QVBoxLayout(page);
  content->setContentsMargins(2 * kGrid, kGrid, 2 * kGrid, kGrid);
  content->setSpacing(kGrid * 3 / 2);
  content->addLayout(head);
  content->addWidget(presetName_);
  content->addWidget(batch_);
  content->addWidget(mode_);
  content->addWidget(form_);
  content->addStretch();
  auto* scroll = new QScrollArea;
  scroll->setWidgetResizable(true);
  scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  scroll->setWidget(page);
  auto* foot = new QVBoxLayout;
  buildFoot(foot);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  column->addWidget(scroll, 1);
  column->addLayout(foot);

  soon_->setSingleShot(true);
  soon_->setInterval(kEstimateAfter);
  connect(soon_, &QTimer::timeout, this, &MakePanel::askForEstimate);
  connect(batch_, &BatchList::leftOut, this, &MakePanel::otherLeftOut);
  connect(mode_, &ModeBar::changed, this, &MakePanel::takeMode);
  connect(form_, &ParamForm::changed, this, &MakePanel::takeForm);
  connect(presets_, &PresetButton::chosen, this,
          [this](const nlohmann::json& preset) { setSettings(preset); });
  connect(presets_, &PresetButton::saveRequested, this, [this] {
    presetName_->show();
    presetName_->setFocus();
  });
  connect(presets_, &PresetButton::failed, this, &MakePanel::failed);
  connect(presetName_, &QLineEdit::returnPressed, this, [this] {
    if (presets_->has(presetName_->text()) &&
        std::exchange(replaces_, presetName_->text()) != presetName_->text())
      return Q_EMIT failed(
          u"“%1” is there already: Enter once more to replace it."_s.arg(presetName_->text().trimmed()));
    presets_->save(presetName_->text());
    replaces_.clear();
    presetName_->clear();
    presetName_->hide();
  });
  const auto saved =
      nlohmann::json::parse(QSettings().value(kSettingsKey).toString().toStdString(), nullptr, false);
  setSettings(saved.is_object() ? saved : nlohmann::json::object());
}

void MakePanel::buildFoot(QBoxLayout* foot) {
  auto* line = new QFrame;
  line->setObjectName(u"line"_s);
  line->setFixedHeight(1);
  auto* where = new QHBoxLayout;
  where->setSpacing(kGrid / 2);
  elsewhere_->setProperty("link", true);
  elsewhere_->setToolTip(u"Save somewhere else or under another name"_s);
  outputName_->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
  where->addWidget(outputName_, 1);
  where->addWidget(elsewhere_, 0, Qt::AlignTop);
  start_->setProperty("primary", true);
  giveUp_->setProperty("link", true);
  giveUp_->hide();
  auto* buttons = new QHBoxLayout;
  buttons->setSpacing(kGrid);
  buttons->addWidget(preview_);
  buttons->addWidget(giveUp_);
  buttons->addWidget(start_, 1);
  auto* inner = new QVBoxLayout;
  inner->setContentsMargins(2 * kGrid, kGrid, 2 * kGrid, 2 * kGrid);
  inner->setSpacing(kGrid / 2);
  inner->addWidget(estimate_);
  inner->addWidget(notes_);
  inner->addLayout(where);
  inner->addSpacing(kGrid / 2);
  inner->addLayout(buttons);
  foot->setSpacing(0);
  foot->addWidget(line);
  foot->addLayout(inner);
  connect(elsewhere_, &QPushButton::clicked, this, &MakePanel::chooseOutput);
  connect(start_, &QPushButton::clicked, this, &MakePanel::startRequested);
  connect(preview_, &QPushButton::clicked, this, &MakePanel::previewRequested);
  connect(giveUp_, &QPushButton::clicked, this, &MakePanel::editingGivenUp);
}

void MakePanel::setOthers(const std::vector<SlowmoRequest>& clips) {
  others_ = clips.size();
  batch_->setClips(clips);
  orderTabs();
  showEstimate();
}

void MakePanel::setClip(const SlowmoRequest& clip, const VideoInfo& info) {
  if (!editing() && clip.sources != clip_.sources) settings_.set("crop", std::string());
  clip_ = clip;
  info_ = info;
  output_.clear();
  showForm();
  settingsChanged();
}

void MakePanel::clearClip() {
  info_.reset();
  estimating_.forget();
  endEditing();
}

void MakePanel::edit(const SlowmoRequest& job) {
  own_ = settings_;
  setSettings(job.settings);
  if (!sourceOfResult(job.output)) output_ = job.output;  // else the name says what is made: it is made anew
  showEditing();
}

void MakePanel::endEditing() {
  if (!own_) return;
  const auto own = std::exchange(own_, std::nullopt)->toJson();
  output_.clear();
  setSettings(own);
  showEditing();
}

void MakePanel::setOutput(const std::filesystem::path& output) {
  output_ = output;
  soon_->start();
}

void MakePanel::showEditing() {
  giveUp_->setVisible(editing());
  preview_->setVisible(!editing());
  showEstimate();
}

void MakePanel::setSettings(const nlohmann::json& settings) {
  try {
    settings_ = Settings::fromJson(slowmoSchema(), settings);
  } catch (const std::exception&) {
    settings_ = Settings(slowmoSchema());  // saved by another version of the program
  }
  settings_.set("overwrite", false);
  mode_->showSettings(settings_);
  showForm();
  settingsChanged();
  Q_EMIT analysisChanged();
}

void MakePanel::setEngine(const std::string& id) {
  settings_.set("engine", id);
  showForm();
  settingsChanged();
}

void MakePanel::setMarks(const SlowmoRequest& marked) {
  clip_.settings = marked.settings;
  clip_.cutsAdded = marked.cutsAdded;
  clip_.cutsRemoved = marked.cutsRemoved;
  const bool otherEngines = !std::ranges::equal(clip_.engineRanges, marked.engineRanges, {},
                                                &EngineRange::engine, &EngineRange::engine);
  clip_.engineRanges = marked.engineRanges;
  if (otherEngines) showForm();
  soon_->start();
}

void MakePanel::takeMode() {
  mode_->writeTo(settings_);
  showForm();
  settingsChanged();
}

void MakePanel::takeForm() {
  const auto before = settings_;
  for (const auto& parameter : form_->settings().schema().parameters())
    settings_.set(parameter.name, form_->settings().value(parameter.name));
  // Later: rebuilding the form now would delete the very field that is speaking.
  if (before.value("engine") != settings_.value("engine"))
    QMetaObject::invokeMethod(
        this, [this] { showForm(); }, Qt::QueuedConnection);
  settingsChanged();
  for (const char* name : {"cuts", "cut_sensitivity", "duplicates", "picture_rate"})
    if (before.value(name) != settings_.value(name)) return Q_EMIT analysisChanged();
}

void MakePanel::showForm() {
  Settings shown(formSchema(settings_, clip_, info_));
  for (const auto& parameter : shown.schema().parameters())
    shown.set(parameter.name, settings_.value(parameter.name));
  form_->setSettings(shown);
  orderTabs();
}

// Rows and fields are made anew, which puts them behind all others.
void MakePanel::orderTabs() {
  QWidget* before = presetName_;
  const auto follow = [&before](QWidget* next) {
    const bool dropsDown = next->window() != before->window();
    if (dropsDown || (next->focusPolicy() & Qt::TabFocus) == 0) return;
    setTabOrder(before, next);
    before = next;
  };
  for (const QWidget* part : std::initializer_list<const QWidget*>{batch_, mode_, form_})
    for (QWidget* field : part->findChildren<QWidget*>()) follow(field);
  for (QWidget* button : std::initializer_list<QWidget*>{elsewhere_, preview_, giveUp_, start_})
    follow(button);
}

void MakePanel::settingsChanged() {
  if (!output_.empty()) output_ = outputAs(settings_.text("container"), output_);
  auto kept = settings_;
  kept.set("trim_in", 0.0);  // no other clip has anything from these
  kept.set("trim_out", 0.0);
  kept.set("crop", std::string());
  if (!editing()) QSettings().setValue(kSettingsKey, QString::fromStdString(kept.toJson().dump()));
  presets_->showMatching(kept);
  showEstimate();
  soon_->start();
  Q_EMIT changed();
}

void MakePanel::askForEstimate() {
  if (!info_) return;
  SlowmoRequest request = clip_;
  request.output = output_;
  estimating_.ask<Estimated>(
      [request, info = *info_](std::stop_token) {
        SlowmoRequest unnamed = request;
        unnamed.output.clear();
        const auto suggested = request.output.empty() ? suggestedOutput(unnamed, info) : request.output;
        return Estimated{estimate(request, info), suggested};
      },
      [this](const Estimated& found) {
        problem_.clear();
        const auto& e = found.estimate;
        suggested_ = found.suggested;
        estimate_->setText(u"%L1 frames · %2 at %3 fps\nabout %4 · up to %5 of memory"_s.arg(e.frames).arg(
            timeText(e.duration), QString::number(e.rate.value(), 'g', 5), bytesText(e.bytes),
            bytesText(e.peakMemory)));
        QStringList notes;
        for (const auto& note : e.notes) notes << QString::fromStdString(note);
        notes_->setText(notes.join(u"\n"_s));
        showEstimate();
      },
      [this](const QString& message) {
        problem_ = message;
        estimate_->setText(message);
        notes_->clear();
        showEstimate();
      });
}

void MakePanel::showEstimate() {
  setProblem(estimate_, !problem_.isEmpty());
  notes_->setVisible(!notes_->text().isEmpty());
  const auto& output = output_.empty() ? suggested_ : output_;
  outputName_->setText(others_ > 0 ? u"%1 and %2 more beside their sources"_s
                                         .arg(QString::fromStdString(output.filename().string()))
                                         .arg(others_)
                                   : QString::fromStdString(output.filename().string()));
  outputName_->setToolTip(QString::fromStdString(output.string()));
  start_->setText(editing()     ? u"Save the changes"_s
                  : others_ > 0 ? u"Start all %1"_s.arg(others_ + 1)
                                : u"Start"_s);
  const bool ready = info_ && problem_.isEmpty() && form_->valid();
  start_->setEnabled(ready);
  preview_->setEnabled(ready);
}

void MakePanel::chooseOutput() {
  const auto& now = output_.empty() ? suggested_ : output_;
  const QString file =
      QFileDialog::getSaveFileName(this, u"Save the result as"_s, QString::fromStdString(now.string()), {},
                                   nullptr, QFileDialog::DontConfirmOverwrite);  // nothing is overwritten
  if (!file.isEmpty()) setOutput(unusedPath(file.toStdString()));
}

}  // namespace fw
