#include <algorithm>
#include <set>

#include "core/base/error.h"
#include "core/base/paths.h"
#include "core/slowmo/job.h"

namespace fw {
namespace fs = std::filesystem;
namespace {

SlowmoRequest oneClip(const fs::path& source) {
  SlowmoRequest request;
  request.sources.push_back(source);
  return request;
}

// WebP files are pictures or animations.
bool isStill(const fs::path& file) {
  if (!isPicture(file)) return false;
  if (lowerEnding(file) != ".webp") return true;
  try {
    return probe(file).frames <= 1;
  } catch (const Error&) {
    return true;
  }
}

std::vector<fs::path> visibleFilesIn(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code failure, leadsNowhere;
  for (const auto& entry : fs::directory_iterator(folder, failure))
    if (entry.is_regular_file(leadsNowhere) && !entry.path().filename().string().starts_with('.'))
      files.push_back(entry.path());
  if (failure) throw Error("The folder cannot be read", folder.string(), failure.message() + ".");
  std::ranges::sort(files, comesBefore);
  return files;
}

void collectFolder(const fs::path& folder, CollectedClips& found) {
  const auto files = visibleFilesIn(folder);
  if (!files.empty() && std::ranges::all_of(files, isStill)) {
    found.clips.push_back(oneClip(folder));
    return;
  }
  std::set<std::string> stems;
  for (const auto& file : files) stems.insert(file.stem().string());
  // Beside videos lie subtitles, notes and cover pictures: none of them is a clip.
  bool anyVideo = false;
  std::vector<fs::path> others;
  for (const auto& file : files) {
    if (const auto source = sourceOfResult(file); source && stems.contains(*source)) {
      found.results.push_back(file);
      continue;
    }
    try {
      if (!isStill(file)) {
        probe(file);
        found.clips.push_back(oneClip(file));
        anyVideo = true;
        continue;
      }
    } catch (const Error&) {
    }
    others.push_back(file);
  }
  if (!anyVideo && std::ranges::any_of(others, isPicture)) {
    found.clips.push_back(oneClip(folder));
    std::erase_if(others, isPicture);
  }
  found.skipped.insert(found.skipped.end(), others.begin(), others.end());
}

}  // namespace

CollectedClips collectClips(std::vector<fs::path> dropped) {
  std::ranges::sort(dropped, comesBefore);
  CollectedClips found;
  SlowmoRequest pictures;
  for (const auto& path : dropped) {
    std::error_code ignored;
    if (fs::is_directory(path, ignored))
      collectFolder(path, found);
    else if (isStill(path))
      pictures.sources.push_back(path);
    else
      found.clips.push_back(oneClip(path));
  }
  if (!pictures.sources.empty()) found.clips.insert(found.clips.begin(), std::move(pictures));
  return found;
}

}  // namespace fw
