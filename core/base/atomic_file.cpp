#include "core/base/atomic_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "core/base/error.h"

namespace fw {
namespace fs = std::filesystem;
namespace {

[[noreturn]] void fail(const fs::path& path) {
  throw Error("Could not write the file", path.string(),
              std::string(std::strerror(errno)) + ". Free some space or choose a folder you may write to.");
}

void flushToDisk(const fs::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY);
  if (file < 0) fail(path);
  const int result = ::fsync(file);
  ::close(file);
  if (result != 0) fail(path);
}

}  // namespace

void writeAtomically(const fs::path& path, const std::function<void(std::ostream&)>& write) {
  fs::path beside = path;
  beside += ".part-" + std::to_string(::getpid());
  try {
    std::ofstream out(beside, std::ios::binary | std::ios::trunc);
    if (!out) fail(path);
    write(out);
    out.close();
    if (!out) fail(path);
    flushToDisk(beside);
    if (::rename(beside.c_str(), path.c_str()) != 0) fail(path);
  } catch (...) {
    std::error_code ignored;
    fs::remove(beside, ignored);
    throw;
  }
}

void writeAtomically(const fs::path& path, std::string_view content) {
  writeAtomically(path, [&](std::ostream& out) {
    out.write(content.data(), static_cast<std::streamsize>(content.size()));
  });
}

}  // namespace fw
