#include "ui/widgets/shown_gallery.h"

#include <QPainter>
#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/image/metrics.h"
#include "core/image/views.h"
#include "core/video/writer.h"
#include "ui/theme.h"
#include "ui/widgets/frame_view.h"

namespace fw {
namespace {

using namespace Qt::StringLiterals;

constexpr int kSmallestSide = 96;       ///< pictures of a sheet are enlarged to this at least
constexpr int kHundredthsPerFrame = 7;  ///< GIF counts in hundredths of a second
constexpr int kHundredthsPerSnapshot = 25, kHundredthsAtEnd = 150;
constexpr int kCaptionWidth = 14 * kGrid, kLine = 2 * kGrid;

cv::Mat toMat(const QImage& image) {
  const QImage plain = image.convertToFormat(QImage::Format_BGR888);
  return cv::Mat(plain.height(), plain.width(), CV_8UC3, const_cast<uchar*>(plain.constBits()),
                 std::size_t(plain.bytesPerLine()))
      .clone();
}

std::vector<std::size_t> inOrder(std::size_t count) {
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  return order;
}

int goodScale(const ShownGallery& shown) {
  int shortest = 0;
  for (const auto& row : shown.rows)
    for (const auto& pictures : row.pictures) {
      const int side = std::min(pictures.front().width(), pictures.front().height());
      if (side > 0) shortest = shortest == 0 ? side : std::min(shortest, side);
    }
  return shortest == 0 ? 1 : std::max(1, int(std::ceil(double(kSmallestSide) / shortest)));
}

void writeGif(const std::vector<std::pair<cv::Mat, int>>& frames, const QString& file) {
  VideoFormat format;
  format.width = frames.front().first.cols;
  format.height = frames.front().first.rows;
  format.frameRate = {100, frames.front().second};
  format.timeBase = {1, 100};
  EncodeSettings settings;
  settings.codec = "gif";
  VideoWriter writer(file.toStdString(), settings, format);
  int64_t at = 0;
  for (const auto& [image, duration] : frames) {
    writer.write(image, at, duration);
    at += duration;
  }
  writer.finish();
}

}  // namespace

int ShownGallery::moments() const {
  std::size_t longest = 1;
  for (const auto& row : rows)
    for (const auto& each : row.pictures) longest = std::max(longest, each.size());
  return int(longest);
}

const GalleryFrame* firstOf(const GalleryRow& row, FrameRole role) {
  const auto found = std::find_if(row.frames.begin(), row.frames.end(),
                                  [&](const GalleryFrame& frame) { return frame.role == role; });
  return found == row.frames.end() ? nullptr : &*found;
}

cv::Mat firstPicture(const GalleryFrame& frame) { return pictureAt(frame, 0); }

cv::Mat pictureAt(const GalleryFrame& frame, std::size_t moment) {
  return frame.animation.empty() ? frame.image : frame.animation[moment % frame.animation.size()];
}

ShownGallery prepareGallery(Gallery gallery) {
  for (auto& row : gallery)
    if (!firstOf(row, FrameRole::Difference)) {
      Gallery one{std::move(row)};
      addDifferences(one);
      row = std::move(one.front());
    }
  ShownGallery shown;
  shown.rows.resize(gallery.size());
  for (std::size_t i = 0; i < gallery.size(); ++i) {
    auto& row = shown.rows[i];
    for (const auto& frame : gallery[i].frames) {
      auto& pictures = row.pictures.emplace_back();
      for (const auto& image : frame.animation) pictures.push_back(toQImage(image));
      if (pictures.empty()) pictures.push_back(toQImage(frame.image));
    }
    const auto *target = firstOf(gallery[i], FrameRole::Target),
               *prediction = firstOf(gallery[i], FrameRole::Prediction);
    if (!target || !prediction) continue;
    const cv::Mat a = firstPicture(*target), b = firstPicture(*prediction);
    if (a.empty() || a.size() != b.size() || a.type() != b.type()) continue;
    row.scored = true;
    row.psnr = psnr(a, b);
    row.ssim = ssim(a, b);
    row.error = meanAbsoluteError(a, b);
  }
  shown.gallery = std::move(gallery);
  return shown;
}

QImage gallerySheet(const ShownGallery& shown, const std::vector<std::size_t>& order, int scale, int moment) {
  std::vector<int> widths;
  int height = kLine + kGrid;
  for (const std::size_t i : order) {
    int tallest = 4 * kLine;
    for (std::size_t column = 0; column < shown.rows[i].pictures.size(); ++column) {
      const QSize size = shown.rows[i].pictures[column].front().size() * scale;
      if (widths.size() <= column) widths.push_back(0);
      widths[column] = std::max(widths[column], size.width());
      tallest = std::max(tallest, size.height());
    }
    height += tallest + kGrid;
  }
  const int width =
      std::accumulate(widths.begin(), widths.end(), kCaptionWidth + kGrid) + kGrid * int(widths.size());
  QImage sheet(width + width % 2, height + height % 2, QImage::Format_RGB32);
  sheet.fill(Qt::white);
  QPainter painter(&sheet);
  QFont font(u"sans-serif"_s);
  font.setPixelSize(12);
  painter.setFont(font);
  painter.setPen(QColor(0x30, 0x36, 0x40));
  int x = kCaptionWidth + kGrid;
  for (std::size_t column = 0; column < widths.size(); ++column) {
    const auto& first = shown.gallery[order.front()].frames;
    if (column < first.size())
      painter.drawText(QRect(x, kGrid / 2, widths[column] + kGrid, kLine), Qt::AlignLeft | Qt::AlignVCenter,
                       painter.fontMetrics().elidedText(QString::fromStdString(first[column].label),
                                                        Qt::ElideRight, widths[column]));
    x += widths[column] + kGrid;
  }
  int y = kLine + kGrid;
  for (const std::size_t i : order) {
    const auto& row = shown.rows[i];
    QString caption = QString::fromStdString(shown.gallery[i].name);
    if (row.scored)
      caption += u"\nPSNR %1 dB\nSSIM %2\nMAE %3"_s.arg(row.psnr, 0, 'f', 1)
                     .arg(row.ssim, 0, 'f', 3)
                     .arg(row.error, 0, 'f', 4);
    painter.drawText(QRect(kGrid, y, kCaptionWidth - kGrid, 4 * kLine),
                     Qt::AlignLeft | Qt::AlignTop | Qt::TextWordWrap, caption);
    x = kCaptionWidth + kGrid;
    int tallest = 4 * kLine;
    for (std::size_t column = 0; column < row.pictures.size(); ++column) {
      const auto& pictures = row.pictures[column];
      const QImage& picture = pictures[std::size_t(moment) % pictures.size()];
      const QSize size = picture.size() * scale;
      painter.drawImage(QRect(QPoint(x, y), size), picture);
      tallest = std::max(tallest, size.height());
      x += widths[column] + kGrid;
    }
    y += tallest + kGrid;
  }
  return sheet;
}

void exportGallery(const ShownGallery& shown, const std::vector<std::size_t>& order, const QString& file) {
  const int scale = goodScale(shown);
  if (!file.endsWith(u".gif"_s, Qt::CaseInsensitive))
    return writeImage(file.toStdString(), toMat(gallerySheet(shown, order, scale, 0)));
  std::vector<std::pair<cv::Mat, int>> frames;
  for (int moment = 0; moment < shown.moments(); ++moment)
    frames.emplace_back(toMat(gallerySheet(shown, order, scale, moment)), kHundredthsPerFrame);
  writeGif(frames, file);
}

void exportLearning(const std::vector<ShownGallery>& snapshots, const QString& file) {
  std::vector<QImage> sheets;
  QSize largest;
  for (const auto& shown : snapshots) {
    sheets.push_back(gallerySheet(shown, inOrder(shown.rows.size()), goodScale(shown), 0));
    largest = largest.expandedTo(sheets.back().size());
  }
  std::vector<std::pair<cv::Mat, int>> frames;
  for (const auto& sheet : sheets) {
    QImage page(largest, sheet.format());  // of a network that errs less there may be less to show
    page.fill(Qt::white);
    QPainter(&page).drawImage(0, 0, sheet);
    frames.emplace_back(toMat(page), kHundredthsPerSnapshot);
  }
  if (frames.empty()) return;
  frames.back().second = kHundredthsAtEnd;
  writeGif(frames, file);
}

}  // namespace fw
