#include "ui/experiments/hole_painter.h"

#include <QComboBox>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QMouseEvent>
#include <QPainter>
#include <QPushButton>
#include <QRandomGenerator>
#include <QSlider>
#include <QVBoxLayout>
#include <algorithm>
#include <functional>
#include <opencv2/imgproc.hpp>

#include "ui/theme.h"
#include "ui/widgets/frame_view.h"

namespace fw {
namespace {

using namespace Qt::StringLiterals;

constexpr int kThinnestBrush = 1, kThickestBrush = 24, kUsualBrush = 7;  ///< pixels of the picture
constexpr int kUsualHole = 21;  ///< pixels, as the experiment's own holes

}  // namespace

/// A picture one can paint on: what is painted is hidden from the network.
class HolePainter::PaintView : public FrameView {
 public:
  PaintView() {
    setCursor(Qt::CrossCursor);
    setMouseTracking(true);
  }

  void setSample(const cv::Mat& picture) {
    hole_ = cv::Mat::zeros(picture.size(), CV_8UC1);
    setImage(picture);
    redraw();
  }
  const cv::Mat& hole() const { return hole_; }

  void clearHole() {
    hole_ = cv::Scalar(0);
    redraw();
  }
  void addSquare(QPoint centre, int side) {
    const cv::Rect whole({}, hole_.size());
    hole_(cv::Rect(centre.x() - side / 2, centre.y() - side / 2, side, side) & whole) = 255;
    redraw();
  }

  int brush = kUsualBrush;
  std::function<void()> painted;

 protected:
  void paintContent(QPainter& painter) override {
    FrameView::paintContent(painter);
    if (!overlay_.isNull()) paintPicture(painter, overlay_, rect());
  }
  void mousePressEvent(QMouseEvent* event) override {
    if (event->button() != Qt::LeftButton && event->button() != Qt::RightButton)
      return FrameView::mousePressEvent(event);
    last_ = pixelAt(event->position());
    stroke(last_, event->button() == Qt::LeftButton);
  }
  void mouseMoveEvent(QMouseEvent* event) override {
    const bool paints = event->buttons() & Qt::LeftButton, wipes = event->buttons() & Qt::RightButton;
    const QPoint pixel = pixelAt(event->position());
    if (paints || wipes)
      stroke(pixel, paints);
    else
      FrameView::mouseMoveEvent(event);
    last_ = pixel;
  }
  void mouseReleaseEvent(QMouseEvent*) override {}
  void mouseDoubleClickEvent(QMouseEvent* event) override { mousePressEvent(event); }

 private:
  void stroke(QPoint to, bool hides) {
    if (hole_.empty() || to.x() < 0) return;
    const QPoint from = last_.x() < 0 ? to : last_;
    cv::line(hole_, {from.x(), from.y()}, {to.x(), to.y()}, cv::Scalar(hides ? 255 : 0), brush);
    redraw();
    if (painted) painted();
  }
  void redraw() {
    overlay_ = QImage(hole_.cols, hole_.rows, QImage::Format_ARGB32_Premultiplied);
    const QRgb veil = coloursOf(palette()).accent.rgba();
    for (int y = 0; y < hole_.rows; ++y) {
      auto* line = reinterpret_cast<QRgb*>(overlay_.scanLine(y));
      for (int x = 0; x < hole_.cols; ++x) line[x] = hole_.at<uchar>(y, x) ? veil : 0;
    }
    update();
  }

  cv::Mat hole_;
  QImage overlay_;
  QPoint last_{-1, -1};
};

HolePainter::HolePainter(QWidget* parent)
    : QWidget(parent),
      sample_(new QComboBox),
      brush_(new QSlider(Qt::Horizontal)),
      result_(label({}, TextRole::Heading)),
      canvas_(new PaintView),
      filled_(new FrameView),
      everywhere_(new FrameView),
      everywhereCaption_(label(u"What the network says everywhere"_s, TextRole::Small, true)),
      link_(new ViewLink(this)) {
  sample_->setToolTip(u"Pictures that were never trained on"_s);
  brush_->setRange(kThinnestBrush, kThickestBrush);
  brush_->setValue(kUsualBrush);
  brush_->setFixedWidth(12 * kGrid);
  brush_->setToolTip(u"How thick the brush is"_s);
  canvas_->setToolTip(u"Paint to hide, right button to uncover; Ctrl+wheel zooms all three"_s);
  auto* another = new QPushButton(icon(u"plus"_s), u"Add a square hole"_s);
  another->setToolTip(u"Hides a square somewhere, as the training does"_s);
  auto* wipe = new QPushButton(icon(u"reset"_s), u"Uncover all"_s);
  wipe->setToolTip(u"Takes the whole hole away"_s);
  result_->setWordWrap(false);
  auto* bar = new QHBoxLayout;
  bar->setSpacing(kGrid);
  auto* brushLabel = label(u"Brush"_s, TextRole::Small, true);
  brushLabel->setWordWrap(false);
  bar->addWidget(sample_);
  bar->addWidget(brushLabel);
  bar->addWidget(brush_);
  bar->addWidget(another);
  bar->addWidget(wipe);
  bar->addStretch();
  bar->addWidget(result_);
  auto* grid = new QGridLayout;
  grid->setSpacing(kGrid);
  grid->addWidget(label(u"Paint here what to hide"_s, TextRole::Small, true), 0, 0);
  grid->addWidget(label(u"Hole filled in by the network"_s, TextRole::Small, true), 0, 1);
  grid->addWidget(everywhereCaption_, 0, 2);
  const QString wait = u"Paint a hole into the picture on the left."_s;
  for (int column = 0; FrameView * view : {static_cast<FrameView*>(canvas_), filled_, everywhere_}) {
    view->setWheelNeedsCtrl(true);
    view->setValueRange(0, 1);
    link_->add(view);
    if (column > 0) view->setPlaceholder(wait);
    grid->addWidget(view, 1, column);
    grid->setColumnStretch(column++, 1);
  }
  canvas_->setPlaceholder(u"The held-out pictures appear with the first look at the network."_s);
  grid->setRowStretch(1, 1);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, kGrid, 0, 0);
  layout->setSpacing(kGrid);
  layout->addLayout(bar);
  layout->addLayout(grid, 1);
  canvas_->painted = [this] { tellHole(); };
  connect(sample_, &QComboBox::currentIndexChanged, this, &HolePainter::showSample);
  connect(brush_, &QSlider::valueChanged, this, [this](int thickness) { canvas_->brush = thickness; });
  connect(wipe, &QPushButton::clicked, this, [this] {
    canvas_->clearHole();
    tellHole();
  });
  connect(another, &QPushButton::clicked, this, [this] {
    const auto& hole = canvas_->hole();
    if (hole.empty()) return;
    auto* chance = QRandomGenerator::global();
    const int side = std::min({kUsualHole, hole.cols / 3, hole.rows / 3});
    paintSquare({chance->bounded(side, hole.cols - side), chance->bounded(side, hole.rows - side)}, side);
  });
}

void HolePainter::clear() {
  samples_.clear();
  const QSignalBlocker quiet(sample_);
  sample_->clear();
  canvas_->setSample({});
  filled_->setImage({});
  everywhere_->setImage({});
  result_->clear();
}

void HolePainter::setSamples(const Gallery& gallery) {
  std::vector<Sample> samples;
  for (std::size_t row = 0; row < gallery.size(); ++row)
    for (const auto& frame : gallery[row].frames)
      if (frame.role == FrameRole::Target) samples.push_back({row, frame.image});
  const bool same = samples.size() == samples_.size() && !samples.empty() &&
                    samples.front().picture.size() == samples_.front().picture.size();
  samples_ = std::move(samples);
  if (same) return;
  {
    const QSignalBlocker quiet(sample_);
    sample_->clear();
    for (std::size_t i = 0; i < samples_.size(); ++i) sample_->addItem(u"Held-out picture %1"_s.arg(i + 1));
  }
  showSample();
}

void HolePainter::showSample() {
  const auto index = std::size_t(std::max(0, sample_->currentIndex()));
  filled_->setImage({});
  everywhere_->setImage({});
  result_->clear();
  canvas_->setSample(index < samples_.size() ? samples_[index].picture : cv::Mat());
}

void HolePainter::setFilled(const GalleryRow& filled) {
  for (const auto& frame : filled.frames)
    if (frame.role == FrameRole::Prediction)
      filled_->setImage(frame.image);
    else if (frame.role == FrameRole::Other)
      everywhere_->setImage(frame.image);
  // "unseen grid …: 98.3 % right": what counts stands behind the colon.
  const QString name = QString::fromStdString(filled.name);
  result_->setText(cv::countNonZero(canvas_->hole()) == 0 ? QString()
                                                          : name.mid(name.lastIndexOf(u':') + 1).trimmed());
}

void HolePainter::say(const QString& text) { result_->setText(text); }

void HolePainter::chooseSample(int index) { sample_->setCurrentIndex(index); }

void HolePainter::paintSquare(QPoint centre, int side) {
  if (canvas_->hole().empty()) return;
  canvas_->addSquare(centre, side);
  tellHole();
}

const cv::Mat& HolePainter::hole() const { return canvas_->hole(); }

void HolePainter::tellHole() {
  const auto index = std::size_t(std::max(0, sample_->currentIndex()));
  if (index < samples_.size()) Q_EMIT holePainted(samples_[index].row, canvas_->hole().clone());
}

}  // namespace fw
