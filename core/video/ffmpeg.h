#pragma once
/// FFmpeg's C handles as owning C++ types, and its error codes as sentences. Private to core/video.
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/video/steady_clock.h"
#include "core/video/video.h"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavfilter/avfilter.h>
#include <libavformat/avformat.h>
#include <libavutil/dict.h>
#include <libavutil/frame.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
}

namespace fw::ffmpeg {

struct Release {
  void operator()(AVPacket* packet) const { av_packet_free(&packet); }
  void operator()(AVFrame* frame) const { av_frame_free(&frame); }
  void operator()(AVCodecContext* context) const { avcodec_free_context(&context); }
  void operator()(AVFilterGraph* graph) const { avfilter_graph_free(&graph); }
  void operator()(SwsContext* context) const { sws_freeContext(context); }
};

using Packet = std::unique_ptr<AVPacket, Release>;
using Picture = std::unique_ptr<AVFrame, Release>;
using Codec = std::unique_ptr<AVCodecContext, Release>;
using Graph = std::unique_ptr<AVFilterGraph, Release>;
using Scaler = std::unique_ptr<SwsContext, Release>;

Packet newPacket();
Picture newPicture();
Codec newCodec(const AVCodec* codec);
Graph newGraph();

/// Options for the calls that take an AVDictionary; it frees what the callee left.
class Options {
 public:
  Options() = default;
  ~Options() { av_dict_free(&dictionary_); }
  Options(const Options&) = delete;
  Options& operator=(const Options&) = delete;
  void set(const std::string& key, const std::string& value) {
    av_dict_set(&dictionary_, key.c_str(), value.c_str(), 0);
  }
  AVDictionary** get() { return &dictionary_; }

 private:
  AVDictionary* dictionary_ = nullptr;
};

/// A file open for demuxing. Throws Error for what is not media.
class Input {
 public:
  /// What FFmpeg is to find out at once: decoding a little of each stream takes as long as a dozen frames.
  enum class Known { All, WhatTheHeaderSays };
  explicit Input(const std::filesystem::path& file, Known known = Known::All);
  ~Input();
  Input(Input&& other) noexcept;
  Input& operator=(Input&& other) noexcept;

  AVFormatContext* operator->() const { return format_; }
  AVFormatContext* get() const { return format_; }
  AVStream* stream(int index) const { return format_->streams[index]; }
  /// Only these streams' packets are delivered from now on; the others are skipped as cheaply as the format
  /// allows.
  void keepOnly(std::span<const int> streams);
  /// The next packet of those kept, or FFmpeg's code. Where the file's clock jumps its times go on.
  int read(AVPacket& packet);
  /// In what was read so far. What is then sought is another moment than was meant.
  bool clockJumped() const { return clock_.jumped(); }
  /// To the key frame at or before `time`, of one stream or, in microseconds, of all (−1). False: it cannot.
  bool seek(int stream, int64_t time);

 private:
  bool kept(int stream) const;
  bool clockMayJump() const;

  AVFormatContext* format_ = nullptr;
  std::vector<int> kept_;  // empty: all
  SteadyClock clock_;
};

/// A file being muxed. It is written beside `file` and renamed by finish(); without finish() it is removed.
class Output {
 public:
  /// Throws Error when the container is null (an unknown ending) or the folder cannot be written to.
  Output(const std::filesystem::path& file, const AVOutputFormat* container);
  ~Output();
  Output(Output&& other) noexcept;
  Output& operator=(Output&&) = delete;

  AVFormatContext* operator->() const { return format_; }
  AVFormatContext* get() const { return format_; }
  AVStream* addStream();
  void begin(Options& options);
  /// Takes the packet's content. Times are in `timeBase`.
  void write(AVPacket& packet, AVRational timeBase);
  void finish();

 private:
  [[noreturn]] void fail(int code) const;
  AVFormatContext* format_ = nullptr;
  std::filesystem::path file_, beside_;
};

std::string explain(int code);
/// Throws Error("failed", on, FFmpeg's reason and the advice) for negative codes; returns the code otherwise.
int check(int code, const std::string& failed, const std::string& on, const std::string& advice = {});

/// The muxer that a file's ending asks for; null when there is none.
const AVOutputFormat* containerFor(const std::filesystem::path& file);
std::string tag(const AVDictionary* metadata, const char* key);

AVRational toAv(const Rational& value);  ///< nearest, when the exact fraction does not fit
Rational fromAv(AVRational value);
int64_t durationOf(const AVFrame& frame);
void setDuration(AVFrame& frame, int64_t duration);
/// The 3×3 display matrix of a stream, or null.
const int32_t* displayMatrix(const AVStream& stream);
int decodingThreads(int wanted);

}  // namespace fw::ffmpeg
