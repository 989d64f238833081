#pragma once
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/slowmo/engine.h"

/// How good an engine is where the truth is known: the middle of three frames is hidden and made from the
/// other two. Both are rounded to 8 bits and compared whole, borders included; averages are means over
/// pictures.
namespace fw {

struct TripletScore {
  std::string name;
  double psnr = 0, ssim = 0, meanAbsoluteError = 0, milliseconds = 0;
};

struct ScoreTable {
  std::vector<TripletScore> triplets;
  TripletScore average;
};

/// `made`, when given, receives what the engine made.
TripletScore scoreMiddle(const std::string& name, const FramePair& pair, const cv::Mat& truth, Engine& engine,
                         cv::Mat* made = nullptr);
TripletScore averageScore(const std::vector<TripletScore>& triplets);

/// `folder` holds folders of three pictures each; sorted by name they are first, true middle, last. Five are
/// the same between one before and one after, for engines that look there. When
/// stopped the table holds what was done. Throws Error.
ScoreTable scoreTriplets(const std::filesystem::path& folder, Engine& engine, std::stop_token stop,
                         const std::function<void(int done, int total)>& onProgress = {});

}  // namespace fw
