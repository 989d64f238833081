#include "core/experiments/sample_reuse.h"

#include <algorithm>
#include <cstring>

namespace fw {
namespace {

constexpr int64_t kRecent = 320;                             // samples
constexpr std::size_t kMostBytes = std::size_t{1500} << 20;  // what does not fit is prepared again
constexpr int64_t kFewest = 48;                              // before the first one comes again

uint64_t bitsOf(int64_t number) { return static_cast<uint64_t>(number); }

std::size_t bytesOf(const InterpolationSample& sample) {
  std::size_t bytes = 0;
  for (const auto* tensor : {&sample.view, &sample.guesses, &sample.truth})
    if (tensor->defined()) bytes += tensor->nbytes();
  const auto& pictures = sample.pictures;
  for (const auto* picture :
       {&pictures.first, &pictures.middle, &pictures.second, &pictures.before, &pictures.after})
    bytes += picture->total() * picture->elemSize();
  return bytes;
}

}  // namespace

SampleReuse::SampleReuse(int64_t uses)
    : uses_(std::max<int64_t>(1, uses)), recent_(torch::zeros({kRecent}, torch::kInt64)) {}

std::vector<uint64_t> SampleReuse::seeds(int64_t count, Random& random) {
  std::vector<uint64_t> seeds;
  auto* recent = recent_.data_ptr<int64_t>();
  forget();
  for (int64_t i = 0; i < count; ++i) {
    if (uses_ > 1 && drawn_ >= kFewest && !random.chance(1.0 / static_cast<double>(uses_))) {
      seeds.push_back(bitsOf(recent[random.integer(0, std::min(drawn_, kRecent) - 1)]));
      continue;
    }
    auto& place = recent[drawn_++ % kRecent];
    gone_.push_back(bitsOf(place));  // what is drawn now may still ask for it
    seeds.push_back(random.bits());
    place = static_cast<int64_t>(seeds.back());
  }
  return seeds;
}

void SampleReuse::forget() {
  const std::scoped_lock lock(mutex_);
  for (const uint64_t seed : gone_)
    if (const auto kept = kept_.extract(seed); !kept.empty()) bytes_ -= bytesOf(*kept.mapped());
  gone_.clear();
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
  const std::size_t bytes = bytesOf(*made);
  if (bytes_ + bytes > kMostBytes) return made;
  const auto [place, isNew] = kept_.emplace(seed, std::move(made));
  if (isNew) bytes_ += bytes;
  return place->second;
}

}  // namespace fw
