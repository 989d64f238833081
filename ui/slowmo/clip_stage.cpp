#include "ui/slowmo/clip_stage.h"

#include <QFileInfo>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QMenu>
#include <QStackedWidget>
#include <QTimer>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>

#include "ui/slowmo/adapt_panel.h"
#include "ui/slowmo/clip_timeline.h"
#include "ui/slowmo/inside_view.h"
#include "ui/slowmo/player.h"
#include "ui/slowmo/preview_panel.h"
#include "ui/slowmo/result_view.h"
#include "ui/slowmo/segments.h"
#include "ui/slowmo/self_check_panel.h"
#include "ui/theme.h"
#include "ui/widgets/elided_label.h"

namespace fw {
namespace {

using namespace Qt::StringLiterals;

QString factsText(const VideoInfo& info) {
  QStringList facts{u"%1 × %2"_s.arg(info.width).arg(info.height)};
  const QString rate = QString::number(info.frameRate.value(), 'g', 5);
  facts << (info.variableRate ? u"%1 fps, varying"_s : u"%1 fps"_s).arg(rate);
  facts << timeText(info.duration);
  if (info.audio.empty()) facts << u"no sound"_s;
  if (info.bitDepth > 8) facts << u"%1 bit"_s.arg(info.bitDepth);
  if (info.interlaced) facts << u"interlaced"_s;
  if (!info.codec.empty()) facts << QString::fromStdString(info.codec);
  return facts.join(u" · "_s);
}

QString titleOf(const SlowmoRequest& clip) {
  const auto& first = clip.sources.front();
  const QString name = QString::fromStdString(first.filename().string());
  return clip.sources.size() == 1 ? name
                                  : u"%1 and %2 more pictures"_s.arg(name).arg(clip.sources.size() - 1);
}

}  // namespace

ClipStage::ClipStage(QWidget* parent)
    : QWidget(parent),
      title_(new ElidedLabel(TextRole::Heading)),
      facts_(new ElidedLabel(TextRole::Small, true)),
      close_(iconButton(u"close"_s, u"Close the clip"_s)),
      views_(new Segments(
          {u"Clip"_s, u"Preview"_s, u"Look inside"_s, u"Self-check"_s, u"Adapt"_s, u"Result"_s})),
      stack_(new QStackedWidget),
      timeline_(new ClipTimeline),
      player_(new Player),
      preview_(new PreviewPanel),
      inside_(new InsideView),
      check_(new SelfCheckPanel),
      adapt_(new AdaptPanel),
      result_(new ResultView) {
  for (QWidget* view : std::initializer_list<QWidget*>{player_, preview_, inside_, check_, adapt_, result_})
    stack_->addWidget(view);
  setFocusPolicy(Qt::ClickFocus);
  player_->addTools(buildTools());
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(2 * kGrid, kGrid, 2 * kGrid, kGrid);
  column->setSpacing(kGrid);
  column->addWidget(buildHead());
  column->addWidget(stack_, 1);
  column->addWidget(timeline_);
  connectTimeline();
  connect(views_, &Segments::chosen, this, [this](int view) { showView(View(view)); });
  connect(player_, &Player::positionChanged, this, [this](double seconds) {
    if (view() == Clip) timeline_->setPlayhead(seconds);
  });
  connect(preview_, &PreviewPanel::sourceTimeShown, this, [this](double seconds) {
    if (view() == Preview) timeline_->setPlayhead(seconds);
  });
  connect(player_, &Player::failed, this, &ClipStage::failed);
  connect(preview_, &PreviewPanel::failed, this, &ClipStage::failed);
  connect(inside_, &InsideView::failed, this, &ClipStage::failed);
  connect(check_, &SelfCheckPanel::failed, this, &ClipStage::failed);
  connect(adapt_, &AdaptPanel::failed, this, &ClipStage::failed);
  connect(result_->player(), &Player::failed, this, &ClipStage::failed);
  connect(result_, &ResultView::changedOver, this, &ClipStage::showTimeline);
  showView(Clip);
}

QWidget* ClipStage::buildHead() {
  auto* head = new QWidget;
  head_ = new QBoxLayout(QBoxLayout::LeftToRight, head);
  head_->setContentsMargins(0, 0, 0, 0);
  head_->setSpacing(kGrid);
  names_ = new QBoxLayout(QBoxLayout::TopToBottom);
  for (QLabel* text : {title_, facts_}) names_->addWidget(text);
  views_->setTips({u"Play the clip, trim it, set cuts"_s, u"Make two seconds and compare"_s,
                   u"Motion, occlusion and confidence of one made frame"_s,
                   u"Which engine suits this clip best?"_s, u"Teach the engine Swift this very clip"_s,
                   u"Frames as they are made, and results"_s});
  auto* choice = new QHBoxLayout;
  choice->addWidget(views_, 1);
  choice->addWidget(close_);
  head_->addLayout(names_, 1);
  head_->addLayout(choice);
  connect(close_, &QToolButton::clicked, this, &ClipStage::closeRequested);
  return head;
}

// Where the clip's name does not fit beside the views it stands above them, all in one line.
void ClipStage::arrangeHead() {
  constexpr int kRoomForNames = 160;
  const bool beside = width() > views_->sizeHint().width() + close_->width() + kRoomForNames;
  head_->setDirection(beside ? QBoxLayout::LeftToRight : QBoxLayout::TopToBottom);
  head_->setSpacing(beside ? kGrid : kGrid / 2);
  names_->setDirection(beside ? QBoxLayout::TopToBottom : QBoxLayout::LeftToRight);
  names_->setSpacing(beside ? 0 : kGrid);
}

void ClipStage::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  arrangeHead();
}

void ClipStage::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  QTimer::singleShot(0, this, &ClipStage::arrangeHead);  // before they are dressed buttons say other sizes
}

QWidget* ClipStage::buildTools() {
  auto* tools = new QWidget;
  auto* row = new QHBoxLayout(tools);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(2);
  auto* in = iconButton(u"trim-in"_s, u"Begin here (I)"_s);
  auto* out = iconButton(u"trim-out"_s, u"End here (O)"_s);
  auto* cut = iconButton(
      u"cut"_s, u"There is a cut here: nothing is made across it (C). Click a cut's mark to remove it."_s);
  auto* engine = iconButton(u"engine-range"_s, u"Another engine for the part between the trim marks"_s);
  worst_ = iconButton(u"worst"_s, u"Next of the least sure frames (W)"_s);
  auto* engines = new QMenu(engine);
  for (const auto& kind : engineList())
    engines->addAction(u"%1 for this part"_s.arg(QString::fromStdString(kind.title)), this,
                       [this, id = kind.id] { giveEngine(id); });
  engine->setMenu(engines);
  engine->setPopupMode(QToolButton::InstantPopup);
  for (QToolButton* button : {in, out, cut, engine, worst_}) row->addWidget(button);
  connect(in, &QToolButton::clicked, this, [this] { trimHere(true); });
  connect(out, &QToolButton::clicked, this, [this] { trimHere(false); });
  connect(cut, &QToolButton::clicked, this, &ClipStage::addCutHere);
  connect(worst_, &QToolButton::clicked, this, &ClipStage::jumpToWorst);
  return tools;
}

void ClipStage::connectTimeline() {
  connect(timeline_, &ClipTimeline::scrubbed, this, [this](double seconds) {
    if (view() == Clip) player_->pause();
    goTo(seconds);
  });
  connect(timeline_, &ClipTimeline::trimmed, this, [this](double in, double out) {
    edit([&](ClipMarks& marks) {
      if (in != marks.in) trimFrom(marks, in, frame_);
      if (out != marks.out) trimTo(marks, out, frame_);
    });
  });
  connect(timeline_, &ClipTimeline::cutClicked, this,
          [this](double seconds) { edit([&](ClipMarks& marks) { removeCut(marks, seconds, frame_); }); });
  connect(timeline_, &ClipTimeline::rangeClicked, this, [this](int index) {
    edit([&](ClipMarks& marks) { marks.ranges.erase(marks.ranges.begin() + index); });
  });
}

void ClipStage::showClip(const SlowmoRequest& clip, const VideoInfo& info) {
  clip_ = request_ = clip;
  info_ = info;
  frame_ = info.frameRate.value() > 0 ? 1 / info.frameRate.value() : 1.0 / 25;
  marks_ = {};
  marks_.end = marks_.out = info.duration;
  title_->setText(titleOf(clip));
  title_->setToolTip(QString::fromStdString(clip.sources.front().string()));
  facts_->setText(factsText(info));
  facts_->setToolTip(facts_->text());  // a narrow window cuts it off
  timeline_->setThumbnails({});
  timeline_->setPlayhead(here_ = 0);
  preview_->clear();
  setMarks(marks_);
  for (int view = Clip; view < Result; ++view) views_->setAvailable(view, true);
  close_->show();
  showView(Clip);
  player_->open(clip, info.duration);
  setFocus();
}

void ClipStage::closeClip() {
  clip_ = request_ = {};
  player_->close();
  preview_->clear();
  title_->setText(u"Results"_s);
  facts_->setText(u"No clip is open."_s);
  for (int view = Clip; view < Result; ++view) views_->setAvailable(view, false);
  inside_->setQuestion({});
  check_->setClip({}, 0, 0);
  adapt_->setClip({});
  showView(Result);
}

void ClipStage::setRequest(const SlowmoRequest& request) {
  request_ = request;
  updateViews();
}

void ClipStage::updateViews() {
  if (!hasClip()) return;
  preview_->setRequest(request_, here_, marks_.end);
  InsideQuestion question;
  question.source = request_;
  question.sourceTime = timeline_->playhead();
  inside_->setQuestion(question);
  check_->setClip(clip_, marks_.in, marks_.trimmed() ? marks_.out : 0);
  adapt_->setClip(request_);
}

void ClipStage::showView(View view) {
  if (view != Clip) player_->pause();
  views_->setCurrent(view);
  if (view == Clip) timeline_->setPlayhead(player_->position());
  if (this->view() == Clip) here_ = timeline_->playhead();  // previews move it too
  updateViews();                                            // first: what is shown begins to work
  stack_->setCurrentIndex(view);
  showTimeline();
}

// A result has its own: what the clip's says would be of other moments.
void ClipStage::showTimeline() {
  timeline_->setVisible(hasClip() && (view() != Result || result_->watching()));
}

ClipStage::View ClipStage::view() const { return View(stack_->currentIndex()); }

void ClipStage::setMarks(const ClipMarks& marks) {
  marks_ = marks;
  timeline_->setMarks(marks_);
  player_->setPart(marks_.in, marks_.out);
  worst_->setEnabled(!marks_.confidence.empty());
}

void ClipStage::edit(const std::function<void(ClipMarks&)>& change) {
  auto marks = marks_;
  change(marks);
  setMarks(marks);
  Q_EMIT marksEdited();
}

void ClipStage::addCutHere() {
  edit([&](ClipMarks& marks) { addCut(marks, timeline_->playhead(), frame_); });
}

void ClipStage::trimHere(bool in) {
  const double here = timeline_->playhead();
  // The frame in sight belongs to the part, on either side.
  edit([&](ClipMarks& marks) { in ? trimFrom(marks, here, frame_) : trimTo(marks, here + frame_, frame_); });
}

void ClipStage::jumpToWorst() {
  const double next = nextWorst(marks_, timeline_->playhead(), frame_);
  if (next < 0) return;
  player_->pause();
  goTo(next);
}

void ClipStage::goTo(double seconds) {
  here_ = std::clamp(seconds, marks_.start, marks_.end);
  player_->seek(here_);
  timeline_->setPlayhead(here_);
  updateViews();
}

void ClipStage::giveEngine(const std::string& engine) {
  edit([&](ClipMarks& marks) {
    std::erase_if(marks.ranges,
                  [&](const auto& range) { return range.from < marks.out && range.to > marks.in; });
    marks.ranges.push_back({marks.in, marks.out, engine, engineKind(engine).title});
    marks.in = marks.start;  // the marks chose the part; the whole clip is to be made
    marks.out = marks.end;
  });
}

void ClipStage::keyPressEvent(QKeyEvent* event) {
  const bool inPreview = view() == Preview;
  Player* playing = view() == Clip ? player_ : view() == Result ? result_->player() : nullptr;
  switch (event->key()) {
    case Qt::Key_Space:
      if (inPreview) return preview_->togglePlaying();
      if (playing) return playing->togglePlaying();
      break;
    case Qt::Key_Left:
    case Qt::Key_Right: {
      const int direction = event->key() == Qt::Key_Left ? -1 : 1;
      if (inPreview) return preview_->step(direction);
      if (playing) return playing->step(direction);
      if (view() == Inside) return goTo(timeline_->playhead() + direction * frame_);
      break;
    }
    case Qt::Key_F:
      if (playing) return playing->toggleFullScreen();
      break;
    default:
      break;
  }
  if (timeline_->isHidden()) return QWidget::keyPressEvent(event);  // what cannot be seen is not edited
  switch (event->key()) {
    case Qt::Key_I:
      return trimHere(true);
    case Qt::Key_O:
      return trimHere(false);
    case Qt::Key_C:
      return addCutHere();
    case Qt::Key_W:
      return jumpToWorst();
    case Qt::Key_Home:
      return player_->seek(marks_.in);
    default:
      return QWidget::keyPressEvent(event);
  }
}

}  // namespace fw
