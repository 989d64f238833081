#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "core/slowmo/job.h"
#include "tests/core/video/damage.h"

namespace fw::test {
namespace {

constexpr int kInputs = 300;
constexpr double kHang = 20;  // seconds, on a busy machine

TEST(JobFuzz, DamagedFilesBecomeAResultOrAnErrorThatSaysWhy) {
  const Folder folder;
  const auto seeds = damageSeeds(folder.path());
  Store store(folder / "store");
  Random random(77);
  int results = 0, errors = 0;
  for (int i = 0; i < kInputs; ++i) {
    const fs::path& seed = seeds[static_cast<std::size_t>(i) % seeds.size()];
    const fs::path file = folder / ("fuzz" + seed.extension().string());
    const std::string bytes = mutated(contentOf(seed), random);
    std::ofstream(file, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    SlowmoRequest request;
    request.sources = {file};
    request.output = folder / "made.mkv";
    request.settings = {{"engine", "blend"}, {"speed", "fast"},   {"codec", "ffv1"}, {"trim_out", 0.4},
                        {"scale", 32},       {"overwrite", true}, {"threads", 1}};
    const auto start = std::chrono::steady_clock::now();
    int64_t job = 0;
    try {
      job = queueJob(store, request).id;
      SlowmoObserver nobody;
      JobControl control;
      const auto result = runJob(store, job, nobody, control, {});
      EXPECT_EQ(result.state, "done");
      EXPECT_GT(result.framesOut, 0);
      EXPECT_GT(probe(result.output).frames, 0) << "input " << i << " of " << seed;
      ++results;
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find("fuzz"), std::string::npos)
          << error.what() << ": names the file";
      if (job > 0) {
        EXPECT_EQ(store.job(job).state, "stopped");
      }
      ++errors;
    }
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start;
    ASSERT_LT(spent.count(), kHang) << "input " << i << " of " << seed;
    if (job > 0) store.deleteJob(job);
  }
  EXPECT_GT(results, kInputs / 4) << "most damage is survivable";
  EXPECT_GT(errors, kInputs / 20) << "the mutations bite";
}

}  // namespace
}  // namespace fw::test
