#include <benchmark/benchmark.h>

#include "core/image/metrics.h"
#include "core/slowmo/engine.h"
#include "core/slowmo/flow_at_time.h"
#include "core/slowmo/flow_motion.h"
#include "core/slowmo/flow_render.h"
#include "tests/core/slowmo/engine_motion.h"

namespace fw {
namespace {

const cv::Size kSize(1280, 720);

const FramePair& pair() {
  static const FramePair frames{scene::occluding(kSize, 0), scene::occluding(kSize, 1)};
  return frames;
}

template <double (*Metric)(const cv::Mat&, const cv::Mat&)>
void metric(benchmark::State& state) {
  pair();  // made at its first use, which is not what is measured
  for (auto _ : state) benchmark::DoNotOptimize(Metric(pair().first, pair().second));
}
BENCHMARK(metric<psnr>)->Name("psnr")->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(metric<ssim>)->Name("ssim")->Unit(benchmark::kMillisecond)->UseRealTime();

void engine(benchmark::State& state, const std::string& id, int times) {
  const EngineKind& kind = engineKind(id);
  const auto made = kind.make(Settings(kind.schema), {});
  std::vector<double> when;
  for (int i = 1; i <= times; ++i) when.push_back(i / (times + 1.0));
  for (auto _ : state) benchmark::DoNotOptimize(made->between(pair(), when));
}
BENCHMARK_CAPTURE(engine, blend, "blend", 1)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(engine, flow, "flow", 1)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(engine, flow_seven_times, "flow", 7)->Unit(benchmark::kMillisecond)->UseRealTime();

void motion(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(estimateMotion(pair(), {}));
}
BENCHMARK(motion)->Unit(benchmark::kMillisecond)->UseRealTime();

void atTime(benchmark::State& state) {
  const TwoWayMotion found = estimateMotion(pair(), {});
  for (auto _ : state) benchmark::DoNotOptimize(motionAtTime(found, 0.5, true, true));
}
BENCHMARK(atTime)->Unit(benchmark::kMillisecond)->UseRealTime();

void render(benchmark::State& state) {
  const MotionAtTime at = motionAtTime(estimateMotion(pair(), {}), 0.5, true, true);
  for (auto _ : state) benchmark::DoNotOptimize(renderBetween(pair(), at, 0.5, false));
}
BENCHMARK(render)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace fw
