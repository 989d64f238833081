#include <algorithm>
#include <cmath>
#include <cstdio>
#include <deque>
#include <opencv2/core.hpp>

#include "core/base/error.h"
#include "core/video/colour.h"
#include "core/video/encoder.h"
#include "core/video/frame_source.h"
#include "core/video/stream_info.h"

extern "C" {
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <libavutil/display.h>
}

namespace fs = std::filesystem;

namespace fw {
namespace {

using namespace ffmpeg;

/// Weaves two half-pictures into whole ones, at the source's own rate.
class Deinterlacer {
 public:
  Deinterlacer(const AVFrame& first, AVRational timeBase, AVRational pixelAspect) : graph_(newGraph()) {
    char arguments[256];
    std::snprintf(arguments, sizeof arguments,
                  "video_size=%dx%d:pix_fmt=%d:time_base=%d/%d:pixel_aspect=%d/%d", first.width, first.height,
                  first.format, timeBase.num, timeBase.den, pixelAspect.num, std::max(1, pixelAspect.den));
    const std::string failed = "Could not deinterlace the video";
    check(avfilter_graph_create_filter(&in_, avfilter_get_by_name("buffer"), "in", arguments, nullptr,
                                       graph_.get()),
          failed, "");
    AVFilterContext* weave = nullptr;
    check(avfilter_graph_create_filter(&weave, avfilter_get_by_name("bwdif"), "weave",
                                       "mode=send_frame:deint=all", nullptr, graph_.get()),
          failed, "");
    check(avfilter_graph_create_filter(&out_, avfilter_get_by_name("buffersink"), "out", nullptr, nullptr,
                                       graph_.get()),
          failed, "");
    // bwdif knows planar layouts only: without a conversion in between, pictures of other kinds would be
    // refused.
    AVFilterContext* format = nullptr;
    const AVPixFmtDescriptor* description = av_pix_fmt_desc_get(static_cast<AVPixelFormat>(first.format));
    const bool planar = description && (description->flags & AV_PIX_FMT_FLAG_PLANAR) != 0;
    if (!planar) {
      check(avfilter_graph_create_filter(&format, avfilter_get_by_name("format"), "planar",
                                         "pix_fmts=yuv422p|yuv444p|gbrp", nullptr, graph_.get()),
            failed, "");
      check(avfilter_link(in_, 0, format, 0), failed, "");
    }
    check(avfilter_link(format ? format : in_, 0, weave, 0), failed, "");
    check(avfilter_link(weave, 0, out_, 0), failed, "");
    check(avfilter_graph_config(graph_.get(), nullptr), failed, "");
    // The filter's clock runs twice as fast, for the second half-pictures that we do not ask for.
    outBase_ = av_buffersink_get_time_base(out_);
    inBase_ = timeBase;
  }

  void push(AVFrame* picture) {
    check(av_buffersrc_add_frame_flags(in_, picture, AV_BUFFERSRC_FLAG_KEEP_REF),
          "Could not deinterlace the video", "");
  }

  Picture pop() {
    Picture picture = newPicture();
    if (av_buffersink_get_frame(out_, picture.get()) < 0) return nullptr;
    picture->pts = av_rescale_q(picture->pts, outBase_, inBase_);
    return picture;
  }

 private:
  Graph graph_;
  AVFilterContext *in_ = nullptr, *out_ = nullptr;
  AVRational outBase_{}, inBase_{};
};

bool isKey(const AVFrame& picture) {
#ifdef AV_FRAME_FLAG_KEY
  return (picture.flags & AV_FRAME_FLAG_KEY) != 0;
#else
  return picture.key_frame != 0;
#endif
}

class StreamSource : public FrameSource {
 public:
  StreamSource(const fs::path& file, const ReadOptions& options)
      : file_(file), options_(options), input_(file), converter_(decodingThreads(options.threads)) {
    stream_ = videoStream(input_, file_);
    orientation_ = orientationOf(displayMatrix(*input_.stream(stream_)));
    // One hostile header may announce a picture that no memory holds.
    const AVCodecParameters& codec = *input_.stream(stream_)->codecpar;
    if (static_cast<int64_t>(codec.width) * codec.height > kMostPixels)
      throw Error("The picture is too large", file_.string(), "Pictures up to 16384 × 8192 can be read.");
    info_ = describe(input_, stream_, file_);
    input_.keepOnly(std::span(&stream_, 1));
    openDecoder();
    Picture first = decode();
    if (!first) failUndecodable();
    const AVFrameSideData* turned = av_frame_get_side_data(first.get(), AV_FRAME_DATA_DISPLAYMATRIX);
    if (turned && !displayMatrix(*input_.stream(stream_)))
      orientation_ = orientationOf(reinterpret_cast<const int32_t*>(turned->data));
    describePicture(info_, *first, orientation_);
    size_ = {info_.width, info_.height};
    AVRational aspect = av_guess_sample_aspect_ratio(input_.get(), input_.stream(stream_), first.get());
    if (aspect.num <= 0 || aspect.den <= 0) aspect = {1, 1};
    info_.pixelAspect = sideways() ? Rational{aspect.den, aspect.num} : fromAv(aspect);
    if (info_.duration <= 0 && info_.frames > 0)
      info_.duration = static_cast<double>(info_.frames) / info_.frameRate.value();
    deinterlace_ = options_.deinterlace && info_.interlaced;
    if (deinterlace_)
      seekTo(info_.startPts);
    else
      ahead_.push_back(std::move(first));
  }

  const VideoInfo& info() const override { return info_; }
  int64_t damagedPackets() const override { return damaged_; }
  bool clockJumped() const override {
    return options_.clockJumps || info_.clockJumps || input_.clockJumped();
  }

  std::optional<Frame> next() override {
    while (ahead_.size() < 2) {
      Picture picture = decode();
      if (!picture) break;
      ahead_.push_back(std::move(picture));
    }
    if (ahead_.empty()) return std::nullopt;
    Picture current = std::move(ahead_.front());
    ahead_.pop_front();
    Frame frame;
    frame.pts = current->pts;
    frame.duration = ahead_.empty() ? lastFrameDuration(*current) : ahead_.front()->pts - current->pts;
    lastDuration_ = frame.duration;
    setDuration(*current, frame.duration);
    if (options_.coloursOf) addColours(*current);
    const cv::Size fitted = fitHeight(size_.width, size_.height, options_.maxHeight);
    const cv::Size decoded = sideways() ? cv::Size(fitted.height, fitted.width) : fitted;
    frame.image = upright(converter_.toBgr(*current, decoded.width, decoded.height, info_.bitDepth > 8));
    // Turned pictures would need their colour samples turned too, to places that codecs have no name for.
    // What shows through a transparent one is only in the picture that was made of it.
    const bool untouched = orientation_.rotation == 0 && !orientation_.mirrored && options_.maxHeight == 0 &&
                           !hasAlpha(static_cast<AVPixelFormat>(current->format));
    if (untouched && cv::Size(current->width, current->height) == size_)
      frame.original = std::shared_ptr<const AVFrame>(current.release(), [](const AVFrame* gone) {
        auto* owned = const_cast<AVFrame*>(gone);
        av_frame_free(&owned);
      });
    return frame;
  }

  void seekTo(int64_t target) override {
    const auto ticks = [&](double seconds) { return static_cast<int64_t>(seconds / info_.timeBase.value()); };
    // bwdif looks at the frame before: give it one, or resuming would not repeat what went before to the bit.
    const int64_t context = deinterlace_ ? 3 * nominalDuration() : 0;
    for (const double earlier : {0.0, 2.0, 10.0, 40.0}) {
      const int64_t from = target - context - ticks(earlier);
      if (from <= info_.startPts || clockJumped()) break;
      if (restart(from) && skipTo(target, deinterlace_ ? 2 : 1) && !opensWithGap()) return;
    }
    restartAtBeginning();
    skipTo(target, 0);
  }

 private:
  void addColours(AVFrame& picture) const {
    const Colour meant =
        storedColour(*options_.coloursOf, decoder_->codec_id, static_cast<AVPixelFormat>(picture.format),
                     picture.width, picture.height);
    if (picture.colorspace == AVCOL_SPC_UNSPECIFIED) picture.colorspace = meant.matrix;
    if (picture.color_range == AVCOL_RANGE_UNSPECIFIED) picture.color_range = meant.range;
    if (picture.chroma_location == AVCHROMA_LOC_UNSPECIFIED) picture.chroma_location = meant.chroma;
  }

  bool sideways() const { return orientation_.rotation == 90 || orientation_.rotation == 270; }

  int64_t nominalDuration() const {
    return std::max<int64_t>(1, std::llround(1.0 / (info_.frameRate.value() * info_.timeBase.value())));
  }

  /// Until the video ends, as long as that is plausible: packets of reordered frames carry other frames'
  /// durations.
  int64_t lastFrameDuration(const AVFrame& last) const {
    const int64_t end = info_.startPts + std::llround(info_.duration / info_.timeBase.value());
    const int64_t own = durationOf(last), left = end - last.pts;
    constexpr int kPlausible = 4;
    if (left > 0 && left <= std::max(own, kPlausible * nominalDuration())) return left;
    return own > 0 ? own : lastDuration_ > 0 ? lastDuration_ : nominalDuration();
  }

  /// FFmpeg's own decoder of VP8 and VP9 leaves transparency out.
  static const AVCodec* decoderOf(const AVStream& stream) {
    const AVCodecID codec = stream.codecpar->codec_id;
    const AVDictionaryEntry* alpha = av_dict_get(stream.metadata, "alpha_mode", nullptr, 0);
    const char* other = codec == AV_CODEC_ID_VP9   ? "libvpx-vp9"
                        : codec == AV_CODEC_ID_VP8 ? "libvpx"
                                                   : nullptr;
    if (other && alpha && std::string(alpha->value) == "1")
      if (const AVCodec* whole = avcodec_find_decoder_by_name(other)) return whole;
    return avcodec_find_decoder(codec);
  }

  void openDecoder() {
    const AVStream& stream = *input_.stream(stream_);
    const AVCodec* decoder = decoderOf(stream);
    if (!decoder)
      throw Error("This build of FFmpeg cannot decode " + info_.codec, file_.string(),
                  "Convert the video to H.264 first.");
    decoder_ = newCodec(decoder);
    check(avcodec_parameters_to_context(decoder_.get(), stream.codecpar), "Could not decode the video",
          file_.string());
    decoder_->pkt_timebase = stream.time_base;
    decoder_->thread_count = decodingThreads(options_.threads);
    decoder_->max_pixels = kMostPixels;
    if (options_.quick) decoder_->skip_loop_filter = AVDISCARD_ALL;
    check(avcodec_open2(decoder_.get(), decoder, nullptr), "Could not decode the video", file_.string(),
          "It is damaged, or of a kind this build of FFmpeg does not know.");
  }

  [[noreturn]] void failUndecodable() const {
    throw Error("No picture of this video could be decoded", file_.string(),
                "The file is damaged or cut short.");
  }

  void forget() {
    ended_ = flushed_ = false;
    last_ = AV_NOPTS_VALUE;
    deinterlacer_.reset();
    ahead_.clear();
  }

  /// To the key frame at or before `pts`. False: this container cannot.
  bool restart(int64_t pts) {
    forget();
    avcodec_flush_buffers(decoder_.get());
    justSought_ = true;
    // MPEG-TS goes to any packet, and of all decoders only this one shows what it lacks the references for.
    awaitsKey_ = decoder_->codec_id == AV_CODEC_ID_HEVC;
    return input_.seek(stream_, pts);
  }

  void restartAtBeginning() {
    forget();
    awaitsKey_ = false;
    input_ = Input(file_);
    if (stream_ >= static_cast<int>(input_->nb_streams))
      throw Error("The file changed while it was read", file_.string(), "Open it again.");
    input_.keepOnly(std::span(&stream_, 1));
    openDecoder();
  }

  /// H.264 may begin where what follows still says which earlier pictures to forget; the decoder does not
  /// have them and may drop one that it should show. With the key frame before, it has.
  bool opensWithGap() const { return !beganClean_ && keysBefore_ < 2; }

  /// Decodes until the frame shown at `target` is the next; past the end that is the last one. False when
  /// decoding began after it, or fewer than `decodedBefore` frames earlier than the one after it.
  bool skipTo(int64_t target, int decodedBefore) {
    int decoded = 0;
    keysBefore_ = 0;
    while (Picture picture = decode()) {
      const bool beyond = picture->pts > target;
      if (!beyond) {
        ahead_.clear();
        ++decoded;
        keysBefore_ += isKey(*picture) ? 1 : 0;
      }
      ahead_.push_back(std::move(picture));
      if (beyond) break;
    }
    return !ahead_.empty() && decoded >= decodedBefore;
  }

  /// The next picture in presentation order, deinterlaced when asked for; null at the end.
  Picture decode() {
    constexpr int kGiveUpAfter = 1000;  // errors in a row: what follows is no video any more
    for (int failures = 0; failures < kGiveUpAfter;) {
      if (deinterlacer_)
        if (Picture picture = deinterlacer_->pop()) return picture;
      Picture picture = newPicture();
      const int code = avcodec_receive_frame(decoder_.get(), picture.get());
      if (code >= 0) {
        if (awaitsKey_ && !isKey(*picture)) continue;
        awaitsKey_ = false;
        picture->pts = picture->best_effort_timestamp;
        if (!deinterlace_) return stamped(std::move(picture));
        picture = stamped(std::move(picture));
        if (!deinterlacer_)
          deinterlacer_ = std::make_unique<Deinterlacer>(*picture, input_.stream(stream_)->time_base,
                                                         toAv(info_.pixelAspect));
        deinterlacer_->push(picture.get());
      } else if (code == AVERROR_EOF) {
        if (!deinterlacer_ || flushed_) return nullptr;
        deinterlacer_->push(nullptr);
        flushed_ = true;
      } else {
        if (code != AVERROR(EAGAIN)) {
          ++damaged_;
          ++failures;
        }
        if (ended_ && code == AVERROR(EAGAIN)) return nullptr;
        if (!ended_) feed();
      }
    }
    return nullptr;
  }

  /// Whether an H.264 packet holds a picture after which nothing before it is needed (IDR). Other decoders do
  /// without.
  bool refreshesAll(const AVPacket& packet) const {
    constexpr int kKindOfUnit = 0x1F, kRefresh = 5;
    if (decoder_->codec_id != AV_CODEC_ID_H264) return true;
    const AVCodecParameters& codec = *input_.stream(stream_)->codecpar;
    const uint8_t *at = packet.data, *const end = at + packet.size;
    // MP4 and Matroska say how long each unit is, in as many bytes as their header says; streams put 0 0 1
    // before it.
    const bool counted = codec.extradata_size > 4 && codec.extradata[0] == 1;
    const int lengthBytes = counted ? (codec.extradata[4] & 3) + 1 : 3;
    while (end - at > lengthBytes) {
      if (!counted && !(at[0] == 0 && at[1] == 0 && at[2] == 1)) {
        ++at;
        continue;
      }
      uint32_t length = 0;
      for (int i = 0; counted && i < lengthBytes; ++i) length = length << 8 | at[i];
      at += lengthBytes;
      if ((*at & kKindOfUnit) == kRefresh) return true;
      if (length >= static_cast<uint32_t>(end - at)) break;
      at += length;
    }
    return false;
  }

  /// Hands the decoder one more packet, or tells it that there are no more.
  void feed() {
    constexpr int kGiveUpAfter = 256;
    const Packet packet = newPacket();
    for (int failures = 0; failures < kGiveUpAfter;) {
      const int code = input_.read(*packet);
      if (code == AVERROR_EOF) break;
      if (code < 0) {
        if (code != AVERROR(EAGAIN)) ++damaged_;
        if (input_->pb && avio_feof(input_->pb)) break;
        ++failures;
        continue;
      }
      if (std::exchange(justSought_, false)) beganClean_ = refreshesAll(*packet);
      const int sent = avcodec_send_packet(decoder_.get(), packet.get());
      if (sent < 0 || (packet->flags & AV_PKT_FLAG_CORRUPT) != 0) ++damaged_;
      return;
    }
    ended_ = true;
    avcodec_send_packet(decoder_.get(), nullptr);
  }

  /// Times that rise, whatever a damaged file says.
  Picture stamped(Picture picture) {
    constexpr int64_t kAbsurd = int64_t{1} << 53;
    const int64_t step = lastDuration_ > 0 ? lastDuration_ : nominalDuration();
    if (picture->pts == AV_NOPTS_VALUE || picture->pts > kAbsurd || picture->pts < -kAbsurd)
      picture->pts = last_ == AV_NOPTS_VALUE ? info_.startPts : last_ + step;
    if (last_ != AV_NOPTS_VALUE && picture->pts <= last_) picture->pts = last_ + 1;
    last_ = picture->pts;
    return picture;
  }

  cv::Mat upright(cv::Mat image) const {
    if (orientation_.mirrored) cv::flip(image, image, 1);
    switch (orientation_.rotation) {
      case 90:
        cv::rotate(image, image, cv::ROTATE_90_CLOCKWISE);
        break;
      case 180:
        cv::rotate(image, image, cv::ROTATE_180);
        break;
      case 270:
        cv::rotate(image, image, cv::ROTATE_90_COUNTERCLOCKWISE);
        break;
      default:
        break;
    }
    return image;
  }

  fs::path file_;
  ReadOptions options_;
  Input input_;
  Converter converter_;
  int stream_ = 0;
  Orientation orientation_;
  VideoInfo info_;
  Codec decoder_;
  cv::Size size_;
  bool deinterlace_ = false;
  bool awaitsKey_ = false;  ///< what is decoded before the next key frame is no picture
  bool justSought_ = false;
  bool beganClean_ = true;  ///< decoding began at a picture that needs none before
  int keysBefore_ = 0;      ///< key frames up to what was sought
  bool ended_ = false;      ///< the decoder was told that no packet follows
  bool flushed_ = false;    ///< likewise the deinterlacer
  std::unique_ptr<Deinterlacer> deinterlacer_;
  std::deque<Picture> ahead_;  ///< decoded, not yet given out; the second one tells the first one's duration
  int64_t last_ = AV_NOPTS_VALUE, lastDuration_ = 0, damaged_ = 0;
};

}  // namespace

std::unique_ptr<FrameSource> openStream(const fs::path& file, const ReadOptions& options) {
  return std::make_unique<StreamSource>(file, options);
}

}  // namespace fw
