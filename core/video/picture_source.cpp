#include <algorithm>
#include <cctype>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "core/base/error.h"
#include "core/base/paths.h"
#include "core/video/colour.h"
#include "core/video/frame_source.h"

namespace fs = std::filesystem;

namespace fw {
namespace {

/// Digits compare as numbers: name_2 before name_10.
bool sortsBefore(const std::string& a, const std::string& b) {
  const auto digit = [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; };
  std::size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    if (digit(a[i]) && digit(b[j])) {
      while (i < a.size() && a[i] == '0') ++i;
      while (j < b.size() && b[j] == '0') ++j;
      std::size_t endA = i, endB = j;
      while (endA < a.size() && digit(a[endA])) ++endA;
      while (endB < b.size() && digit(b[endB])) ++endB;
      if (endA - i != endB - j) return endA - i < endB - j;
      if (const int order = a.compare(i, endA - i, b, j, endB - j); order != 0) return order < 0;
      i = endA;
      j = endB;
    } else {
      if (a[i] != b[j]) return a[i] < b[j];
      ++i;
      ++j;
    }
  }
  return a.size() - i < b.size() - j;
}

/// With a fourth channel where it is transparent.
cv::Mat decodedPicture(const fs::path& file) {
  const std::string ending = lowerEnding(file);
  const bool mayBeTransparent = ending == ".png" || ending == ".tif" || ending == ".tiff";
  cv::Mat image;
  try {
    if (mayBeTransparent) image = cv::imread(file.string(), cv::IMREAD_UNCHANGED);
    if (image.channels() != 4 || image.depth() > CV_16U)
      image = cv::imread(file.string(), cv::IMREAD_COLOR | cv::IMREAD_ANYDEPTH);
  } catch (const cv::Exception&) {
    image.release();  // a hostile header; the sentence below says what matters
  }
  if (image.empty())
    throw Error("Could not read the picture", file.string(),
                "It is missing, damaged, or of a kind that cannot be read.");
  if (image.depth() == CV_32F) image.convertTo(image, CV_16U, 65535.0);
  if (image.depth() != CV_8U && image.depth() != CV_16U) image.convertTo(image, CV_8U);
  return image;
}

cv::Mat readPicture(const fs::path& file) {
  const cv::Mat image = decodedPicture(file);
  return image.channels() == 4 ? ffmpeg::onWhite(image) : image;
}

class PictureSource : public FrameSource {
 public:
  PictureSource(std::span<const fs::path> pictures, const ReadOptions& options)
      : pictures_(pictures.begin(), pictures.end()), options_(options) {
    if (pictures_.empty())
      throw Error("There are no pictures here", "", "Choose a folder or a selection of pictures.");
    const Rational rate = options.imageRate;
    if (rate.num <= 0 || rate.den <= 0)
      throw Error("The rate must be positive", "pictures a second", "24 is usual.");
    const cv::Mat first = decodedPicture(pictures_.front());
    info_.hasAlpha = first.channels() == 4;
    if (static_cast<int64_t>(first.cols) * first.rows > kMostPixels)
      throw Error("The picture is too large", pictures_.front().string(),
                  "Pictures up to 16384 × 8192 can be read.");
    info_.file = pictures_.front().parent_path();
    info_.container = "pictures";
    info_.codec = pictures_.front().extension().string().substr(1);
    info_.width = first.cols;
    info_.height = first.rows;
    info_.bitDepth = first.depth() == CV_16U ? 16 : 8;
    info_.pixelFormat = info_.bitDepth == 16 ? "bgr48le" : "bgr24";
    info_.colourMatrix = "gbr";
    info_.colourRange = "pc";
    info_.frameRate = rate;
    info_.timeBase = {rate.den, rate.num};
    info_.frames = static_cast<int64_t>(pictures_.size());
    info_.framesExact = true;
    info_.duration = static_cast<double>(info_.frames) / rate.value();
  }

  const VideoInfo& info() const override { return info_; }
  int64_t damagedPackets() const override { return damaged_; }

  void seekTo(int64_t pts) override {
    at_ = static_cast<std::size_t>(std::clamp<int64_t>(pts, 0, info_.frames - 1));
  }

  std::optional<Frame> next() override {
    for (; at_ < pictures_.size(); ++at_) {
      Frame frame;
      try {
        frame.image = readPicture(pictures_[at_]);
      } catch (const Error&) {
        ++damaged_;  // the one before stays up for longer
        continue;
      }
      const cv::Size size(info_.width, info_.height),
          shown = fitHeight(size.width, size.height, options_.maxHeight);
      if (frame.image.size() != shown) cv::resize(frame.image, frame.image, shown, 0, 0, cv::INTER_AREA);
      const int depth = info_.bitDepth == 16 ? CV_16U : CV_8U;
      if (frame.image.depth() != depth)
        frame.image.convertTo(frame.image, depth, depth == CV_16U ? 257.0 : 1 / 257.0);
      frame.pts = static_cast<int64_t>(at_++);
      frame.duration = 1;
      return frame;
    }
    return std::nullopt;
  }

 private:
  std::vector<fs::path> pictures_;
  ReadOptions options_;
  VideoInfo info_;
  std::size_t at_ = 0;
  int64_t damaged_ = 0;
};

}  // namespace

std::span<const std::string_view> videoEndings() {
  static constexpr std::string_view kEndings[] = {
      ".mp4", ".mkv", ".mov", ".avi", ".webm", ".m4v", ".mpg",  ".mpeg", ".ts",  ".m2ts", ".mts", ".wmv",
      ".flv", ".3gp", ".ogv", ".mxf", ".vob",  ".gif", ".apng", ".y4m",  ".f4v", ".divx", ".asf", ".dv"};
  return kEndings;
}

std::span<const std::string_view> pictureEndings() {
  static constexpr std::string_view kEndings[] = {".png",  ".jpg", ".jpeg", ".tif", ".tiff", ".bmp",
                                                  ".webp", ".ppm", ".pgm",  ".jp2", ".exr"};
  return kEndings;
}

bool isVideo(const fs::path& file) {
  return std::ranges::find(videoEndings(), lowerEnding(file)) != videoEndings().end();
}

bool isPicture(const fs::path& file) {
  return std::ranges::find(pictureEndings(), lowerEnding(file)) != pictureEndings().end();
}

bool comesBefore(const fs::path& a, const fs::path& b) {
  if (a.parent_path() != b.parent_path())
    return sortsBefore(a.parent_path().string(), b.parent_path().string());
  return sortsBefore(a.filename().string(), b.filename().string());
}

std::vector<fs::path> picturesIn(const fs::path& folder) {
  std::vector<fs::path> pictures;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error))
    if (entry.is_regular_file(error) && isPicture(entry.path())) pictures.push_back(entry.path());
  std::ranges::sort(pictures, comesBefore);
  if (pictures.empty())
    throw Error("There are no pictures in this folder", folder.string(),
                "PNG, JPEG, TIFF, BMP and WebP are read.");
  return pictures;
}

std::unique_ptr<FrameSource> openPictures(std::span<const fs::path> pictures, const ReadOptions& options) {
  return std::make_unique<PictureSource>(pictures, options);
}

}  // namespace fw
