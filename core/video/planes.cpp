#include "core/video/planes.h"

#include <algorithm>
#include <cmath>
#include <opencv2/core/hal/hal.hpp>
#include <vector>

#include "core/base/fast_loop.h"

namespace fw {
namespace {

constexpr int kBits = 14;  // of the factors, below the point
constexpr int kHalf = 1 << (kBits - 1);
constexpr int kOne = 1 << 16;  // of finer factors, all below one
constexpr int kGrey = 128;

int factor(double value) { return static_cast<int>(std::lround(value * (1 << kBits))); }

/// What the numbers of one range span.
struct Range {
  int black;
  double brightness, colour;
};

Range rangeOf(const PlaneColours& colours) {
  return colours.fullRange ? Range{0, 255, 255} : Range{16, 219, 224};
}

// ── To BGR ──

constexpr int kColourParts = 8;  // colours between samples are counted in eighths

struct ToBgr {
  int black, brightness, redFromRed, greenFromRed, greenFromBlue, blueFromBlue;
};

ToBgr toBgrOf(const PlaneColours& colours) {
  const Range range = rangeOf(colours);
  const double green = 1 - colours.red - colours.blue, colour = 255 / range.colour / kColourParts;
  return {range.black,
          factor(255 / range.brightness),
          factor(2 * (1 - colours.red) * colour),
          factor(-2 * (1 - colours.red) * colours.red / green * colour),
          factor(-2 * (1 - colours.blue) * colours.blue / green * colour),
          factor(2 * (1 - colours.blue) * colour)};
}

/// One row of colour at full width, in eighths and without its grey: the nearer row of samples counts three
/// times. `rows` has room for one sample more than there are.
FW_FAST_LOOP void widenColour(const uchar* near, const uchar* far, int samples, int16_t* rows,
                              int16_t* wide) {
  for (int i = 0; i < samples; ++i) rows[i] = static_cast<int16_t>(3 * near[i] + far[i] - 4 * kGrey);
  rows[samples] = rows[samples - 1];
  for (int i = 0; i < samples; ++i) {
    wide[2 * i] = static_cast<int16_t>(2 * rows[i]);
    wide[2 * i + 1] = static_cast<int16_t>(rows[i] + rows[i + 1]);
  }
}

FW_INLINE uchar level(int value) { return static_cast<uchar>(std::clamp(value >> kBits, 0, 255)); }

FW_FAST_LOOP void mixRow(const uchar* brightness, const int16_t* blueness, const int16_t* redness, int width,
                         ToBgr to, uchar* __restrict blue, uchar* __restrict green, uchar* __restrict red) {
  for (int x = 0; x < width; ++x) {
    const int grey = (brightness[x] - to.black) * to.brightness + kHalf;
    blue[x] = level(grey + to.blueFromBlue * blueness[x]);
    green[x] = level(grey + to.greenFromBlue * blueness[x] + to.greenFromRed * redness[x]);
    red[x] = level(grey + to.redFromRed * redness[x]);
  }
}

// ── From BGR ──

struct FromBgr {
  int black;
  uint16_t brightness[3];       // of blue, green, red; of kOne
  int blueness[3], redness[3];  // likewise; of 1 << kBits
};

FromBgr fromBgrOf(const PlaneColours& colours) {
  const Range range = rangeOf(colours);
  const double parts[] = {colours.blue, 1 - colours.red - colours.blue, colours.red};
  FromBgr from{range.black, {}, {}, {}};
  for (int i = 0; i < 3; ++i) {
    from.brightness[i] = static_cast<uint16_t>(std::lround(parts[i] * range.brightness / 255 * kOne));
    const double blue = (i == 0 ? 1 : 0) - parts[i], red = (i == 2 ? 1 : 0) - parts[i];
    from.blueness[i] = factor(blue / (2 * (1 - colours.blue)) * range.colour / 255);
    from.redness[i] = factor(red / (2 * (1 - colours.red)) * range.colour / 255);
  }
  return from;
}

// The upper half of a product: processors have one instruction for sixteen of them.
FW_INLINE uint16_t part(uint16_t number, uint16_t share) {
  return static_cast<uint16_t>((static_cast<uint32_t>(number) * share) >> 16);
}

FW_FAST_LOOP void brightnessRow(const uchar* blue, const uchar* green, const uchar* red, int width,
                                FromBgr from, uchar* out) {
  constexpr int kFine = 8;  // bits below a level
  constexpr int kLost = 1;  // by the halves that are left out, in the mean
  const uint16_t ofBlue = from.brightness[0], ofGreen = from.brightness[1], ofRed = from.brightness[2];
  const auto black = static_cast<uint16_t>((from.black << kFine) + (1 << (kFine - 1)) + kLost);
  for (int x = 0; x < width; ++x) {
    const auto sum = static_cast<uint16_t>(part(static_cast<uint16_t>(blue[x] << kFine), ofBlue) +
                                           part(static_cast<uint16_t>(green[x] << kFine), ofGreen) +
                                           part(static_cast<uint16_t>(red[x] << kFine), ofRed) + black);
    out[x] = static_cast<uchar>(sum >> kFine);
  }
}

/// Every other sample in eighths, of what −1 2 6 2 −1 around it says: where planesToBgr put means between
/// samples this finds the samples again. `in` goes on for two samples to the left and to the right.
FW_FAST_LOOP void everyOther(const uchar* in, int samples, int16_t* out) {
  for (int i = 0; i < samples; ++i) {
    const uchar* at = in + 2 * i;
    out[i] = static_cast<int16_t>(6 * at[0] + 2 * (at[-1] + at[1]) - at[-2] - at[2]);
  }
}

FW_FAST_LOOP void colourRow(const int16_t* blue, const int16_t* green, const int16_t* red, int samples,
                            const int (&parts)[3], int16_t* out) {
  for (int i = 0; i < samples; ++i)  // in sixteenths
    out[i] = static_cast<int16_t>(
        (parts[0] * blue[i] + parts[1] * green[i] + parts[2] * red[i] + (kHalf >> 1)) >> (kBits - 1));
}

/// −1 3 3 −1, in quarters, likewise.
FW_FAST_LOOP void betweenRows(const int16_t* above, const int16_t* upper, const int16_t* lower,
                              const int16_t* below, int samples, uchar* out) {
  constexpr int kShift = 6;  // quarters of sixteenths
  for (int i = 0; i < samples; ++i) {
    const int sum = 3 * (upper[i] + lower[i]) - above[i] - below[i];
    out[i] = static_cast<uchar>(std::clamp(((sum + (1 << (kShift - 1))) >> kShift) + kGrey, 0, 255));
  }
}

/// A row that goes on with its last sample on either side.
class PaddedRow {
 public:
  explicit PaddedRow(int width) : row_(static_cast<std::size_t>(width) + 2 * kPad), width_(width) {}
  uchar* samples() { return row_.data() + kPad; }
  void pad() {
    std::fill_n(row_.data(), kPad, samples()[0]);
    std::fill_n(samples() + width_, kPad, samples()[width_ - 1]);
  }

 private:
  static constexpr std::size_t kPad = 2;
  std::vector<uchar> row_;
  int width_;
};

}  // namespace

void planesToBgr(const Planes& from, const PlaneColours& colours, cv::Mat& image) {
  const ToBgr to = toBgrOf(colours);
  const int width = image.cols, samples = width / 2, lastRow = image.rows / 2 - 1;
  cv::parallel_for_({0, image.rows}, [&](const cv::Range& range) {
    const auto many = static_cast<std::size_t>(width);
    std::vector<int16_t> rows(many), blueness(many), redness(many);
    std::vector<uchar> blue(many), green(many), red(many);
    const uchar* mixed[] = {blue.data(), green.data(), red.data()};
    for (int y = range.start; y < range.end; ++y) {
      const int near = y / 2, far = std::clamp(y % 2 == 0 ? near - 1 : near + 1, 0, lastRow);
      widenColour(from.blueness.ptr(near), from.blueness.ptr(far), samples, rows.data(), blueness.data());
      widenColour(from.redness.ptr(near), from.redness.ptr(far), samples, rows.data(), redness.data());
      mixRow(from.brightness.ptr(y), blueness.data(), redness.data(), width, to, blue.data(), green.data(),
             red.data());
      cv::hal::merge8u(mixed, image.ptr(y), width, 3);
    }
  });
}

void bgrToPlanes(const cv::Mat& image, const PlaneColours& colours, Planes& to) {
  const FromBgr from = fromBgrOf(colours);
  const int width = image.cols, samples = width / 2, lastRow = image.rows - 1;
  cv::Mat blueness(image.rows, samples, CV_16SC1), redness(image.rows, samples, CV_16SC1);
  cv::parallel_for_({0, image.rows}, [&](const cv::Range& range) {
    PaddedRow rows[] = {PaddedRow(width), PaddedRow(width), PaddedRow(width)};  // blue, green, red
    uchar* parts[] = {rows[0].samples(), rows[1].samples(), rows[2].samples()};
    std::vector<int16_t> halves[3];
    for (auto& half : halves) half.resize(static_cast<std::size_t>(samples));
    for (int y = range.start; y < range.end; ++y) {
      cv::hal::split8u(image.ptr(y), parts, width, 3);
      brightnessRow(parts[0], parts[1], parts[2], width, from, to.brightness.ptr(y));
      for (std::size_t i = 0; i < 3; ++i) {
        rows[i].pad();
        everyOther(parts[i], samples, halves[i].data());
      }
      colourRow(halves[0].data(), halves[1].data(), halves[2].data(), samples, from.blueness,
                blueness.ptr<int16_t>(y));
      colourRow(halves[0].data(), halves[1].data(), halves[2].data(), samples, from.redness,
                redness.ptr<int16_t>(y));
    }
  });
  cv::parallel_for_({0, image.rows / 2}, [&](const cv::Range& range) {
    for (int y = range.start; y < range.end; ++y) {
      const int above = std::max(0, 2 * y - 1), below = std::min(lastRow, 2 * y + 2);
      for (const auto& [fine, out] : {std::pair(&blueness, &to.blueness), {&redness, &to.redness}})
        betweenRows(fine->ptr<int16_t>(above), fine->ptr<int16_t>(2 * y), fine->ptr<int16_t>(2 * y + 1),
                    fine->ptr<int16_t>(below), samples, out->ptr(y));
    }
  });
}

}  // namespace fw
