#include "core/data/short_clips.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "core/base/error.h"
#include "core/base/paths.h"
#include "core/image/views.h"
#include "core/video/video.h"

namespace fw {
namespace {

cv::Mat fitted(const cv::Mat& frame, int height, int multiple) {
  const double scale = std::min(1.0, static_cast<double>(height) / frame.rows);
  cv::Mat small = frame;
  if (scale < 1)
    cv::resize(frame, small,
               {static_cast<int>(std::lround(frame.cols * scale)),
                static_cast<int>(std::lround(frame.rows * scale))},
               0, 0, cv::INTER_AREA);
  const cv::Rect part(0, 0, small.cols / multiple * multiple, small.rows / multiple * multiple);
  if (part.empty())
    throw Error("This clip is too small", std::to_string(frame.cols) + "×" + std::to_string(frame.rows),
                "Choose a larger one.");
  return small(part).clone();
}

ShortClip read(const std::filesystem::path& path, int height, int multiple, std::size_t mostFrames) {
  ShortClip clip{path.filename().string(), {}};
  VideoReader reader(path);
  while (clip.frames.size() < mostFrames) {
    const auto frame = reader.next();
    if (!frame) break;
    auto image = fitted(to8Bit(frame->image), height, multiple);
    if (!clip.frames.empty() && image.size() != clip.frames.front().size()) break;
    clip.frames.push_back(std::move(image));
  }
  return clip;
}

/// A folder of clips rather than of frames.
bool holdsClips(const std::filesystem::path& folder) {
  using Folder = std::filesystem::directory_iterator;
  return std::filesystem::is_directory(folder) &&
         std::none_of(Folder(folder), Folder(), [](const auto& entry) { return isPicture(entry.path()); });
}

}  // namespace

std::vector<ShortClip> readClips(const std::vector<std::string>& paths, int height, int multiple,
                                 std::size_t mostFrames) {
  std::vector<std::filesystem::path> sources;
  for (const std::filesystem::path path : paths) {
    if (!holdsClips(path)) {
      sources.push_back(path);
      continue;
    }
    for (const auto& entry : std::filesystem::directory_iterator(path))
      if (entry.is_directory() || isVideo(entry.path())) sources.push_back(entry.path());
  }
  std::sort(sources.begin(), sources.end());
  std::vector<ShortClip> clips;
  for (const auto& source : sources) {
    auto clip = read(source, height, multiple, mostFrames);
    if (clip.frames.size() >= 3) clips.push_back(std::move(clip));
  }
  if (clips.empty())
    throw Error("There is no clip to learn from", paths.empty() ? "no file" : paths.front(),
                "Choose a video or a folder of frames with three frames or more.");
  return clips;
}

std::vector<ShortClip> sampleClips(int height, int multiple) {
  return readClips({resource("samples/windmill.mp4").string()}, height, multiple, 600);
}

}  // namespace fw
