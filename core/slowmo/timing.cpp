#include "core/slowmo/timing.h"

#include <algorithm>
#include <cctype>
#include <limits>
#include <numeric>
#include <utility>

#include "core/base/error.h"

namespace fw {
namespace {

using Wide = __int128;

// Players and muxers keep time bases in 32 bits; finer ones are rounded to this.
constexpr int64_t kFinestTimeBase = 2'000'000'000;
constexpr Rational kMicroseconds{1, 1'000'000};
constexpr std::size_t kLongestNumber = 15;  // digits a person may type; keeps products inside 128 bits

Wide gcd(Wide a, Wide b) {
  if (a < 0) a = -a;
  while (b != 0) std::tie(a, b) = std::pair(b, a % b);
  return a;
}

Wide floorDivide(Wide a, Wide b) { return a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0); }
Wide ceilDivide(Wide a, Wide b) { return -floorDivide(-a, b); }
Wide roundDivide(Wide a, Wide b) { return floorDivide(2 * a + b, 2 * b); }

bool fits(Wide value) { return value >= INT64_MIN && value <= INT64_MAX; }

Rational product(const Rational& a, const Rational& b) {
  // Crosswise first: keeps what can be kept small, small.
  const Rational ab = reduced(a.num, b.den), ba = reduced(b.num, a.den);
  return reduced(Wide{ab.num} * ba.num, Wide{ab.den} * ba.den);
}

Rational inverse(const Rational& a) { return {a.den, a.num}; }

// The largest unit that divides both: gcd(a/b, c/d) = gcd(ad, cb) / bd.
std::optional<Rational> commonUnit(const Rational& a, const Rational& b) {
  const Wide num = gcd(Wide{a.num} * b.den, Wide{b.num} * a.den), den = Wide{a.den} * b.den;
  const Wide shared = gcd(num, den);
  if (den / shared > kFinestTimeBase || !fits(num / shared)) return std::nullopt;
  return reduced(num, den);
}

bool allDigits(std::string_view text) {
  return !text.empty() && text.size() <= kLongestNumber &&
         std::ranges::all_of(text, [](unsigned char c) { return std::isdigit(c) != 0; });
}

int64_t number(std::string_view digits) { return std::stoll(std::string(digits)); }

[[noreturn]] void notAFraction(std::string_view text) {
  throw Error("Not a number above zero", std::string(text), "Write it like 2, 2.5 or 30000/1001.");
}

}  // namespace

Rational reduced(Wide num, Wide den) {
  if (den == 0) throw Error("A time cannot be divided by zero", "", "The file's timestamps are damaged.");
  if (den < 0) num = -num, den = -den;
  const Wide shared = gcd(num, den);
  if (shared > 1) num /= shared, den /= shared;
  if (!fits(num) || !fits(den))
    throw Error("These times are too fine to compute with", "", "Choose a rounder factor or frame rate.");
  return {static_cast<int64_t>(num), static_cast<int64_t>(den)};
}

Rational fractionFromText(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  Rational result;
  if (const auto slash = text.find('/'); slash != text.npos) {
    if (!allDigits(text.substr(0, slash)) || !allDigits(text.substr(slash + 1))) notAFraction(text);
    const int64_t den = number(text.substr(slash + 1));
    if (den == 0) notAFraction(text);
    result = reduced(number(text.substr(0, slash)), den);
  } else {
    const auto point = text.find('.');
    const auto whole = text.substr(0, point);
    const auto part = point == text.npos ? std::string_view{} : text.substr(point + 1);
    const std::string digits = std::string(whole) + std::string(part);
    if (!allDigits(digits)) notAFraction(text);
    int64_t den = 1;
    for (std::size_t i = 0; i < part.size(); ++i) den *= 10;
    result = reduced(number(digits), den);
  }
  if (result.num <= 0) notAFraction(text);
  return result;
}

Rational rateFromText(std::string_view text) {
  const Rational plain = fractionFromText(text);
  if (text.find('.') == text.npos) return plain;
  // Television's rates are n·1000/1001 and written with two or three decimals.
  for (const int64_t nominal : {24, 30, 48, 60, 120, 240}) {
    const Rational exact{nominal * 1000, 1001};
    if (std::abs(plain.value() - exact.value()) < 0.006) return exact;
  }
  return plain;
}

double fractionBetween(const Rational& time, int64_t first, int64_t second) {
  const Wide passed = Wide{time.num} - Wide{first} * time.den;
  const Wide whole = (Wide{second} - first) * time.den;
  return whole == 0 ? 0.0
                    : static_cast<double>(static_cast<long double>(passed) / static_cast<long double>(whole));
}

SourceClock::SourceClock(const VideoInfo& info)
    : timeBase_(reduced(info.timeBase.num, info.timeBase.den)), unit_(timeBase_), rate_(info.frameRate) {
  if (timeBase_.num <= 0)
    throw Error("The video's timestamps cannot be used", info.file.string(),
                "Its time base is not above zero.");
  if (info.variableRate || rate_.num <= 0 || rate_.den <= 0) return;
  if (const auto shared = commonUnit(timeBase_, inverse(rate_))) {
    unit_ = *shared;
    constantRate_ = true;
  }
}

int64_t SourceClock::ticks(int64_t pts, int64_t firstPts) const {
  const Wide fine = (Wide{pts} - firstPts) * product(timeBase_, inverse(unit_)).num;
  if (!constantRate_) return static_cast<int64_t>(fine);
  const Wide ticksPerFrame = product(inverse(rate_), inverse(unit_)).num;
  const Wide ticksPerStamp = product(timeBase_, inverse(unit_)).num;
  const Wide meant = roundDivide(fine, ticksPerFrame) * ticksPerFrame;
  const Wide away = fine > meant ? fine - meant : meant - fine;
  // Both this frame's stamp and the first one's may have been rounded by half a stamp.
  return static_cast<int64_t>(away <= ticksPerStamp && 4 * away <= ticksPerFrame ? meant : fine);
}

Timeline::Timeline(std::vector<int64_t> ticks, Rational unit, const Timing& timing)
    : ticks_(std::move(ticks)), unit_(unit), timing_(timing) {
  if (ticks_.size() < 2 || std::ranges::adjacent_find(ticks_, std::greater_equal<>{}) != ticks_.end())
    throw Error("The video's timestamps cannot be used", "", "They do not rise from frame to frame.");
  const Wide whole = Wide{ticks_.back()} - ticks_.front();
  if (timing_.rate) {
    timeBase_ = inverse(reduced(timing_.rate->num, timing_.rate->den));
    step_ = product(product(timeBase_, inverse(timing_.stretch)), inverse(unit_));
    count_ = static_cast<int64_t>(std::max<Wide>(1, roundDivide(whole * step_.den, step_.num)));
  } else {
    timeBase_ = reduced(unit_.num, Wide{unit_.den} * timing_.stretch.den);
    int64_t longest = 0;
    for (int64_t frame = 0; frame < sourceFrames(); ++frame) longest = std::max(longest, interval(frame));
    // MP4 counts how long a frame stays in 31 bits.
    const bool tooFine = Wide{longest} * timing_.stretch.den > std::numeric_limits<int32_t>::max();
    if (timeBase_.den > kFinestTimeBase || tooFine) timeBase_ = kMicroseconds;
    count_ =
        static_cast<int64_t>(ceilDivide(Wide{sourceFrames()} * timing_.stretch.num, timing_.stretch.den));
  }
}

int64_t Timeline::interval(int64_t frame) const {
  return ticks_[static_cast<std::size_t>(frame) + 1] - ticks_[static_cast<std::size_t>(frame)];
}

// In the source's own rhythm frame k shows position k·q/p between the source's frames, whatever their
// intervals are.
OutputTime Timeline::atPosition(int64_t number) const {
  const Wide p = timing_.stretch.num, q = timing_.stretch.den;
  Wide position = 2 * Wide{number} * q;  // in 1/2p
  if (timing_.equallySoft) position += q;
  const int64_t last = sourceFrames() - 1;
  OutputTime result;
  result.frame = static_cast<int64_t>(std::min<Wide>(position / (2 * p), last));
  const Wide rest = std::min<Wide>(position - Wide{result.frame} * 2 * p, 2 * p);
  result.source = reduced(Wide{sourceTicks(result.frame)} * 2 * p + rest * interval(result.frame), 2 * p);
  return result;
}

OutputTime Timeline::atTime(int64_t number) const {
  Wide num = 2 * Wide{number} * step_.num;
  if (timing_.equallySoft) num += step_.num;
  OutputTime result;
  result.source = reduced(Wide{ticks_.front()} * 2 * step_.den + num, 2 * Wide{step_.den});
  // The last frame that has begun by then.
  const auto whole = static_cast<int64_t>(floorDivide(result.source.num, result.source.den));
  const auto after = std::upper_bound(ticks_.begin(), ticks_.end() - 1, whole);
  result.frame = std::max<int64_t>(0, after - ticks_.begin() - 1);
  return result;
}

int64_t Timeline::ptsOf(int64_t number) const {
  if (timing_.rate) return number;
  const Wide p = timing_.stretch.num, q = timing_.stretch.den;
  Wide exact = 0;  // in unit / q
  const Wide position = Wide{number} * q;
  if (number >= count_) {
    exact = (Wide{ticks_.back()} - ticks_.front()) * p;
  } else {
    const auto frame = static_cast<int64_t>(position / p);
    exact = (Wide{sourceTicks(frame)} - ticks_.front()) * p + (position % p) * interval(frame);
  }
  if (timeBase_ == kMicroseconds)
    return static_cast<int64_t>(roundDivide(exact * unit_.num * kMicroseconds.den, Wide{unit_.den} * q));
  return static_cast<int64_t>(exact);  // unit / q is the time base
}

int64_t Timeline::frameAt(int64_t number) const {
  return (timing_.rate ? atTime(number) : atPosition(number)).frame;
}

OutputTime Timeline::at(int64_t number) const {
  OutputTime result = timing_.rate ? atTime(number) : atPosition(number);
  result.pts = ptsOf(number);
  result.duration = ptsOf(number + 1) - result.pts;
  return result;
}

int64_t Timeline::firstShowing(int64_t frame) const {
  int64_t low = 0, high = count_;
  while (low < high) {
    const int64_t middle = low + (high - low) / 2;
    if (frameAt(middle) < frame)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

double Timeline::seconds() const { return static_cast<double>(ptsOf(count_)) * timeBase_.value(); }

double Timeline::sourceSeconds(const Rational& ticks) const { return ticks.value() * unit_.value(); }

}  // namespace fw
