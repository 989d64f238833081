#include "core/data/short_clips.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "core/base/error.h"
#include "tests/core/slowmo/made_clip.h"
#include "tests/core/store/temporary_folder.h"

namespace fw {
namespace {

TEST(ShortClips, AFolderMayHoldClipsAmongOtherThings) {
  const TemporaryFolder folder;
  makeClip(folder.path() / "a.mp4", 5);
  makeClip(folder.path() / "b.mkv", 7);
  std::ofstream(folder.path() / "a.srt") << "1\n00:00:00,000 --> 00:00:01,000\nHello\n";
  const auto clips = readClips({folder.path().string()}, 32, 8, 100);
  ASSERT_EQ(clips.size(), 2U);
  EXPECT_EQ(clips[0].frames.size(), 5U);
  EXPECT_EQ(clips[1].frames.size(), 7U);
  EXPECT_EQ(clips[0].frames[0].rows, 32);
  EXPECT_THROW(readClips({(folder.path() / "a.srt").string()}, 32, 8, 100), Error);
}

}  // namespace
}  // namespace fw
