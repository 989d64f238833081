#pragma once
#include <QImage>
#include <QStringList>
#include <vector>

#include "core/image/gallery.h"

namespace fw {

/// A gallery made ready to be shown: differences added, scores computed, pictures in Qt's form.
struct ShownGallery {
  struct Row {
    /// Of each prediction against the target; none where they cannot be compared.
    struct Score {
      QString of;                ///< the prediction's label
      double psnr, ssim, error;  ///< the error is a share of the range
    };
    std::vector<Score> scores;
    double worst() const;                       ///< error; 0 without scores
    QStringList words() const;                  ///< the scores, a line each
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
QImage gallerySheet(const ShownGallery&, const std::vector<std::size_t>& order, int scale, int moment,
                    const QString& title = {});
/// A .png of the first moment, or a .gif of the animation. Throws Error. Any thread.
void exportGallery(const ShownGallery&, const std::vector<std::size_t>& order, const QString& file);
/// The same sheet at several moments of a training ("step 200") as one .gif that ends with a longer look at
/// the last.
void exportLearning(const std::vector<std::pair<QString, ShownGallery>>& snapshots, const QString& file);

}  // namespace fw
