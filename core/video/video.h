#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <opencv2/core.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

struct AVFrame;

namespace fw {

/// An exact fraction: 30000/1001. Times are kept in these; seconds as double are for showing only.
struct Rational {
  int64_t num = 0, den = 1;
  double value() const { return den == 0 ? 0.0 : static_cast<double>(num) / static_cast<double>(den); }
  bool operator==(const Rational&) const = default;
};

struct AudioTrack {
  int stream = 0;
  std::string codec, language, title;
  int sampleRate = 0, channels = 0;
  double start = 0, duration = 0;  ///< seconds
};

struct SubtitleTrack {
  int stream = 0;
  std::string codec, language, title;
};

/// What is known of a video before decoding it. Wherever this layer takes a moment in seconds (seek, trim,
/// thumbnails) it counts from the first frame, as a player's timeline does; only `start` and
/// AudioTrack::start are the file's own clock.
struct VideoInfo {
  std::filesystem::path file;
  std::string container, codec, pixelFormat;
  int width = 0, height = 0;  ///< as shown: rotation and pixel aspect ratio's orientation applied
  int rotation = 0;           ///< 0, 90, 180, 270: already applied to decoded frames
  Rational pixelAspect{1, 1};
  Rational frameRate;  ///< average; exact for constant-rate files
  Rational timeBase;   ///< of the video stream's timestamps
  bool variableRate = false;
  bool interlaced = false;
  int64_t frames = 0;  ///< as the container says, or an estimate (framesExact false)
  bool framesExact = false;
  int64_t startPts = 0;            ///< of the first frame, in timeBase
  double start = 0, duration = 0;  ///< seconds
  bool clockJumps = false;         ///< as where recordings were joined; known of small files
  double durationSaid = 0;         ///< of the whole file, by its header; 0: it does not say
  int bitDepth = 8;
  /// FFmpeg's names; "unknown" when not tagged.
  std::string colourMatrix = "unknown", colourRange = "unknown", colourPrimaries = "unknown",
              colourTransfer = "unknown", chromaLocation = "unspecified";
  /// Of HDR10: the display it was graded on and its brightest light, in FFmpeg's own layout; empty: not said.
  std::vector<uint8_t> masteringDisplay, contentLight;
  bool hasAlpha = false;
  int loops = -1;  ///< animated pictures: 0 = for ever; -1 = not said
  std::vector<AudioTrack> audio;
  std::vector<SubtitleTrack> subtitles;
  int chapters = 0, attachments = 0;

  /// A length or, from the first frame on, a moment of the video stream's timestamps.
  double secondsOf(int64_t duration) const { return static_cast<double>(duration) * timeBase.value(); }
  double momentOf(int64_t pts) const { return secondsOf(pts - startPts); }
};

struct ReadOptions {
  bool deinterlace = true;  ///< when the source says it is interlaced
  int maxHeight = 0;        ///< not 0: scale down to this for previews and thumbnails
  bool quick = false;       ///< blocks may show, for half of the time: for what looks at small pictures only
  bool clockJumps = false;  ///< to seek, it reads from the beginning: the file's own times repeat
  int threads = 0;          ///< 0: as many as the machine has; eight at most in any case
  std::shared_ptr<const VideoInfo> coloursOf{};  ///< of what it was made from: for tags that the file lacks
  Rational imageRate{24, 1};  ///< pictures a second when a folder or a list of pictures is read as a video
};

/// A video file, or a folder of pictures (in the order a person would sort them). Throws Error for anything
/// else.
VideoInfo probe(const std::filesystem::path& file, const ReadOptions& options = {});

/// The pictures of a folder in the order a person would sort them: name_2 before name_10.
std::vector<std::filesystem::path> picturesIn(const std::filesystem::path& folder);

/// What names of videos and of still pictures end in, with the dot.
std::span<const std::string_view> videoEndings();
std::span<const std::string_view> pictureEndings();
/// By the name's ending.
bool isVideo(const std::filesystem::path& file);
bool isPicture(const std::filesystem::path& file);
/// The order a person would sort names in.
bool comesBefore(const std::filesystem::path& a, const std::filesystem::path& b);

/// One decoded picture: upright, BGR, 8 bits a channel or, for deeper sources, 16 (the full range of the type
/// is used).
struct Frame {
  cv::Mat image;
  int64_t pts = 0;       ///< in VideoInfo::timeBase
  int64_t duration = 0;  ///< likewise; until the next frame
  /// The decoder's own picture, so that untouched frames reach the encoder without a trip through BGR.
  std::shared_ptr<const AVFrame> original;
};

/// Decodes one video, frame by frame, in presentation order.
class VideoReader {
 public:
  explicit VideoReader(const std::filesystem::path& file, const ReadOptions& options = {});
  /// A selection of pictures, in this order, as a video; the first one's size rules.
  explicit VideoReader(std::span<const std::filesystem::path> pictures, const ReadOptions& options = {});
  ~VideoReader();
  VideoReader(VideoReader&&) noexcept;
  VideoReader& operator=(VideoReader&&) noexcept;

  const VideoInfo& info() const;
  std::optional<Frame> next();  ///< empty at the end; damaged packets are skipped and counted
  /// next() then gives the frame shown `seconds` after the first one; seekTo likewise, by Frame::pts.
  void seek(double seconds);
  void seekTo(int64_t pts);
  int64_t damagedPackets() const;
  bool clockJumped() const;  ///< in what was read so far

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace fw
