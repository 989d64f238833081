#include "core/video/thumbnails.h"

#include <algorithm>

#include "core/image/views.h"
#include "core/video/video.h"

namespace fw {

std::vector<cv::Mat> thumbnails(const std::filesystem::path& file, std::span<const double> seconds,
                                int height, std::stop_token stop) {
  std::vector<cv::Mat> pictures;
  if (seconds.empty() || stop.stop_requested()) return pictures;
  VideoReader reader(file, {.maxHeight = height});
  for (const double moment : seconds) {
    if (stop.stop_requested()) break;
    reader.seek(moment);
    if (const std::optional<Frame> frame = reader.next())
      pictures.push_back(to8Bit(frame->image));
    else if (!pictures.empty())
      pictures.push_back(pictures.back());
  }
  return pictures;
}

}  // namespace fw
