#pragma once
#include <cstddef>
#include <filesystem>
#include <unordered_map>

#include "core/image/gallery.h"

/// A gallery as a folder of PNG files and gallery.json, which says what they are. Private to core/store.
namespace fw {

/// Writes snapshot after snapshot of one run. Pictures that did not change since the one before (inputs and
/// targets) are linked, not encoded again.
class SnapshotFolder {
 public:
  explicit SnapshotFolder(std::filesystem::path runFolder) : runFolder_(std::move(runFolder)) {}
  /// The folder of a step appears whole or not at all. Throws Error.
  void write(int64_t step, const Gallery& gallery);

 private:
  using Known = std::unordered_map<std::size_t, std::filesystem::path>;
  std::filesystem::path runFolder_;
  Known known_;
};

std::filesystem::path snapshotFolder(const std::filesystem::path& runFolder, int64_t step);
Gallery readSnapshot(const std::filesystem::path& folder);  ///< throws Error

}  // namespace fw
