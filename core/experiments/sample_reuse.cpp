#include "core/experiments/sample_reuse.h"

#include <algorithm>
#include <cstring>

namespace fw {
namespace {

constexpr int64_t kRecent = 320;  // samples; about 1.2 GB
constexpr int64_t kFewest = 48;   // before the first one comes again

uint64_t bitsOf(int64_t number) { return static_cast<uint64_t>(number); }

}  // namespace

SampleReuse::SampleReuse(int64_t uses)
    : uses_(std::max<int64_t>(1, uses)), recent_(torch::zeros({kRecent}, torch::kInt64)) {}

std::vector<uint64_t> SampleReuse::seeds(int64_t count, Random& random) {
  std::vector<uint64_t> seeds;
  auto* recent = recent_.data_ptr<int64_t>();
  for (int64_t i = 0; i < count; ++i) {
    if (uses_ > 1 && drawn_ >= kFewest && !random.chance(1.0 / static_cast<double>(uses_))) {
      seeds.push_back(bitsOf(recent[random.integer(0, std::min(drawn_, kRecent) - 1)]));
      continue;
    }
    auto& place = recent[drawn_++ % kRecent];
    const std::scoped_lock lock(mutex_);
    kept_.erase(bitsOf(place));
    seeds.push_back(random.bits());
    place = static_cast<int64_t>(seeds.back());
  }
  return seeds;
}

std::shared_ptr<const InterpolationSample> SampleReuse::sample(
    uint64_t seed, const std::function<InterpolationSample(uint64_t)>& prepare) {
  {
    const std::scoped_lock lock(mutex_);
    if (const auto found = kept_.find(seed); found != kept_.end()) return found->second;
  }
  auto made = std::make_shared<const InterpolationSample>(prepare(seed));
  if (uses_ == 1) return made;
  const std::scoped_lock lock(mutex_);
  return kept_.emplace(seed, std::move(made)).first->second;
}

}  // namespace fw
