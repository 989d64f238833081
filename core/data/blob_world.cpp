#include "core/data/blob_world.h"

#include <array>
#include <cmath>
#include <functional>
#include <numbers>
#include <random>

#include "core/base/random.h"

namespace fw {
namespace {

constexpr std::size_t kBlobs = 1000;

/// NumPy and Python draw a double from two words of the Mersenne Twister in the same way.
double nextDouble(std::mt19937& words) {
  const auto high = static_cast<uint32_t>(words() >> 5), low = static_cast<uint32_t>(words() >> 6);
  return (high * 67108864.0 + low) / 9007199254740992.0;
}

/// Python seeds by array (init_by_array of the Twister's authors), which the standard library does not offer.
class PythonRandom {
 public:
  explicit PythonRandom(uint32_t seed) {
    state_[0] = 19650218U;
    for (uint32_t i = 1; i < kWords; ++i)
      state_[i] = 1812433253U * (state_[i - 1] ^ (state_[i - 1] >> 30)) + i;
    uint32_t i = 1;
    const auto wrap = [&] {
      if (++i < kWords) return;
      state_[0] = state_[kWords - 1];
      i = 1;
    };
    for (uint32_t k = 0; k < kWords; ++k, wrap())
      state_[i] = (state_[i] ^ ((state_[i - 1] ^ (state_[i - 1] >> 30)) * 1664525U)) + seed;
    for (uint32_t k = 1; k < kWords; ++k, wrap())
      state_[i] = (state_[i] ^ ((state_[i - 1] ^ (state_[i - 1] >> 30)) * 1566083941U)) - i;
    state_[0] = 0x80000000U;
  }

  double operator()() {
    const uint32_t high = word() >> 5, low = word() >> 6;
    return (high * 67108864.0 + low) / 9007199254740992.0;
  }

 private:
  static constexpr uint32_t kWords = 624;

  uint32_t word() {
    if (next_ == kWords) {
      for (uint32_t k = 0; k < kWords; ++k) {
        const uint32_t joined = (state_[k] & 0x80000000U) | (state_[(k + 1) % kWords] & 0x7fffffffU);
        state_[k] = state_[(k + 397) % kWords] ^ (joined >> 1) ^ (joined & 1 ? 0x9908b0dfU : 0U);
      }
      next_ = 0;
    }
    uint32_t y = state_[next_++];
    y ^= y >> 11;
    y ^= (y << 7) & 0x9d2c5680U;
    y ^= (y << 15) & 0xefc60000U;
    return y ^ (y >> 18);
  }

  std::array<uint32_t, kWords> state_{};
  uint32_t next_ = kWords;
};

/// exp(−d²/2σ²) for every frame and pixel along one axis, [30 × side]; the blob is the product of the two
/// axes.
std::vector<float> profile(double start, double step, double radius, int64_t side) {
  std::vector<float> values(static_cast<std::size_t>(kBlobFrames * side));
  const double spacing = kBlobWorld / static_cast<double>(side - 1);  // as linspace(0, 128, 128) has it
  for (int64_t t = 0; t < kBlobFrames; ++t)
    for (int64_t i = 0; i < side; ++i) {
      const double distance =
          (static_cast<double>(i) * spacing - start - step * static_cast<double>(t)) / radius;
      values[static_cast<std::size_t>(t * side + i)] =
          static_cast<float>(std::exp(-0.5 * distance * distance));
    }
  return values;
}

struct Profiles {
  std::vector<float> x, y;
};

Profiles profiles(const Blob& blob, int64_t side) {
  const double radians = blob.direction * std::numbers::pi / 180.0;
  return {profile(blob.x, blob.speed * std::cos(radians), blob.radius, side),
          profile(blob.y, blob.speed * std::sin(radians), blob.radius, side)};
}

/// Calls `event(t, index)` for every event.
void simulate(const Blob& blob, int64_t side, uint64_t seed,
              const std::function<void(int64_t, int64_t)>& event) {
  constexpr float kNever = 1e-7F;  // one event in ten million is none in 30 × 128 × 128 draws
  const auto along = profiles(blob, side);
  Random random(seed);
  for (int64_t t = 0; t < kBlobFrames; ++t)
    for (int64_t y = 0; y < side; ++y) {
      const float row = static_cast<float>(blob.peak) * along.y[static_cast<std::size_t>(t * side + y)];
      if (row < kNever) continue;
      for (int64_t x = 0; x < side; ++x) {
        const float p = row * along.x[static_cast<std::size_t>(t * side + x)];
        if (p >= kNever && random.uniform() < static_cast<double>(p)) event(t, y * side + x);
      }
    }
}

}  // namespace

std::vector<Blob> originalBlobs() {
  std::mt19937 words(123);  // the standard's generator and seeding are NumPy's
  std::vector<Blob> blobs(kBlobs);
  const auto uniform = [&](double low, double high) { return low + (high - low) * nextDouble(words); };
  for (auto& blob : blobs) blob.direction = uniform(-360, 360);
  for (auto& blob : blobs) blob.speed = uniform(0, 5);
  for (auto& blob : blobs) blob.x = static_cast<double>(words() & 127U);
  for (auto& blob : blobs) blob.y = static_cast<double>(words() & 127U);
  for (auto& blob : blobs) blob.radius = uniform(0, 20);
  for (auto& blob : blobs) blob.peak = uniform(0.2, 1.0);
  return blobs;
}

std::vector<bool> originalTrainingSplit() {
  PythonRandom random(123);
  std::vector<bool> training(kBlobs);
  for (std::size_t i = 0; i < kBlobs; ++i) training[i] = random() >= 0.2;  // choices([0, 1], [.2, .8])
  return training;
}

torch::Tensor blobProbabilities(const std::vector<Blob>& blobs, int64_t side) {
  const auto count = static_cast<int64_t>(blobs.size());
  auto x = torch::empty({count, kBlobFrames, 1, side}), y = torch::empty({count, kBlobFrames, side, 1});
  for (int64_t i = 0; i < count; ++i) {
    const auto& blob = blobs[static_cast<std::size_t>(i)];
    const auto along = profiles(blob, side);
    const auto length = along.x.size();
    std::copy_n(along.x.data(), length, x.data_ptr<float>() + i * kBlobFrames * side);
    auto* rows = y.data_ptr<float>() + i * kBlobFrames * side;
    for (std::size_t k = 0; k < length; ++k) rows[k] = static_cast<float>(blob.peak) * along.y[k];
  }
  return x * y;
}

torch::Tensor blobFrames(const std::vector<Blob>& blobs, int64_t side) {
  return blobProbabilities(blobs, side).mul_(255.0).round_().div_(255.0);
}

torch::Tensor eventFrames(const Blob& blob, int64_t side, uint64_t seed) {
  auto events = torch::zeros({kBlobFrames, side, side});
  auto* counts = events.data_ptr<float>();
  simulate(blob, side, seed, [&](int64_t t, int64_t pixel) { counts[t * side * side + pixel] += 1.0F; });
  return events.cumsum(0);
}

torch::Tensor eventTotals(const Blob& blob, int64_t side, uint64_t seed) {
  auto totals = torch::zeros({side, side});
  auto* counts = totals.data_ptr<float>();
  simulate(blob, side, seed, [&](int64_t, int64_t pixel) { counts[pixel] += 1.0F; });
  return totals;
}

}  // namespace fw
