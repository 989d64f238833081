#include "core/slowmo/job_weights.h"

#include <gtest/gtest.h>

#include <fstream>

#include "core/base/error.h"
#include "core/slowmo/job.h"
#include "tests/core/store/temporary_folder.h"

namespace fw {
namespace {

namespace fs = std::filesystem;

TEST(JobWeights, AreKeptWithTheJob) {
  const TemporaryFolder folder;
  Store store(folder.path() / "home");
  const auto weights = folder.path() / "best.safetensors";
  std::ofstream(weights) << "numbers";
  const auto job = store.createJob(toJson(SlowmoRequest{{"clip.mp4"}, {}, {{"factor", "2"}}, {}, {}, {}}));
  keepWithJob(store, job.id, weights);
  fs::remove(weights);
  const auto settings = slowmoRequestFromJson(store.job(job.id).request).settings;
  EXPECT_EQ(settings.at("engine"), "swift");
  EXPECT_EQ(settings.at("factor"), "2");
  EXPECT_TRUE(fs::exists(settings.at("swift_weights").get<std::string>()));
  EXPECT_THROW(keepWithJob(store, job.id, weights), Error);
}

}  // namespace
}  // namespace fw
