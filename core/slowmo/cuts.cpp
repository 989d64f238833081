#include "core/slowmo/cuts.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/imgproc.hpp>

namespace fw {
namespace {

// Measured on pairs of 14 real sequences at this many pixels: neighbours reach 0.64 (0.82 with every second
// frame missing), pairs across a cut begin at 1.01. Fewer pixels separate worse, more cost time and bring
// nothing.
constexpr double kPixels = 128 * 72;
constexpr int kBlock = 8;
constexpr int kReach = 10;      // at that size: 8 % of the width from one frame to the next
constexpr double kFlat = 3.0;   // blocks of less deviation show noise, not a picture
constexpr double kStill = 1.5;  // mean difference of a block that did not change: a border, a logo, a menu
constexpr double kSmallestPart = 0.25;  // of the picture: less than this changing at once is an object
constexpr double kTexturedShare = 0.1;  // with fewer blocks than this only colours can be compared
constexpr double kExplained = 0.98;     // good enough to stop searching
constexpr double kRelit = 0.2;       // structure explained better than this: colours may change as light does
constexpr double kUncertain = 0.6;   // of the threshold: below it no cut, whatever the neighbours are
constexpr double kBackAgain = 0.55;  // a flash: what follows looks like what came before
constexpr double kNeighbourWeight = 0.4;

struct Sums {
  cv::Mat sum, square;  // integral images
  double of(const cv::Mat& integral, int x, int y) const {
    return integral.at<double>(y + kBlock, x + kBlock) - integral.at<double>(y, x + kBlock) -
           integral.at<double>(y + kBlock, x) + integral.at<double>(y, x);
  }
};

Sums sumsOf(const cv::Mat& grey) {
  Sums sums;
  cv::integral(grey, sums.sum, sums.square, CV_64F, CV_64F);
  return sums;
}

constexpr double kArea = kBlock * kBlock;

double squaredDeviation(const Sums& sums, int x, int y) {
  const double sum = sums.of(sums.sum, x, y);
  return std::max(0.0, sums.of(sums.square, x, y) - sum * sum / kArea);
}

int products(const cv::Mat& a, int ax, int ay, const cv::Mat& b, int bx, int by) {
  int total = 0;
  for (int y = 0; y < kBlock; ++y) {
    const uchar* rowA = a.ptr<uchar>(ay + y) + ax;
    const uchar* rowB = b.ptr<uchar>(by + y) + bx;
    for (int x = 0; x < kBlock; ++x) total += rowA[x] * rowB[x];
  }
  return total;
}

// Where the picture changed at all, in blocks.
cv::Mat changedBlocks(const cv::Mat& before, const cv::Mat& after) {
  cv::Mat changed(after.rows / kBlock, after.cols / kBlock, CV_8U);
  for (int y = 0; y < changed.rows; ++y)
    for (int x = 0; x < changed.cols; ++x) {
      const cv::Rect block(x * kBlock, y * kBlock, kBlock, kBlock);
      changed.at<uchar>(y, x) = cv::norm(before(block), after(block), cv::NORM_L1) > kStill * kArea ? 255 : 0;
    }
  return changed;
}

// The share of the changed blocks' texture that no shifted part of the other picture correlates with,
// whatever the light: 0 all explained … 1 nothing. Empty when there is too little texture to say.
std::optional<double> unexplained(const cv::Mat& before, const cv::Mat& after, const cv::Mat& changed) {
  cv::Mat around;
  cv::copyMakeBorder(before, around, kReach, kReach, kReach, kReach, cv::BORDER_REPLICATE);
  const Sums aroundSums = sumsOf(around), afterSums = sumsOf(after);
  double texture = 0, lost = 0;
  int textured = 0;
  for (int y = 0; y + kBlock <= after.rows; y += kBlock) {
    for (int x = 0; x + kBlock <= after.cols; x += kBlock) {
      if (!changed.at<uchar>(y / kBlock, x / kBlock)) continue;
      const double variance = squaredDeviation(afterSums, x, y);
      const double deviation = std::sqrt(variance / kArea);
      if (deviation < kFlat) continue;
      ++textured;
      const double sum = afterSums.of(afterSums.sum, x, y);
      double best = 0;
      const auto consider = [&](int dx, int dy) {
        const int ax = x + kReach + dx, ay = y + kReach + dy;
        const double otherVariance = squaredDeviation(aroundSums, ax, ay);
        if (otherVariance < kArea) return;  // flat: correlates with anything
        const double covariance =
            products(around, ax, ay, after, x, y) - sum * aroundSums.of(aroundSums.sum, ax, ay) / kArea;
        best = std::max(best, covariance / std::sqrt(variance * otherVariance));
      };
      consider(0, 0);
      for (int dy = -kReach; dy <= kReach && best < kExplained; ++dy)
        for (int dx = -kReach; dx <= kReach; ++dx) consider(dx, dy);
      texture += deviation;
      lost += deviation * (1 - best);
    }
  }
  if (textured < kTexturedShare * cv::countNonZero(changed) || textured == 0) return std::nullopt;
  return lost / texture;
}

cv::Mat coloursOf(const cv::Mat& lab, const cv::Mat& changed) {
  cv::Mat mask;
  cv::resize(changed, mask, lab.size(), 0, 0, cv::INTER_NEAREST);
  const int channels[] = {0, 1, 2}, bins[] = {8, 12, 12};
  const float light[] = {0, 256}, colour[] = {64, 192};
  const float* ranges[] = {light, colour, colour};
  cv::Mat histogram;
  cv::calcHist(&lab, 1, channels, mask, histogram, 3, bins, ranges);
  return histogram;
}

}  // namespace

CutDetector::CutDetector(double sensitivity) : threshold_(1.06 - 0.56 * std::clamp(sensitivity, 0.0, 1.0)) {}

CutDetector::Look CutDetector::lookAt(const cv::Mat& frame) {
  const double scale = std::sqrt(kPixels / (static_cast<double>(frame.cols) * frame.rows));
  const auto side = [&](int pixels) {
    return kBlock * std::max(1, static_cast<int>(std::lround(pixels * scale / kBlock)));
  };
  cv::Mat small;
  cv::resize(frame, small, {side(frame.cols), side(frame.rows)}, 0, 0, cv::INTER_AREA);
  if (small.depth() == CV_16U) small.convertTo(small, CV_8U, 1.0 / 257.0);
  Look look;
  cv::cvtColor(small, look.grey, cv::COLOR_BGR2GRAY);
  cv::cvtColor(small, look.lab, cv::COLOR_BGR2Lab);
  return look;
}

double CutDetector::change(const Look& first, const Look& second) {
  const cv::Mat changed = changedBlocks(first.grey, second.grey);
  if (cv::countNonZero(changed) < kSmallestPart * static_cast<double>(changed.total())) return 0;
  const double colours = cv::compareHist(coloursOf(first.lab, changed), coloursOf(second.lab, changed),
                                         cv::HISTCMP_BHATTACHARYYA);
  const auto forward = unexplained(first.grey, second.grey, changed);
  // Without texture on one side (black, white, sky) the other direction may still say something.
  const auto structure = forward ? forward : unexplained(second.grey, first.grey, changed);
  if (!structure) return colours;
  return 2 * *structure + colours * std::min(1.0, *structure / kRelit);
}

bool CutDetector::verdict(double after, bool goesBack) const {
  const double calmer = std::min(changeBefore_, after);
  return !goesBack && change_ - kNeighbourWeight * calmer >= threshold_;
}

std::optional<bool> CutDetector::next(const cv::Mat& frame) {
  Look look = lookAt(frame);
  std::optional<bool> result;
  const double after = seen_ >= 1 ? change(last_, look) : 0;
  if (seen_ >= 2) {
    const bool candidate = change_ >= kUncertain * threshold_;
    const bool goesBack = candidate && change(beforeLast_, look) < kBackAgain * std::max(change_, after);
    result = candidate && verdict(after, goesBack || wentBack_);
    wentBack_ = goesBack;
  }
  changeBefore_ = seen_ >= 2 ? change_ : after;
  change_ = after;
  beforeLast_ = std::move(last_);
  last_ = std::move(look);
  ++seen_;
  return result;
}

std::optional<bool> CutDetector::finish() {
  if (seen_ < 2) return std::nullopt;
  return verdict(changeBefore_, wentBack_);
}

std::vector<bool> cutsBefore(const std::vector<cv::Mat>& frames) {
  std::vector<bool> cuts(frames.size());
  CutDetector detector;
  for (std::size_t i = 0; i < frames.size(); ++i)
    if (const auto verdict = detector.next(frames[i])) cuts[i - 1] = *verdict;
  if (const auto verdict = detector.finish()) cuts.back() = *verdict;
  return cuts;
}

void keepToScene(FramePair& pair) {
  std::vector<cv::Mat> frames{pair.first, pair.second};
  const bool earlier = !pair.before.frame.empty(), later = !pair.after.frame.empty();
  if (!earlier && !later) return;
  if (earlier) frames.insert(frames.begin(), pair.before.frame);
  if (later) frames.push_back(pair.after.frame);
  const std::vector<bool> cuts = cutsBefore(frames);
  if (earlier && cuts[1]) pair.before = {};
  if (later && cuts.back()) pair.after = {};
}

}  // namespace fw
