#include "ui/slowmo/slowmo_page.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QPushButton>
#include <QStackedWidget>
#include <QTabWidget>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/base/error.h"
#include "core/slowmo/so_far.h"
#include "ui/slowmo/adapt_panel.h"
#include "ui/slowmo/clip_stage.h"
#include "ui/slowmo/make_panel.h"
#include "ui/slowmo/player.h"
#include "ui/slowmo/preview_panel.h"
#include "ui/slowmo/queue_view.h"
#include "ui/slowmo/result_view.h"
#include "ui/slowmo/self_check_panel.h"
#include "ui/slowmo/welcome.h"
#include "ui/theme.h"
#include "ui/widgets/message_bar.h"

namespace fw {
namespace {

using namespace Qt::StringLiterals;

constexpr int kPanelWidth = 356, kNarrowPanel = 304;
constexpr int kMakeTab = 0, kQueueTab = 1;

void applyMarks(const ClipMarks& marks, SlowmoRequest& request) {
  request.settings["trim_in"] = marks.in - marks.start;
  request.settings["trim_out"] = marks.out < marks.end ? marks.out : 0.0;
  request.cutsAdded = marks.cutsAdded;
  request.cutsRemoved = marks.cutsRemoved;
  for (const auto& range : marks.ranges) request.engineRanges.push_back({range.from, range.to, range.engine});
}

void takeMarks(const SlowmoRequest& request, ClipMarks& marks) {
  marks.in = request.settings.value("trim_in", 0.0);
  if (const double out = request.settings.value("trim_out", 0.0); out > 0)
    marks.out = std::min(out, marks.end);
  marks.cutsAdded = request.cutsAdded;
  marks.cutsRemoved = request.cutsRemoved;
  for (const auto& range : request.engineRanges)
    marks.ranges.push_back({range.from, range.to, range.engine, engineKind(range.engine).title});
}

}  // namespace

SlowmoPage::SlowmoPage(QWidget* parent)
    : QWidget(parent),
      queue_(dataHome()),
      welcome_(new Welcome),
      stage_(new ClipStage),
      left_(new QStackedWidget),
      panel_(new QFrame),
      right_(new QTabWidget),
      make_(new MakePanel),
      queueView_(new QueueView(queue_)),
      messages_(new MessageBar) {
  buildLayout();
  connectStudy();
  connectMaking();
  connectQueue();
  closeClip();
}

SlowmoPage::~SlowmoPage() = default;

void SlowmoPage::buildLayout() {
  left_->addWidget(welcome_);
  left_->addWidget(stage_);
  auto* news = new QHBoxLayout;
  news->setContentsMargins(2 * kGrid, kGrid, 2 * kGrid, 0);
  news->addWidget(messages_);
  auto* leftColumn = new QVBoxLayout;
  leftColumn->setSpacing(0);
  leftColumn->addLayout(news);
  leftColumn->addWidget(left_, 1);
  right_->addTab(make_, u"Make"_s);
  right_->addTab(queueView_, u"Queue"_s);
  right_->setStyleSheet(u"QTabWidget::tab-bar { left: %1px; }"_s.arg(2 * kGrid - 4));
  panel_->setObjectName(u"rightPanel"_s);
  auto* panelColumn = new QVBoxLayout(panel_);
  panelColumn->setContentsMargins(1, kGrid, 0, 0);
  panelColumn->addWidget(right_);
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(0);
  row->addLayout(leftColumn, 1);
  row->addWidget(panel_);
}

// In a small window the clip needs the room more.
void SlowmoPage::resizeEvent(QResizeEvent* event) {
  panel_->setFixedWidth(std::clamp(width() / 3, kNarrowPanel, kPanelWidth));
  QWidget::resizeEvent(event);
}

void SlowmoPage::connectStudy() {
  connect(welcome_, &Welcome::filesChosen, this, &SlowmoPage::open);
  connect(&study_, &ClipStudy::opened, this, &SlowmoPage::showOpened);
  connect(&study_, &ClipStudy::failed, this, [this](const QString& message) {
    toEdit_.reset();
    messages_->error(message);
  });
  connect(&study_, &ClipStudy::skipped, this, [this](const QString& first, int count) {
    messages_->say(MessageKind::Info,
                   count == 1
                       ? u"%1 is no video and is left out."_s.arg(first)
                       : u"%1 and %2 more files are no videos and are left out."_s.arg(first).arg(count - 1));
  });
  connect(&study_, &ClipStudy::resultsLeftOut, this, [this](const QString& first, int count) {
    messages_->say(
        MessageKind::Info,
        count == 1
            ? u"%1 was made of another clip there and is left out."_s.arg(first)
            : u"%1 and %2 more were made of other clips there and are left out."_s.arg(first).arg(count - 1));
  });
  connect(&study_, &ClipStudy::thumbnailsMade, stage_->timeline(), &ClipTimeline::setThumbnails);
  connect(&study_, &ClipStudy::seen, this, [this] { study_.analyse(request()); });
  connect(&study_, &ClipStudy::found, this,
          [this](const std::vector<double>& cuts, const std::vector<double>& duplicates, double) {
            auto marks = stage_->marks();
            marks.cutsFound = cuts;
            marks.duplicates = duplicates;
            stage_->setMarks(marks);
          });
}

void SlowmoPage::connectMaking() {
  connect(stage_, &ClipStage::failed, this, [this](const QString& message) { messages_->error(message); });
  connect(stage_, &ClipStage::closeRequested, this, &SlowmoPage::closeClip);
  connect(stage_, &ClipStage::marksEdited, this, &SlowmoPage::passRequestOn);
  connect(make_, &MakePanel::failed, this, [this](const QString& message) { messages_->error(message); });
  connect(make_, &MakePanel::changed, this, &SlowmoPage::passRequestOn);
  connect(make_, &MakePanel::analysisChanged, this, [this] {
    if (stage_->hasClip()) study_.analyse(request());
  });
  connect(make_, &MakePanel::startRequested, this, &SlowmoPage::start);
  connect(make_, &MakePanel::otherLeftOut, this, [this](int index) {
    others_.erase(others_.begin() + index);
    make_->setOthers(others_);
  });
  connect(make_, &MakePanel::previewRequested, this, [this] {
    stage_->showView(ClipStage::Preview);
    stage_->preview()->make();
  });
  connect(make_, &MakePanel::editingGivenUp, this, [this] {
    endEditing();
    right_->setCurrentIndex(kQueueTab);
  });
  connect(stage_->check(), &SelfCheckPanel::engineChosen, this,
          [this](const QString& id) { make_->setEngine(id.toStdString()); });
  connect(stage_->adapt(), &AdaptPanel::adapted, this, [this] {
    if (!stage_->adapt()->weights().empty()) make_->setEngine("swift");
    passRequestOn();
  });
}

void SlowmoPage::connectQueue() {
  connect(&queue_.desk(), &JobDesk::added, this, [this] { awaited_ = std::max(0, awaited_ - 1); });
  connect(&queue_.desk(), &JobDesk::failed, messages_, &MessageBar::error);
  connect(&queue_.desk(), &JobDesk::refused, this, [this](const QString& message) {
    messages_->error(message);
    awaited_ = std::max(0, awaited_ - 1);
    refused_ << message;
    if (awaited_ > 0 || !others_.empty()) return;
    right_->setCurrentIndex(kMakeTab);  // nothing was taken: back to what has to be mended
    stage_->showView(ClipStage::Clip);
  });
  connect(&queue_, &JobQueue::changed, this, &SlowmoPage::updateQueueTab);
  connect(&queue_, &JobQueue::news, this, &SlowmoPage::showNews);
  connect(&queue_, &JobQueue::jobStarted, this, [this](qint64 id) {
    const JobCard* card = queue_.desk().find(id);
    stage_->result()->watch(card ? QString::fromStdString(card->request.output.filename().string())
                                 : QString());
    updateQueueTab();
  });
  connect(&queue_, &JobQueue::jobEnded, this, [this](qint64, const QString& error) {
    stage_->result()->watch({});
    if (!error.isEmpty()) messages_->error(error);
  });
  connect(&queue_, &JobQueue::allDone, this, &SlowmoPage::finishQueue);
  connect(queueView_, &QueueView::playRequested, this, &SlowmoPage::playFile);
  connect(queueView_, &QueueView::watchRequested, this, &SlowmoPage::watchMaking);
  connect(queueView_, &QueueView::editRequested, this, &SlowmoPage::edit);
  connect(stage_->result(), &ResultView::soFarRequested, this, &SlowmoPage::playSoFar);
  connect(stage_->result(), &ResultView::openedIdle, this, [this] {
    if (awaited_ > 0 || std::ranges::any_of(queue_.desk().jobs(), &JobCard::waits))
      return;  // what is about to be made is what one wants to see
    std::error_code ignored;
    if (const auto& last = queue_.lastOutput(); std::filesystem::exists(last, ignored))
      playFile(QString::fromStdString(last.string()));
  });
}

void SlowmoPage::open(const QStringList& files) {
  messages_->dismiss();
  toEdit_.reset();
  study_.open(files);
}

void SlowmoPage::showOpened(const SlowmoRequest& first, const VideoInfo& info,
                            const std::vector<SlowmoRequest>& others) {
  messages_->dismiss();  // what was said was of another clip
  endEditing();
  clip_ = first;
  others_ = others;
  QStringList names{QString::fromStdString(first.sources.front().string())};
  for (const auto& other : others) names << QString::fromStdString(other.sources.front().string());
  Welcome::remember(names);
  left_->setCurrentWidget(stage_);
  right_->setTabVisible(kMakeTab, true);
  right_->setCurrentIndex(kMakeTab);
  right_->parentWidget()->show();
  stage_->showClip(first, info);
  make_->setOthers(others_);
  make_->setClip(first, info);
  if (toEdit_) beginEditing(*std::exchange(toEdit_, std::nullopt));
  passRequestOn();
}

void SlowmoPage::beginEditing(const JobCard& card) {
  editing_ = card.record.id;
  auto marks = stage_->marks();
  takeMarks(card.request, marks);
  stage_->setMarks(marks);
  make_->edit(card.request);
  if (card.record.progress > 0)
    messages_->say(MessageKind::Info, u"This job is made to %1 %. With other settings it begins anew."_s.arg(
                                          std::floor(card.record.progress * 100)));
}

void SlowmoPage::endEditing() {
  editing_.reset();
  make_->endEditing();
}

SlowmoRequest SlowmoPage::request() const {
  SlowmoRequest request = clip_;
  request.settings = make_->settings().toJson();
  request.output = make_->output();
  applyMarks(stage_->marks(), request);
  if (const auto& learned = stage_->adapt()->weights();
      !learned.empty() && request.settings.value("engine", std::string()) == "swift")
    request.settings["swift_weights"] = learned.string();
  return request;
}

void SlowmoPage::passRequestOn() {
  if (!stage_->hasClip()) return;
  const SlowmoRequest now = request();
  make_->setMarks(now);
  stage_->setRequest(now);
}

void SlowmoPage::start() {
  if (!stage_->hasClip()) return;
  messages_->dismiss();
  const SlowmoRequest first = request();
  if (editing_) {
    const int64_t job = *editing_;
    return queue_.desk().replace(job, first, [this, job] {
      if (editing_ != job) return;  // given up meanwhile
      endEditing();
      right_->setCurrentIndex(kQueueTab);
    });
  }
  refused_.clear();
  awaited_ = 1 + static_cast<int>(others_.size());
  queue_.add(first);
  for (SlowmoRequest other : others_) {
    other.settings = make_->settings().toJson();
    queue_.add(other);
  }
  watchMaking();
  right_->setCurrentIndex(kQueueTab);
}

void SlowmoPage::edit(int64_t job) {
  const JobCard* card = queue_.desk().find(job);
  if (card == nullptr) return;
  QStringList files;
  for (const auto& source : card->request.sources) files << QString::fromStdString(source.string());
  open(files);
  toEdit_ = *card;
}

void SlowmoPage::closeClip() {
  study_.close();
  clip_ = {};
  others_.clear();
  toEdit_.reset();
  endEditing();
  stage_->closeClip();
  make_->clearClip();
  welcome_->refresh();
  left_->setCurrentWidget(welcome_);
  right_->setTabVisible(kMakeTab, false);
  updateQueueTab();
}

void SlowmoPage::showNews(const JobNews& news) {
  stage_->result()->showNews(news);
  const JobCard* card = queue_.desk().find(queue_.runner().job());
  if (news.confidence.empty() || card == nullptr || card->request.sources != clip_.sources) return;
  auto marks = stage_->marks();
  for (const auto& [time, mean] : news.confidence) addConfidence(marks, time, mean);
  stage_->setMarks(marks);
}

void SlowmoPage::watchMaking() {
  left_->setCurrentWidget(stage_);
  stage_->result()->showWatching();
  stage_->showView(ClipStage::Result);
}

void SlowmoPage::playFile(const QString& file) {
  const std::filesystem::path path = file.toStdString();
  playing_.ask<VideoInfo>([path](std::stop_token) { return probe(path); },
                          [this, path](const VideoInfo& info) {
                            left_->setCurrentWidget(stage_);
                            stage_->showView(ClipStage::Result);
                            stage_->result()->play(path, info.duration,
                                                   QString::fromStdString(path.filename().string()));
                          },
                          [this](const QString& message) { messages_->error(message); });
}

void SlowmoPage::playSoFar() {
  const int64_t job = queue_.runner().job();
  struct SoFar {
    std::filesystem::path file;
    VideoInfo info;
  };
  playing_.ask<SoFar>(
      [folder = queue_.desk().folder(), job](std::stop_token stop) {
        const auto file = joinSoFar(Store(folder), job, stop);
        if (!file)
          throw Error("Nothing can be played yet", "job " + std::to_string(job),
                      "The first seconds of the result are still being made.");
        return SoFar{*file, probe(*file)};
      },
      [this](const SoFar& found) {
        stage_->result()->play(found.file, found.info.duration, u"What is made so far"_s);
      },
      [this](const QString& message) { messages_->say(MessageKind::Info, message); });
}

void SlowmoPage::finishQueue(int finished, int failed) {
  const QStringList refused = std::exchange(refused_, {});
  failed += static_cast<int>(refused.size());
  QString text = failed > 0      ? u"%1 finished, %2 could not be finished."_s.arg(finished).arg(failed)
                 : finished == 1 ? u"The video is finished."_s
                                 : u"All %1 videos are finished."_s.arg(finished);
  for (const QString& why : refused) text += u' ' + why;
  notifyDesktop(this, u"Slow motion"_s, text);
  // What could not be kept is said where it is seen, and stays in the queue.
  if (finished == 1 && failed == 0)
    for (const JobCard& card : queue_.desk().jobs())
      if (card.request.output == queue_.lastOutput() && !card.record.message.empty())
        text += u' ' + QString::fromStdString(card.record.message);
  messages_->say(failed > 0 ? MessageKind::Warning : MessageKind::Good, text);
  const bool watched = stage_->isVisible() && stage_->view() == ClipStage::Result;
  if (finished > 0 && watched && stage_->result()->watching())
    playFile(QString::fromStdString(queue_.lastOutput().string()));
  if (failed > 0) return;  // somebody should look first
  if (queueView_->afterwards() == QueueView::Afterwards::Close) window()->close();
  if (queueView_->afterwards() == QueueView::Afterwards::Suspend) suspendComputer();
}

void SlowmoPage::updateQueueTab() {
  const auto& jobs = queue_.desk().jobs();
  const auto open = std::ranges::count_if(jobs, [](const JobCard& card) { return !card.over(); });
  right_->setTabText(kQueueTab, open > 0 ? u"Queue (%1)"_s.arg(open) : u"Queue"_s);
  right_->parentWidget()->setVisible(stage_->hasClip() || !jobs.empty());
}

bool SlowmoPage::exporting() const { return queue_.busy(); }
bool SlowmoPage::adapting() const { return stage_->adapt()->adapting(); }

void SlowmoPage::stopAndKeep() {
  queue_.stopAndKeep();
  stage_->adapt()->stop();
}

void SlowmoPage::keyPressEvent(QKeyEvent* event) {
  if (event->key() == Qt::Key_Escape && messages_->isVisible()) return messages_->dismiss();
  QWidget::keyPressEvent(event);
}

}  // namespace fw
