#include "core/slowmo/preview.h"

#include <algorithm>

#include "core/slowmo/pipeline.h"

namespace fw {

void makePreview(const SlowmoRequest& asked, const PreviewSpan& span,
                 const std::function<void(const MadeFrame&)>& onFrame, std::stop_token stop) {
  SlowmoRequest request = asked;
  const VideoInfo info = probe(request);
  AnalyseOptions options = analyseOptions(request);
  const double end = options.to > 0 ? options.to : span.from + span.seconds;
  options.from = std::max(span.from, options.from);
  options.to = std::min(span.from + span.seconds, end);
  const Analysis analysis = analyse(request, options, {}, stop);
  if (stop.stop_requested()) return;
  SlowmoChoices choices = choicesFor(request, info);
  choices.timing.loop = false;  // a part does not end where it began
  const FramePlan plan(analysis, info, choices.timing);
  Engines engines(request);
  JobControl control;
  PipelineEvents events;
  events.onFrame = [&](ReadyFrame&& frame) {
    const double time = static_cast<double>(frame.planned.time.pts) * plan.timeline().timeBase().value();
    const bool original = !frame.made();
    onFrame({std::move(frame.picture.image), std::move(frame.confidence), frame.sourceTime, time, original});
  };
  makeFrames({request, info, choices, analysis, plan, 0, plan.count(), span.maxHeight}, engines, events,
             control, stop);
}

}  // namespace fw
