#include "ui/widgets/number_edit.h"

#include <QLineEdit>
#include <QWheelEvent>
#include <algorithm>
#include <array>
#include <cmath>

namespace fw {
namespace {

constexpr std::array kMantissas{1.0, 2.0, 5.0};

/// The neighbour of `value` in … 0.5, 1, 2, 5, 10 …
double nextOnScale(double value, int direction) {
  if (value <= 0) return direction > 0 ? 1 : 0;
  // Rounding in the logarithm must not make 0.001 its own neighbour.
  constexpr double kSame = 1e-9;
  const double decade = std::floor(std::log10(value) + kSame);
  for (int shift = direction > 0 ? 0 : 1; std::abs(shift) <= 1; shift -= direction > 0 ? -1 : 1) {
    const double unit = std::pow(10.0, decade + (direction > 0 ? shift : shift - 1));
    if (direction > 0) {
      for (const double mantissa : kMantissas)
        if (mantissa * unit > value * (1 + kSame)) return mantissa * unit;
    } else {
      for (auto mantissa = kMantissas.rbegin(); mantissa != kMantissas.rend(); ++mantissa)
        if (*mantissa * unit < value * (1 - kSame)) return *mantissa * unit;
    }
  }
  return value;
}

/// A tenth of the number's own size: 0.25 steps by 0.05, 40 by 5.
double fineStep(double value, double low, double high) {
  const double size = std::max(std::abs(value), std::min(std::abs(high - low), 1.0) / 10);
  const double decade = std::pow(10.0, std::floor(std::log10(std::max(size, 1e-12))));
  return size / decade >= 5 ? decade / 2 : decade / 10;
}

}  // namespace

NumberEdit::NumberEdit(Steps steps, bool whole, double low, double high, QWidget* parent)
    : QAbstractSpinBox(parent), steps_(steps), whole_(whole), low_(low), high_(high) {
  setAccelerated(true);
  setFocusPolicy(Qt::StrongFocus);  // a wheel that scrolls past must not change numbers
  connect(lineEdit(), &QLineEdit::textEdited, this, &NumberEdit::edited);
}

void NumberEdit::setText(const QString& text) {
  if (text != lineEdit()->text()) lineEdit()->setText(text);
}

QString NumberEdit::text() const { return lineEdit()->text(); }

void NumberEdit::stepBy(int steps) {
  bool isNumber = false;
  double value = lineEdit()->text().trimmed().toDouble(&isNumber);
  if (!isNumber) value = std::clamp(0.0, low_, high_);
  const int direction = steps > 0 ? 1 : -1;
  for (int i = 0; i < std::abs(steps); ++i) {
    if (steps_ == Steps::Logarithmic) {
      const double next = nextOnScale(value, direction);
      value = whole_ ? (direction > 0 ? std::max(std::ceil(next), value + 1) : std::floor(next)) : next;
    } else if (steps_ == Steps::Whole) {
      value += direction;
    } else {
      const double step = fineStep(value, low_, high_);
      value = std::round((value + direction * step) / step) * step;
    }
  }
  value = std::clamp(value, low_, high_);
  lineEdit()->setText(whole_ ? QString::number(static_cast<qint64>(std::llround(value)))
                             : QString::number(value, 'g', 6));
  Q_EMIT edited(lineEdit()->text());
}

QSize NumberEdit::sizeHint() const {
  QSize hint = QAbstractSpinBox::sizeHint();
  hint.setWidth(std::max(hint.width(), fontMetrics().horizontalAdvance(QStringLiteral("0.0000000")) + 44));
  return hint;
}

void NumberEdit::wheelEvent(QWheelEvent* event) {
  if (hasFocus())
    QAbstractSpinBox::wheelEvent(event);
  else
    event->ignore();
}

}  // namespace fw
