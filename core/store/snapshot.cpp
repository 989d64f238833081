#include "core/store/snapshot.h"

#include <array>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <opencv2/imgcodecs.hpp>
#include <string_view>

#include "core/base/error.h"

namespace fw {
namespace fs = std::filesystem;
namespace {

constexpr std::array kRoles{"input", "target", "prediction", "difference", "baseline", "other"};

void writeBytes(const fs::path& file, const char* bytes, std::size_t count) {
  std::ofstream out(file, std::ios::binary);
  out.write(bytes, static_cast<std::streamsize>(count));
  out.close();
  if (!out)
    throw Error("A snapshot could not be written", file.string(),
                "Free some space on the disk and resume the run.");
}

void writePng(const fs::path& file, const cv::Mat& image) {
  // The fastest compression: snapshots are written while the network learns and wants the cores.
  const std::vector<int> fastest{cv::IMWRITE_PNG_COMPRESSION, 1};
  std::vector<uchar> bytes;
  if (!cv::imencode(".png", image, bytes, fastest))
    throw Error("A snapshot could not be written", file.string(), "The picture has an odd format.");
  writeBytes(file, reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

std::size_t fingerprint(const cv::Mat& image) {
  const cv::Mat whole = image.isContinuous() ? image : image.clone();
  const std::string_view bytes(reinterpret_cast<const char*>(whole.data), whole.total() * whole.elemSize());
  const std::size_t size =
      static_cast<std::size_t>(whole.cols) * 1'000'003u + static_cast<std::size_t>(whole.type());
  return std::hash<std::string_view>()(bytes) ^ size;
}

cv::Mat readPng(const fs::path& folder, const nlohmann::json& name) {
  const auto plain = name.get<std::string>();
  if (plain.empty()) return {};
  const fs::path file = folder / fs::path(plain).filename();
  cv::Mat image = cv::imread(file.string(), cv::IMREAD_UNCHANGED);
  if (image.empty())
    throw Error("A picture of this snapshot is missing or damaged", file.string(),
                "The other steps can still be seen.");
  return image;
}

FrameRole roleFrom(const std::string& name) {
  for (std::size_t i = 0; i < kRoles.size(); ++i)
    if (name == kRoles[i]) return static_cast<FrameRole>(i);
  return FrameRole::Other;
}

// JSON has no infinity: what is not a number is left at its default.
double numberOr(const nlohmann::json& json, const char* name, double fallback) {
  const auto found = json.find(name);
  return found != json.end() && found->is_number() ? found->get<double>() : fallback;
}

}  // namespace

fs::path snapshotFolder(const fs::path& runFolder, int64_t step) {
  std::array<char, 32> name{};
  std::snprintf(name.data(), name.size(), "%09lld", static_cast<long long>(step));
  return runFolder / "snapshots" / name.data();
}

void SnapshotFolder::write(int64_t step, const Gallery& gallery) {
  const fs::path folder = snapshotFolder(runFolder_, step);
  fs::path beside = folder;
  beside += ".part";
  std::error_code failure;
  fs::remove_all(beside, failure);
  fs::create_directories(beside, failure);
  if (failure) throw Error("A snapshot could not be written", beside.string(), failure.message() + ".");

  Known now;
  int count = 0;
  const auto store = [&](const cv::Mat& image) -> std::string {
    if (image.empty()) return {};
    const std::string name = std::to_string(count++) + ".png";
    const std::size_t print = fingerprint(image);
    const auto same = known_.find(print);
    std::error_code notLinked = std::make_error_code(std::errc::no_such_file_or_directory);
    if (same != known_.end()) fs::create_hard_link(same->second, beside / name, notLinked);
    if (notLinked) writePng(beside / name, image);
    now.emplace(print, folder / name);
    return name;
  };

  nlohmann::json rows = nlohmann::json::array();
  for (const auto& row : gallery) {
    nlohmann::json frames = nlohmann::json::array();
    for (const auto& frame : row.frames) {
      nlohmann::json animation = nlohmann::json::array();
      for (const auto& image : frame.animation) animation.push_back(store(image));
      frames.push_back({{"label", frame.label},
                        {"role", kRoles[static_cast<std::size_t>(frame.role)]},
                        {"image", store(frame.image)},
                        {"animation", std::move(animation)},
                        {"low", frame.low},
                        {"high", frame.high}});
    }
    rows.push_back({{"name", row.name}, {"frames", std::move(frames)}});
  }
  const std::string text = rows.dump(1, ' ', false, nlohmann::json::error_handler_t::replace);
  writeBytes(beside / "gallery.json", text.data(), text.size());
  fs::remove_all(folder, failure);
  fs::rename(beside, folder, failure);
  if (failure) throw Error("A snapshot could not be written", folder.string(), failure.message() + ".");
  known_ = std::move(now);
}

Gallery readSnapshot(const fs::path& folder) {
  std::ifstream file(folder / "gallery.json");
  const auto rows = nlohmann::json::parse(file, nullptr, false);
  Gallery gallery;
  try {
    for (const auto& row : rows) {
      GalleryRow& read = gallery.emplace_back();
      read.name = row.at("name").get<std::string>();
      for (const auto& frame : row.at("frames")) {
        GalleryFrame& made = read.frames.emplace_back();
        made.label = frame.at("label").get<std::string>();
        made.role = roleFrom(frame.at("role").get<std::string>());
        made.image = readPng(folder, frame.at("image"));
        for (const auto& image : frame.at("animation")) made.animation.push_back(readPng(folder, image));
        made.low = numberOr(frame, "low", 0.0);
        made.high = numberOr(frame, "high", 1.0);
      }
    }
    if (!rows.is_array()) throw std::invalid_argument("not a list");
  } catch (const Error&) {
    throw;
  } catch (const std::exception&) {
    throw Error("This snapshot cannot be read", folder.string(), "The other steps can still be seen.");
  }
  return gallery;
}

}  // namespace fw
