#pragma once
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/slowmo/engine.h"

namespace fw {

struct TripletScore {
  std::string name;
  double psnr = 0, ssim = 0, meanAbsoluteError = 0, milliseconds = 0;
};

struct ScoreTable {
  std::vector<TripletScore> triplets;
  TripletScore average;
};

/// `folder` holds folders of three pictures each; sorted by name they are first, true middle, last. Throws Error.
ScoreTable scoreTriplets(const std::filesystem::path& folder, Engine&, std::stop_token,
                         const std::function<void(int done, int total)>& onProgress = {});

}  // namespace fw
