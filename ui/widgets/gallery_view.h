#pragma once
#include <QStringList>
#include <QWidget>
#include <memory>
#include <vector>

#include "ui/widgets/shown_gallery.h"

class QComboBox;
class QLabel;
class QScrollArea;
class QSlider;
class QStackedWidget;
class QTimer;
class QToolButton;

namespace fw {

class CompareView;
class DifferenceLegend;
class FrameView;
class Task;
class ViewLink;

/// Rows of input, target, prediction, difference …: zoom and cursor are shared by all pictures, rows can be
/// sorted by how wrong they are, animations play, and any two columns can be laid over each other (double
/// click).
class GalleryView : public QWidget {
  Q_OBJECT
 public:
  explicit GalleryView(QWidget* parent = nullptr);
  ~GalleryView() override;

  /// Prepared on a worker thread, shown soon; of several in a row only the newest. Zoom, order and size stay.
  void setGallery(const Gallery& gallery);
  void setPlaceholder(const QString& text);
  const ShownGallery& shown() const { return *shown_; }
  std::vector<std::size_t> order() const { return order_; }  ///< of the rows, top to bottom
  FrameView* cell(std::size_t row,
                  std::size_t column) const;  ///< by place on screen; null when there is none
  ViewLink* link() const { return link_; }

  void setWorstFirst(bool on);
  void setCellSize(int pixels);                                          ///< the longer side of a picture
  void compare(std::size_t row, std::size_t first, std::size_t second);  ///< lays two columns over each other
  void closeCompare();
  CompareView* compareView() const;  ///< null while the rows are shown
  void setPlaying(bool on);

 Q_SIGNALS:
  void galleryShown();
  void clicked(std::size_t row, std::size_t column,
               QPoint pixel);  ///< of the gallery, whatever its order on screen
  void exported(const QString& file);
  void exportFailed(const QString& message);

 protected:
  void resizeEvent(QResizeEvent*) override;

 private:
  struct Cells;
  void take(std::shared_ptr<ShownGallery> shown);
  void layOut();
  FrameView* makeCell(std::size_t place, std::size_t column);
  QStringList captions(std::size_t row) const;
  QSize cellSize(std::size_t row, std::size_t column) const;
  void fill();
  void sortRows();
  void showMoment();
  void showCompare();
  void chooseExport();
  void nextRow(int by);
  int roomForColumns() const;
  int fittingCell() const;
  std::vector<int> captionWidths(const QStringList& titles) const;

  std::shared_ptr<ShownGallery> shown_;
  std::vector<std::size_t> order_;
  std::unique_ptr<Gallery> waiting_;
  Task* task_;
  Task* exportTask_;
  ViewLink* link_;
  QStackedWidget* stack_;
  QScrollArea* scroll_;
  QScrollArea* headerScroll_;  ///< follows the rows sideways, never up and down
  QWidget* grid_ = nullptr;
  std::vector<std::unique_ptr<Cells>> cells_;
  QComboBox* sort_;
  QSlider* size_;
  QToolButton* play_;
  QSlider* moment_;
  QLabel* empty_;
  DifferenceLegend* legend_;
  QTimer* clock_;
  QTimer* fitSoon_;
  CompareView* compare_;
  QComboBox* compareFirst_;
  QComboBox* compareSecond_;
  QLabel* compareTitle_;
  std::size_t compareRow_ = 0;
  int fittedTo_ = 0;         ///< longer side of the pictures as they are laid out
  bool sizeChosen_ = false;  ///< by the person; until then pictures fill the width
};

}  // namespace fw
