#pragma once
#include <QImage>
#include <QString>
#include <vector>

#include "core/image/gallery.h"

namespace fw {

/// A gallery made ready to be shown: differences added, scores computed, pictures in Qt's form.
struct ShownGallery {
  struct Row {
    /// Of the first prediction against the target; the error is a share of the range.
    double psnr = 0, ssim = 0, error = 0;
    bool scored = false;
    std::vector<std::vector<QImage>> pictures;  ///< for each frame: its picture, or its animation's
  };
  Gallery gallery;
  std::vector<Row> rows;
  int moments() const;  ///< of its longest animation; 1 when nothing moves
};

/// Takes a while; any thread.
ShownGallery prepareGallery(Gallery gallery);

/// The first frame of a role in the row; null when there is none.
const GalleryFrame* firstOf(const GalleryRow& row, FrameRole role);
/// What to show of a frame that may be an animation, when only one picture can be shown.
cv::Mat firstPicture(const GalleryFrame& frame);
/// Of an animation, the picture of that moment; it begins again when it is over.
cv::Mat pictureAt(const GalleryFrame& frame, std::size_t moment);

/// The rows in this order with their labels and scores as one picture, every pixel a square of `scale`.
QImage gallerySheet(const ShownGallery&, const std::vector<std::size_t>& order, int scale, int moment);
/// A .png of the first moment, or a .gif of the animation. Throws Error. Any thread.
void exportGallery(const ShownGallery&, const std::vector<std::size_t>& order, const QString& file);
/// The same sheet at several moments of a training as one .gif that ends with a longer look at the last.
void exportLearning(const std::vector<ShownGallery>& snapshots, const QString& file);

}  // namespace fw
