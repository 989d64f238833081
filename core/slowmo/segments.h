#pragma once
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/slowmo/plan.h"

/// The finished parts of a job on disk. A segment counts once its small record exists, and the record is
/// written last: whatever moment the power fails, what is recorded is whole.
namespace fw {

struct SegmentRecord {
  PlannedSegment frames;
  std::uintmax_t bytes = 0;
  std::string checksum;
  std::vector<ConfidencePoint> confidence;  ///< of the made frames
};

std::filesystem::path segmentFile(const std::filesystem::path& jobFolder, int64_t index);
/// Where a segment is written before it is whole.
std::filesystem::path unfinishedSegmentFile(const std::filesystem::path& jobFolder, int64_t index);
/// Flushes the unfinished file to disk, gives it its name and records it. What a stopped job has of a segment
/// is recorded with fewer frames than planned: enough to keep or watch, not for a resumed job.
void recordSegment(const std::filesystem::path& jobFolder, int64_t index, SegmentRecord record);
/// Empty when the segment is not finished, not for these frames, or damaged.
std::optional<SegmentRecord> finishedSegment(const std::filesystem::path& jobFolder, int64_t index,
                                             const PlannedSegment& frames);
/// What is on disk of the plan's frames [0, frames).
struct MadeSoFar {
  std::vector<std::filesystem::path> files;
  int64_t frames = 0;
};
/// From the beginning to the first gap; each file is read to see that it is whole.
MadeSoFar madeSoFar(const std::filesystem::path& jobFolder, const FramePlan&, std::stop_token = {});
/// All of a plan whose segments are known to be finished.
MadeSoFar allMade(const std::filesystem::path& jobFolder, const FramePlan&);

/// Where what is made so far is joined for watching.
std::filesystem::path soFarFile(const std::filesystem::path& jobFolder);
void removeSegments(const std::filesystem::path& jobFolder);

/// FNV-1a of a whole file, as hexadecimal.
std::string fileChecksum(const std::filesystem::path& file);

void saveConfidence(const std::filesystem::path& jobFolder, const std::vector<ConfidencePoint>& curve);

}  // namespace fw
