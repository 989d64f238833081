#include "tests/bench/triplets.h"

#include <algorithm>

#include "core/image/views.h"
#include "tests/core/slowmo/engine_motion.h"

namespace fw::bench {
namespace fs = std::filesystem;

namespace {

std::vector<fs::path> sorted(const fs::path& folder) {
  std::vector<fs::path> entries(fs::directory_iterator(folder), fs::directory_iterator{});
  std::ranges::sort(entries);
  return entries;
}

}  // namespace

FramePair pairOf(const std::vector<cv::Mat>& seen, std::size_t i) {
  FramePair pair{seen[i], seen[i + 1]};
  if (i > 0) pair.before.frame = seen[i - 1];
  if (i + 2 < seen.size()) pair.after.frame = seen[i + 2];
  return pair;
}

std::vector<Stretch> realStretches(const fs::path& folder, int count, const std::vector<std::string>& names) {
  std::vector<Stretch> stretches;
  const bool all =
      std::ranges::none_of(names, [&](const auto& name) { return fs::is_directory(folder / name); });
  for (const fs::path& sequence : sorted(folder)) {
    if (!fs::is_directory(sequence)) continue;
    if (!all && std::ranges::find(names, sequence.filename().string()) == names.end()) continue;
    const auto pictures = sorted(sequence);
    const int triplets = std::min(count, (static_cast<int>(pictures.size()) - 1) / 2);
    if (triplets < 1) continue;
    const std::size_t begin = (pictures.size() - 1 - static_cast<std::size_t>(2 * triplets)) / 2;
    Stretch stretch{sequence.filename().string(), {}, {}};
    for (std::size_t i = 0; i <= static_cast<std::size_t>(2 * triplets); ++i)
      (i % 2 == 0 ? stretch.seen : stretch.truth).push_back(readImage(pictures[begin + i]));
    stretches.push_back(std::move(stretch));
  }
  return stretches;
}

std::vector<Stretch> madeStretches(int count) {
  std::vector<Stretch> stretches;
  for (uint64_t seed = 11; seed < 61; seed += 10) {
    Stretch stretch{"made " + std::to_string(seed), {}, {}};
    for (int i = 0; i <= 2 * count; ++i)
      (i % 2 == 0 ? stretch.seen : stretch.truth).push_back(scene::occluding({854, 480}, 0.5 * i, seed));
    stretches.push_back(std::move(stretch));
  }
  return stretches;
}

}  // namespace fw::bench
