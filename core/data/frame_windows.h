#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/data/between_sample.h"

namespace fw {

class VideoReader;

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
  /// A part of anything that can be read as a video, in seconds (`to` 0: its end): of a long one, runs of
  /// frames all over it.
  void addClip(const std::filesystem::path& clip, double from, double to, int64_t mostFrames);
  bool empty() const;
  std::vector<std::string> names() const;
  /// Keeps single frames aside, about `most` of them, evenly spread: what to test on when there is one clip
  /// only. They are shown neither to a network nor as what it should have made.
  void holdOutFrames(int most);

  /// A square crop with motion in it and no cut. Empty when none was found.
  std::optional<BetweenSample> crop(int side, Random& random) const;
  /// The same of whole frames.
  std::optional<BetweenSample> whole(Random& random) const;
  /// Whole frames: frame 2i+1 hidden between 2i and 2i+2, evenly spread over all sequences.
  std::vector<BetweenSample> triplets(int most) const;
  /// Whole frames: every frame held out, hidden between its neighbours.
  std::vector<BetweenSample> heldOutTriplets() const;

 private:
  void addRun(VideoReader& reader, const std::string& name, double until, int64_t mostFrames);
  struct Sequences;
  struct Window;
  std::optional<Window> drawn(Random& random) const;
  std::optional<BetweenSample> cut(const Window& window, cv::Rect part, cv::Size size) const;
  /// Empty where frames differ in size.
  std::optional<BetweenSample> triplet(std::size_t sequence, std::size_t middle) const;
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
