#pragma once
#include <filesystem>
#include <functional>
#include <iosfwd>
#include <string_view>

namespace fw {

/// Writes beside `path`, flushes to disk, then renames: `path` holds the old content or the whole new one,
/// never half of it, also after a power cut. Throws Error when the disk is full or the folder cannot be
/// written to.
void writeAtomically(const std::filesystem::path& path, std::string_view content);
void writeAtomically(const std::filesystem::path& path, const std::function<void(std::ostream&)>& write);

}  // namespace fw
