#include "core/slowmo/score.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "core/base/error.h"
#include "core/image/metrics.h"
#include "core/image/views.h"

namespace fw {
namespace {

namespace fs = std::filesystem;

constexpr double kMiddle = 0.5;
constexpr double kHighestPsnr =
    100;  // equal pictures are infinitely alike; one of them must not hide the others

std::vector<fs::path> sortedEntries(const fs::path& folder, bool folders) {
  std::vector<fs::path> entries;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const bool hidden = entry.path().filename().string().starts_with('.');
    if (!hidden && (folders ? entry.is_directory() : entry.is_regular_file()))
      entries.push_back(entry.path());
  }
  std::ranges::sort(entries);
  return entries;
}

TripletScore scoreTriplet(const fs::path& folder, Engine& engine) {
  const auto pictures = sortedEntries(folder, false);
  constexpr std::size_t kTriplet = 3, kWithNeighbours = 5;
  if (pictures.size() != kTriplet && pictures.size() != kWithNeighbours)
    throw Error(
        "A triplet has three pictures", folder.string() + " has " + std::to_string(pictures.size()),
        "Keep exactly three in each folder: first, true middle, last; or five: also one before and one "
        "after, as far away again.");
  const std::size_t first = pictures.size() / 2 - 1;
  FramePair pair{readImage(pictures[first]), readImage(pictures[first + 2])};
  if (first > 0) {
    pair.before.frame = readImage(pictures.front());
    pair.after.frame = readImage(pictures.back());
  }
  const cv::Mat truth = readImage(pictures[first + 1]);
  if (pair.first.size() != truth.size() || pair.second.size() != truth.size())
    throw Error("The pictures of a triplet differ in size", folder.string(), "Give all three the same size.");
  return scoreMiddle(folder.filename().string(), pair, truth, engine);
}

}  // namespace

TripletScore scoreMiddle(const std::string& name, const FramePair& pair, const cv::Mat& truth, Engine& engine,
                         cv::Mat* made) {
  const auto start = std::chrono::steady_clock::now();
  const auto frames = engine.between(pair, {&kMiddle, 1});
  const std::chrono::duration<double, std::milli> taken = std::chrono::steady_clock::now() - start;
  const cv::Mat image = to8Bit(frames.at(0).image), expected = to8Bit(truth);
  if (made != nullptr) *made = image;
  return {.name = name,
          .psnr = std::min(psnr(image, expected), kHighestPsnr),
          .ssim = ssim(image, expected),
          .meanAbsoluteError = meanAbsoluteError(image, expected),
          .milliseconds = taken.count()};
}

TripletScore averageScore(const std::vector<TripletScore>& triplets) {
  TripletScore average{.name = "average"};
  const auto count = static_cast<double>(std::max<std::size_t>(1, triplets.size()));
  for (const auto& triplet : triplets) {
    average.psnr += triplet.psnr / count;
    average.ssim += triplet.ssim / count;
    average.meanAbsoluteError += triplet.meanAbsoluteError / count;
    average.milliseconds += triplet.milliseconds / count;
  }
  return average;
}

ScoreTable scoreTriplets(const fs::path& folder, Engine& engine, std::stop_token stop,
                         const std::function<void(int done, int total)>& onProgress) {
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored))
    throw Error("There are no triplets here", folder.string(),
                "Give a folder of folders of three pictures each.");
  const auto folders = sortedEntries(folder, true);
  if (folders.empty())
    throw Error("There are no triplets here", folder.string(),
                "It must hold one folder for each triplet, with three pictures each.");
  ScoreTable table;
  for (const auto& triplet : folders) {
    if (stop.stop_requested()) break;
    table.triplets.push_back(scoreTriplet(triplet, engine));
    if (onProgress) onProgress(static_cast<int>(table.triplets.size()), static_cast<int>(folders.size()));
  }
  table.average = averageScore(table.triplets);
  return table;
}

}  // namespace fw
