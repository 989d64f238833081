#pragma once
#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace fw {

/// Writes a zip file as every system opens it (no encryption, no ZIP64: each file and the whole stay below 4
/// GB).
class ZipWriter {
 public:
  explicit ZipWriter(std::ostream& out) : out_(out) {}
  /// Deflated where that makes it smaller. `name` is a path with slashes, in UTF-8. Throws Error past 4 GB.
  void add(const std::string& name, std::string_view content);
  void finish();  ///< writes the list of files; nothing may be added afterwards

 private:
  struct Entry {
    std::string name;
    uint16_t method;
    uint32_t crc, packed, size, offset;
  };
  void put(std::string_view bytes);
  std::ostream& out_;
  std::vector<Entry> entries_;
  uint64_t written_ = 0;
};

}  // namespace fw
