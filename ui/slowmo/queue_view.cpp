#include "ui/slowmo/queue_view.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QScrollArea>
#include <QSettings>
#include <QVBoxLayout>
#include <algorithm>
#include <ranges>

#include "ui/theme.h"

namespace fw {
namespace {

using namespace Qt::StringLiterals;

const QString kAfterwardsKey = u"slowmo/afterwards"_s;

}  // namespace

QueueView::QueueView(JobQueue& queue, QWidget* parent)
    : QWidget(parent),
      queue_(queue),
      list_(new QVBoxLayout),
      empty_(
          label(u"Jobs appear here when you press Start. They survive closing the program and power cuts."_s,
                TextRole::Body, true)),
      summary_(label({}, TextRole::Small, true)),
      start_(new QPushButton(icon(u"play"_s), u"Make all"_s)),
      afterwards_(new QComboBox) {
  auto* page = new QWidget;
  page->setObjectName(u"page"_s);
  list_->setContentsMargins(2 * kGrid, kGrid, 2 * kGrid, kGrid);
  list_->setSpacing(kGrid);
  list_->addWidget(empty_);
  list_->addStretch();
  page->setLayout(list_);
  auto* scroll = new QScrollArea;
  scroll->setWidgetResizable(true);
  scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  scroll->setWidget(page);

  afterwards_->addItem(u"do nothing"_s);
  afterwards_->addItem(u"close the program"_s);
  afterwards_->addItem(u"put the computer to sleep"_s);
  afterwards_->setCurrentIndex(QSettings().value(kAfterwardsKey).toInt());
  connect(afterwards_, &QComboBox::currentIndexChanged, this,
          [](int index) { QSettings().setValue(kAfterwardsKey, index); });
  connect(start_, &QPushButton::clicked, this, [this] { queue_.start(); });

  auto* then = new QHBoxLayout;
  auto* when = label(u"When all is done,"_s, TextRole::Small, true);
  when->setWordWrap(false);
  then->addWidget(when);
  then->addWidget(afterwards_, 1);
  auto* foot = new QVBoxLayout;
  foot->setContentsMargins(2 * kGrid, kGrid, 2 * kGrid, 2 * kGrid);
  foot->setSpacing(kGrid);
  foot->addWidget(summary_);
  foot->addLayout(then);
  foot->addWidget(start_);

  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  column->addWidget(scroll, 1);
  column->addLayout(foot);

  connect(&queue_, &JobQueue::changed, this, &QueueView::refresh);
  connect(&queue_, &JobQueue::jobStarted, this, &QueueView::refresh);
  connect(&queue_, &JobQueue::jobEnded, this, &QueueView::refresh);
  connect(&queue_, &JobQueue::news, this, [this](const JobNews& news) {
    if (!news.progress) return;
    if (JobRow* making = row(queue_.runner().job())) making->showProgress();
    refreshSummary();
  });
  refresh();
}

QueueView::Afterwards QueueView::afterwards() const {
  return static_cast<Afterwards>(afterwards_->currentIndex());
}

JobRow* QueueView::row(int64_t id) const {
  const auto found = rows_.find(id);
  return found == rows_.end() ? nullptr : found->second;
}

void QueueView::refresh() {
  const auto& jobs = queue_.desk().jobs();
  std::erase_if(rows_, [&](const auto& entry) {
    if (queue_.desk().find(entry.first) != nullptr) return false;
    entry.second->hide();
    entry.second->deleteLater();
    return true;
  });
  int place = 1;  // after the words for an empty list
  const auto show = [&](const JobCard& card) {
    JobRow*& row = rows_[card.record.id];
    if (row == nullptr) {
      row = new JobRow(queue_, card.record.id);
      connect(row, &JobRow::playRequested, this, &QueueView::playRequested);
      connect(row, &JobRow::watchRequested, this, &QueueView::watchRequested);
      connect(row, &JobRow::editRequested, this, &QueueView::editRequested);
    }
    if (list_->indexOf(row) != place) {
      list_->removeWidget(row);
      list_->insertWidget(place, row);
    }
    ++place;
    row->showJob(card);
  };
  // What is still to be done is above; of what is over, the newest is looked for first.
  for (const auto& card : jobs)
    if (!card.over()) show(card);
  for (const auto& card : jobs | std::views::reverse)
    if (card.over()) show(card);
  empty_->setVisible(jobs.empty());
  refreshSummary();
}

void QueueView::refreshSummary() {
  const auto& jobs = queue_.desk().jobs();
  const auto& runner = queue_.runner();
  const auto open = std::ranges::count_if(jobs, [&](const JobCard& card) {
    return card.waits() || card.runs() || queue_.running(card.record.id);
  });
  QStringList text;
  if (open > 0) text << (open == 1 ? u"1 job to do"_s : u"%1 jobs to do"_s.arg(open));
  if (runner.paused())
    text << u"paused"_s;
  else if (const double left = queue_.secondsLeft(); left >= 0)
    text << u"about %1 left for all"_s.arg(spanText(left));
  summary_->setText(text.join(u" · "_s));
  summary_->setVisible(!text.isEmpty());
  const bool waiting = std::ranges::any_of(jobs, &JobCard::waits);
  start_->setVisible(waiting && !queue_.busy());
}

}  // namespace fw
