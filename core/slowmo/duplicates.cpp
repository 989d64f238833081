#include "core/slowmo/duplicates.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>

namespace fw {
namespace {

constexpr int kHeight = 180;  // noise averages out, a moving mouth does not
constexpr int kBlocksAcross = 32;
constexpr int64_t kAround = 8;  // frames on either side that say what movement looks like here
constexpr double kLively =
    0.8;  // the share of them that may move less: every fifth may be the only one that moves
constexpr double kRepeatShare = 0.25;     // of that movement: less is a repeat. Re-encoded repeats reach 0.1
constexpr double kLeastMovement = 1.0;    // grey levels: below it nothing moves that could stutter
constexpr double kNeighbourFactor = 2.5;  // the frames before and after a repeat move this much more than it
constexpr int64_t kLongestRun = 4;        // repeats in a row; more is a pause
constexpr int64_t kPatternReach = 15;     // Automatic: among this many frames before and after …
constexpr int64_t kPatternRepeats = 4;    // … so many are repeats. Telecine has 6, animation on twos 15

// In colour: red on green of equal brightness moves too.
cv::Mat small(const cv::Mat& frame) {
  cv::Mat result = frame;
  if (frame.rows > kHeight)
    cv::resize(frame, result, {std::max(1, frame.cols * kHeight / frame.rows), kHeight}, 0, 0,
               cv::INTER_AREA);
  if (result.depth() == CV_16U) result.convertTo(result, CV_8U, 1.0 / 257.0);
  return result;
}

// What movement looks like around frame i, within its scene.
double movementAround(std::span<const float> changes, const std::vector<bool>& beginsScene, int64_t i) {
  std::vector<float> around;
  const auto count = static_cast<int64_t>(changes.size());
  for (int64_t j = i; j >= std::max<int64_t>(1, i - kAround) && !beginsScene[static_cast<std::size_t>(j)];
       --j)
    around.push_back(changes[static_cast<std::size_t>(j)]);
  for (int64_t j = i + 1; j <= std::min(count - 1, i + kAround) && !beginsScene[static_cast<std::size_t>(j)];
       ++j)
    around.push_back(changes[static_cast<std::size_t>(j)]);
  if (around.empty()) return 0;
  const auto nth = around.begin() + static_cast<int64_t>(kLively * static_cast<double>(around.size() - 1));
  std::nth_element(around.begin(), nth, around.end());
  return *nth;
}

// Runs that are pauses, or that fade in and out of movement, are no repeats.
void keepTrueRepeats(std::span<const float> changes, const std::vector<bool>& beginsScene,
                     std::vector<bool>& repeats) {
  const std::size_t count = repeats.size();
  for (std::size_t begin = 0; begin < count; ++begin) {
    if (!repeats[begin]) continue;
    std::size_t end = begin;
    float most = 0;
    while (end < count && repeats[end]) most = std::max(most, changes[end++]);
    const auto moves = [&](std::size_t j) {
      // A scene may begin or end with a repeat: its own edge cannot speak against it.
      return j == 0 || j >= count || beginsScene[j] || changes[j] >= kNeighbourFactor * most;
    };
    if (static_cast<int64_t>(end - begin) > kLongestRun || !moves(begin - 1) || !moves(end))
      std::fill(repeats.begin() + static_cast<int64_t>(begin), repeats.begin() + static_cast<int64_t>(end),
                false);
    begin = end;
  }
}

void keepFrequent(std::vector<bool>& repeats) {
  const auto count = static_cast<int64_t>(repeats.size());
  const std::vector<bool> all = repeats;
  int64_t inside = 0;
  for (int64_t i = 0; i < std::min(count, kPatternReach); ++i)
    inside += all[static_cast<std::size_t>(i)] ? 1 : 0;
  for (int64_t i = 0; i < count; ++i) {
    if (i + kPatternReach < count) inside += all[static_cast<std::size_t>(i + kPatternReach)] ? 1 : 0;
    if (i - kPatternReach - 1 >= 0) inside -= all[static_cast<std::size_t>(i - kPatternReach - 1)] ? 1 : 0;
    const int64_t seen = std::min(count - 1, i + kPatternReach) - std::max<int64_t>(0, i - kPatternReach) + 1;
    // Near the ends there is less to see, but never decide on one or two.
    const int64_t needed = std::max<int64_t>(3, kPatternRepeats * seen / (2 * kPatternReach + 1));
    if (inside < needed) repeats[static_cast<std::size_t>(i)] = false;
  }
}

}  // namespace

double liveliestChange(const cv::Mat& first, const cv::Mat& second) {
  cv::Mat difference, blocks;
  cv::absdiff(small(first), small(second), difference);
  difference.convertTo(difference, CV_32F);  // whole grey levels cannot tell a repeat from slow movement
  const int side = std::max(2, difference.cols / kBlocksAcross);
  cv::resize(difference, blocks, {(difference.cols + side - 1) / side, (difference.rows + side - 1) / side},
             0, 0, cv::INTER_AREA);
  double most = 0;
  cv::minMaxLoc(blocks.reshape(1), nullptr, &most);
  return most;
}

std::vector<int64_t> findDuplicates(std::span<const float> changes, std::span<const int64_t> cuts,
                                    DuplicateMode mode) {
  std::vector<int64_t> found;
  const auto count = static_cast<int64_t>(changes.size());
  if (mode == DuplicateMode::Off || count < 3) return found;
  std::vector<bool> beginsScene(changes.size()), repeats(changes.size());
  beginsScene[0] = true;
  for (const int64_t cut : cuts)
    if (cut >= 0 && cut < count) beginsScene[static_cast<std::size_t>(cut)] = true;
  for (int64_t i = 1; i < count; ++i) {
    const auto at = static_cast<std::size_t>(i);
    if (beginsScene[at]) continue;
    const double movement = movementAround(changes, beginsScene, i);
    repeats[at] = movement >= kLeastMovement && changes[at] < kRepeatShare * movement;
  }
  keepTrueRepeats(changes, beginsScene, repeats);
  if (mode == DuplicateMode::Automatic) keepFrequent(repeats);
  for (int64_t i = 0; i < count; ++i)
    if (repeats[static_cast<std::size_t>(i)]) found.push_back(i);
  return found;
}

}  // namespace fw
