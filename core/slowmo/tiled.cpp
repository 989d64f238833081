#include "core/slowmo/tiled.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>

#include "core/slowmo/flow_render.h"

namespace fw {
namespace {

/// One way across the frame: equally long tiles that overlap by two margins or a little more.
class Row {
 public:
  Row(int length, const Tiling& tiling) : length_(length) {
    const int overlap = 2 * tiling.margin, most = tiling.longestSide;
    if (length <= most) return;
    tiles_ = (length - overlap + most - overlap - 1) / (most - overlap);
    side_ = (length + (tiles_ - 1) * overlap + tiles_ - 1) / tiles_;
  }

  int tiles() const { return tiles_; }
  cv::Range at(int tile) const {
    if (tiles_ == 1) return {0, length_};
    const int start = tile * (length_ - side_) / (tiles_ - 1);
    return {start, start + side_};
  }
  /// How much of a tile shows over those before it, at each of its pixels: all, but nothing where it begins.
  std::vector<float> shares(int tile) const {
    std::vector<float> shares(static_cast<std::size_t>(at(tile).size()), 1.0F);
    if (tile == 0) return shares;
    const int overlap = at(tile - 1).end - at(tile).start, fade = overlap / 4;
    for (int i = 0; i < overlap; ++i)
      shares[static_cast<std::size_t>(i)] = std::clamp(
          0.5F + (static_cast<float>(i) + 0.5F - static_cast<float>(overlap) / 2) / static_cast<float>(fade),
          0.0F, 1.0F);
    return shares;
  }

 private:
  int length_, tiles_ = 1, side_ = 0;
};

/// A place in the frame, and how much of what is made there shows.
struct Tile {
  cv::Rect area;
  cv::Mat share;  // CV_32FC1

  FramePair of(const FramePair& pair) const {
    return {.first = pair.first(area).clone(), .second = pair.second(area).clone()};
  }
  void fadeInto(cv::Mat& whole, cv::Size size, const cv::Mat& made) const {
    if (made.empty()) return;
    if (whole.empty()) whole = cv::Mat::zeros(size, made.type());
    cv::Mat place = whole(area), before, after, mixed;
    place.convertTo(before, CV_32F);
    made.convertTo(after, CV_32F);
    cv::blendLinear(before, after, 1 - share, share, mixed);
    mixed.convertTo(place, place.type());
  }
};

std::vector<Tile> tilesOf(cv::Size size, const Tiling& tiling) {
  const Row across(size.width, tiling), down(size.height, tiling);
  std::vector<Tile> tiles;
  for (int row = 0; row < down.tiles(); ++row)
    for (int column = 0; column < across.tiles(); ++column) {
      const cv::Range x = across.at(column), y = down.at(row);
      tiles.push_back({{x.start, y.start, x.size(), y.size()},
                       cv::Mat(down.shares(row)) * cv::Mat(across.shares(column)).t()});
    }
  return tiles;
}

class Tiled : public Engine {
 public:
  Tiled(std::unique_ptr<Engine> engine, const Tiling& tiling) : engine_(std::move(engine)), tiling_(tiling) {}

  std::vector<BetweenFrame> between(const FramePair& pair, std::span<const double> times) override {
    requirePair(pair);
    const cv::Size size = pair.first.size();
    if (fits(size)) return engine_->between(pair, times);
    std::vector<BetweenFrame> frames(times.size());
    for (const Tile& tile : tilesOf(size, tiling_)) {
      const auto made = engine_->between(tile.of(pair), times);
      for (std::size_t i = 0; i < frames.size(); ++i) {
        tile.fadeInto(frames[i].image, size, made[i].image);
        tile.fadeInto(frames[i].confidence, size, made[i].confidence);
      }
    }
    return frames;
  }

  std::optional<Explanation> explain(const FramePair& pair, double time) override {
    requirePair(pair);
    const cv::Size size = pair.first.size();
    if (fits(size)) return engine_->explain(pair, time);
    Explanation whole;
    for (const Tile& tile : tilesOf(size, tiling_)) {
      const auto part = engine_->explain(tile.of(pair), time);
      if (!part) return std::nullopt;
      for (const auto map : {&Explanation::flowToFirst, &Explanation::flowToSecond, &Explanation::occlusion,
                             &Explanation::warpedFirst, &Explanation::warpedSecond})
        tile.fadeInto(whole.*map, size, (*part).*map);
    }
    return whole;
  }

 private:
  bool fits(cv::Size size) const { return int64_t{size.width} * size.height <= tiling_.wholeUpTo; }

  std::unique_ptr<Engine> engine_;
  Tiling tiling_;
};

}  // namespace

int64_t pixelsAtOnce(cv::Size frame, const Tiling& tiling) {
  const int64_t pixels = int64_t{frame.width} * frame.height;
  return pixels <= tiling.wholeUpTo ? pixels : int64_t{tiling.longestSide} * tiling.longestSide;
}

std::unique_ptr<Engine> tiled(std::unique_ptr<Engine> engine, const Tiling& tiling) {
  return std::make_unique<Tiled>(std::move(engine), tiling);
}

}  // namespace fw
