#include "ui/slowmo/clip_marks.h"

#include <algorithm>
#include <cmath>

namespace fw {

namespace {

/// Jumping to the worst frames means the worst twelfth of them: a person has no patience for more.
constexpr double kWorstShare = 1.0 / 12;
/// Two spots closer than this are one spot.
constexpr double kSameSpot = 0.25;
constexpr double kSameTime = 1e-4;

bool same(double a, double b) { return std::abs(a - b) < kSameTime; }

bool contains(const std::vector<double>& times, double time) {
  return std::ranges::any_of(times, [&](double t) { return same(t, time); });
}

}  // namespace

bool ClipMarks::trimmed() const { return in > start + kSameTime || out < end - kSameTime; }

std::vector<double> ClipMarks::cuts() const {
  std::vector<double> kept;
  for (const double cut : cutsFound)
    if (!contains(cutsRemoved, cut)) kept.push_back(cut);
  kept.insert(kept.end(), cutsAdded.begin(), cutsAdded.end());
  std::ranges::sort(kept);
  return kept;
}

void addCut(ClipMarks& marks, double time, double frameDuration) {
  const double near = frameDuration / 2;
  if (std::erase_if(marks.cutsRemoved, [&](double t) { return std::abs(t - time) < near; }) > 0) return;
  const auto cuts = marks.cuts();
  if (std::ranges::any_of(cuts, [&](double t) { return std::abs(t - time) < near; })) return;
  marks.cutsAdded.push_back(time);
}

bool removeCut(ClipMarks& marks, double time, double reach) {
  const auto cuts = marks.cuts();
  const auto nearest = std::ranges::min_element(cuts, {}, [&](double cut) { return std::abs(cut - time); });
  if (nearest == cuts.end() || std::abs(*nearest - time) > reach) return false;
  const double cut = *nearest;
  if (std::erase_if(marks.cutsAdded, [&](double t) { return same(t, cut); }) == 0)
    marks.cutsRemoved.push_back(cut);
  return true;
}

void trimFrom(ClipMarks& marks, double time, double frameDuration) {
  marks.in = std::clamp(time, marks.start, std::max(marks.start, marks.end - frameDuration));
  if (marks.out < marks.in + frameDuration) marks.out = marks.end;
}

void trimTo(ClipMarks& marks, double time, double frameDuration) {
  marks.out = std::clamp(time, std::min(marks.end, marks.start + frameDuration), marks.end);
  if (marks.in > marks.out - frameDuration) marks.in = marks.start;
}

double nextWorst(const ClipMarks& marks, double time, double frameDuration) {
  auto byMean = marks.confidence;
  if (byMean.empty()) return -1;
  std::ranges::sort(byMean, {}, &ClipMarks::Confidence::mean);
  byMean.resize(std::max<std::size_t>(
      1, static_cast<std::size_t>(std::ceil(static_cast<double>(byMean.size()) * kWorstShare))));
  std::vector<double> spots;
  for (const auto& spot : byMean) {
    if (std::ranges::none_of(spots, [&](double t) { return std::abs(t - spot.time) < kSameSpot; }))
      spots.push_back(spot.time);
  }
  std::ranges::sort(spots);
  // The frame in sight may stand before the one that was made.
  const auto next =
      std::ranges::find_if(spots, [&](double t) { return t > time + frameDuration - kSameTime; });
  return next == spots.end() ? spots.front() : *next;
}

void addConfidence(ClipMarks& marks, double time, double mean) {
  const auto place =
      std::ranges::lower_bound(marks.confidence, time - kSameTime, {}, &ClipMarks::Confidence::time);
  if (place != marks.confidence.end() && same(place->time, time))
    place->mean = std::min(place->mean, mean);
  else
    marks.confidence.insert(place, {time, mean});
}

}  // namespace fw
