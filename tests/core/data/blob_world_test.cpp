#include "core/data/blob_world.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/data/blob_dataset.h"

namespace fw {
namespace {

TEST(BlobWorld, DrawsTheOriginalsVideos) {
  const auto blob = originalBlobs().at(6);  // the one whose prediction the original shows at every epoch
  EXPECT_NEAR(blob.direction, 346.150223, 1e-5);
  EXPECT_NEAR(blob.speed, 1.593170, 1e-5);
  EXPECT_EQ(blob.x, 59);
  EXPECT_EQ(blob.y, 81);
  EXPECT_NEAR(blob.radius, 16.618151, 1e-5);
  EXPECT_NEAR(blob.peak, 0.416731, 1e-5);
}

TEST(BlobWorld, SplitsAsTheOriginalDid) {
  const auto training = originalTrainingSplit();
  EXPECT_EQ(std::count(training.begin(), training.end(), true), 777);
  const std::vector<bool> start(training.begin(), training.begin() + 8);
  EXPECT_EQ(start, (std::vector<bool>{false, false, true, false, true, false, true, true}));
}

TEST(BlobWorld, EventsFollowTheirProbability) {
  Blob blob{30, 0.5, 60, 64, 12, 0.6};
  const auto expected = blobProbabilities({blob}, 64).sum(1)[0];
  auto mean = torch::zeros({64, 64});
  constexpr int kTimes = 40;
  for (uint64_t seed = 0; seed < kTimes; ++seed) mean += eventTotals(blob, 64, seed) / kTimes;
  EXPECT_NEAR((mean.sum() / expected.sum()).item<double>(), 1.0, 0.01);
  EXPECT_LT((mean - expected).abs().max().item<double>(), 2.0);  // of up to 17, four deviations of the mean
}

TEST(BlobWorld, TheLastFrameOfEventsIsTheTotal) {
  const BlobDataset data(32, 100);
  const auto video = data.heldOut().front();
  EXPECT_TRUE(torch::equal(data.events(video)[-1], data.totals(std::vector{video})[0][0]));
}

}  // namespace
}  // namespace fw
