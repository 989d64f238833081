#include "ui/slowmo/mode_bar.h"

#include <QDoubleSpinBox>
#include <QLabel>
#include <QLineEdit>
#include <QSignalBlocker>
#include <QVBoxLayout>
#include <algorithm>
#include <array>

#include "ui/slowmo/segments.h"
#include "ui/theme.h"

namespace fw {
namespace {

using namespace Qt::StringLiterals;

constexpr std::array kModes{"slow", "smooth", "both"};
constexpr std::array kFactors{2.0, 4.0, 8.0};
const QStringList kRates{u"50"_s, u"60"_s, u"120"_s};

/// A comma means what a point means: "3,7" must not become 37.
class FactorBox : public QDoubleSpinBox {
 public:
  FactorBox() {
    QLocale plain = QLocale::c();
    plain.setNumberOptions(QLocale::RejectGroupSeparator | QLocale::OmitGroupSeparator);
    setLocale(plain);
  }
  double valueFromText(const QString& text) const override {
    return QDoubleSpinBox::valueFromText(QString(text).replace(u',', u'.'));
  }
  QValidator::State validate(QString& text, int& position) const override {
    text.replace(u',', u'.');
    return QDoubleSpinBox::validate(text, position);
  }
};

QWidget* row(const QString& title, QWidget* segments, QWidget* custom) {
  auto* widget = new QWidget;
  auto* column = new QVBoxLayout(widget);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(kGrid / 2);
  column->addWidget(label(title, TextRole::Small, true));
  column->addWidget(segments);
  column->addWidget(custom);
  return widget;
}

}  // namespace

ModeBar::ModeBar(QWidget* parent)
    : QWidget(parent),
      mode_(new Segments({u"Slow motion"_s, u"Smoother"_s, u"Both"_s})),
      factors_(new Segments({u"2×"_s, u"4×"_s, u"8×"_s, u"Custom"_s})),
      factor_(new FactorBox),
      rates_(new Segments(kRates + QStringList{u"Custom"_s})),
      rate_(new QLineEdit) {
  mode_->setTips({u"The clip takes longer to play"_s,
                  u"The clip keeps its length and shows more frames a second"_s,
                  u"Slower, and at a frame rate of your choice"_s});
  factor_->setRange(1, 100);
  factor_->setDecimals(3);
  factor_->setStepType(QAbstractSpinBox::AdaptiveDecimalStepType);
  factor_->setSuffix(u"× slower"_s);
  factor_->setToolTip(u"From 1 to 100, also fractions: 2.5"_s);
  rate_->setPlaceholderText(u"48, 59.94, 30000/1001 …"_s);
  factorRow_ = row(u"How much slower"_s, factors_, factor_);
  rateRow_ = row(u"Frames a second"_s, rates_, rate_);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(kGrid);
  column->addWidget(mode_);
  column->addWidget(factorRow_);
  column->addWidget(rateRow_);

  const auto tell = [this] {
    showWhatMatters();
    Q_EMIT changed();
  };
  connect(mode_, &Segments::chosen, this, tell);
  connect(factors_, &Segments::chosen, this, [this, tell](int index) {
    const QSignalBlocker quiet(factor_);
    if (index < int(kFactors.size())) factor_->setValue(kFactors[std::size_t(index)]);
    tell();
    if (index == int(kFactors.size())) factor_->setFocus();
  });
  connect(rates_, &Segments::chosen, this, [this, tell](int index) {
    if (index < kRates.size()) rate_->setText(kRates[index]);
    tell();
    if (index == kRates.size()) rate_->setFocus();
  });
  connect(factor_, &QDoubleSpinBox::valueChanged, this, [this] { Q_EMIT changed(); });
  connect(rate_, &QLineEdit::textEdited, this, [this] { Q_EMIT changed(); });
  chooseFactor(2);
  chooseRate(u"60"_s);
  chooseMode(0);
}

void ModeBar::showSettings(const Settings& settings) {
  const auto mode = std::ranges::find(kModes, settings.text("mode"));
  chooseFactor(settings.real("factor"));
  chooseRate(QString::fromStdString(settings.text("rate")));
  chooseMode(int(mode - kModes.begin()));
}

void ModeBar::writeTo(Settings& settings) const {
  settings.set("mode", std::string(kModes[std::size_t(std::max(0, mode_->current()))]));
  settings.set("factor", factor_->value());
  settings.set("rate", rate_->text().trimmed().toStdString());
}

void ModeBar::chooseMode(int mode) {
  mode_->setCurrent(mode);
  showWhatMatters();
}

void ModeBar::chooseFactor(double factor) {
  const QSignalBlocker quiet(factor_);
  factor_->setValue(factor);
  const auto known = std::ranges::find(kFactors, factor);
  factors_->setCurrent(int(known - kFactors.begin()));
  showWhatMatters();
}

void ModeBar::chooseRate(const QString& rate) {
  rate_->setText(rate);
  const auto known = kRates.indexOf(rate);
  rates_->setCurrent(int(known < 0 ? kRates.size() : known));
  showWhatMatters();
}

void ModeBar::showWhatMatters() {
  const int mode = mode_->current();
  factorRow_->setVisible(mode != 1);
  rateRow_->setVisible(mode != 0);
  factor_->setVisible(factors_->current() == int(kFactors.size()));
  rate_->setVisible(rates_->current() == kRates.size());
}

}  // namespace fw
