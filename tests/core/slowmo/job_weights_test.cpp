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

TEST(JobWeights, OfEveryEngineThatIsUsedAreKept) {
  const TemporaryFolder folder;
  Store store(folder.path() / "home");
  const auto rife = folder.path() / "flownet.pkl", swift = folder.path() / "best.safetensors";
  std::ofstream(rife) << "numbers";
  std::ofstream(swift) << "others";
  SlowmoRequest request{{"clip.mp4"}, {}, {{"engine", "rife"}}, {}, {}, {{1, 2, "swift"}}};
  request.settings["rife_weights"] = rife.string();
  request.settings["swift_weights"] = swift.string();
  request.settings["learned_weights"] = "/not/used.safetensors";
  auto job = store.createJob(toJson(request));
  keepWeights(job);
  const auto& settings = job.request["settings"];
  for (const char* setting : {"rife_weights", "swift_weights"})
    EXPECT_EQ(fs::path(settings[setting].get<std::string>()).parent_path(), job.folder) << setting;
  EXPECT_TRUE(fs::exists(job.folder / "rife.pkl"));
  EXPECT_EQ(settings["learned_weights"], "/not/used.safetensors");
}

}  // namespace
}  // namespace fw
