#include "ui/widgets/gallery_view.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QScrollArea>
#include <QScrollBar>
#include <QSettings>
#include <QSlider>
#include <QStackedWidget>
#include <QTimer>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>

#include "ui/theme.h"
#include "ui/widgets/compare_view.h"
#include "ui/widgets/difference_legend.h"
#include "ui/widgets/frame_view.h"
#include "ui/widgets/save_file.h"
#include "ui/work/task.h"

namespace fw {
namespace {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

constexpr auto kFitAfter = 150ms;
constexpr auto kFrameTime = 66ms;  ///< of animations: 15 a second
constexpr int kRowLabelWidth = 14 * kGrid;
constexpr int kSmallestChart = 200, kLargestChart = 320;  ///< longer sides, in pixels
constexpr int kSmallestCell = 56, kComfortableCell = 112, kLargestCell = 480;

QString text(const std::string& utf8) { return QString::fromStdString(utf8); }

}  // namespace

/// The widgets of one row on screen.
struct GalleryView::Cells {
  QLabel* name;
  std::vector<FrameView*> views;
};

GalleryView::GalleryView(QWidget* parent)
    : QWidget(parent),
      shown_(std::make_shared<ShownGallery>()),
      task_(new Task(this)),
      exportTask_(new Task(this)),
      link_(new ViewLink(this)),
      stack_(new QStackedWidget),
      scroll_(new QScrollArea),
      headerScroll_(new QScrollArea),
      sort_(new QComboBox),
      size_(new QSlider(Qt::Horizontal)),
      play_(new QToolButton),
      moment_(new QSlider(Qt::Horizontal)),
      empty_(label(u"Pictures appear here as soon as there are some."_s, TextRole::Body, true)),
      legend_(new DifferenceLegend),
      clock_(new QTimer(this)),
      fitSoon_(new QTimer(this)),
      compare_(new CompareView),
      compareFirst_(new QComboBox),
      compareSecond_(new QComboBox),
      compareTitle_(label({}, TextRole::Heading)) {
  const auto button = [](const QString& iconName, const QString& tip) {
    auto* made = new QToolButton;
    made->setIcon(icon(iconName));
    made->setToolTip(tip);
    made->setProperty("flat", true);
    return made;
  };
  sort_->addItems({u"In order"_s, u"Worst first"_s});
  sort_->setToolTip(u"Worst first: the largest mean absolute error on top"_s);
  size_->setRange(kSmallestCell, kLargestCell);
  sizeChosen_ = QSettings().contains(u"gallery/cell"_s);
  size_->setValue(QSettings().value(u"gallery/cell"_s, 120).toInt());
  size_->setFixedWidth(12 * kGrid);
  size_->setToolTip(u"Size of the pictures"_s);
  auto* zoomOut = button(u"zoom-out"_s, u"Zoom all pictures out (Ctrl+wheel over a picture)"_s);
  auto* zoomIn = button(u"zoom-in"_s, u"Zoom all pictures in (Ctrl+wheel over a picture), drag to pan"_s);
  auto* fit = button(u"zoom-fit"_s, u"Fit all pictures (0 over a picture)"_s);
  auto* compareButton =
      button(u"compare-wipe"_s, u"Wipe, flicker or subtract any two columns (double click a picture)"_s);
  auto* save = button(u"export"_s, u"Save the gallery as PNG, or its animation as GIF"_s);
  play_->setIcon(icon(u"pause"_s));
  play_->setToolTip(u"Play or hold the animations"_s);
  play_->setCheckable(true);
  play_->setChecked(true);
  moment_->setFixedWidth(12 * kGrid);
  moment_->setToolTip(u"Moment of the animations"_s);
  auto* bar = new QHBoxLayout;
  bar->setContentsMargins(0, 0, 0, 0);
  bar->setSpacing(kGrid);
  bar->addWidget(sort_);
  bar->addWidget(size_);
  for (auto* each : {zoomOut, zoomIn, fit, compareButton}) bar->addWidget(each);
  bar->addWidget(play_);
  bar->addWidget(moment_);
  bar->addStretch();
  bar->addWidget(legend_);
  bar->addWidget(save);

  scroll_->setWidgetResizable(true);
  scroll_->setFrameShape(QFrame::NoFrame);
  scroll_->setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOn);
  headerScroll_->setFrameShape(QFrame::NoFrame);
  headerScroll_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  headerScroll_->setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  headerScroll_->setFocusPolicy(Qt::NoFocus);
  connect(scroll_->horizontalScrollBar(), &QScrollBar::valueChanged, headerScroll_->horizontalScrollBar(),
          &QScrollBar::setValue);
  empty_->setAlignment(Qt::AlignCenter);
  auto* rows = new QWidget;
  auto* rowsLayout = new QVBoxLayout(rows);
  rowsLayout->setContentsMargins(0, 0, 0, 0);
  rowsLayout->setSpacing(kGrid / 2);
  rowsLayout->addLayout(bar);
  rowsLayout->addWidget(headerScroll_);
  rowsLayout->addWidget(scroll_, 1);

  auto* back = new QToolButton;
  back->setIcon(icon(u"back"_s));
  back->setText(u"Gallery"_s);
  back->setToolTip(u"Back to all rows (Esc)"_s);
  back->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
  back->setShortcut(QKeySequence(Qt::Key_Escape));
  auto* previous = button(u"up"_s, u"The row before"_s);
  auto* next = button(u"down"_s, u"The next row"_s);
  for (auto* box : {compareFirst_, compareSecond_}) box->setSizeAdjustPolicy(QComboBox::AdjustToContents);
  auto* compareBar = new QHBoxLayout;
  compareBar->setContentsMargins(0, 0, 0, 0);
  compareBar->setSpacing(kGrid);
  compareBar->addWidget(back);
  compareBar->addWidget(previous);
  compareBar->addWidget(next);
  compareBar->addWidget(compareTitle_);
  compareBar->addStretch();
  compareBar->addWidget(compareFirst_);
  auto* against = label(u"against"_s, TextRole::Small, true);
  against->setWordWrap(false);
  compareBar->addWidget(against);
  compareBar->addWidget(compareSecond_);
  auto* comparePage = new QWidget;
  auto* compareLayout = new QVBoxLayout(comparePage);
  compareLayout->setContentsMargins(0, 0, 0, 0);
  compareLayout->setSpacing(kGrid);
  compareLayout->addLayout(compareBar);
  compareLayout->addWidget(compare_, 1);

  stack_->addWidget(empty_);
  stack_->addWidget(rows);
  stack_->addWidget(comparePage);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->addWidget(stack_);

  connect(sort_, &QComboBox::currentIndexChanged, this, [this] {
    sortRows();
    layOut();  // rows may differ in what they show
  });
  connect(size_, &QSlider::valueChanged, this, [this](int pixels) {
    QSettings().setValue(u"gallery/cell"_s, pixels);
    sizeChosen_ = true;
    layOut();
  });
  connect(zoomIn, &QToolButton::clicked, this, [this] { link_->zoomBy(1.5); });
  connect(zoomOut, &QToolButton::clicked, this, [this] { link_->zoomBy(1 / 1.5); });
  connect(fit, &QToolButton::clicked, this, [this] { link_->setViewState({}); });
  connect(compareButton, &QToolButton::clicked, this, [this] {
    if (order_.empty()) return;
    const auto& frames = shown_->gallery[order_.front()].frames;
    std::size_t target = 0, prediction = frames.size() > 1 ? 1 : 0;
    for (std::size_t i = 0; i < frames.size(); ++i) {
      if (frames[i].role == FrameRole::Target) target = i;
      if (frames[i].role == FrameRole::Prediction) prediction = i;
    }
    compare(0, target, prediction);
  });
  connect(save, &QToolButton::clicked, this, &GalleryView::chooseExport);
  connect(play_, &QToolButton::toggled, this, &GalleryView::setPlaying);
  connect(moment_, &QSlider::valueChanged, this, &GalleryView::showMoment);
  connect(moment_, &QSlider::sliderPressed, this, [this] { setPlaying(false); });
  connect(back, &QToolButton::clicked, this, &GalleryView::closeCompare);
  connect(previous, &QToolButton::clicked, this, [this] { nextRow(-1); });
  connect(next, &QToolButton::clicked, this, [this] { nextRow(1); });
  for (auto* box : {compareFirst_, compareSecond_})
    connect(box, &QComboBox::currentIndexChanged, this, &GalleryView::showCompare);
  fitSoon_->setSingleShot(true);
  fitSoon_->setInterval(kFitAfter);
  connect(fitSoon_, &QTimer::timeout, this, [this] {
    if (!sizeChosen_ && fittingCell() != fittedTo_) layOut();
  });
  clock_->setInterval(kFrameTime);
  connect(clock_, &QTimer::timeout, this,
          [this] { moment_->setValue(moment_->value() >= moment_->maximum() ? 0 : moment_->value() + 1); });
  const auto nextInLine = [this] {
    if (waiting_) setGallery(*std::exchange(waiting_, nullptr));
  };
  connect(task_, &Task::finished, this, nextInLine);
  connect(task_, &Task::failed, this, nextInLine);
  connect(exportTask_, &Task::failed, this, &GalleryView::exportFailed);
  play_->hide();
  moment_->hide();
}

GalleryView::~GalleryView() = default;

void GalleryView::setPlaceholder(const QString& text) { empty_->setText(text); }

void GalleryView::setGallery(const Gallery& gallery) {
  if (task_->running()) {
    waiting_ = std::make_unique<Gallery>(gallery);
    return;
  }
  task_->start([this, gallery](std::stop_token) {
    auto shown = std::make_shared<ShownGallery>(prepareGallery(gallery));
    QMetaObject::invokeMethod(this, [this, shown] { take(shown); });
  });
}

void GalleryView::take(std::shared_ptr<ShownGallery> shown) {
  const auto shapeOf = [this](const ShownGallery& of) {
    std::vector<std::vector<std::pair<std::string, QSize>>> shape;
    for (const std::size_t row : order_) {
      auto& columns = shape.emplace_back();
      for (std::size_t i = 0; i < of.rows[row].pictures.size(); ++i)
        columns.emplace_back(of.gallery[row].frames[i].label, of.rows[row].pictures[i].front().size());
    }
    return shape;
  };
  const auto before = shapeOf(*shown_);
  shown_ = std::move(shown);
  const int moments = shown_->moments();
  {
    const QSignalBlocker quiet(moment_);  // the rows on screen are still those of the gallery before
    moment_->setMaximum(moments - 1);
  }
  play_->setVisible(moments > 1);
  moment_->setVisible(moments > 1);
  if (moments > 1 && play_->isChecked())
    clock_->start();
  else
    clock_->stop();
  sortRows();
  if (shapeOf(*shown_) != before)
    layOut();
  else
    fill();
  if (stack_->currentIndex() != 2) stack_->setCurrentIndex(shown_->gallery.empty() ? 0 : 1);
  if (stack_->currentIndex() == 2) showCompare();
  Q_EMIT galleryShown();
}

void GalleryView::sortRows() {
  order_.resize(shown_->rows.size());
  std::iota(order_.begin(), order_.end(), std::size_t{0});
  if (sort_->currentIndex() == 1)
    std::stable_sort(order_.begin(), order_.end(), [this](std::size_t a, std::size_t b) {
      return shown_->rows[a].worst() > shown_->rows[b].worst();
    });
}

/// The captions over a group of rows that show the same things.
QStringList GalleryView::captions(std::size_t row) const {
  QStringList all;
  for (const auto& frame : shown_->gallery[row].frames) all << text(frame.label);
  return all;
}

// What captions of pictures that are narrower than they may take.
std::vector<int> GalleryView::captionWidths(const QStringList& titles) const {
  std::vector<int> widths;
  const QFontMetrics metrics(fontOf(TextRole::Small));
  const int fair = std::max(kSmallestCell, roomForColumns() / std::max(1, int(titles.size())) - kGrid);
  for (const QString& title : titles) widths.push_back(std::min(fair, metrics.horizontalAdvance(title) + 2));
  return widths;
}

QSize GalleryView::cellSize(std::size_t row, std::size_t column) const {
  const int longer = sizeChosen_ ? size_->value() : fittingCell();
  const QSize picture = shown_->rows[row].pictures[column].front().size();
  if (picture.isEmpty()) return {longer, longer};
  // A chart in a row of its own is there to be read: as large as it was drawn.
  const bool chart = !firstOf(shown_->gallery[row], FrameRole::Target) &&
                     !firstOf(shown_->gallery[row], FrameRole::Prediction) &&
                     !firstOf(shown_->gallery[row], FrameRole::Input) &&
                     std::max(picture.width(), picture.height()) >= kSmallestChart;
  const int side =
      chart ? std::clamp(std::max(picture.width(), picture.height()), longer, kLargestChart) : longer;
  return picture.scaled(side, side, Qt::KeepAspectRatio).expandedTo({kSmallestCell / 2, kSmallestCell / 2});
}

// While a window is drawn larger, pictures need not be made anew at every pixel.
void GalleryView::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  if (!sizeChosen_ && !shown_->rows.empty()) fitSoon_->start();
}

void GalleryView::layOut() {
  fittedTo_ = fittingCell();
  delete scroll_->takeWidget();
  delete headerScroll_->takeWidget();
  cells_.clear();
  grid_ = new QWidget;
  grid_->setObjectName(u"page"_s);
  auto* rows = new QVBoxLayout(grid_);
  rows->setContentsMargins(0, 0, 0, 0);
  rows->setSpacing(kGrid);
  bool differences = false;
  const auto captionRow = [](const QStringList& titles, const std::vector<int>& widths) {
    auto* row = new QWidget;
    row->setObjectName(u"page"_s);
    auto* line = new QHBoxLayout(row);
    line->setContentsMargins(0, 0, 0, 0);
    line->setSpacing(kGrid);
    line->addSpacing(kRowLabelWidth + kGrid);
    for (int column = 0; column < titles.size(); ++column) {
      const int width = widths[std::size_t(column)];
      auto* caption = label(titles[column], TextRole::Small, true);
      caption->setWordWrap(false);
      caption->setToolTip(titles[column]);
      caption->setFixedWidth(width);
      caption->setText(caption->fontMetrics().elidedText(titles[column], Qt::ElideRight, width));
      line->addWidget(caption);
    }
    line->addStretch();
    return row;
  };
  // Captions that stay on top while one scrolls would be wrong over rows that show other things.
  const bool alike = std::all_of(order_.begin(), order_.end(), [this](std::size_t row) {
    return captions(row) == captions(order_.front());
  });
  for (std::size_t first = 0, next = 0; first < order_.size(); first = next) {
    // Rows that show the same things stand under one row of captions, however different the others are.
    const QStringList titles = captions(order_[first]);
    std::vector<int> widths = captionWidths(titles);
    for (next = first; next < order_.size() && captions(order_[next]) == titles; ++next)
      for (std::size_t column = 0; column < widths.size(); ++column)
        widths[column] = std::max(widths[column], cellSize(order_[next], column).width());
    if (alike)
      headerScroll_->setWidget(captionRow(titles, widths));
    else
      rows->addWidget(captionRow(titles, widths));
    for (std::size_t place = first; place < next; ++place) {
      auto cells = std::make_unique<Cells>();
      cells->name = label({}, TextRole::Small);
      cells->name->setFixedWidth(kRowLabelWidth);
      cells->name->setAlignment(Qt::AlignTop | Qt::AlignLeft);
      cells->name->setTextFormat(Qt::RichText);
      auto* line = new QHBoxLayout;
      line->setSpacing(kGrid);
      line->addWidget(cells->name, 0, Qt::AlignTop);
      for (std::size_t column = 0; column < widths.size(); ++column) {
        auto* view = makeCell(place, column);
        line->addWidget(view, 0, Qt::AlignTop);
        if (view->width() < widths[column]) line->addSpacing(widths[column] - view->width());
        cells->views.push_back(view);
        differences |= shown_->gallery[order_[place]].frames[column].role == FrameRole::Difference;
      }
      line->addStretch();
      rows->addLayout(line);
      cells_.push_back(std::move(cells));
    }
  }
  rows->addStretch();
  legend_->setVisible(differences);
  scroll_->setWidget(grid_);
  if (QWidget* header = headerScroll_->widget()) {
    // As wide as the rows beside their scroll bar, or the two would end at different places.
    header->setFixedWidth(std::max(grid_->sizeHint().width(), header->sizeHint().width()));
    header->adjustSize();
    headerScroll_->setFixedHeight(header->sizeHint().height());
  }
  headerScroll_->setVisible(alike);
  fill();
}

FrameView* GalleryView::makeCell(std::size_t place, std::size_t column) {
  auto* view = new FrameView;
  view->setFixedSize(cellSize(order_[place], column));
  view->setWheelNeedsCtrl(true);
  view->setProperty("column", int(column));
  link_->add(view);
  connect(view, &FrameView::clicked, this, [this, place, column](QPoint pixel) {
    if (place < order_.size()) Q_EMIT clicked(order_[place], column, pixel);
  });
  connect(view, &FrameView::doubleClicked, this, [this, place, column] {
    // Against the truth; the truth itself against what was predicted.
    const auto& frames = shown_->gallery[order_[place]].frames;
    std::size_t other = column;
    for (std::size_t i = 0; i < frames.size(); ++i)
      if (frames[i].role ==
          (frames[column].role == FrameRole::Target ? FrameRole::Prediction : FrameRole::Target))
        other = i;
    compare(place, other, column);
  });
  return view;
}

// The rows may not have been shown yet.
int GalleryView::roomForColumns() const { return width() - kRowLabelWidth - 4 * kGrid; }

int GalleryView::fittingCell() const {
  std::size_t columns = 1;
  for (const auto& row : shown_->rows) columns = std::max(columns, row.pictures.size());
  return std::clamp(roomForColumns() / int(columns) - kGrid, kComfortableCell, 2 * kComfortableCell);
}

void GalleryView::fill() {
  for (std::size_t place = 0; place < cells_.size() && place < order_.size(); ++place) {
    const auto& row = shown_->rows[order_[place]];
    const auto& source = shown_->gallery[order_[place]];
    QString caption = u"<b>%1</b>"_s.arg(text(source.name).toHtmlEscaped());
    for (const QString& line : row.words()) caption += u"<br>"_s + line.toHtmlEscaped();
    cells_[place]->name->setText(caption);
    cells_[place]->name->setToolTip(
        !row.scores.empty()
            ? u"Of the prediction against the target: peak signal-to-noise ratio, structural similarity, "
              u"mean absolute error as a share of the range"_s
            : QString());
    const auto *target = firstOf(source, FrameRole::Target),
               *prediction = firstOf(source, FrameRole::Prediction);
    for (std::size_t column = 0; column < cells_[place]->views.size() && column < source.frames.size();
         ++column) {
      const auto& frame = source.frames[column];
      auto* view = cells_[place]->views[column];
      view->setValueRange(frame.low, frame.high);
      view->setAccessibleName(text(source.name + ", " + frame.label));
      if (frame.role == FrameRole::Difference && target && prediction)
        view->setValueText(
            [a = firstPicture(*prediction), b = firstPicture(*target),
             span = target->high - target->low](QPoint pixel) { return differenceText(a, b, pixel, span); });
      else
        view->setValueText(nullptr);
    }
  }
  showMoment();
}

void GalleryView::showMoment() {
  const auto moment = std::size_t(moment_->value());
  for (std::size_t place = 0; place < cells_.size() && place < order_.size(); ++place) {
    const auto& row = shown_->rows[order_[place]];
    const auto& source = shown_->gallery[order_[place]];
    for (std::size_t column = 0; column < cells_[place]->views.size() && column < row.pictures.size();
         ++column) {
      const auto& pictures = row.pictures[column];
      cells_[place]->views[column]->setPicture(pictureAt(source.frames[column], moment),
                                               pictures[moment % pictures.size()]);
    }
  }
  if (stack_->currentIndex() == 2) showCompare();
}

FrameView* GalleryView::cell(std::size_t row, std::size_t column) const {
  return row < cells_.size() && column < cells_[row]->views.size() ? cells_[row]->views[column] : nullptr;
}

void GalleryView::setWorstFirst(bool on) { sort_->setCurrentIndex(on ? 1 : 0); }

void GalleryView::setCellSize(int pixels) { size_->setValue(pixels); }

void GalleryView::setPlaying(bool on) {
  play_->setChecked(on);
  play_->setIcon(icon(on ? u"pause"_s : u"play"_s));
  if (on && moment_->maximum() > 0)
    clock_->start();
  else
    clock_->stop();
}

void GalleryView::compare(std::size_t row, std::size_t first, std::size_t second) {
  if (row >= order_.size()) return;
  compareRow_ = row;
  const QSignalBlocker quietFirst(compareFirst_), quietSecond(compareSecond_);
  for (auto* box : {compareFirst_, compareSecond_}) {
    box->clear();
    for (const auto& frame : shown_->gallery[order_[row]].frames) box->addItem(text(frame.label));
  }
  compareFirst_->setCurrentIndex(int(first));
  compareSecond_->setCurrentIndex(int(second));
  stack_->setCurrentIndex(2);
  compare_->setFocus();
  showCompare();
}

void GalleryView::closeCompare() { stack_->setCurrentIndex(shown_->gallery.empty() ? 0 : 1); }

CompareView* GalleryView::compareView() const { return stack_->currentIndex() == 2 ? compare_ : nullptr; }

void GalleryView::showCompare() {
  if (compareRow_ >= order_.size()) return closeCompare();
  const auto& row = shown_->gallery[order_[compareRow_]];
  const auto first = std::size_t(std::max(0, compareFirst_->currentIndex())),
             second = std::size_t(std::max(0, compareSecond_->currentIndex()));
  if (first >= row.frames.size() || second >= row.frames.size()) return closeCompare();
  compareTitle_->setText(text(row.name));
  compare_->setValueRange(row.frames[first].low, row.frames[first].high);
  compare_->setLabels(text(row.frames[first].label), text(row.frames[second].label));
  const auto moment = std::size_t(moment_->value());
  compare_->setImages(pictureAt(row.frames[first], moment), pictureAt(row.frames[second], moment));
}

void GalleryView::nextRow(int by) {
  const auto count = int(order_.size());
  if (count == 0) return;
  compareRow_ = std::size_t((int(compareRow_) + by + count) % count);
  showCompare();
}

void GalleryView::chooseExport() {
  if (exportTask_->running() || shown_->gallery.empty()) return;
  const bool moving = moment_->maximum() > 0;
  const QString file =
      askWhereToSave(this, u"export"_s, u"Save the gallery"_s, moving ? u"gallery.gif"_s : u"gallery.png"_s,
                     moving ? u"Animation (*.gif);;Picture (*.png)"_s : u"Picture (*.png)"_s);
  if (file.isEmpty()) return;
  exportTask_->start([this, shown = shown_, order = order_, file](std::stop_token) {
    exportGallery(*shown, order, file);
    QMetaObject::invokeMethod(this, [this, file] { Q_EMIT exported(file); });
  });
}

}  // namespace fw
