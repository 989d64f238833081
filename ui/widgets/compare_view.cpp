#include "ui/widgets/compare_view.h"

#include <QButtonGroup>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QMouseEvent>
#include <QPainter>
#include <QTimer>
#include <QToolButton>
#include <algorithm>
#include <chrono>

#include "core/image/views.h"
#include "ui/theme.h"
#include "ui/widgets/difference_legend.h"
#include "ui/widgets/frame_view.h"

namespace fw {
namespace {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

constexpr auto kFlickerEvery = 600ms;
constexpr double kHandleReach = 12;
constexpr double kFullScale = 0.25;  ///< of the range: where the difference's colours are full

}  // namespace

/// A FrameView that shows a second picture right of a line.
class CompareView::WipeView : public FrameView {
 public:
  using FrameView::FrameView;

  void setSecond(const QImage& second) {
    second_ = second;
    update();
  }
  double position = 0.5;

 protected:
  void paintContent(QPainter& painter) override {
    if (second_.isNull() || second_.size() != picture_.size()) return FrameView::paintContent(painter);
    const double x = lineX();
    paintPicture(painter, picture_, QRectF(0, 0, x, height()));
    paintPicture(painter, second_, QRectF(x, 0, width() - x, height()));
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(QColor(0, 0, 0, 120), 4));
    painter.drawLine(QPointF(x, 0), QPointF(x, height()));
    painter.setPen(QPen(Qt::white, 2));
    painter.drawLine(QPointF(x, 0), QPointF(x, height()));
    const QPointF grip(x, height() / 2.0);
    painter.setPen(QPen(QColor(0, 0, 0, 120), 1));
    painter.setBrush(Qt::white);
    painter.drawEllipse(grip, 12, 12);
    painter.setPen(QPen(QColor(60, 66, 78), 2, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    for (const int side : {-1, 1})
      painter.drawPolyline(
          QPolygonF{grip + QPointF(side * 3, -4), grip + QPointF(side * 7, 0), grip + QPointF(side * 3, 4)});
  }

  void mousePressEvent(QMouseEvent* event) override {
    const bool near = std::abs(event->position().x() - lineX()) <= kHandleReach;
    // While all of the picture is seen there is nothing to pan: the line comes to the hand.
    dragging_ = !second_.isNull() && event->button() == Qt::LeftButton && (near || viewState().zoom == 0);
    if (!dragging_) return FrameView::mousePressEvent(event);
    moveLine(event->position().x());
  }
  void mouseMoveEvent(QMouseEvent* event) override {
    if (dragging_) return moveLine(event->position().x());
    FrameView::mouseMoveEvent(event);
    if (!second_.isNull() && !panning())
      setCursor(std::abs(event->position().x() - lineX()) <= kHandleReach ? Qt::SplitHCursor
                                                                          : Qt::ArrowCursor);
  }
  void mouseReleaseEvent(QMouseEvent* event) override {
    dragging_ = false;
    FrameView::mouseReleaseEvent(event);
  }

 private:
  double lineX() const {
    const QRectF seen = pictureRect() & QRectF(rect());
    return seen.left() + position * seen.width();
  }
  void moveLine(double x) {
    const QRectF seen = pictureRect() & QRectF(rect());
    if (seen.width() <= 0) return;
    position = std::clamp((x - seen.left()) / seen.width(), 0.0, 1.0);
    update();
  }

  QImage second_;
  bool dragging_ = false;
};

CompareView::CompareView(QWidget* parent)
    : QWidget(parent),
      main_(new WipeView),
      side_(new FrameView),
      mainCaption_(label({}, TextRole::Small, true)),
      sideCaption_(label({}, TextRole::Small, true)),
      controls_(new QWidget),
      legend_(new DifferenceLegend),
      modes_(new QButtonGroup(this)),
      link_(new ViewLink(this)),
      flicker_(new QTimer(this)) {
  setFocusPolicy(Qt::StrongFocus);
  auto* buttons = new QHBoxLayout(controls_);
  buttons->setContentsMargins(0, 0, 0, 0);
  buttons->setSpacing(0);
  const std::tuple<QString, QString, QString> texts[] = {
      {u"Wipe"_s, u"compare-wipe"_s, u"Drag the line between the two pictures"_s},
      {u"Side by side"_s, u"compare-side"_s, u"Both pictures, zooming together"_s},
      {u"Flicker"_s, u"compare-flicker"_s, u"The two in turns at the same place; Space flips by hand"_s},
      {u"Difference"_s, u"compare-difference"_s, u"Second minus first: red is brighter, blue is darker"_s}};
  int id = 0;
  for (const auto& [text, iconName, tip] : texts) {
    auto* button = new QToolButton;
    button->setText(text);
    button->setIcon(icon(iconName));
    button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    button->setCheckable(true);
    button->setToolTip(tip);
    button->setProperty("segment", id == 0 ? u"first"_s : id == 3 ? u"last"_s : u"middle"_s);
    modes_->addButton(button, id++);
    buttons->addWidget(button);
  }
  buttons->addStretch();
  buttons->addWidget(legend_);
  connect(modes_, &QButtonGroup::idClicked, this,
          [this](int mode) { setMode(static_cast<CompareMode>(mode)); });

  auto* layout = new QGridLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(kGrid);
  layout->addWidget(controls_, 0, 0, 1, 2);
  layout->addWidget(main_, 1, 0);
  layout->addWidget(side_, 1, 1);
  layout->addWidget(mainCaption_, 2, 0);
  layout->addWidget(sideCaption_, 2, 1);
  layout->setRowStretch(1, 1);

  link_->add(main_);
  link_->add(side_);
  flicker_->setInterval(kFlickerEvery);
  connect(flicker_, &QTimer::timeout, this, &CompareView::flip);
  for (FrameView* view : {static_cast<FrameView*>(main_), side_})
    connect(view, &FrameView::doubleClicked, view,
            [view] { view->viewState().zoom == 0 ? view->oneToOne() : view->fit(); });
  setMode(CompareMode::Wipe);
}

void CompareView::setImages(const cv::Mat& first, const cv::Mat& second) {
  first_ = first;
  second_ = second;
  refresh();
}

void CompareView::setLabels(const QString& first, const QString& second) {
  firstLabel_ = first;
  secondLabel_ = second;
  refresh();
}

void CompareView::setValueRange(double low, double high) {
  low_ = low;
  high_ = high;
  for (FrameView* view : {static_cast<FrameView*>(main_), side_}) view->setValueRange(low, high);
}

void CompareView::setMode(CompareMode mode) {
  mode_ = mode;
  modes_->button(static_cast<int>(mode))->setChecked(true);
  showsSecond_ = false;
  if (mode == CompareMode::Flicker)
    flicker_->start();
  else
    flicker_->stop();
  refresh();
  Q_EMIT modeChanged(mode);
}

void CompareView::setControlsVisible(bool visible) { controls_->setVisible(visible); }

double CompareView::wipe() const { return main_->position; }

void CompareView::setWipe(double position) {
  main_->position = std::clamp(position, 0.0, 1.0);
  main_->update();
}

void CompareView::flip() {
  showsSecond_ = !showsSecond_;
  refresh();
}

void CompareView::refresh() {
  const bool beside = mode_ == CompareMode::SideBySide;
  static_cast<QGridLayout*>(layout())->setHorizontalSpacing(beside ? kGrid : 0);
  side_->setVisible(beside);
  sideCaption_->setVisible(beside);
  legend_->setVisible(mode_ == CompareMode::Difference);
  const bool comparable =
      !first_.empty() && first_.size() == second_.size() && first_.type() == second_.type();
  main_->setSecond(mode_ == CompareMode::Wipe ? toQImage(second_) : QImage());
  main_->setValueText(nullptr);
  main_->setPlaceholder({});
  switch (mode_) {
    case CompareMode::Wipe:
      main_->setImage(first_);
      mainCaption_->setText(u"left: %1   ·   right: %2"_s.arg(firstLabel_, secondLabel_));
      break;
    case CompareMode::SideBySide:
      main_->setImage(first_);
      side_->setImage(second_);
      mainCaption_->setText(firstLabel_);
      sideCaption_->setText(secondLabel_);
      break;
    case CompareMode::Flicker:
      main_->setImage(showsSecond_ ? second_ : first_);
      mainCaption_->setText(showsSecond_ ? secondLabel_ : firstLabel_);
      break;
    case CompareMode::Difference:
      main_->setImage(comparable ? signedDifference(second_, first_, kFullScale) : cv::Mat());
      if (!first_.empty() && !second_.empty())
        main_->setPlaceholder(u"The two pictures have different sizes, so there is no difference to show."_s);
      mainCaption_->setText(u"%1 minus %2"_s.arg(secondLabel_, firstLabel_));
      if (comparable)
        main_->setValueText([a = second_, b = first_, span = high_ - low_](QPoint pixel) {
          return differenceText(a, b, pixel, span);
        });
      break;
  }
}

void CompareView::keyPressEvent(QKeyEvent* event) {
  if (event->key() == Qt::Key_Space && mode_ == CompareMode::Flicker) {
    flicker_->stop();
    return flip();
  }
  QWidget::keyPressEvent(event);
}

}  // namespace fw
