#include "ui/experiments/sweep_dialog.h"

#include <QComboBox>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <algorithm>

#include "core/base/error.h"
#include "ui/theme.h"

namespace fw {
namespace {

using namespace Qt::StringLiterals;

constexpr qsizetype kMostVariants = 64;

QStringList partsOf(const QString& values) {
  QStringList parts;
  for (const QString& part : values.split(u','))
    if (!part.trimmed().isEmpty()) parts << part.trimmed();
  return parts;
}

/// Values worth trying around the one that is set: neighbours by factors, or all choices.
QString suggestionFor(const Parameter& parameter, const Settings& settings) {
  QStringList values;
  if (parameter.kind == ParameterKind::Choice) {
    for (const auto& choice : parameter.choices) values << QString::fromStdString(choice.id);
  } else if (parameter.kind == ParameterKind::Bool) {
    values = {u"yes"_s, u"no"_s};
  } else {
    const bool whole = parameter.kind == ParameterKind::Integer;
    const double now = whole ? double(settings.integer(parameter.name)) : settings.real(parameter.name);
    const double factor = parameter.logarithmic ? 10 : 2;
    for (const double value : {now / factor, now, now * factor}) {
      const double inside = std::clamp(whole ? std::round(value) : value, parameter.low, parameter.high);
      const QString text = whole ? QString::number(qint64(inside)) : QString::number(inside, 'g', 4);
      if (!values.contains(text)) values << text;
    }
  }
  return values.join(u", "_s);
}

}  // namespace

SweepDialog::SweepDialog(const Settings& settings, QWidget* parent)
    : QDialog(parent),
      settings_(settings),
      parameter_(new QComboBox),
      values_(new QLineEdit),
      problem_(label({}, TextRole::Small)),
      start_(new QPushButton(iconOnAccent(u"queue"_s), u"Train all"_s)) {
  setWindowTitle(u"Try several values"_s);
  setAttribute(Qt::WA_DeleteOnClose);
  for (const auto& parameter : settings.schema().parameters()) {
    const bool simple = parameter.kind != ParameterKind::Path && parameter.kind != ParameterKind::PathList &&
                        parameter.kind != ParameterKind::Text;
    if (simple && settings.matters(parameter.name))
      parameter_->addItem(QString::fromStdString(parameter.label), QString::fromStdString(parameter.name));
  }
  // What comes in kinds is what one compares first: the variants of a network, before its numbers.
  for (int i = parameter_->count() - 1; i >= 0; --i)
    if (settings_.schema().at(parameter_->itemData(i).toString().toStdString()).kind == ParameterKind::Choice)
      parameter_->setCurrentIndex(i);
  values_->setToolTip(u"Separated by commas"_s);
  values_->setMinimumWidth(40 * kGrid);
  problem_->setProperty("problem", true);
  start_->setProperty("primary", true);
  start_->setDefault(true);
  auto* cancel = new QPushButton(u"Cancel"_s);
  auto* form = new QFormLayout;
  form->setSpacing(kGrid);
  form->addRow(u"Parameter"_s, parameter_);
  form->addRow(u"Values"_s, values_);
  auto* buttons = new QHBoxLayout;
  buttons->setSpacing(kGrid);
  buttons->addStretch();
  buttons->addWidget(cancel);
  buttons->addWidget(start_);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(3 * kGrid, 3 * kGrid, 3 * kGrid, 2 * kGrid);
  layout->setSpacing(kGrid * 3 / 2);
  layout->addWidget(label(u"Try several values"_s, TextRole::Title));
  layout->addWidget(label(
      u"One run for each value, everything else as it is set now. They train one after the other and can be "
      u"laid over each other under Runs."_s,
      TextRole::Body, true));
  layout->addLayout(form);
  layout->addWidget(problem_);
  layout->addLayout(buttons);
  connect(parameter_, &QComboBox::currentIndexChanged, this, &SweepDialog::suggest);
  connect(values_, &QLineEdit::textChanged, this, &SweepDialog::check);
  connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
  connect(start_, &QPushButton::clicked, this, [this] {
    Q_EMIT startAsked(variants());
    accept();
  });
  suggest();
}

void SweepDialog::choose(const QString& parameter, const QString& values) {
  parameter_->setCurrentIndex(parameter_->findData(parameter));
  values_->setText(values);
}

std::vector<Settings> SweepDialog::variants() const {
  std::vector<Settings> all;
  try {
    const std::string parameter = parameter_->currentData().toString().toStdString();
    for (const QString& value : partsOf(values_->text())) {
      Settings variant = settings_;
      variant.setFromText(parameter, value.toStdString());
      const bool known = std::ranges::any_of(
          all, [&](const Settings& other) { return other.value(parameter) == variant.value(parameter); });
      if (!known) all.push_back(std::move(variant));
    }
  } catch (const Error&) {
    return {};
  }
  return all;
}

void SweepDialog::suggest() {
  const auto* parameter = settings_.schema().find(parameter_->currentData().toString().toStdString());
  values_->setText(parameter ? suggestionFor(*parameter, settings_) : QString());
  check();
}

void SweepDialog::check() {
  QString wrong;
  const QStringList parts = partsOf(values_->text());
  if (parts.size() > kMostVariants)
    wrong = u"These are %1 runs; at most %2 at once."_s.arg(parts.size()).arg(kMostVariants);
  for (const QString& value : parts) try {
      Settings copy = settings_;
      copy.setFromText(parameter_->currentData().toString().toStdString(), value.toStdString());
    } catch (const Error& error) {
      wrong = QString::fromUtf8(error.what());
    }
  problem_->setText(wrong);
  problem_->setVisible(!wrong.isEmpty());
  start_->setEnabled(wrong.isEmpty() && !parts.isEmpty());
  const auto runs = wrong.isEmpty() ? variants().size() : std::size_t(parts.size());
  start_->setText(runs == 1 ? u"Train 1 run"_s : u"Train %1 runs"_s.arg(runs));
  if (isVisible()) adjustSize();  // the complaint needs room of its own
}

}  // namespace fw
