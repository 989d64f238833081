#include "core/slowmo/pipeline.h"

#include <gtest/gtest.h>

#include <map>

#include "core/slowmo/analysis.h"
#include "tests/core/slowmo/engine_motion.h"
#include "tests/core/slowmo/made_clip.h"
#include "tests/core/store/temporary_folder.h"

namespace fw {
namespace {

// An engine that looks at neighbours must find the same ones wherever a segment begins and ends.
TEST(Pipeline, PartsAreMadeAsTheWhole) {
  const TemporaryFolder folder;
  SlowmoRequest request;
  request.sources = {makeClip(folder.path() / "thrown.mp4", 16, {25, 1}, [](int i) {
    return scene::translating({160, 96}, 1, 0.2, 0.2 * i * i);
  })};
  request.settings = {{"engine", "swift"}, {"factor", 3.0}};
  const VideoInfo info = probe(request);
  Analysis analysis = analyse(request, analyseOptions(request), {}, {});
  analysis.cuts = {9};
  analysis.duplicates = {4, 5};
  const SlowmoChoices choices = choicesFor(request, info);
  const FramePlan plan(analysis, info, choices.timing);
  Engines engines(request);
  JobControl control;
  const auto made = [&](int64_t begin, int64_t end) {
    std::map<int64_t, cv::Mat> frames;
    PipelineEvents events;
    events.onFrame = [&](ReadyFrame&& frame) { frames[frame.number] = frame.picture.image; };
    makeFrames({request, info, choices, analysis, plan, begin, end}, engines, events, control, {});
    return frames;
  };
  const auto whole = made(0, plan.count());
  ASSERT_EQ(std::ssize(whole), 48);
  for (int64_t begin = 1; begin < 47; begin += 5)
    for (const auto& [number, frame] : made(begin, std::min<int64_t>(begin + 7, 48)))
      EXPECT_EQ(cv::norm(frame, whole.at(number), cv::NORM_INF), 0) << number << " from " << begin;
}

}  // namespace
}  // namespace fw
