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
constexpr int kCaptionWidth = 14 * kGrid, kLine = 2 * kGrid, kLongestCaption = 1000;

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

double ShownGallery::Row::worst() const {
  const auto most = std::ranges::max_element(scores, {}, &Score::error);
  return most == scores.end() ? 0 : most->error;
}

QStringList ShownGallery::Row::words() const {
  QStringList lines;
  for (const auto& [of, psnr, ssim, error] : scores) {
    const QString decibels = (std::isinf(psnr) ? u"∞"_s : QString::number(psnr, 'f', 1)) + u" dB"_s;
    if (scores.size() > 1)
      lines << u"%1 %2"_s.arg(of.section(u": "_s, 0, 0), decibels);
    else
      lines << u"PSNR "_s + decibels << u"SSIM %1"_s.arg(ssim, 0, 'f', 3)
            << u"MAE %1"_s.arg(error, 0, 'f', 4);
  }
  return lines;
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
    const auto* target = firstOf(gallery[i], FrameRole::Target);
    if (!target) continue;
    const cv::Mat truth = firstPicture(*target);
    for (const auto& frame : gallery[i].frames) {
      const cv::Mat made = firstPicture(frame);
      if (frame.role != FrameRole::Prediction || truth.empty() || made.size() != truth.size() ||
          made.type() != truth.type())
        continue;
      row.scores.push_back({QString::fromStdString(frame.label), psnr(truth, made), ssim(truth, made),
                            meanAbsoluteError(truth, made)});
    }
  }
  shown.gallery = std::move(gallery);
  return shown;
}

namespace {

QString captionOf(const ShownGallery& shown, std::size_t row) {
  return (QStringList(QString::fromStdString(shown.gallery[row].name)) + shown.rows[row].words()).join(u'\n');
}

/// Where a sheet's columns and rows go.
struct SheetPlan {
  std::vector<int> widths, heights;  // of the columns; of the rows, in their order
  QSize size{kCaptionWidth + kGrid, kLine + kGrid};
};

SheetPlan planOf(const ShownGallery& shown, const std::vector<std::size_t>& order, int scale,
                 const QFontMetrics& metrics) {
  SheetPlan plan;
  for (const std::size_t i : order) {
    const QRect room(0, 0, kCaptionWidth - kGrid, kLongestCaption);
    int height = metrics.boundingRect(room, Qt::TextWordWrap, captionOf(shown, i)).height();
    const auto& pictures = shown.rows[i].pictures;
    plan.widths.resize(std::max(plan.widths.size(), pictures.size()));
    for (std::size_t column = 0; column < pictures.size(); ++column) {
      const QSize size = pictures[column].front().size() * scale;
      plan.widths[column] = std::max(plan.widths[column], size.width());
      height = std::max(height, size.height());
    }
    plan.heights.push_back(height);
    plan.size.rheight() += height + kGrid;
  }
  for (const int width : plan.widths) plan.size.rwidth() += width + kGrid;
  return plan;
}

}  // namespace

QImage gallerySheet(const ShownGallery& shown, const std::vector<std::size_t>& order, int scale, int moment,
                    const QString& title) {
  QFont font(u"sans-serif"_s);
  font.setPixelSize(12);
  const QFontMetrics metrics(font);
  const SheetPlan plan = planOf(shown, order, scale, metrics);
  // Video codecs want even sides.
  QImage sheet(plan.size + QSize(plan.size.width() % 2, plan.size.height() % 2), QImage::Format_RGB32);
  sheet.fill(Qt::white);
  QPainter painter(&sheet);
  painter.setFont(font);
  painter.setPen(QColor(0x30, 0x36, 0x40));
  const int left = kCaptionWidth + kGrid;
  painter.drawText(QRect(kGrid, kGrid / 2, kCaptionWidth - kGrid, kLine), Qt::AlignLeft | Qt::AlignVCenter,
                   title);
  const auto& titles = shown.gallery[order.front()].frames;
  int x = left;
  for (std::size_t column = 0; column < plan.widths.size() && column < titles.size(); ++column) {
    const int width = plan.widths[column];
    const QString text = QString::fromStdString(titles[column].label);
    painter.drawText(QRect(x, kGrid / 2, width + kGrid, kLine), Qt::AlignLeft | Qt::AlignVCenter,
                     metrics.elidedText(text, Qt::ElideRight, width));
    x += width + kGrid;
  }
  int y = kLine + kGrid;
  for (std::size_t place = 0; place < order.size(); ++place) {
    const std::size_t i = order[place];
    painter.drawText(QRect(kGrid, y, kCaptionWidth - kGrid, plan.heights[place]),
                     Qt::AlignLeft | Qt::AlignTop | Qt::TextWordWrap, captionOf(shown, i));
    x = left;
    for (std::size_t column = 0; column < shown.rows[i].pictures.size(); ++column) {
      const auto& pictures = shown.rows[i].pictures[column];
      const QImage& picture = pictures[std::size_t(moment) % pictures.size()];
      painter.drawImage(QRect(QPoint(x, y), picture.size() * scale), picture);
      x += plan.widths[column] + kGrid;
    }
    y += plan.heights[place] + kGrid;
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

void exportLearning(const std::vector<std::pair<QString, ShownGallery>>& snapshots, const QString& file) {
  std::vector<QImage> sheets;
  QSize largest;
  for (const auto& [moment, shown] : snapshots) {
    sheets.push_back(gallerySheet(shown, inOrder(shown.rows.size()), goodScale(shown), 0, moment));
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
