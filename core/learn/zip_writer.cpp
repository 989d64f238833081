#include "core/learn/zip_writer.h"

#include <zlib.h>

#include <limits>
#include <ostream>

#include "core/base/error.h"

namespace fw {
namespace {

constexpr uint64_t kMost = std::numeric_limits<uint32_t>::max();
constexpr uint16_t kStored = 0, kDeflated = 8, kVersion = 20, kUtf8 = 1 << 11;
constexpr uint32_t kDate = (46u << 25 | 1u << 21 | 1u << 16);  // 2026-01-01: the same run gives the same file

void append(std::string& to, uint64_t number, int bytes) {
  for (int i = 0; i < bytes; ++i, number >>= 8) to.push_back(static_cast<char>(number & 0xff));
}

std::string deflated(std::string_view content) {
  z_stream stream{};
  deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&stream, static_cast<uLong>(content.size())), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out =
      static_cast<uInt>(std::min<std::size_t>(packed.size(), std::numeric_limits<uInt>::max()));
  const bool whole = deflate(&stream, Z_FINISH) == Z_STREAM_END;
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return whole ? packed : std::string(content);
}

bool isPackedAlready(const std::string& name) {
  return name.ends_with(".png") || name.ends_with(".safetensors");
}

/// What both headers of a file say of it.
void describe(const auto& entry, std::string& header) {
  append(header, kVersion, 2);
  append(header, kUtf8, 2);
  append(header, entry.method, 2);
  append(header, kDate, 4);
  append(header, entry.crc, 4);
  append(header, entry.packed, 4);
  append(header, entry.size, 4);
  append(header, entry.name.size(), 2);
}

}  // namespace

void ZipWriter::add(const std::string& name, std::string_view content) {
  constexpr std::size_t kMostEntries = 65535;
  if (entries_.size() >= kMostEntries || content.size() >= kMost || written_ >= kMost - content.size())
    throw Error("This is too much for a zip file", name,
                "It must stay below 4 GB and 65,535 files; copy the run's folder instead.");
  const auto crc = static_cast<uint32_t>(
      crc32_z(0, reinterpret_cast<const Bytef*>(content.data()), static_cast<z_size_t>(content.size())));
  std::string packed;
  if (!isPackedAlready(name)) packed = deflated(content);
  const bool stored = packed.empty() || packed.size() >= content.size();
  const std::string_view body = stored ? content : std::string_view(packed);
  const Entry entry{name,
                    stored ? kStored : kDeflated,
                    crc,
                    static_cast<uint32_t>(body.size()),
                    static_cast<uint32_t>(content.size()),
                    static_cast<uint32_t>(written_)};
  std::string header;
  append(header, 0x04034b50, 4);
  describe(entry, header);
  append(header, 0, 2);
  put(header + name);
  put(body);
  entries_.push_back(entry);
}

void ZipWriter::finish() {
  const auto start = written_;
  for (const auto& entry : entries_) {
    std::string header;
    append(header, 0x02014b50, 4);
    append(header, kVersion, 2);
    describe(entry, header);
    append(header, 0, 12);  // no extra field, no comment, one disk, no attributes
    append(header, entry.offset, 4);
    put(header + entry.name);
  }
  std::string end;
  append(end, 0x06054b50, 4);
  append(end, 0, 4);
  append(end, entries_.size(), 2);
  append(end, entries_.size(), 2);
  append(end, written_ - start, 4);
  append(end, start, 4);
  append(end, 0, 2);
  put(end);
}

void ZipWriter::put(std::string_view bytes) {
  out_.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  written_ += bytes.size();
}

}  // namespace fw
