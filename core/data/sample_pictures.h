#pragma once
#include <opencv2/core.hpp>
#include <vector>

namespace fw {

/// Three pictures that we draw ourselves, for experiments that need some before a person has brought any: a
/// lake between mountains (soft gradients), balls on a table (shading), a poster (hard edges and small
/// print). 8-bit BGR.
std::vector<cv::Mat> samplePictures(int width, int height);

}  // namespace fw
