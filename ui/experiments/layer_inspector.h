#pragma once
#include <QWidget>
#include <vector>

#include "core/explore/layer_meter.h"

class QLabel;
class QTreeWidget;

namespace fw {

class FrameView;
class Histogram;

/// What every layer of a network makes of an example just now: its numbers, what is wrong with it in words,
/// and of the chosen one the histogram and the maps.
class LayerInspector : public QWidget {
  Q_OBJECT
 public:
  explicit LayerInspector(QWidget* parent = nullptr);

  void clear();
  void setMeters(std::vector<LayerMeter> meters);  ///< the chosen layer stays chosen
  void say(const QString& text);                   ///< in place of the warnings
  QTreeWidget* layers() const { return layers_; }
  QString warnings() const;

 Q_SIGNALS:
  void lookAsked();

 private:
  void showLayer();

  std::vector<LayerMeter> meters_;
  QTreeWidget* layers_;
  QLabel *warnings_, *chosen_;
  Histogram* histogram_;
  FrameView* mosaic_;
};

}  // namespace fw
