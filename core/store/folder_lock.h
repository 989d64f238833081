#pragma once
#include <filesystem>

namespace fw {

/// Says "a living program works in this folder". It is held until destroyed, and the system lets go of it by
/// itself when the program dies, however it dies.
class FolderLock {
 public:
  /// Throws Error when someone else, in this program or another one, holds it.
  explicit FolderLock(const std::filesystem::path& folder);
  ~FolderLock();
  FolderLock(FolderLock&& other) noexcept;
  FolderLock& operator=(FolderLock&& other) noexcept;

  static bool held(const std::filesystem::path& folder);

 private:
  int file_ = -1;
};

}  // namespace fw
