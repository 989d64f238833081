#pragma once
#include <fstream>
#include <string>
#include <vector>

#include "core/base/random.h"
#include "tests/core/video/clips.h"

namespace fw::test {

inline std::string contentOf(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Cut short, bits flipped, runs overwritten, pieces repeated: what bad disks, bad downloads and bad people
/// do.
inline std::string mutated(std::string bytes, Random& random) {
  const auto any = [&] {
    return static_cast<std::size_t>(random.integer(0, static_cast<int64_t>(bytes.size()) - 1));
  };
  switch (random.integer(0, 4)) {
    case 0:
      bytes.resize(any());
      break;
    case 1:
      for (int i = 0; i < 20; ++i) bytes[any()] ^= static_cast<char>(1 << random.integer(0, 7));
      break;
    case 2: {  // headers are where sizes and counts are
      const std::size_t head = std::min<std::size_t>(bytes.size(), 1500);
      for (int i = 0; i < 8; ++i)
        bytes[static_cast<std::size_t>(random.integer(0, static_cast<int64_t>(head) - 1))] =
            static_cast<char>(random.integer(0, 255));
      break;
    }
    case 3: {
      const std::size_t from = any(), length = std::min<std::size_t>(bytes.size() - from, 400);
      for (std::size_t i = from; i < from + length; ++i) bytes[i] = random.chance(0.5) ? '\xff' : '\0';
      break;
    }
    default: {
      const std::size_t from = any(), to = any();
      bytes.insert(to, bytes.substr(from, 300));
      break;
    }
  }
  return bytes;
}

/// A small whole file of each kind, to be damaged.
inline std::vector<fs::path> damageSeeds(const fs::path& folder) {
  const std::vector<std::pair<std::string, std::string>> kinds{
      {"a.mp4", "-c:v libx264 -preset ultrafast -pix_fmt yuv420p"},
      {"a.mkv", "-c:v libx264 -preset ultrafast -pix_fmt yuv420p"},
      {"a.webm", "-c:v libvpx-vp9 -deadline realtime -cpu-used 8"},
      {"a.avi", "-c:v mpeg4"},
      {"a.ts", "-c:v mpeg2video"},
      {"a.gif", ""},
      {"a.mov", "-c:v prores_ks"},
      {"b.mkv", "-c:v ffv1"},
      {"c.mkv", "-c:v libx265 -preset ultrafast"}};
  std::vector<fs::path> seeds;
  for (const auto& [name, codec] : kinds) {
    seeds.push_back(folder / name);
    ffmpeg("-f lavfi -i testsrc2=s=64x48:r=10:d=0.6 " + codec, seeds.back());
  }
  seeds.push_back(folder / "a.webp");
  writeScene(seeds.back(), {.codec = "webp"}, formatOf(64, 48, {10, 1}), 5);
  return seeds;
}

}  // namespace fw::test
