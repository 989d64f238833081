#include <gtest/gtest.h>

#include <chrono>

#include "tests/core/video/damage.h"

namespace fw::test {
namespace {

constexpr int kInputs = 300;

TEST(VideoFuzz, DamagedFilesAreAnErrorOrAResult) {
  const Folder folder;
  const auto seeds = damageSeeds(folder.path());
  Random random(2024);
  int results = 0, errors = 0;
  for (int i = 0; i < kInputs; ++i) {
    const fs::path& seed = seeds[static_cast<std::size_t>(i) % seeds.size()];
    const fs::path file = folder / ("fuzz" + seed.extension().string());
    const std::string bytes = mutated(contentOf(seed), random);
    std::ofstream(file, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    const auto start = std::chrono::steady_clock::now();
    try {
      VideoReader reader(file);
      int64_t frames = 0, last = INT64_MIN;
      while (const std::optional<Frame> frame = reader.next()) {
        ASSERT_GT(frame->pts, last) << "times rise";
        ASSERT_EQ(frame->image.size(), cv::Size(reader.info().width, reader.info().height));
        last = frame->pts;
        if (++frames > 200) break;
      }
      reader.seek(0.3);
      reader.next();
      ++results;
    } catch (const Error& error) {
      EXPECT_FALSE(std::string(error.what()).empty());
      ++errors;
    }
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start;
    ASSERT_LT(spent.count(), 20) << "input " << i << " of " << seed;
  }
  EXPECT_GT(results, kInputs / 4) << "most damage is survivable";
  EXPECT_GT(errors, kInputs / 20) << "the mutations bite";
}

}  // namespace
}  // namespace fw::test
