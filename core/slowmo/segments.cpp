#include "core/slowmo/segments.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/video/writer.h"

namespace fw {
namespace fs = std::filesystem;
namespace {

constexpr const char* kConfidenceFile = "confidence.json";

fs::path segmentFolder(const fs::path& jobFolder) { return jobFolder / "segments"; }

std::string numbered(int64_t index) {
  const std::string digits = std::to_string(index);
  return std::string(digits.size() < 6 ? 6 - digits.size() : 0, '0') + digits;
}

fs::path recordFile(const fs::path& jobFolder, int64_t index) {
  return segmentFolder(jobFolder) / (numbered(index) + ".json");
}

// The content must be on the disk before a record says so.
void flushToDisk(const fs::path& file) {
  const int handle = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  const bool flushed = handle >= 0 && ::fsync(handle) == 0;
  if (handle >= 0) ::close(handle);
  if (!flushed)
    throw Error("A finished part could not be saved", file.string(),
                "Free some space on this disk and resume.");
}

nlohmann::json toJson(const std::vector<ConfidencePoint>& curve) {
  auto points = nlohmann::json::array();
  // Four digits are plenty for a curve and keep the file small.
  for (const auto& point : curve)
    points.push_back({std::round(point.sourceTime * 1e4) / 1e4, std::round(point.confidence * 1e4) / 1e4});
  return points;
}

std::vector<ConfidencePoint> curveFrom(const nlohmann::json& json) {
  std::vector<ConfidencePoint> curve;
  for (const auto& point : json) curve.push_back({point.at(0).get<double>(), point.at(1).get<double>()});
  return curve;
}

nlohmann::json readJson(const fs::path& file) {
  std::ifstream in(file);
  return nlohmann::json::parse(in, nullptr, false);
}

// Of a file that is as it was when it was recorded.
std::optional<SegmentRecord> recordedSegment(const fs::path& jobFolder, int64_t index) {
  const auto json = readJson(recordFile(jobFolder, index));
  const fs::path file = segmentFile(jobFolder, index);
  try {
    SegmentRecord record;
    record.frames = {json.at("begin").get<int64_t>(), json.at("end").get<int64_t>()};
    record.bytes = json.at("bytes").get<std::uintmax_t>();
    record.checksum = json.at("checksum").get<std::string>();
    record.confidence = curveFrom(json.at("confidence"));
    std::error_code missing;
    const bool whole =
        fs::file_size(file, missing) == record.bytes && !missing && fileChecksum(file) == record.checksum;
    return whole ? std::optional(std::move(record)) : std::nullopt;
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  }
}

}  // namespace

fs::path segmentFile(const fs::path& jobFolder, int64_t index) {
  return segmentFolder(jobFolder) / (numbered(index) + kSegmentEnding);
}

fs::path unfinishedSegmentFile(const fs::path& jobFolder, int64_t index) {
  std::error_code failure;
  fs::create_directories(segmentFolder(jobFolder), failure);
  if (failure)
    throw Error("The job's folder cannot be written to", jobFolder.string(), failure.message() + ".");
  return segmentFolder(jobFolder) / (numbered(index) + ".part" + kSegmentEnding);
}

std::string fileChecksum(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  uint64_t hash = 0xcbf29ce484222325;
  std::vector<char> buffer(1 << 16);
  while (in.read(buffer.data(), static_cast<std::streamsize>(buffer.size())) || in.gcount() > 0)
    for (std::streamsize i = 0; i < in.gcount(); ++i)
      hash = (hash ^ static_cast<unsigned char>(buffer[static_cast<std::size_t>(i)])) * 0x100000001b3;
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash));
  return text;
}

void recordSegment(const fs::path& jobFolder, int64_t index, SegmentRecord record) {
  const fs::path unfinished = unfinishedSegmentFile(jobFolder, index), file = segmentFile(jobFolder, index);
  flushToDisk(unfinished);
  std::error_code failure;
  fs::rename(unfinished, file, failure);
  if (failure) throw Error("A finished part could not be saved", file.string(), failure.message() + ".");
  record.bytes = fs::file_size(file);
  record.checksum = fileChecksum(file);
  const nlohmann::json json{{"begin", record.frames.begin},
                            {"end", record.frames.end},
                            {"bytes", record.bytes},
                            {"checksum", record.checksum},
                            {"confidence", toJson(record.confidence)}};
  writeAtomically(recordFile(jobFolder, index), json.dump());
}

std::optional<SegmentRecord> finishedSegment(const fs::path& jobFolder, int64_t index,
                                             const PlannedSegment& frames) {
  auto record = recordedSegment(jobFolder, index);
  return record && record->frames == frames ? std::move(record) : std::nullopt;
}

MadeSoFar madeSoFar(const fs::path& jobFolder, const FramePlan& plan, std::stop_token stop) {
  MadeSoFar made;
  for (int64_t i = 0; i < plan.segments() && !stop.stop_requested(); ++i) {
    const PlannedSegment frames = plan.segment(i);
    if (frames.begin == frames.end) continue;
    const auto record = recordedSegment(jobFolder, i);
    if (!record || record->frames.begin != frames.begin || record->frames.end > frames.end) break;
    made.files.push_back(segmentFile(jobFolder, i));
    made.frames = record->frames.end;
    if (record->frames.end < frames.end) break;
  }
  return made;
}

MadeSoFar allMade(const fs::path& jobFolder, const FramePlan& plan) {
  MadeSoFar made{{}, plan.count()};
  for (int64_t i = 0; i < plan.segments(); ++i)
    if (const auto frames = plan.segment(i); frames.begin < frames.end)
      made.files.push_back(segmentFile(jobFolder, i));
  return made;
}

fs::path soFarFile(const fs::path& jobFolder) { return jobFolder / "so far.mkv"; }

void removeSegments(const fs::path& jobFolder) {
  std::error_code ignored;
  fs::remove_all(segmentFolder(jobFolder), ignored);
  fs::remove(soFarFile(jobFolder), ignored);
}

void saveConfidence(const fs::path& jobFolder, const std::vector<ConfidencePoint>& curve) {
  writeAtomically(jobFolder / kConfidenceFile, toJson(curve).dump());
}

std::vector<ConfidencePoint> confidenceCurve(const fs::path& jobFolder) {
  std::vector<ConfidencePoint> curve;
  std::error_code ignored;
  try {
    if (const auto whole = readJson(jobFolder / kConfidenceFile); whole.is_array()) return curveFrom(whole);
    for (const auto& entry : fs::directory_iterator(segmentFolder(jobFolder), ignored)) {
      if (entry.path().extension() != ".json") continue;
      const auto record = readJson(entry.path());
      if (!record.is_object()) continue;
      const auto part = curveFrom(record.at("confidence"));
      curve.insert(curve.end(), part.begin(), part.end());
    }
  } catch (const nlohmann::json::exception&) {
    return {};  // only for looking at; a damaged file is no reason to stop anyone
  }
  std::ranges::sort(curve, {}, &ConfidencePoint::sourceTime);
  return curve;
}

std::vector<ConfidencePoint> worstMoments(const std::vector<ConfidencePoint>& curve, std::size_t most,
                                          double apart) {
  std::vector<ConfidencePoint> sorted = curve, worst;
  std::ranges::sort(sorted, {}, &ConfidencePoint::confidence);
  for (const auto& point : sorted) {
    if (worst.size() >= most) break;
    const bool near = std::ranges::any_of(
        worst, [&](const auto& other) { return std::abs(other.sourceTime - point.sourceTime) < apart; });
    if (!near) worst.push_back(point);
  }
  return worst;
}

}  // namespace fw
