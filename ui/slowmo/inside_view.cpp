#include "ui/slowmo/inside_view.h"

#include <QButtonGroup>
#include <QHBoxLayout>
#include <QLabel>
#include <QSlider>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>

#include "ui/slowmo/clip_timeline.h"
#include "ui/slowmo/map_legend.h"
#include "ui/theme.h"
#include "ui/widgets/frame_view.h"

namespace fw {
namespace {

using namespace Qt::StringLiterals;

constexpr int kSteps = 100;

QString valueText(const cv::Mat& values, QPoint pixel) {
  if (values.type() == CV_32FC2) {
    const auto v = values.at<cv::Vec2f>(pixel.y(), pixel.x());
    return u"%1 px right, %2 px down"_s.arg(double(v[0]), 0, 'f', 1).arg(double(v[1]), 0, 'f', 1);
  }
  return QString::number(double(values.at<float>(pixel.y(), pixel.x())), 'f', 2);
}

}  // namespace

InsideView::InsideView(QWidget* parent)
    : QWidget(parent),
      view_(new FrameView),
      choices_(new QHBoxLayout),
      buttons_(new QButtonGroup(this)),
      between_(new QSlider(Qt::Horizontal)),
      moment_(label({}, TextRole::Number)),
      meaning_(label({}, TextRole::Small, true)),
      legend_(new MapLegend) {
  view_->setPlaceholder(u"Making the frame at the playhead…"_s);
  between_->setRange(1, kSteps - 1);
  between_->setValue(kSteps / 2);
  between_->setFixedWidth(160);
  between_->setToolTip(u"The moment between the two frames"_s);
  moment_->setWordWrap(false);
  choices_->setSpacing(0);

  auto* foot = new QHBoxLayout;
  foot->setSpacing(kGrid);
  foot->addWidget(between_);
  foot->addWidget(moment_);
  foot->addStretch();
  foot->addWidget(legend_);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(kGrid / 2);
  column->addLayout(choices_);
  column->addWidget(view_, 1);
  column->addWidget(meaning_);
  column->addLayout(foot);

  connect(buttons_, &QButtonGroup::idClicked, this, &InsideView::showPicture);
  connect(between_, &QSlider::valueChanged, this, [this](int value) {
    question_.between = double(value) / kSteps;
    stale_ = true;
    look();
  });
  connect(&task_, &Task::finished, this, [this] {
    if (stale_) look();
  });
  connect(&task_, &Task::failed, this, [this](const QString& message) {
    view_->setImage({});
    view_->setPlaceholder(message);
    Q_EMIT failed(message);
  });
}

void InsideView::setQuestion(const InsideQuestion& question) {
  question_ = question;
  question_.between = double(between_->value()) / kSteps;
  stale_ = true;
  if (isVisible()) look();
}

void InsideView::look() {
  if (question_.source.sources.empty() || task_.running()) return;  // the end of the task comes back here
  stale_ = false;
  task_.start([this, question = question_](std::stop_token stop) {
    auto look = lookInside(question, stop);
    if (!stop.stop_requested())
      QMetaObject::invokeMethod(
          this, [this, look = std::move(look)] { takeAnswer(look); }, Qt::QueuedConnection);
  });
}

void InsideView::takeAnswer(InsideLook look) {
  look_ = std::move(look);
  const bool sameChoices =
      std::ranges::equal(buttons_->buttons(), look_.pictures, [](const auto* button, const auto& picture) {
        return button->text() == QString::fromStdString(picture.name);
      });
  if (!sameChoices) {
    for (auto* button : buttons_->buttons()) delete button;
    while (auto* item = choices_->takeAt(0)) delete item;
    const int last = static_cast<int>(look_.pictures.size()) - 1;
    for (int i = 0; i <= last; ++i) {
      const auto& picture = look_.pictures[static_cast<std::size_t>(i)];
      auto* button = new QToolButton;
      button->setText(QString::fromStdString(picture.name));
      button->setToolTip(QString::fromStdString(picture.meaning));
      button->setCheckable(true);
      button->setProperty("segment", i == 0 ? u"first"_s : i == last ? u"last"_s : u"middle"_s);
      buttons_->addButton(button, i);
      choices_->addWidget(button);
    }
    choices_->addStretch();
  }
  moment_->setText(u"%1 → %2 · %3, %4 ms"_s
                       .arg(timeText(look_.firstTime, 2), timeText(look_.secondTime, 2),
                            QString::fromStdString(look_.engine))
                       .arg(look_.milliseconds, 0, 'f', 0));
  const auto wanted = std::ranges::find(look_.pictures, wanted_, &InsidePicture::name);
  const auto fallback = std::ranges::find(look_.pictures, "Flow colours", &InsidePicture::name);
  const auto chosen = wanted != look_.pictures.end()     ? wanted
                      : fallback != look_.pictures.end() ? fallback
                                                         : look_.pictures.begin();
  showPicture(static_cast<int>(chosen - look_.pictures.begin()));
}

void InsideView::showPicture(int index) {
  if (index < 0 || index >= static_cast<int>(look_.pictures.size())) return;
  const auto& picture = look_.pictures[static_cast<std::size_t>(index)];
  if (auto* button = buttons_->button(index)) button->setChecked(true);
  wanted_ = picture.name;
  view_->setImage(picture.image);
  if (picture.values.empty())
    view_->setValueText(nullptr);
  else
    view_->setValueText([values = picture.values](QPoint pixel) { return valueText(values, pixel); });
  meaning_->setText(QString::fromStdString(picture.meaning));
  legend_->explain(picture);
}

void InsideView::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  if (stale_) look();
}

}  // namespace fw
