#include "core/video/animation.h"

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/base/paths.h"
#include "core/video/colour.h"

extern "C" {
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <libavutil/opt.h>
}

namespace fs = std::filesystem;

namespace fw {
namespace {

using namespace ffmpeg;

constexpr AVRational kHundredths{1, 100}, kMilliseconds{1, 1000};

struct Segments {
  std::span<const fs::path> files;
  ReadOptions reading;
};

/// The segments' frames on one time line that starts at zero.
class Frames {
 public:
  Frames(const Segments& segments, AVRational clock) : segments_(segments), clock_(clock) {}

  struct Timed {
    cv::Mat image;
    int64_t pts = 0, duration = 0;  ///< on the clock
  };

  std::optional<Timed> next() {
    while (at_ < segments_.files.size()) {
      if (!reader_) reader_.emplace(segments_.files[at_], segments_.reading);
      if (std::optional<Frame> frame = reader_->next()) {
        const AVRational base = toAv(reader_->info().timeBase);
        if (start_ == AV_NOPTS_VALUE) start_ = av_rescale_q(frame->pts, base, clock_);
        const int64_t pts = av_rescale_q(frame->pts, base, clock_) - start_;
        const int64_t end = av_rescale_q(frame->pts + frame->duration, base, clock_) - start_;
        return Timed{frame->image, pts, end - pts};
      }
      reader_.reset();
      ++at_;
    }
    return std::nullopt;
  }

 private:
  Segments segments_;
  AVRational clock_;
  std::size_t at_ = 0;
  std::optional<VideoReader> reader_;
  int64_t start_ = AV_NOPTS_VALUE;
};

Picture bgra(const cv::Mat& image, int64_t pts, Converter& converter) {
  Picture picture = newPicture();
  picture->format = AV_PIX_FMT_BGRA;
  picture->width = image.cols;
  picture->height = image.rows;
  picture->color_range = AVCOL_RANGE_JPEG;
  picture->colorspace = AVCOL_SPC_RGB;
  check(av_frame_get_buffer(picture.get(), 0), "Could not write the animation", "");
  converter.fromBgr(image, *picture);
  picture->pts = pts;
  return picture;
}

/// A filter with pictures going in by one or two doors and out by one.
class Filter {
 public:
  Filter(const char* name, const char* arguments, std::span<const cv::Size> inputs) : graph_(newGraph()) {
    AVFilterContext* filter = nullptr;
    check(avfilter_graph_create_filter(&filter, avfilter_get_by_name(name), "filter", arguments, nullptr,
                                       graph_.get()),
          kFailed, name);
    for (const cv::Size size : inputs) {
      char source[128];
      std::snprintf(source, sizeof source, "video_size=%dx%d:pix_fmt=%d:time_base=1/100", size.width,
                    size.height, AV_PIX_FMT_BGRA);
      const auto index = static_cast<unsigned>(in_.size());
      in_.push_back(nullptr);
      check(
          avfilter_graph_create_filter(&in_.back(), avfilter_get_by_name("buffer"),
                                       ("in" + std::to_string(index)).c_str(), source, nullptr, graph_.get()),
          kFailed, name);
      check(avfilter_link(in_.back(), 0, filter, index), kFailed, name);
    }
    check(avfilter_graph_create_filter(&out_, avfilter_get_by_name("buffersink"), "out", nullptr, nullptr,
                                       graph_.get()),
          kFailed, name);
    check(avfilter_link(filter, 0, out_, 0), kFailed, name);
    check(avfilter_graph_config(graph_.get(), nullptr), kFailed, name);
  }

  void push(std::size_t door, AVFrame* picture) {
    check(av_buffersrc_add_frame(in_[door], picture), kFailed, "");
  }

  Picture pop() {
    Picture picture = newPicture();
    if (av_buffersink_get_frame(out_, picture.get()) < 0) return nullptr;
    return picture;
  }

 private:
  static constexpr const char* kFailed = "Could not write the animation";
  Graph graph_;
  std::vector<AVFilterContext*> in_;
  AVFilterContext* out_ = nullptr;
};

/// An encoder and its file, opened when the first picture is there.
class Writer {
 public:
  Writer(const fs::path& file, Codec encoder, AVRational clock, Options& options)
      : output_(file, containerFor(file)), encoder_(std::move(encoder)), clock_(clock) {
    AVStream* stream = output_.addStream();
    check(avcodec_parameters_from_context(stream->codecpar, encoder_.get()), "Could not write the animation",
          file.string());
    stream->time_base = clock;
    output_.begin(options);
  }

  void encode(const AVFrame* picture) {
    check(avcodec_send_frame(encoder_.get(), picture), "Could not write the animation", "");
    const Packet packet = newPacket();
    while (avcodec_receive_packet(encoder_.get(), packet.get()) >= 0) {
      packet->stream_index = 0;
      output_.write(*packet, clock_);
    }
  }

  void finish() {
    encode(nullptr);
    output_.finish();
  }

 private:
  Output output_;
  Codec encoder_;
  AVRational clock_;
};

Codec openPictureEncoder(const char* name, AVPixelFormat format, cv::Size size, AVRational clock,
                         Options& options) {
  const AVCodec* codec = avcodec_find_encoder_by_name(name);
  if (!codec) throw Error("This build of FFmpeg has no such encoder", name, "Choose another format.");
  Codec encoder = newCodec(codec);
  encoder->width = size.width;
  encoder->height = size.height;
  encoder->pix_fmt = format;
  encoder->time_base = clock;
  check(avcodec_open2(encoder.get(), codec, options.get()), "Could not write the animation", name);
  return encoder;
}

void stopIfAsked(const std::stop_token& stop) {
  if (stop.stop_requested()) throw Error("Stopped", "", "");
}

/// One palette for the whole clip, so that still areas stay still; dithering hides its 256 steps.
void encodeGif(const Segments& segments, const fs::path& output, int quality, int loops,
               const std::function<void(double)>& onProgress, const std::stop_token& stop) {
  // Browsers play anything faster than this at a tenth of the speed.
  constexpr int64_t kShortest = 2;
  const cv::Size paletteSize{16, 16};
  Converter converter(decodingThreads(0));
  int64_t count = 0, lastDelay = kShortest, due = 0;
  Frames learning(segments, kHundredths);
  std::optional<Filter> generator;
  cv::Size size;
  for (; std::optional<Frames::Timed> frame = learning.next(); ++count) {
    stopIfAsked(stop);
    size = frame->image.size();
    if (!generator)
      generator.emplace("palettegen", "stats_mode=full:reserve_transparent=0", std::span(&size, 1));
    generator->push(0, bgra(frame->image, frame->pts, converter).get());
    const int64_t end = frame->pts + frame->duration;
    if (frame->pts >= due) due = frame->pts + kShortest;
    lastDelay = std::max(kShortest, end - (due - kShortest));  // of the last one that is shown
  }
  if (!generator) throw Error("There are no frames to write", output.string(), "");
  generator->push(0, nullptr);
  const Picture palette = generator->pop();
  if (!palette) throw Error("Could not write the animation", output.string(), "No palette could be made.");

  constexpr int kSmall = 28;  // from this quality on, size counts more than smooth shades
  const cv::Size doors[] = {size, paletteSize};
  Filter painter("paletteuse",
                 quality < kSmall ? "dither=sierra2_4a:diff_mode=rectangle"
                                  : "dither=bayer:bayer_scale=4:diff_mode=rectangle",
                 doors);
  painter.push(1, palette.get());
  painter.push(1, nullptr);
  Options none, container;
  container.set("loop", std::to_string(loops));
  container.set("final_delay", std::to_string(lastDelay));
  Writer writer(output, openPictureEncoder("gif", AV_PIX_FMT_PAL8, size, kHundredths, none), kHundredths,
                container);
  Frames frames(segments, kHundredths);
  int64_t done = 0;
  due = 0;
  const auto drain = [&] {
    while (Picture painted = painter.pop()) writer.encode(painted.get());
  };
  for (; std::optional<Frames::Timed> frame = frames.next(); ++done) {
    stopIfAsked(stop);
    onProgress(static_cast<double>(done) / static_cast<double>(count));
    if (frame->pts < due) continue;
    due = frame->pts + kShortest;
    painter.push(0, bgra(frame->image, frame->pts, converter).get());
    drain();
  }
  painter.push(0, nullptr);
  drain();
  writer.finish();
}

void encodeWebp(const Segments& segments, const fs::path& output, int quality, int loops,
                const std::function<void(double)>& onProgress, const std::stop_token& stop) {
  constexpr double kLoss =
      1.4;  // steps on WebP's 0…100 for one on H.264's scale: 18 is 75, WebP's own default
  Converter converter(decodingThreads(0));
  Frames frames(segments, kMilliseconds);
  std::optional<Writer> writer;
  int64_t total = 0, done = 0;
  for (const fs::path& segment : segments.files) total += std::max<int64_t>(1, probe(segment).frames);
  for (; std::optional<Frames::Timed> frame = frames.next(); ++done) {
    stopIfAsked(stop);
    onProgress(static_cast<double>(done) / static_cast<double>(total));
    if (!writer) {
      Options settings, container;
      settings.set("lossless", quality == 0 ? "1" : "0");
      settings.set("quality", std::to_string(std::max(0.0, 100.0 - kLoss * quality)));
      container.set("loop", std::to_string(loops < 0 ? 1 : loops));
      writer.emplace(
          output,
          openPictureEncoder("libwebp_anim", AV_PIX_FMT_BGRA, frame->image.size(), kMilliseconds, settings),
          kMilliseconds, container);
    }
    writer->encode(bgra(frame->image, frame->pts, converter).get());
  }
  if (!writer) throw Error("There are no frames to write", output.string(), "");
  writer->finish();
}

}  // namespace

bool isAnimation(const fs::path& file) {
  const std::string ending = lowerEnding(file);
  return ending == ".gif" || ending == ".webp";
}

void encodeAnimation(std::span<const fs::path> files, const VideoInfo& source, const fs::path& output,
                     int quality, int loops, const std::function<void(double)>& onProgress,
                     std::stop_token stop) {
  const Segments segments{files, {.coloursOf = std::make_shared<VideoInfo>(source)}};
  if (lowerEnding(output) == ".gif")
    encodeGif(segments, output, quality, loops, onProgress, stop);
  else
    encodeWebp(segments, output, quality, loops, onProgress, stop);
  onProgress(1.0);
}

}  // namespace fw
