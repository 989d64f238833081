#include <algorithm>
#include <fstream>
#include <numeric>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "core/base/error.h"
#include "core/video/colour.h"
#include "core/video/frame_source.h"

#ifdef FW_WEBP
#include <webp/demux.h>
#endif

namespace fs = std::filesystem;

namespace fw {
namespace {

/// RIFF size WEBP VP8X size flags: what an animated file starts with.
bool looksAnimated(const fs::path& file) {
  char head[21] = {};
  std::ifstream in(file, std::ios::binary);
  if (!in.read(head, sizeof head)) return false;
  constexpr int kAnimationFlag = 0x02;
  const std::string_view text(head, sizeof head);
  return text.substr(0, 4) == "RIFF" && text.substr(8, 8) == "WEBPVP8X" && (head[20] & kAnimationFlag) != 0;
}

#ifdef FW_WEBP

constexpr int64_t kMostBytes = int64_t{1} << 30;

std::string readFile(const fs::path& file) {
  std::error_code error;
  const auto size = static_cast<int64_t>(fs::file_size(file, error));
  if (error || size > kMostBytes)
    throw Error("The animation is too large", file.string(), "WebP files up to 1 GB can be read.");
  std::string bytes(static_cast<std::size_t>(size), '\0');
  std::ifstream(file, std::ios::binary).read(bytes.data(), static_cast<std::streamsize>(size));
  return bytes;
}

class WebpSource : public FrameSource {
 public:
  WebpSource(const fs::path& file, const ReadOptions& options)
      : file_(file), options_(options), bytes_(readFile(file)) {
    WebPAnimDecoderOptions settings;
    if (!WebPAnimDecoderOptionsInit(&settings)) fail();
    settings.use_threads = 1;
    settings.color_mode = MODE_BGRA;
    const WebPData data{reinterpret_cast<const uint8_t*>(bytes_.data()), bytes_.size()};
    readTimes(data);
    decoder_.reset(WebPAnimDecoderNew(&data, &settings));
    if (!decoder_) fail();
  }

  const VideoInfo& info() const override { return info_; }
  int64_t damagedPackets() const override { return damaged_; }

  std::optional<Frame> next() override {
    if (at_ >= starts_.size()) return std::nullopt;
    uint8_t* pixels = nullptr;
    int end = 0;
    if (!WebPAnimDecoderGetNext(decoder_.get(), &pixels, &end)) {
      damaged_ += static_cast<int64_t>(starts_.size() - at_);
      at_ = starts_.size();
      return std::nullopt;
    }
    Frame frame;
    frame.pts = starts_[at_];
    frame.duration = (at_ + 1 < starts_.size() ? starts_[at_ + 1] : end_) - starts_[at_];
    ++at_;
    const cv::Mat canvas(info_.height, info_.width, CV_8UC4, pixels);
    frame.image = ffmpeg::onWhite(canvas);
    const cv::Size shown = fitHeight(info_.width, info_.height, options_.maxHeight);
    if (frame.image.size() != shown) cv::resize(frame.image, frame.image, shown, 0, 0, cv::INTER_AREA);
    return frame;
  }

  void seekTo(int64_t pts) override {
    // Each picture is painted over the one before: there is no way in but from the beginning.
    WebPAnimDecoderReset(decoder_.get());
    at_ = 0;
    const auto after = std::ranges::upper_bound(starts_, pts);
    const auto wanted = static_cast<std::size_t>(std::max<std::ptrdiff_t>(0, after - starts_.begin() - 1));
    uint8_t* pixels = nullptr;
    int end = 0;
    while (at_ < wanted && WebPAnimDecoderGetNext(decoder_.get(), &pixels, &end)) ++at_;
  }

 private:
  struct Release {
    void operator()(WebPAnimDecoder* decoder) const { WebPAnimDecoderDelete(decoder); }
    void operator()(WebPDemuxer* demuxer) const { WebPDemuxDelete(demuxer); }
  };

  [[noreturn]] void fail() const {
    throw Error("Could not read the animation", file_.string(), "The WebP file is damaged or cut short.");
  }

  void readTimes(const WebPData& data) {
    const std::unique_ptr<WebPDemuxer, Release> demuxer(WebPDemux(&data));
    if (!demuxer) fail();
    info_.file = file_;
    info_.container = info_.codec = "webp";
    info_.pixelFormat = "bgra";
    info_.colourMatrix = "gbr";
    info_.colourRange = "pc";
    info_.width = static_cast<int>(WebPDemuxGetI(demuxer.get(), WEBP_FF_CANVAS_WIDTH));
    info_.height = static_cast<int>(WebPDemuxGetI(demuxer.get(), WEBP_FF_CANVAS_HEIGHT));
    if (static_cast<int64_t>(info_.width) * info_.height > kMostPixels)
      throw Error("The picture is too large", file_.string(), "Pictures up to 16384 × 8192 can be read.");
    info_.loops = static_cast<int>(WebPDemuxGetI(demuxer.get(), WEBP_FF_LOOP_COUNT));
    WebPIterator frame;
    int shortest = INT_MAX, longest = 0;
    bool transparent = false;
    for (int more = WebPDemuxGetFrame(demuxer.get(), 1, &frame); more; more = WebPDemuxNextFrame(&frame)) {
      constexpr int kHurried = 10,
                    kBrowserDelay = 100;  // browsers show hurried pictures for longer, and so do we
      const int length = frame.duration <= kHurried ? kBrowserDelay : frame.duration;
      starts_.push_back(end_);
      end_ += length;
      shortest = std::min(shortest, length);
      longest = std::max(longest, length);
      transparent = transparent || frame.has_alpha;
    }
    WebPDemuxReleaseIterator(&frame);
    if (starts_.empty()) fail();
    info_.hasAlpha = transparent;
    info_.timeBase = {1, 1000};
    info_.frames = static_cast<int64_t>(starts_.size());
    info_.framesExact = true;
    info_.duration = static_cast<double>(end_) / 1000.0;
    info_.variableRate = longest - shortest > 1;
    const int64_t common = std::gcd(info_.frames * 1000, end_);
    info_.frameRate = {info_.frames * 1000 / common, end_ / common};
  }

  fs::path file_;
  ReadOptions options_;
  std::string bytes_;
  VideoInfo info_;
  std::unique_ptr<WebPAnimDecoder, Release> decoder_;
  std::vector<int64_t> starts_;  ///< milliseconds
  int64_t end_ = 0, damaged_ = 0;
  std::size_t at_ = 0;
};

#endif

}  // namespace

std::unique_ptr<FrameSource> openAnimatedWebp(const fs::path& file,
                                              [[maybe_unused]] const ReadOptions& options) {
  if (!looksAnimated(file)) return nullptr;
#ifdef FW_WEBP
  return std::make_unique<WebpSource>(file, options);
#else
  throw Error("This build cannot read animated WebP", file.string(),
              "Build it with libwebp-dev installed, or convert the file to GIF.");
#endif
}

}  // namespace fw
