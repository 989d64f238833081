#pragma once
#include <QPainter>
#include <QRect>

#include "ui/slowmo/clip_marks.h"
#include "ui/slowmo/clip_timeline.h"
#include "ui/theme.h"

namespace fw {

/// Where things lie on the timeline, top to bottom.
struct TimelineBands {
  QRect ruler, cutHeads, thumbnails, ranges, confidence;
};
TimelineBands timelineBands(const QRect& widget);

struct TimelineView {
  QRect rect;
  const Colours& colours;
  double from = 0, to = 1, playhead = 0;
};
void paintTimeline(QPainter& painter, const TimelineView& view, const ClipMarks& marks,
                   const std::vector<ClipTimeline::Thumbnail>& thumbnails);

}  // namespace fw
