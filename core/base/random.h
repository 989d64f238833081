#pragma once
#include <cstdint>
#include <string>
#include <utility>

namespace fw {

/// A seeded stream of random numbers that is the same on every machine and compiler, and can be saved and
/// restored mid-stream (xoshiro256++). The standard's distributions are not portable; these are.
class Random {
 public:
  explicit Random(uint64_t seed);

  uint64_t bits();
  double uniform();                            ///< in [0, 1)
  double uniform(double low, double high);     ///< in [low, high)
  int64_t integer(int64_t low, int64_t high);  ///< in [low, high], both included
  double normal();                             ///< mean 0, deviation 1
  bool chance(double probability) { return uniform() < probability; }

  template <class Items>
  void shuffle(Items& items) {
    for (auto i = static_cast<int64_t>(items.size()) - 1; i > 0; --i)
      std::swap(items[static_cast<std::size_t>(i)], items[static_cast<std::size_t>(integer(0, i))]);
  }

  std::string save() const;
  static Random restore(const std::string& saved);  ///< throws Error on anything save() did not write

 private:
  uint64_t state_[4];
};

}  // namespace fw
