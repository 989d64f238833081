#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "core/base/atomic_file.h"
#include "core/base/bounded_queue.h"
#include "core/base/error.h"
#include "core/base/paths.h"
#include "core/base/random.h"

namespace fw {
namespace fs = std::filesystem;

TEST(Error, SaysWhatFailedOnWhatAndWhatToDo) {
  const Error error("Could not open the video", "/tmp/a.mp4", "Check that the file exists.");
  EXPECT_STREQ(error.what(), "Could not open the video: /tmp/a.mp4. Check that the file exists.");
}

TEST(BoundedQueue, HandsItemsOverInOrderAndEndsWhenClosed) {
  BoundedQueue<int> queue(2);
  std::jthread producer([&](std::stop_token stop) {
    for (int i = 0; i < 100; ++i) queue.push(i, stop);
    queue.close();
  });
  for (int i = 0; i < 100; ++i) EXPECT_EQ(queue.pop({}), i);
  EXPECT_EQ(queue.pop({}), std::nullopt);
}

TEST(BoundedQueue, StopWakesWhoeverWaits) {
  BoundedQueue<int> queue(1);
  ASSERT_TRUE(queue.push(1, {}));
  std::stop_source stop;
  std::jthread waiter([&] { EXPECT_FALSE(queue.push(2, stop.get_token())); });
  stop.request_stop();
}

TEST(Random, GoesOnWhereItWasSaved) {
  Random random(7);
  for (int i = 0; i < 10; ++i) random.normal();
  Random restored = Random::restore(random.save());
  for (int i = 0; i < 100; ++i) EXPECT_EQ(random.bits(), restored.bits());
  EXPECT_THROW(Random::restore("not a state"), Error);
}

TEST(Random, IntegersReachBothEndsAndNothingBeyond) {
  Random random(1);
  std::set<int64_t> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(random.integer(-2, 2));
  EXPECT_EQ(seen, (std::set<int64_t>{-2, -1, 0, 1, 2}));
}

TEST(Paths, ANumberIsNoEnding) {
  EXPECT_EQ(numbered("/a/walk.mp4", 2), "/a/walk (2).mp4");
  EXPECT_EQ(numbered("/a/walk 2.5x", 3), "/a/walk 2.5x (3)");
  EXPECT_EQ(numbered("/a/walk 59.94 fps", 2), "/a/walk 59.94 fps (2)");
  EXPECT_EQ(numbered("/a/walk 2.5x.mov", 2), "/a/walk 2.5x (2).mov");
  EXPECT_EQ(numbered("/a/walk.3gp", 2), "/a/walk (2).3gp");
  EXPECT_EQ(lowerEnding("/a/Walk.MP4"), ".mp4");
}

TEST(AtomicFile, LeavesTheOldContentWhenWritingFails) {
  const fs::path file = fs::temp_directory_path() / "framewright_atomic.txt";
  writeAtomically(file, "old");
  EXPECT_THROW(writeAtomically(file, [](std::ostream&) { throw Error("a", "b", "c"); }), Error);
  std::string content(static_cast<std::size_t>(fs::file_size(file)), ' ');
  EXPECT_EQ(content.size(), 3u);
  fs::remove(file);
}

}  // namespace fw
