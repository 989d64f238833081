#include "core/slowmo/fingerprint.h"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <tuple>

#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/video/video.h"

namespace fw {
namespace fs = std::filesystem;
namespace {

constexpr std::uintmax_t kSampleBytes = 64 << 10;
constexpr std::uintmax_t kSamples = 16;  // a megabyte in all: instant also on a slow disk

uint64_t mixed(uint64_t hash, const char* bytes, std::streamsize count) {
  for (std::streamsize i = 0; i < count; ++i)
    hash = (hash ^ static_cast<unsigned char>(bytes[i])) * 0x100000001b3;  // FNV-1a
  return hash;
}

std::string samplesOf(const fs::path& file, std::uintmax_t size) {
  std::ifstream in(file, std::ios::binary);
  std::vector<char> buffer(kSampleBytes);
  uint64_t hash = 0xcbf29ce484222325;
  const std::uintmax_t lastStart = size > kSampleBytes ? size - kSampleBytes : 0;
  for (std::uintmax_t i = 0; i < kSamples; ++i) {
    in.clear();
    in.seekg(static_cast<std::streamoff>(lastStart / (kSamples - 1) * i));
    in.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    hash = mixed(hash, buffer.data(), in.gcount());
    if (lastStart == 0) break;
  }
  in.clear();
  in.seekg(static_cast<std::streamoff>(lastStart));
  in.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
  return std::to_string(mixed(hash, buffer.data(), in.gcount()));
}

// The files a source stands for: a folder of pictures is all of them.
std::vector<fs::path> filesOf(const std::vector<fs::path>& sources) {
  std::vector<fs::path> files;
  std::error_code ignored;
  for (const auto& source : sources) {
    if (fs::is_directory(source, ignored)) {
      const auto pictures = picturesIn(source);
      files.insert(files.end(), pictures.begin(), pictures.end());
    } else {
      files.push_back(source);
    }
  }
  return files;
}

// Jobs and what is known of clips are kept as JSON, which is UTF-8.
void checkSpelling(const fs::path& file) {
  try {
    std::ignore = nlohmann::json(file.string()).dump();
  } catch (const nlohmann::json::exception&) {
    throw Error("This name is not in UTF-8", file.string(), "Rename the file, then it can be worked on.");
  }
}

nlohmann::json entryFor(const fs::path& file) {
  checkSpelling(file);
  std::error_code missing;
  const auto size = fs::file_size(file, missing);
  if (missing)
    throw Error("The source is not there any more", file.string(),
                "Put it back where it was and resume; everything done so far is kept.");
  return {{"file", file.string()}, {"size", size}, {"samples", samplesOf(file, size)}};
}

void checkUnchanged(const std::vector<fs::path>& sources, const nlohmann::json& before) {
  std::error_code ignored;
  for (const auto& source : sources)
    if (!fs::exists(source, ignored)) entryFor(source);
  const auto now = fingerprint(sources);
  if (now == before) return;
  std::string which = sources.empty() ? "" : sources.front().string();
  for (std::size_t i = 0; i < now.size() && i < before.size(); ++i)
    if (now[i] != before[i]) {
      which = now[i].at("file").get<std::string>();
      break;
    }
  throw Error("The source has changed since this job began", which,
              "Put the original back and resume, or start a new job with the changed one.");
}

}  // namespace

nlohmann::json fingerprint(const std::vector<fs::path>& sources) {
  auto entries = nlohmann::json::array();
  for (const auto& file : filesOf(sources)) entries.push_back(entryFor(file));
  return entries;
}

void rememberOrCheckSource(const fs::path& jobFolder, const std::vector<fs::path>& sources) {
  const fs::path file = jobFolder / "source.json";
  std::ifstream in(file);
  if (const auto before = nlohmann::json::parse(in, nullptr, false); before.is_array())
    checkUnchanged(sources, before);
  else
    writeAtomically(file, fingerprint(sources).dump());
}

}  // namespace fw
