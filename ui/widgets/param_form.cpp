#include "ui/widgets/param_form.h"

#include <QCheckBox>
#include <QComboBox>
#include <QFileDialog>
#include <QGridLayout>
#include <QLabel>
#include <QLineEdit>
#include <QStyle>
#include <QToolButton>
#include <QVBoxLayout>

#include "core/base/error.h"
#include "ui/theme.h"
#include "ui/widgets/choice_box.h"
#include "ui/widgets/number_edit.h"
#include "ui/widgets/path_list_edit.h"

namespace fw {
namespace {

using namespace Qt::StringLiterals;

QString fromStd(const std::string& text) { return QString::fromStdString(text); }

QString rangeText(const Parameter& parameter) {
  const bool hasLow = parameter.low > std::numeric_limits<double>::lowest(),
             hasHigh = parameter.high < std::numeric_limits<double>::max();
  if (parameter.kind != ParameterKind::Integer && parameter.kind != ParameterKind::Real) return {};
  const QString unit = parameter.unit.empty() ? QString() : u" "_s + fromStd(parameter.unit);
  if (hasLow && hasHigh) return u"%1 … %2%3"_s.arg(parameter.low).arg(parameter.high).arg(unit);
  if (hasLow) return u"from %1%2"_s.arg(parameter.low).arg(unit);
  if (hasHigh) return u"up to %1%2"_s.arg(parameter.high).arg(unit);
  return {};
}

QString tipOf(const Parameter& parameter) {
  QString tip = fromStd(parameter.help);
  if (const QString range = rangeText(parameter); !range.isEmpty()) tip += u"\nRange: "_s + range;
  if (const std::string fallback = toText(parameter.fallback); !fallback.empty())
    tip += u"\nDefault: "_s + fromStd(fallback);
  return tip;
}

}  // namespace

struct ParamForm::Row {
  const Parameter* parameter;
  QLabel* label = nullptr;
  QWidget* editor = nullptr;
  QLabel* problem = nullptr;
  std::function<void(const Value&)> show;
  QString wrong;
};

ParamForm::ParamForm(QWidget* parent) : QWidget(parent) {
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
}

ParamForm::~ParamForm() = default;

void ParamForm::setSettings(const Settings& settings) {
  const bool same = settings_ && [&] {
    const auto& mine = settings_->schema().parameters();
    const auto& its = settings.schema().parameters();
    return std::equal(mine.begin(), mine.end(), its.begin(), its.end(),
                      [](const Parameter& a, const Parameter& b) {
                        return a.name == b.name && a.kind == b.kind && a.label == b.label &&
                               a.choices.size() == b.choices.size();
                      });
  }();
  QString focused;  // choosing with the keyboard goes on where it was
  for (const auto& row : rows_)
    if (row->editor->hasFocus()) focused = fromStd(row->parameter->name);
  if (same) {
    *settings_ = settings;
  } else {
    settings_ = std::make_unique<Settings>(settings);
    build();
  }
  showValues();
  if (QWidget* again = editor(focused)) again->setFocus();
}

bool ParamForm::valid() const {
  return std::none_of(rows_.begin(), rows_.end(), [&](const auto& row) {
    return !row->wrong.isEmpty() && settings_->matters(row->parameter->name);
  });
}

QString ParamForm::problem(const QString& parameter) const {
  for (const auto& row : rows_)
    if (fromStd(row->parameter->name) == parameter) return row->wrong;
  return {};
}

QWidget* ParamForm::editor(const QString& parameter) const {
  for (const auto& row : rows_)
    if (fromStd(row->parameter->name) == parameter) return row->editor;
  return nullptr;
}

bool ParamForm::takesFiles() const {
  return std::any_of(rows_.begin(), rows_.end(),
                     [&](const auto& row) { return row->parameter->kind == ParameterKind::PathList; });
}

bool ParamForm::addFiles(const QStringList& files) {
  // Where own files are one choice of a source, dropping them is making that choice.
  for (const auto& row : rows_) {
    if (row->parameter->kind != ParameterKind::PathList) continue;
    for (const auto& condition : row->parameter->mattersWhen)
      if (!settings_->matters(row->parameter->name) && !condition.values.empty())
        settings_->set(condition.parameter, condition.values.front());
    showValues();
    static_cast<PathListEdit*>(row->editor)->add(files);
    return true;
  }
  return false;
}

bool ParamForm::setWeights(const QString& file) {
  for (const auto& row : rows_) {
    if (row->parameter->kind != ParameterKind::Path ||
        row->parameter->name.find("weights") == std::string::npos)
      continue;
    settings_->set(row->parameter->name, file.toStdString());
    for (const auto& condition : row->parameter->mattersWhen)
      if (!settings_->matters(row->parameter->name) && !condition.values.empty())
        settings_->set(condition.parameter, condition.values.front());
    showValues();
    Q_EMIT changed();
    return true;
  }
  return false;
}

void ParamForm::setReadOnly(bool readOnly) {
  if (content_) content_->setEnabled(!readOnly);
}

void ParamForm::build() {
  const bool open = more_ && more_->isChecked();
  rows_.clear();
  delete content_;
  content_ = new QWidget;
  layout()->addWidget(content_);
  auto* grid = new QGridLayout(content_);
  grid->setContentsMargins(0, 0, 0, 0);
  grid->setHorizontalSpacing(kGrid * 3 / 2);
  grid->setVerticalSpacing(kGrid / 2);
  grid->setColumnStretch(0, 3);
  grid->setColumnStretch(1, 2);
  int line = 0;
  const auto add = [&](const Parameter& parameter) {
    auto row = std::make_unique<Row>();
    Row* raw = row.get();
    row->parameter = &parameter;
    const QString unit = parameter.unit.empty() ? QString() : u" (%1)"_s.arg(fromStd(parameter.unit));
    row->label = label(fromStd(parameter.label) + unit);
    row->label->setTextInteractionFlags(Qt::NoTextInteraction);
    switch (parameter.kind) {
      case ParameterKind::Bool: {
        auto* box = new QCheckBox(fromStd(parameter.label));
        delete std::exchange(row->label, nullptr);
        row->show = [box](const Value& value) { box->setChecked(std::get<bool>(value)); };
        connect(box, &QCheckBox::toggled, this, [this, raw](bool on) { take(*raw, on); });
        row->editor = box;
        break;
      }
      case ParameterKind::Integer:
      case ParameterKind::Real: {
        const bool whole = parameter.kind == ParameterKind::Integer;
        auto* edit = new NumberEdit(parameter.logarithmic ? NumberEdit::Steps::Logarithmic
                                    : whole               ? NumberEdit::Steps::Whole
                                                          : NumberEdit::Steps::Fine,
                                    whole, parameter.low, parameter.high);
        row->show = [edit](const Value& value) { edit->setText(fromStd(toText(value))); };
        connect(edit, &NumberEdit::edited, this, [this, raw](const QString& text) { takeText(*raw, text); });
        row->editor = edit;
        break;
      }
      case ParameterKind::Choice: {
        auto* box = new ChoiceBox;
        for (const auto& choice : parameter.choices) box->addItem(fromStd(choice.label), fromStd(choice.id));
        box->setMinimumContentsLength(10);
        box->setFocusPolicy(Qt::StrongFocus);
        row->show = [box](const Value& value) {
          box->setCurrentIndex(box->findData(fromStd(std::get<std::string>(value))));
        };
        connect(box, &QComboBox::currentIndexChanged, this,
                [this, raw, box] { take(*raw, box->currentData().toString().toStdString()); });
        row->editor = box;
        break;
      }
      case ParameterKind::Text:
      case ParameterKind::Path: {
        auto* edit = new QLineEdit;
        if (parameter.kind == ParameterKind::Path) {
          auto* browse = edit->addAction(icon(u"open"_s), QLineEdit::TrailingPosition);
          browse->setToolTip(parameter.folder ? u"Choose a folder"_s : u"Choose a file"_s);
          connect(browse, &QAction::triggered, edit, [this, raw, edit] {
            const QString title = fromStd(raw->parameter->label);
            const QString file = raw->parameter->folder
                                     ? QFileDialog::getExistingDirectory(edit, title, edit->text())
                                     : QFileDialog::getOpenFileName(edit, title, edit->text());
            if (!file.isEmpty()) {
              edit->setText(file);
              takeText(*raw, file);
            }
          });
        }
        row->show = [edit](const Value& value) {
          const QString text = fromStd(std::get<std::string>(value));
          if (edit->text() != text) edit->setText(text);
        };
        connect(edit, &QLineEdit::textEdited, this,
                [this, raw](const QString& text) { takeText(*raw, text); });
        row->editor = edit;
        break;
      }
      case ParameterKind::PathList: {
        auto* edit = new PathListEdit;
        row->show = [edit](const Value& value) {
          QStringList paths;
          for (const auto& path : std::get<std::vector<std::string>>(value)) paths << fromStd(path);
          edit->setPaths(paths);
        };
        connect(edit, &PathListEdit::changed, this, [this, raw, edit] {
          std::vector<std::string> paths;
          for (const auto& path : edit->paths()) paths.push_back(path.toStdString());
          take(*raw, std::move(paths));
        });
        row->editor = edit;
        break;
      }
    }
    const bool wide = parameter.kind == ParameterKind::Bool || parameter.kind == ParameterKind::PathList ||
                      parameter.kind == ParameterKind::Path || parameter.kind == ParameterKind::Text;
    row->editor->setToolTip(tipOf(parameter));
    row->editor->setAccessibleName(fromStd(parameter.label));
    if (row->label) {
      row->label->setToolTip(tipOf(parameter));
      row->label->setBuddy(row->editor);
      if (wide) row->label->setFont(fontOf(TextRole::Body));
      grid->addWidget(row->label, line, 0, 1, wide ? 2 : 1, Qt::AlignVCenter);
      if (wide) ++line;
    }
    grid->addWidget(row->editor, line, wide ? 0 : 1, 1, wide ? 2 : 1);
    ++line;
    row->problem = label({}, TextRole::Small);
    row->problem->setProperty("problem", true);
    row->problem->hide();
    grid->addWidget(row->problem, line++, 0, 1, 2);
    rows_.push_back(std::move(row));
  };
  const auto& parameters = settings_->schema().parameters();
  for (const auto& parameter : parameters)
    if (!parameter.advanced) add(parameter);
  more_ = new QToolButton;
  more_->setText(u"More"_s);
  more_->setCheckable(true);
  more_->setIcon(icon(u"right"_s));
  more_->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
  more_->setProperty("flat", true);
  connect(more_, &QToolButton::toggled, this, [this](bool open) {
    more_->setIcon(icon(open ? u"down"_s : u"right"_s));
    showWhatMatters();
  });
  grid->addWidget(more_, line++, 0, 1, 2, Qt::AlignLeft);
  for (const auto& parameter : parameters)
    if (parameter.advanced) add(parameter);
  more_->setChecked(open);
}

void ParamForm::showValues() {
  showing_ = true;
  for (const auto& row : rows_) {
    row->show(settings_->value(row->parameter->name));
    tell(*row, {});
  }
  showing_ = false;
  showWhatMatters();
}

void ParamForm::showWhatMatters() {
  bool anyAdvanced = false;
  for (const auto& row : rows_) {
    const bool matters = settings_->matters(row->parameter->name);
    anyAdvanced |= matters && row->parameter->advanced;
    const bool visible =
        matters && (!row->parameter->advanced || more_->isChecked() || !row->wrong.isEmpty());
    if (row->label) row->label->setVisible(visible);
    row->editor->setVisible(visible);
    row->problem->setVisible(visible && !row->wrong.isEmpty());
  }
  more_->setVisible(anyAdvanced);
}

void ParamForm::take(Row& row, const Value& value) {
  if (showing_) return;
  try {
    settings_->set(row.parameter->name, value);
    tell(row, {});
  } catch (const Error& error) {
    tell(row, fromStd(error.what()));
  }
  showWhatMatters();
  Q_EMIT changed();
}

void ParamForm::takeText(Row& row, const QString& text) {
  if (showing_) return;
  try {
    settings_->setFromText(row.parameter->name, text.toStdString());
    tell(row, {});
  } catch (const Error& error) {
    tell(row, fromStd(error.what()));
  }
  showWhatMatters();
  Q_EMIT changed();
}

void ParamForm::tell(Row& row, const QString& problem) {
  row.wrong = problem;
  row.problem->setText(problem);
  row.editor->setProperty("problem", !problem.isEmpty());
  style()->unpolish(row.editor);
  style()->polish(row.editor);
}

}  // namespace fw
