#include "core/base/random.h"

#include <bit>
#include <cmath>
#include <numbers>
#include <sstream>

#include "core/base/error.h"

namespace fw {
namespace {

// SplitMix64 spreads a small seed over the whole state, as xoshiro's authors advise.
uint64_t splitMix(uint64_t& x) {
  x += 0x9e3779b97f4a7c15ULL;
  uint64_t z = x;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

}  // namespace

Random::Random(uint64_t seed) {
  for (auto& word : state_) word = splitMix(seed);
}

uint64_t Random::bits() {
  const uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
  const uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

double Random::uniform() { return static_cast<double>(bits() >> 11) * 0x1.0p-53; }

double Random::uniform(double low, double high) { return low + (high - low) * uniform(); }

int64_t Random::integer(int64_t low, int64_t high) {
  const auto range = static_cast<uint64_t>(high - low) + 1;
  if (range == 0) return static_cast<int64_t>(bits());
  // Rejection keeps every value equally likely.
  const uint64_t limit = UINT64_MAX - UINT64_MAX % range;
  uint64_t draw = bits();
  while (draw >= limit) draw = bits();
  return low + static_cast<int64_t>(draw % range);
}

double Random::normal() {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
  return radius * std::cos(2.0 * std::numbers::pi * uniform());
}

std::string Random::save() const {
  std::ostringstream out;
  out << std::hex;
  for (int i = 0; i < 4; ++i) out << (i ? " " : "") << state_[i];
  return out.str();
}

Random Random::restore(const std::string& saved) {
  Random random(0);
  std::istringstream in(saved);
  in >> std::hex;
  for (auto& word : random.state_) in >> word;
  if (!in || !(in >> std::ws).eof())
    throw Error("Could not restore the random numbers", saved,
                "The saved state is damaged; start a new run.");
  return random;
}

}  // namespace fw
