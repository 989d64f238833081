#pragma once
#include <filesystem>
#include <optional>
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
/// Flushes the unfinished file to disk, gives it its name and records it.
void recordSegment(const std::filesystem::path& jobFolder, int64_t index, SegmentRecord record);
/// Empty when the segment is not finished, not for these frames, or damaged.
std::optional<SegmentRecord> finishedSegment(const std::filesystem::path& jobFolder, int64_t index,
                                             const PlannedSegment& frames);
/// Where what is made so far is joined for watching.
std::filesystem::path soFarFile(const std::filesystem::path& jobFolder);
void removeSegments(const std::filesystem::path& jobFolder);

/// FNV-1a of a whole file, as hexadecimal.
std::string fileChecksum(const std::filesystem::path& file);

void saveConfidence(const std::filesystem::path& jobFolder, const std::vector<ConfidencePoint>& curve);

}  // namespace fw
