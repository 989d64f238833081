#pragma once
/// Small files made on the spot, and ffprobe's view of the results.
#include <unistd.h>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <opencv2/imgproc.hpp>
#include <string>

#include "core/base/error.h"
#include "core/video/writer.h"

namespace fw::test {

namespace fs = std::filesystem;

/// A folder that is gone when the test ends.
class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "framewright-video-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  fs::path operator/(const fs::path& name) const { return path_ / name; }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

inline std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

/// Runs the ffmpeg program; `arguments` ends before the output's name.
inline void ffmpeg(const std::string& arguments, const fs::path& output) {
  const std::string command =
      "ffmpeg -v error -nostdin -y " + arguments + " " + quoted(output.string()) + " >/dev/null 2>&1";
  if (std::system(command.c_str()) != 0) throw Error("The ffmpeg program failed", command, "");
}

inline nlohmann::json ffprobe(const fs::path& file,
                              const std::string& what = "-show_streams -show_format -show_chapters") {
  const std::string command = "ffprobe -v error -of json " + what + " " + quoted(file.string());
  FILE* pipe = ::popen(command.c_str(), "r");
  std::string text;
  char part[4096];
  while (const std::size_t got = std::fread(part, 1, sizeof part, pipe)) text.append(part, got);
  ::pclose(pipe);
  return nlohmann::json::parse(text);
}

inline double fraction(const std::string& text) {
  return std::stod(text) / std::stod(text.substr(text.find('/') + 1));
}

/// MD5 of the packets of one stream: equal when it was copied bit for bit.
inline std::string packetSum(const fs::path& file, const std::string& stream) {
  const std::string command =
      "ffmpeg -v error -nostdin -i " + quoted(file.string()) + " -map 0:" + stream + " -c copy -f md5 -";
  FILE* pipe = ::popen(command.c_str(), "r");
  char text[128] = {};
  const std::size_t got = std::fread(text, 1, sizeof text - 1, pipe);
  ::pclose(pipe);
  return {text, got};
}

/// A smooth coloured picture in which a disc moves: no detail that 4:2:0 or a mild codec would lose.
inline cv::Mat scene(int width, int height, double seconds) {
  cv::Mat picture(height, width, CV_8UC3);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      const double across = static_cast<double>(x) / width, down = static_cast<double>(y) / height;
      picture.at<cv::Vec3b>(y, x) = {cv::saturate_cast<uchar>(40 + 120 * across),
                                     cv::saturate_cast<uchar>(60 + 100 * down),
                                     cv::saturate_cast<uchar>(180 - 90 * across)};
    }
  const cv::Point centre(static_cast<int>(width * (0.2 + 0.15 * seconds)), height / 2);
  cv::circle(picture, centre, height / 6, {60, 170, 200}, cv::FILLED, cv::LINE_AA);
  cv::GaussianBlur(picture, picture, {}, 2.0);
  return picture;
}

inline VideoFormat formatOf(int width, int height, Rational rate,
                            const std::string& pixelFormat = "yuv420p") {
  VideoFormat format;
  format.width = width;
  format.height = height;
  format.frameRate = rate;
  format.timeBase = {rate.den, rate.num};
  format.like.width = width;
  format.like.height = height;
  format.like.pixelFormat = pixelFormat;
  return format;
}

/// Frames of the scene, `frames` of them from number `first` on.
inline void writeScene(const fs::path& file, const EncodeSettings& settings, const VideoFormat& format,
                       int frames, int first = 0) {
  VideoWriter writer(file, settings, format);
  for (int i = first; i < first + frames; ++i)
    writer.write(scene(format.width, format.height, i / format.frameRate.value()), i, 1);
  writer.finish();
}

/// A recording of `seconds`, and the same one again with its clock begun anew, or `later` seconds ahead.
inline void writeJoined(const Folder& folder, const fs::path& file, int seconds, int later = 0) {
  const std::string length = std::to_string(seconds);
  std::ofstream joined(file, std::ios::binary);
  for (const int offset : {0, later}) {
    const fs::path part = folder / "part.ts";
    ffmpeg("-f lavfi -i testsrc2=s=96x64:r=25:d=" + length + " -f lavfi -i sine=f=440:r=48000:d=" + length +
               " -c:v libx264 -preset ultrafast -pix_fmt yuv420p -c:a mp2 -output_ts_offset " +
               std::to_string(offset),
           part);
    joined << std::ifstream(part, std::ios::binary).rdbuf();
  }
}

/// A clip with anything a container can carry: two sound tracks, two subtitle tracks, chapters, a font, a
/// title.
inline void writeRichSource(const Folder& folder, const fs::path& file, double seconds = 2.0) {
  std::ofstream(folder / "lines.srt")
      << "1\n00:00:00,500 --> 00:00:01,000\nHello\n\n2\n00:00:01,200 --> 00:00:01,800\nWorld\n";
  std::ofstream(folder / "chapters.txt")
      << ";FFMETADATA1\ntitle=A short film\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=1000\ntitle=One\n"
      << "[CHAPTER]\nTIMEBASE=1/1000\nSTART=1000\nEND=2000\ntitle=Two\n";
  std::ofstream(folder / "some.ttf") << "not really a font";
  const std::string length = std::to_string(seconds);
  ffmpeg("-f lavfi -i testsrc2=s=160x120:r=25:d=" + length + " -f lavfi -i sine=f=440:r=48000:d=" + length +
             " -f lavfi -i sine=f=880:r=48000:d=" + length + " -i " +
             quoted((folder / "lines.srt").string()) + " -i " + quoted((folder / "lines.srt").string()) +
             " -i " + quoted((folder / "chapters.txt").string()) +
             " -map 0 -map 1 -map 2 -map 3 -map 4 -map_metadata 5 -map_chapters 5 -c:v libx264 -preset "
             "ultrafast -pix_fmt yuv420p" +
             " -c:a:0 aac -c:a:1 flac -c:s:0 srt -c:s:1 ass -metadata:s:a:0 language=eng -metadata:s:a:1 "
             "language=deu" +
             " -metadata:s:a:1 title=Commentary -metadata:s:s:0 language=fra -attach " +
             quoted((folder / "some.ttf").string()) + " -metadata:s:t mimetype=application/x-truetype-font",
         file);
}

}  // namespace fw::test
