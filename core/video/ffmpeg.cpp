#include "core/video/ffmpeg.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <map>
#include <mutex>
#include <new>
#include <string_view>
#include <thread>
#include <utility>

#include "core/base/error.h"
#include "core/base/paths.h"

extern "C" {
#include <libavutil/display.h>
}

namespace fs = std::filesystem;

namespace fw::ffmpeg {
namespace {

/// FFmpeg writes about every oddity to standard error; what matters reaches the person as an Error.
void silenceLogs() {
  static std::once_flag once;
  std::call_once(once, [] { av_log_set_level(AV_LOG_QUIET); });
}

template <class T>
T* notNull(T* pointer) {
  if (!pointer) throw std::bad_alloc();
  return pointer;
}

/// "file:" keeps names such as "a:b.mkv" or "http:x" from being taken for addresses.
std::string url(const fs::path& file) { return "file:" + file.string(); }

/// Formats that FFmpeg's guesswork takes plain text or play lists for; no person means them when dropping a
/// video.
bool notReallyMedia(const std::string& name) {
  static constexpr const char* kNames[] = {"tty", "hls",  "concat", "dash", "ffmetadata",
                                           "bin", "xbin", "adf",    "idf"};
  return std::ranges::any_of(kNames, [&](const char* known) { return name == known; });
}

}  // namespace

Packet newPacket() { return Packet(notNull(av_packet_alloc())); }

Picture newPicture() { return Picture(notNull(av_frame_alloc())); }

Codec newCodec(const AVCodec* codec) { return Codec(notNull(avcodec_alloc_context3(codec))); }

Graph newGraph() {
  silenceLogs();
  return Graph(notNull(avfilter_graph_alloc()));
}

std::string explain(int code) {
  char text[AV_ERROR_MAX_STRING_SIZE] = {};
  av_strerror(code, text, sizeof text);
  return text;
}

int check(int code, const std::string& failed, const std::string& on, const std::string& advice) {
  if (code >= 0) return code;
  if (code == AVERROR(ENOMEM)) throw Error(failed, on, "There is not enough memory for it.");
  throw Error(failed, on, explain(code) + (advice.empty() ? "." : ". " + advice));
}

Input::Input(const fs::path& file, Known known) {
  silenceLogs();
  std::error_code ignored;
  if (!fs::exists(file, ignored))
    throw Error("The file does not exist", file.string(), "It may have been moved, renamed or unplugged.");
  if (fs::is_directory(file, ignored))
    throw Error("This is a folder, not a video", file.string(), "Choose a file in it.");
  if (fs::is_regular_file(file, ignored) && fs::file_size(file, ignored) == 0)
    throw Error("The file is empty", file.string(), "It holds no video; copy or download it again.");
  const std::string failed = "Could not read the video";
  AVIOContext* bytes = nullptr;
  check(avio_open2(&bytes, url(file).c_str(), AVIO_FLAG_READ, nullptr, nullptr), failed, file.string());
  format_ = avformat_alloc_context();
  if (!format_) {
    avio_closep(&bytes);
    throw std::bad_alloc();
  }
  // Handing over opened bytes makes FFmpeg judge by content, never by name: "50%.png" is no pattern to us.
  // Play lists in a hostile file must not open other files either, let alone addresses.
  format_->pb = bytes;
  Options options;
  options.set("protocol_whitelist", "file");
  options.set("scan_all_pmts", "1");  // a transport stream may name its sound later
  const int opened = avformat_open_input(&format_, file.filename().string().c_str(), nullptr, options.get());
  const char* advice = "It is damaged, or of a kind that FFmpeg does not know.";
  if (opened < 0) {
    avio_closep(&bytes);  // avformat_open_input frees the context on failure, not our bytes
    check(opened, failed, file.string(), advice);
  }
  try {
    if (notReallyMedia(format_->iformat->name))
      throw Error("This is not a video", file.string(), "It is a text or a play list.");
    if (known == Known::All)
      check(avformat_find_stream_info(format_, nullptr), failed, file.string(), advice);
  } catch (...) {
    avformat_close_input(&format_);
    avio_closep(&bytes);
    throw;
  }
}

Input::~Input() {
  if (!format_) return;
  AVIOContext* bytes = format_->pb;
  avformat_close_input(&format_);
  avio_closep(&bytes);
}

Input::Input(Input&& other) noexcept
    : format_(std::exchange(other.format_, nullptr)),
      kept_(std::move(other.kept_)),
      clock_(std::move(other.clock_)) {}

Input& Input::operator=(Input&& other) noexcept {
  std::swap(format_, other.format_);
  std::swap(kept_, other.kept_);
  std::swap(clock_, other.clock_);
  return *this;
}

bool Input::kept(int stream) const {
  return kept_.empty() || std::ranges::find(kept_, stream) != kept_.end();
}

bool Input::clockMayJump() const { return (format_->iformat->flags & AVFMT_TS_DISCONT) != 0; }

void Input::keepOnly(std::span<const int> streams) {
  kept_.assign(streams.begin(), streams.end());
  for (unsigned i = 0; i < format_->nb_streams; ++i) {
    const auto type = format_->streams[i]->codecpar->codec_type;
    const bool tellsTime = clockMayJump() && (type == AVMEDIA_TYPE_VIDEO || type == AVMEDIA_TYPE_AUDIO);
    format_->streams[i]->discard = kept(static_cast<int>(i)) || tellsTime ? AVDISCARD_DEFAULT : AVDISCARD_ALL;
  }
}

int Input::read(AVPacket& packet) {
  for (;;) {
    const int code = av_read_frame(format_, &packet);
    if (code < 0) return code;
    if (clockMayJump()) clock_.correct(packet, *format_->streams[packet.stream_index]);
    if (kept(packet.stream_index)) return code;
    av_packet_unref(&packet);
  }
}

bool Input::seek(int stream, int64_t time) {
  clock_ = {};
  return av_seek_frame(format_, stream, time, AVSEEK_FLAG_BACKWARD) >= 0;
}

namespace {

// What programs that died left of the same file would fill the disk for nothing.
void removeLeftovers(const fs::path& folder, const std::string& start) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder.empty() ? fs::path(".") : folder, ignored)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(start)) continue;
    const std::string program = name.substr(start.size());
    const bool number = !program.empty() && program.size() < 10 &&
                        std::ranges::all_of(program, [](char c) { return c >= '0' && c <= '9'; });
    if (number && ::kill(std::stoi(program), 0) != 0 && errno == ESRCH) fs::remove(entry.path(), ignored);
  }
}

/// Where a file is written before it gets its name, which may be as long as names can be.
fs::path besides(const fs::path& file) {
  constexpr std::size_t kMost = 200;
  const std::string start = shortened(file.filename().string(), kMost) + ".part-";
  removeLeftovers(file.parent_path(), start);
  return file.parent_path() / (start + std::to_string(::getpid()));
}

}  // namespace

Output::Output(const fs::path& file, const AVOutputFormat* container) : file_(file), beside_(file) {
  silenceLogs();
  if (!container)
    throw Error("No video container is known for this ending", file.string(),
                "Choose .mp4, .mkv, .mov, .webm, .gif or .webp.");
  beside_ = besides(file);
  check(avformat_alloc_output_context2(&format_, container, nullptr, url(beside_).c_str()),
        "Could not write the file", file.string());
  const int opened = avio_open2(&format_->pb, url(beside_).c_str(), AVIO_FLAG_WRITE, nullptr, nullptr);
  if (opened < 0) {
    avformat_free_context(std::exchange(format_, nullptr));
    check(opened, "Could not write the file", file.string(),
          "Choose a folder that exists and that you may write to.");
  }
  // Matroska stores a codec's run-up as such; the usual remedy for times before zero would move the video,
  // too.
  const std::string name = container->name;
  if (name == "matroska" || name == "webm") format_->avoid_negative_ts = 0;
  format_->strict_std_compliance = FF_COMPLIANCE_EXPERIMENTAL;  // FLAC and TrueHD in MP4 are merely young
}

Output::Output(Output&& other) noexcept
    : format_(std::exchange(other.format_, nullptr)),
      file_(std::move(other.file_)),
      beside_(std::move(other.beside_)) {}

Output::~Output() {
  if (!format_) return;
  if (format_->pb) avio_closep(&format_->pb);
  avformat_free_context(format_);
  std::error_code ignored;
  fs::remove(beside_, ignored);
}

void Output::fail(int code) const {
  check(code, "Could not write the file", file_.string(), "Free some space or choose another folder.");
  throw Error("Could not write the file", file_.string(), "Free some space or choose another folder.");
}

AVStream* Output::addStream() { return notNull(avformat_new_stream(format_, nullptr)); }

namespace {

// QuickTime keeps languages as numbers; of languages with several names FFmpeg knows one there and drops the
// others.
void nameLanguagesForQuickTime(AVFormatContext& format) {
  static const std::map<std::string, const char*> kNames{
      {"deu", "ger"}, {"fre", "fra"}, {"nld", "dut"}, {"swe", "sve"}, {"ell", "gre"},
      {"isl", "ice"}, {"zho", "chi"}, {"sqi", "alb"}, {"rum", "ron"}, {"cze", "ces"},
      {"slo", "slk"}, {"mkd", "mac"}, {"hye", "arm"}, {"kat", "geo"}, {"mya", "bur"},
      {"msa", "may"}, {"bod", "tib"}, {"cym", "wel"}, {"eus", "baq"}};
  for (unsigned i = 0; i < format.nb_streams; ++i) {
    AVDictionary*& metadata = format.streams[i]->metadata;
    const auto known = kNames.find(tag(metadata, "language"));
    if (known != kNames.end()) av_dict_set(&metadata, "language", known->second, 0);
  }
}

}  // namespace

void Output::begin(Options& options) {
  if (std::string_view(format_->oformat->name) == "mov") nameLanguagesForQuickTime(*format_);
  const int code = avformat_write_header(format_, options.get());
  if (format_->pb->error < 0) fail(format_->pb->error);
  check(code, "This container cannot hold such streams", file_.string(),
        "Choose .mkv, which holds nearly everything.");
}

void Output::write(AVPacket& packet, AVRational timeBase) {
  av_packet_rescale_ts(&packet, timeBase, format_->streams[packet.stream_index]->time_base);
  const int code = av_interleaved_write_frame(format_, &packet);
  if (format_->pb->error < 0) fail(format_->pb->error);
  if (code < 0) fail(code);
}

void Output::finish() {
  const int code = av_write_trailer(format_);
  avio_flush(format_->pb);
  const int late = format_->pb->error;
  const int closed = avio_closep(&format_->pb);
  if (late < 0) fail(late);
  if (code < 0) fail(code);
  if (closed < 0) fail(closed);
  avformat_free_context(std::exchange(format_, nullptr));
  std::error_code error;
  fs::rename(beside_, file_, error);
  if (!error) return;
  std::error_code ignored;
  fs::remove(beside_, ignored);
  throw Error("Could not write the file", file_.string(), error.message() + ".");
}

const AVOutputFormat* containerFor(const fs::path& file) {
  std::string ending = lowerEnding(file);
  if (ending.empty()) return nullptr;
  if (ending == ".m4v") ending = ".mp4";  // FFmpeg takes it for an iPod's, which holds little
  return av_guess_format(nullptr, ("x" + ending).c_str(), nullptr);
}

std::string tag(const AVDictionary* metadata, const char* key) {
  const AVDictionaryEntry* entry = av_dict_get(metadata, key, nullptr, 0);
  return entry ? entry->value : "";
}

AVRational toAv(const Rational& value) {
  AVRational result{0, 1};
  av_reduce(&result.num, &result.den, value.num, value.den, INT_MAX);
  return result;
}

Rational fromAv(AVRational value) { return {value.num, value.den}; }

#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(57, 30, 100)
int64_t durationOf(const AVFrame& frame) { return frame.duration; }
void setDuration(AVFrame& frame, int64_t duration) { frame.duration = duration; }
#else
int64_t durationOf(const AVFrame& frame) { return frame.pkt_duration; }
void setDuration(AVFrame& frame, int64_t duration) { frame.pkt_duration = duration; }
#endif

const int32_t* displayMatrix(const AVStream& stream) {
  constexpr std::size_t kMatrixBytes = 9 * sizeof(int32_t);
#if LIBAVFORMAT_VERSION_INT >= AV_VERSION_INT(60, 15, 100)
  const AVPacketSideData* data = av_packet_side_data_get(
      stream.codecpar->coded_side_data, stream.codecpar->nb_coded_side_data, AV_PKT_DATA_DISPLAYMATRIX);
  return data && data->size >= kMatrixBytes ? reinterpret_cast<const int32_t*>(data->data) : nullptr;
#else
  std::size_t size = 0;
  const uint8_t* data = av_stream_get_side_data(&stream, AV_PKT_DATA_DISPLAYMATRIX, &size);
  return data && size >= kMatrixBytes ? reinterpret_cast<const int32_t*>(data) : nullptr;
#endif
}

int decodingThreads(int wanted) {
  constexpr int kMost = 8;  // each decoding thread holds a frame of its own
  return std::clamp(wanted > 0 ? wanted : static_cast<int>(std::thread::hardware_concurrency()), 1, kMost);
}

}  // namespace fw::ffmpeg
