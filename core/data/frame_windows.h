#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/data/between_sample.h"

namespace fw {

/// Sequences of real frames with the frames between hidden: crops of a few neighbouring frames. May be asked
/// from several threads.
class FrameWindows {
 public:
  FrameWindows();
  ~FrameWindows();
  FrameWindows(FrameWindows&&) noexcept;
  FrameWindows& operator=(FrameWindows&&) noexcept;

  void addFrames(const std::string& name,
                 std::vector<std::filesystem::path> files);  ///< one sequence, in order
  void addVideo(const std::filesystem::path& file, int64_t mostFrames);
  bool empty() const;
  std::vector<std::string> names() const;
  /// Of every sequence every fourth stretch of neighbouring frames, which stay here no longer: what to test
  /// on when there is one clip only.
  FrameWindows takeAside();

  /// A square crop with motion in it and no cut. Empty when none was found.
  std::optional<BetweenSample> crop(int side, Random& random) const;
  /// Whole frames: frame 2i+1 hidden between 2i and 2i+2, evenly spread over all sequences.
  std::vector<BetweenSample> triplets(int most) const;

 private:
  struct Sequences;
  std::unique_ptr<Sequences> sequences_;
};

/// What a folder holds: sequences (folders of numbered frames of one size, videos) and loose photographs.
struct FoundPictures {
  struct Sequence {
    std::string name;
    std::vector<std::filesystem::path> frames;
  };
  std::vector<Sequence> sequences;
  std::vector<std::filesystem::path> videos, photos;
};

/// Looks through files and folders, also folders in folders. Throws Error for what does not exist.
FoundPictures findPictures(const std::vector<std::string>& paths);

}  // namespace fw
