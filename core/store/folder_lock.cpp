#include "core/store/folder_lock.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "core/base/error.h"

namespace fw {
namespace fs = std::filesystem;
namespace {

// Open-file-description locks are chosen over flock() because they can be asked about without being taken: a
// program that only looks never makes another one's attempt fail.
struct flock wholeFile() {
  struct flock region {};
  region.l_type = F_WRLCK;
  region.l_whence = SEEK_SET;
  return region;
}

fs::path lockFile(const fs::path& folder) { return folder / "lock"; }

}  // namespace

FolderLock::FolderLock(const fs::path& folder) {
  file_ = ::open(lockFile(folder).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file_ < 0)
    throw Error("Could not begin to work in the folder", folder.string(),
                std::string(std::strerror(errno)) + ". Check that it exists and that you may write to it.");
  struct flock region = wholeFile();
  if (::fcntl(file_, F_OFD_SETLK, &region) != 0) {
    ::close(std::exchange(file_, -1));
    throw Error("Someone works on this already", folder.string(),
                "Another window or command line has it open; stop it there first.");
  }
}

FolderLock::~FolderLock() {
  if (file_ >= 0) ::close(file_);
}

FolderLock::FolderLock(FolderLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}

FolderLock& FolderLock::operator=(FolderLock&& other) noexcept {
  std::swap(file_, other.file_);
  return *this;
}

bool FolderLock::held(const fs::path& folder) {
  const int file = ::open(lockFile(folder).c_str(), O_RDWR | O_CLOEXEC);
  if (file < 0) return false;
  struct flock region = wholeFile();
  const bool taken = ::fcntl(file, F_OFD_GETLK, &region) == 0 && region.l_type != F_UNLCK;
  ::close(file);
  return taken;
}

}  // namespace fw
