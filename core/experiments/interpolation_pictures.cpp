#include "core/experiments/interpolation_pictures.h"

#include <algorithm>
#include <sstream>

#include "core/base/error.h"
#include "core/data/layered_motion.h"
#include "core/image/views.h"

namespace fw {
namespace {

constexpr int kHeldOutFrames = 12;
constexpr int64_t kMostFrames = 400;  // of a video
constexpr int kInventedPhotos = 24, kInventedSide = 384, kInventedFrameSide = 192;

std::vector<std::string> namesIn(const std::string& list) {
  std::vector<std::string> names;
  std::istringstream parts(list);
  for (std::string name; std::getline(parts, name, ',');) {
    name.erase(0, name.find_first_not_of(' '));
    name.erase(name.find_last_not_of(' ') + 1);
    if (!name.empty()) names.push_back(name);
  }
  return names;
}

}  // namespace

InterpolationPictures::InterpolationPictures(const Choice& choice) : choice_(choice) {
  choice.oneClip.empty() ? useAll() : useOneClip();
}

void InterpolationPictures::useAll() {
  const Choice& choice = choice_;
  const auto found = findPictures(choice.paths);
  const auto keepAside = namesIn(choice.heldOut);
  FrameWindows heldOut;
  std::vector<std::string> known;
  const auto isHeldOut = [&](const std::string& name) {
    known.push_back(name);
    return keepAside.empty() ? known.size() % 5 == 0 : std::ranges::find(keepAside, name) != keepAside.end();
  };
  for (const auto& sequence : found.sequences)
    (isHeldOut(sequence.name) ? heldOut : windows_).addFrames(sequence.name, sequence.frames);
  for (const auto& video : found.videos)
    (isHeldOut(video.filename().string()) ? heldOut : windows_).addVideo(video, kMostFrames);
  for (const auto& name : keepAside)
    if (std::ranges::find(known, name) == known.end())
      throw Error("There is no such sequence to hold out", name,
                  "Use the name of a folder of frames or of a video file.");
  for (const auto& photo : found.photos) photos_.push_back(readImage(photo));

  heldOut_ = heldOut.triplets(kHeldOutFrames);
  Random fixed(7);  // the same for every seed, so that runs can be compared
  if (photos_.empty() && windows_.empty())
    for (int i = 0; i < kInventedPhotos; ++i) photos_.push_back(inventedPhoto(kInventedSide, fixed));
  if (!heldOut_.empty()) return fitCrop();
  if (photos_.size() < 2 && !windows_.empty())
    throw Error("There is nothing to validate on", "held_out",
                "Give at least five sequences, or name one to hold out.");
  // No real sequence to spare: photographs that are then never trained on.
  const auto spared = static_cast<std::ptrdiff_t>(std::max<std::size_t>(1, photos_.size() / 8));
  if (photos_.size() < 2)
    throw Error("There is nothing to validate on", "data", "Give at least two sequences or photographs.");
  const std::vector<cv::Mat> aside(photos_.end() - spared, photos_.end());
  photos_.erase(photos_.end() - spared, photos_.end());
  for (int i = 0; i < kHeldOutFrames; ++i)
    heldOut_.push_back(layeredMotion(aside, kInventedFrameSide, fixed));
}

void InterpolationPictures::useOneClip() {
  const std::string clip = choice_.paths.empty() ? "" : choice_.paths.front();
  if (choice_.paths.size() != 1)
    throw Error("One clip is learned from at a time", clip, "Name one video, or one folder of frames.");
  windows_.addClip(clip, choice_.from, choice_.to, kMostFrames);
  windows_.holdOutFrames(kHeldOutFrames);
  heldOut_ = windows_.heldOutTriplets();
  if (heldOut_.empty())
    throw Error("The clip is too short to learn from", clip, "It takes a dozen frames or more.");
  for (auto& sample : heldOut_) sample.quality = choice_.oneClip;
  fitCrop();
}

// Small clips are learned from in small crops.
void InterpolationPictures::fitCrop() {
  constexpr int kGrid = 32;
  for (const auto& sample : heldOut_)
    choice_.crop = std::min(choice_.crop,
                            std::max(kGrid, std::min(sample.first.cols, sample.first.rows) / kGrid * kGrid));
}

/// As an engine sees them at this quality; learned from in a few places.
std::optional<BetweenSample> InterpolationPictures::drawnWhole(const std::string& quality,
                                                               Random& random) const {
  constexpr int kSpots = 4;
  auto sample = windows_.whole(random);
  if (!sample) return std::nullopt;
  sample->quality = quality;
  for (int i = 0; i < kSpots; ++i) sample->spots.emplace_back(random.uniform(), random.uniform());
  return sample;
}

BetweenSample InterpolationPictures::drawn(Random& random) const {
  // Half of the real frames are seen whole, half in crops of any size.
  constexpr const char* kQualities[] = {"fast", "balanced", "balanced", "best"};
  // As engines reduce large frames before they look for motion.
  constexpr double kReductions[] = {1, 1, 1.5, 2, 2, 2.5};
  const double reduction = choice_.swift ? kReductions[random.integer(0, std::size(kReductions) - 1)] : 1.0;
  const bool moved = windows_.empty() || (!photos_.empty() && random.chance(choice_.photoShare));
  if (!moved && choice_.swift && random.chance(0.5))
    if (auto real = drawnWhole(kQualities[random.integer(0, std::size(kQualities) - 1)], random))
      return *real;
  const auto reduced = [](BetweenSample sample, double by) {
    sample.reduction = by;
    return sample;
  };
  if (!moved)
    for (const double by : {reduction, 1.0, 1.0, 1.0, 1.0})  // still pictures and cuts are many in some clips
      if (auto real = windows_.crop(cvRound(by * choice_.crop), random)) return reduced(*real, by);
  if (photos_.empty())
    throw Error("No motion was found in the training pictures", "data",
                "Give clips in which something moves and that are larger than the crop.");
  const double by = std::min(reduction, 2.0);
  return reduced(layeredMotion(photos_, cvRound(by * choice_.crop), random), by);
}

BetweenSample InterpolationPictures::sample(uint64_t seed) const {
  Random random(seed);
  if (!choice_.oneClip.empty() && choice_.swift) {
    auto whole = drawnWhole(choice_.oneClip, random);
    if (!whole)
      throw Error("No motion was found in the clip", "data",
                  "Give one in which something moves, of a dozen frames or more.");
    if (random.chance(0.5)) turnBack(*whole);
    return *whole;
  }
  auto sample = drawn(random);
  while (!choice_.swift && sample.time != 0.5) sample = drawn(random);
  if (random.chance(choice_.aloneShare)) sample.before = sample.after = cv::Mat();
  sample.searchedTwice = random.chance(0.5);  // as only the best quality does
  augment(sample, random);
  return sample;
}

}  // namespace fw
