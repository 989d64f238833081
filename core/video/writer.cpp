#include "core/video/writer.h"

#include <unistd.h>

#include <algorithm>
#include <map>
#include <opencv2/imgcodecs.hpp>

#include "core/base/error.h"
#include "core/image/views.h"
#include "core/video/animation.h"
#include "core/video/encoder.h"

namespace fs = std::filesystem;

namespace fw {
namespace {

using namespace ffmpeg;

/// A time base that FFmpeg's 32-bit fractions hold.
Rational fitting(const Rational& timeBase) {
  constexpr Rational kFine{1, 1'000'000};
  const AVRational nearest = toAv(timeBase);
  const bool exact =
      static_cast<__int128>(nearest.num) * timeBase.den == static_cast<__int128>(nearest.den) * timeBase.num;
  return exact && nearest.num > 0 ? fromAv(nearest) : kFine;
}

int64_t rescale(int64_t ticks, const Rational& from, const Rational& to) {
  if (from == to) return ticks;
  const __int128 numerator = static_cast<__int128>(ticks) * from.num * to.den;
  const __int128 denominator = static_cast<__int128>(from.den) * to.num;
  const __int128 half = numerator < 0 ? -denominator / 2 : denominator / 2;
  return static_cast<int64_t>((numerator + half) / denominator);
}

void require(bool holds, const char* failed, const std::string& on, const char* advice) {
  if (!holds) throw Error(failed, on, advice);
}

VideoFormat checked(VideoFormat format) {
  const std::string size = std::to_string(format.width) + "×" + std::to_string(format.height);
  require(format.width > 0 && format.height > 0, "A video needs a size", size, "");
  require(format.timeBase.num > 0 && format.timeBase.den > 0, "A video needs a time base", "", "");
  if (format.frameRate.num <= 0 || format.frameRate.den <= 0) format.frameRate = {25, 1};
  return format;
}

const AVOutputFormat* container(const fs::path& file, const std::string& codec) {
  if (file.extension() != kSegmentEnding) return containerFor(file);
  const bool mp4 = codec == "h264" || codec == "h265" || codec == "av1" || codec == "vp9";
  return av_guess_format(mp4 ? "mp4" : "mov", nullptr, nullptr);
}

/// One encoder feeding one file.
class StreamWriter {
 public:
  StreamWriter(const fs::path& file, const EncodeSettings& settings, const VideoFormat& given)
      : file_(file),
        format_(checked(given)),
        callersBase_(format_.timeBase),
        output_(file, container(file, settings.codec)) {
    format_.timeBase = fitting(format_.timeBase);
    encoder_ = openEncoder(settings, format_, (output_->oformat->flags & AVFMT_GLOBALHEADER) != 0);
    matrix_ = workingMatrix(format_.like, colour());
    AVStream* stream = output_.addStream();
    check(avcodec_parameters_from_context(stream->codecpar, encoder_.get()), "Could not write the video",
          file.string());
    stream->time_base = encoder_->time_base;
    stream->avg_frame_rate = format_.like.variableRate ? AVRational{0, 1} : encoder_->framerate;
    stream->sample_aspect_ratio = encoder_->sample_aspect_ratio;
    stream->disposition = AV_DISPOSITION_DEFAULT;
    const std::string name = output_->oformat->name;
    if (name == "mp4" || name == "mov") {
      timescale_ = encoder_->time_base.den;
      while (timescale_ < 10'000) timescale_ *= 2;  // as the muxer does for the track
    }
    // Which codecs a container takes shows when its header is written.
    Options options;
    if (timescale_ > 0) {
      options.set("movflags", "+faststart");
      // A segment's late start is stored on the movie's clock, whose usual milliseconds would round it.
      options.set("movie_timescale", std::to_string(timescale_));
    }
    output_.begin(options);
  }

  void write(const cv::Mat& image, int64_t pts, int64_t duration) {
    require(image.type() == CV_8UC3 || image.type() == CV_16UC3, "The frame is not BGR", file_.string(), "");
    require(image.cols == format_.width && image.rows == format_.height,
            "The frame has another size than the video", file_.string(), "");
    Picture picture = newPicture();
    describe(*picture);
    check(av_frame_get_buffer(picture.get(), 0), "Could not write the video", file_.string());
    converter_.fromBgr(image, *picture);
    encode(std::move(picture), pts, duration);
  }

  /// Without a trip through BGR, which clips what lies outside it, where only the depth differs. False: it
  /// needs that trip.
  bool writeOriginal(const AVFrame& original, int64_t pts, int64_t duration) {
    const auto from = static_cast<AVPixelFormat>(original.format);
    const AVPixelFormat to = encoder_->pix_fmt;
    if (original.width != format_.width || original.height != format_.height) return false;
    const bool rgb = (av_pix_fmt_desc_get(to)->flags & AV_PIX_FMT_FLAG_RGB) != 0;
    if (rgb) return false;
    if (isFullRange(from, original.color_range) != isFullRange(to, encoder_->color_range)) return false;
    if (matrixOrGuess(original.colorspace, original.width, original.height) != matrix_) return false;
    Picture picture = newPicture();
    if (withoutRangeAlias(from) == to) {
      check(av_frame_ref(picture.get(), &original), "Could not write the video", file_.string());
    } else {
      if (!sameSampling(from, to)) return false;
      describe(*picture);
      check(av_frame_get_buffer(picture.get(), 0), "Could not write the video", file_.string());
      Picture source = newPicture();
      check(av_frame_ref(source.get(), &original), "Could not write the video", file_.string());
      source->colorspace = matrix_;
      source->chroma_location = picture->chroma_location;
      converter_.convert(*source, *picture);
    }
    describe(*picture);
    encode(std::move(picture), pts, duration);
    return true;
  }

  void finish() {
    drain(nullptr);
    output_.finish();
  }

 private:
  Colour colour() const {
    return {encoder_->colorspace, encoder_->color_range, encoder_->color_primaries, encoder_->color_trc,
            encoder_->chroma_sample_location};
  }

  void describe(AVFrame& picture) const {
    picture.format = encoder_->pix_fmt;
    picture.width = format_.width;
    picture.height = format_.height;
    picture.colorspace =
        (av_pix_fmt_desc_get(encoder_->pix_fmt)->flags & AV_PIX_FMT_FLAG_RGB) != 0 ? AVCOL_SPC_RGB : matrix_;
    picture.color_range = encoder_->color_range;
    picture.color_primaries = encoder_->color_primaries;
    picture.color_trc = encoder_->color_trc;
    picture.chroma_location = encoder_->chroma_sample_location;
    picture.sample_aspect_ratio = encoder_->sample_aspect_ratio;
  }

  static bool sameSampling(AVPixelFormat from, AVPixelFormat to) {
    const AVPixFmtDescriptor *a = av_pix_fmt_desc_get(from), *b = av_pix_fmt_desc_get(to);
    constexpr uint64_t kOther = AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL | AV_PIX_FMT_FLAG_ALPHA;
    return a && b && ((a->flags | b->flags) & kOther) == 0 && a->nb_components == b->nb_components &&
           a->log2_chroma_w == b->log2_chroma_w && a->log2_chroma_h == b->log2_chroma_h;
  }

  void encode(Picture picture, int64_t pts, int64_t duration) {
    picture->pts = rescale(pts, callersBase_, format_.timeBase);
    const int64_t length =
        std::max<int64_t>(1, rescale(pts + duration, callersBase_, format_.timeBase) - picture->pts);
    require(last_ == AV_NOPTS_VALUE || picture->pts > last_, "Frames must come one after another",
            file_.string(), "");
    last_ = picture->pts;
    picture->pict_type = AV_PICTURE_TYPE_NONE;  // what the source's encoder chose must not bind ours
    setDuration(*picture, length);
    durations_[picture->pts] = length;
    drain(picture.get());
  }

  void drain(AVFrame* picture) {
    const std::string failed = "Could not encode the video";
    check(avcodec_send_frame(encoder_.get(), picture), failed, file_.string());
    const Packet packet = newPacket();
    for (;;) {
      const int code = avcodec_receive_packet(encoder_.get(), packet.get());
      if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) return;
      check(code, failed, file_.string());
      // Encoders forget how long a frame lasts; the last one's length is the file's.
      if (const auto known = durations_.find(packet->pts); known != durations_.end()) {
        packet->duration = known->second;
        durations_.erase(known);
      }
      packet->stream_index = 0;
      mendDecodingTime(*packet);
      output_.write(*packet, encoder_->time_base);
    }
  }

  /// x265 takes it from memory that nobody wrote when there are fewer frames than it looks ahead.
  void mendDecodingTime(AVPacket& packet) {
    constexpr int64_t kMostReordered = 16;  // frames
    longest_ = std::max(longest_, packet.duration);
    const bool plausible = packet.dts != AV_NOPTS_VALUE && packet.dts <= packet.pts &&
                           packet.dts >= packet.pts - kMostReordered * std::max<int64_t>(1, longest_) &&
                           (lastDecoding_ == AV_NOPTS_VALUE || packet.dts > lastDecoding_);
    if (!plausible)
      packet.dts = lastDecoding_ == AV_NOPTS_VALUE ? packet.pts - 2 * longest_ : lastDecoding_ + 1;
    lastDecoding_ = packet.dts;
  }

  fs::path file_;
  VideoFormat format_;
  Rational callersBase_;
  Output output_;
  Codec encoder_;
  Converter converter_{decodingThreads(0)};
  AVColorSpace matrix_ = AVCOL_SPC_UNSPECIFIED;
  std::map<int64_t, int64_t> durations_;
  int64_t last_ = AV_NOPTS_VALUE, lastDecoding_ = AV_NOPTS_VALUE, longest_ = 0;
  int timescale_ = 0;
};

}  // namespace

/// GIF and WebP are made of all frames at once: those wait, lossless, in a file beside.
struct VideoWriter::State {
  std::unique_ptr<StreamWriter> stream;
  fs::path animation, beside;
  int quality = 0, loops = 0;
  VideoInfo like;

  ~State() {
    stream.reset();
    std::error_code ignored;
    if (!beside.empty()) fs::remove(beside, ignored);
  }
};

VideoWriter::VideoWriter(const fs::path& file, const EncodeSettings& settings, const VideoFormat& format)
    : state_(std::make_unique<State>()) {
  if (!isAnimation(file)) {
    require(settings.codec != "gif" && settings.codec != "webp", "GIF and WebP are files of their own",
            file.string(), "Let the name end in .gif or .webp.");
    state_->stream = std::make_unique<StreamWriter>(file, settings, format);
    return;
  }
  require(canEncode(settings.codec), "This build of FFmpeg has no encoder for it", settings.codec,
          "Choose another format.");
  state_->animation = file;
  state_->quality = settings.quality;
  state_->loops = settings.loops;
  state_->like = format.like;
  state_->beside = file;
  state_->beside += ".part-" + std::to_string(::getpid()) + ".mov";
  EncodeSettings lossless = settings;
  lossless.codec = "ffv1";
  lossless.bitDepth = 8;
  VideoFormat exact = format;
  if (exact.like.pixelFormat.empty()) exact.like.pixelFormat = "bgr24";  // drawn, of no film: as it is
  state_->stream = std::make_unique<StreamWriter>(state_->beside, lossless, exact);
}

VideoWriter::~VideoWriter() = default;
VideoWriter::VideoWriter(VideoWriter&&) noexcept = default;
VideoWriter& VideoWriter::operator=(VideoWriter&&) noexcept = default;

void VideoWriter::write(const cv::Mat& image, int64_t pts, int64_t duration) {
  state_->stream->write(image, pts, duration);
}

void VideoWriter::write(const Frame& frame, int64_t pts, int64_t duration) {
  if (frame.original && state_->stream->writeOriginal(*frame.original, pts, duration)) return;
  state_->stream->write(frame.image, pts, duration);
}

void VideoWriter::finish() {
  state_->stream->finish();
  if (state_->animation.empty()) return;
  encodeAnimation(std::span(&state_->beside, 1), state_->like, state_->animation, state_->quality,
                  state_->loops, [](double) {}, {});
  std::error_code ignored;
  fs::remove(state_->beside, ignored);
}

ImageSequenceWriter::ImageSequenceWriter(const fs::path& folder, const std::string& format,
                                         int64_t firstNumber, const std::string& stem)
    : folder_(folder),
      stem_(stem.empty() ? folder.filename().string() : stem),
      format_(format),
      next_(firstNumber) {
  if (format != "png" && format != "jpg" && format != "jpeg" && format != "tif" && format != "tiff")
    throw Error("Unknown kind of picture", format, "Choose png, jpg or tiff.");
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw Error("Could not make the folder", folder.string(), error.message() + ".");
}

void ImageSequenceWriter::write(const cv::Mat& image) {
  char number[32];
  std::snprintf(number, sizeof number, "_%06lld.", static_cast<long long>(next_++));
  const bool jpeg = format_ == "jpg" || format_ == "jpeg";
  writeImage(folder_ / (stem_ + number + format_), jpeg ? to8Bit(image) : image);
}

}  // namespace fw
