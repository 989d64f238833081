#pragma once
#include <torch/torch.h>

#include <map>
#include <string>
#include <vector>

#include "core/image/gallery.h"

/// How a classifier is shown: pictures of numbers that say where it errs.
namespace fw {

/// Rows are true classes, columns predicted ones; each cell is the share of its row, 0 black … 1 white.
GalleryFrame confusionPicture(const torch::Tensor& confusion, const std::vector<std::string>& classes);

/// One bar for each class, the true one framed.
GalleryFrame probabilityBars(const torch::Tensor& probabilities, int64_t truth,
                             const std::vector<std::string>& classes);

/// Named curves from 0 to `highest` over the whole numbers `first`, `first` + 1 …
GalleryFrame curvesPicture(const std::string& label, const std::map<std::string, std::vector<double>>& curves,
                           const std::string& below, int first = 0, double highest = 100.0);

}  // namespace fw
