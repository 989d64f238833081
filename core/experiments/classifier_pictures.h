#pragma once
#include <torch/torch.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/image/gallery.h"

/// How a classifier is shown: pictures of numbers that say where it errs.
namespace fw {

/// Rows are true classes, columns predicted ones; each cell is the share of its row, 0 black … 1 white.
GalleryFrame confusionPicture(const torch::Tensor& confusion, const std::vector<std::string>& classes);

/// Which true and which predicted class meet at this pixel of a confusionPicture(); empty beside its cells.
std::optional<std::pair<int, int>> confusionCell(cv::Point pixel, std::size_t classes);

/// One bar for each class, the true one framed.
GalleryFrame probabilityBars(const torch::Tensor& probabilities, int64_t truth,
                             const std::vector<std::string>& classes);

/// Named curves from 0 to `highest` over the whole numbers `first`, `first` + 1 …
GalleryFrame curvesPicture(const std::string& label, const std::map<std::string, std::vector<double>>& curves,
                           const std::string& below, int first = 0, double highest = 100.0);

/// A point for each pair, and the line on which both are equal.
GalleryFrame pointsPicture(const std::string& label, const std::vector<std::pair<double, double>>& points,
                           const std::string& along, const std::string& up);

}  // namespace fw
