#include "ui/slowmo/self_check_panel.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QTableWidget>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

#include "ui/slowmo/clip_timeline.h"
#include "ui/slowmo/segments.h"
#include "ui/theme.h"
#include "ui/widgets/compare_view.h"

namespace fw {
namespace {

using namespace Qt::StringLiterals;

const QString kPurpose =
    u"Every second frame of this clip is hidden, made by each engine and compared with the true one. "
    u"So you know which engine suits this clip before you start."_s;
constexpr int kRowHeight = 34, kNumberWidth = 128;

QTableWidgetItem* cell(const QString& text, bool number = false) {
  auto* item = new QTableWidgetItem(text);
  item->setFlags(Qt::ItemIsEnabled | Qt::ItemIsSelectable);
  item->setTextAlignment(Qt::AlignVCenter | (number ? Qt::AlignRight : Qt::AlignLeft));
  return item;
}

QString decibels(double psnr) { return std::isinf(psnr) ? u"equal"_s : u"%1 dB"_s.arg(psnr, 0, 'f', 2); }

}  // namespace

SelfCheckPanel::SelfCheckPanel(QWidget* parent)
    : QWidget(parent),
      words_(label(kPurpose, TextRole::Body, true)),
      check_(new QPushButton(u"Check the engines"_s)),
      use_(new QPushButton),
      bar_(new QProgressBar),
      table_(new QTableWidget(0, 5)),
      which_(new Segments({u"Typical frame"_s, u"Worst frame"_s})),
      compare_(new CompareView),
      caption_(label({}, TextRole::Small, true)) {
  table_->setHorizontalHeaderLabels({u"Engine"_s, u"PSNR"_s, u"SSIM"_s, u"Time a frame"_s, u"Mean error"_s});
  table_->horizontalHeader()->setSectionResizeMode(0, QHeaderView::Stretch);
  for (int column = 1; column < 5; ++column) table_->setColumnWidth(column, kNumberWidth);
  table_->horizontalHeader()->setHighlightSections(false);
  for (int column = 0; column < 5; ++column)
    table_->horizontalHeaderItem(column)->setTextAlignment(Qt::AlignVCenter |
                                                           (column ? Qt::AlignRight : Qt::AlignLeft));
  table_->verticalHeader()->hide();
  table_->verticalHeader()->setDefaultSectionSize(kRowHeight);
  table_->setSelectionBehavior(QAbstractItemView::SelectRows);
  table_->setSelectionMode(QAbstractItemView::SingleSelection);
  table_->setShowGrid(false);
  table_->setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  which_->setCurrent(0);
  which_->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
  compare_->setLabels(u"true frame"_s, u"made frame"_s);
  check_->setProperty("primary", true);
  bar_->setTextVisible(false);

  auto* head = new QHBoxLayout;
  head->setSpacing(kGrid);
  head->addWidget(words_, 1);
  head->addWidget(use_);
  head->addWidget(check_);
  auto* choice = new QHBoxLayout;
  choice->addWidget(which_);
  choice->addSpacing(kGrid);
  choice->addWidget(caption_, 1);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(kGrid);
  column->addLayout(head);
  column->addWidget(bar_);
  column->addWidget(table_);
  column->addLayout(choice);
  column->addWidget(compare_, 1);
  column->addStretch();
  for (QWidget* later : std::initializer_list<QWidget*>{use_, bar_, table_, which_, compare_}) later->hide();

  mailbox_ = Mailbox<SelfCheckProgress>::create(this, [this](const SelfCheckProgress& progress) {
    if (!task_.running() || checked_ != clip_.sources) return;
    bar_->setRange(0, std::max(1, progress.total));
    bar_->setValue(progress.done);
    words_->setText(u"%1: %2 of %3 frames"_s.arg(QString::fromStdString(engineKind(progress.engine).title))
                        .arg(progress.done)
                        .arg(progress.total));
  });
  connect(check_, &QPushButton::clicked, this, [this] {
    if (!task_.running()) return check();
    stopped_ = true;
    task_.requestStop();
  });
  connect(use_, &QPushButton::clicked, this,
          [this] { Q_EMIT engineChosen(QString::fromStdString(result_.recommended)); });
  connect(table_, &QTableWidget::itemSelectionChanged, this, &SelfCheckPanel::showPictures);
  connect(which_, &Segments::chosen, this, &SelfCheckPanel::showPictures);
  connect(&task_, &Task::finished, this, [this] {
    if (checked_ == clip_.sources) result_ = std::move(*coming_);  // else another clip was opened meanwhile
    if (result_.triplets == 0) result_ = {};  // stopped before there was anything to tell
    showResult();
  });
  connect(&task_, &Task::failed, this, [this](const QString& message) {
    bar_->hide();
    check_->setText(u"Check the engines"_s);
    words_->setText(kPurpose);
    Q_EMIT failed(message);
  });
}

void SelfCheckPanel::setClip(const SlowmoRequest& clip, double from, double to) {
  from_ = from;
  to_ = to;
  if (clip.sources == clip_.sources) return;
  clip_ = clip;
  task_.requestStop();
  result_ = {};
  if (!task_.running()) showResult();
  check_->setEnabled(clip.sources.size() == 1);
}

void SelfCheckPanel::check() {
  if (task_.running() || clip_.sources.empty()) return;
  checked_ = clip_.sources;
  stopped_ = false;
  coming_ = std::make_shared<SelfCheckResult>();
  SelfCheckOptions options;
  options.from = from_;
  options.to = to_;
  task_.start(
      [file = clip_.sources.front(), options, result = coming_, box = mailbox_](std::stop_token stop) {
        *result = selfCheck(file, options, stop, [&](const SelfCheckProgress& progress) {
          box->post([&](SelfCheckProgress& news) { news = progress; });
        });
      });
  check_->setText(u"Stop"_s);
  bar_->setRange(0, 0);
  bar_->show();
}

void SelfCheckPanel::showResult() {
  bar_->hide();
  const bool any = !result_.engines.empty();
  check_->setText(any ? u"Check again"_s : u"Check the engines"_s);
  const QString reason = QString::fromStdString(result_.reason);
  words_->setText(!any       ? kPurpose
                  : stopped_ ? u"Stopped after %1 frames. "_s.arg(result_.triplets) + reason
                             : reason);
  use_->setVisible(any && !result_.recommended.empty());
  table_->setRowCount(0);
  for (const auto& engine : result_.engines) {
    const int row = table_->rowCount();
    table_->insertRow(row);
    const bool best = engine.engine == result_.recommended;
    const QString title = QString::fromStdString(engine.title);
    table_->setItem(row, 0, cell(best ? title + u"  ·  recommended"_s : title));
    if (best) {
      use_->setText(u"Use %1"_s.arg(title));
      auto bold = table_->item(row, 0)->font();
      bold.setBold(true);
      table_->item(row, 0)->setFont(bold);
    }
    if (!engine.failure.empty()) {
      table_->setItem(row, 1, cell(QString::fromStdString(engine.failure)));
      table_->setSpan(row, 1, 1, 4);
      table_->item(row, 1)->setToolTip(QString::fromStdString(engine.failure));
      continue;
    }
    const auto& average = engine.average;
    table_->setItem(row, 1, cell(decibels(average.psnr), true));
    table_->setItem(row, 2, cell(QString::number(average.ssim, 'f', 4), true));
    table_->setItem(row, 3, cell(u"%1 ms"_s.arg(average.milliseconds, 0, 'f', 0), true));
    table_->setItem(row, 4, cell(u"%1 %"_s.arg(average.meanAbsoluteError * 100, 0, 'f', 2), true));
    if (best) table_->selectRow(row);
  }
  if (any && table_->selectedItems().isEmpty()) table_->selectRow(0);
  table_->setFixedHeight(table_->horizontalHeader()->sizeHint().height() + kRowHeight * table_->rowCount() +
                         4);
  const bool pictures = std::ranges::any_of(
      result_.engines, [](const EngineCheck& engine) { return !engine.worst.truth.empty(); });
  table_->setVisible(any);
  for (QWidget* widget : std::initializer_list<QWidget*>{which_, compare_, caption_})
    widget->setVisible(pictures);
  showPictures();
}

void SelfCheckPanel::showPictures() {
  const auto row = static_cast<std::size_t>(std::max(0, table_->currentRow()));
  if (row >= result_.engines.size()) return compare_->setImages({}, {});
  const auto& engine = result_.engines[row];
  const auto& frame = which_->current() == 1 ? engine.worst : engine.median;
  compare_->setImages(frame.truth, frame.made);
  compare_->setLabels(u"true frame"_s, u"made by %1"_s.arg(QString::fromStdString(engine.title)));
  caption_->setText(frame.truth.empty()
                        ? QString()
                        : u"at %1 · %2"_s.arg(timeText(frame.seconds, 2), decibels(frame.psnr)));
}

}  // namespace fw
