#pragma once
#include <QObject>
#include <QStringList>
#include <memory>

#include "core/slowmo/analysis.h"
#include "ui/slowmo/clip_timeline.h"
#include "ui/slowmo/latest_task.h"
#include "ui/work/mailbox.h"

namespace fw {

/// Learns what there is to know of a clip before anything is made: its facts, small pictures of it, cuts and
/// repeated frames. Everything in the background; the newest clip wins.
class ClipStudy : public QObject {
  Q_OBJECT
 public:
  explicit ClipStudy(QObject* parent = nullptr);

  void open(const QStringList& files);
  void analyse(const SlowmoRequest& request);  ///< goes by the request's settings
  void close();
  bool analysing() const { return analysis_.busy(); }

 Q_SIGNALS:
  /// Of several clips the first one; the others are to be made likewise.
  void opened(const fw::SlowmoRequest& first, const fw::VideoInfo& info,
              const std::vector<fw::SlowmoRequest>& others);
  void skipped(const QString& first, int count);         ///< of a folder: what is no video
  void resultsLeftOut(const QString& first, int count);  ///< … and what was made of its other clips
  void thumbnailsMade(const std::vector<fw::ClipTimeline::Thumbnail>& thumbnails);
  void seen();  ///< the first thumbnails are there (or cannot be had): now there is time for analyse()
  void found(const std::vector<double>& cuts, const std::vector<double>& duplicates, double analysedUntil);
  void analysed();
  void failed(const QString& message);

 private:
  struct Findings {
    int question = 0;
    std::vector<double> cuts, duplicates;
    double until = 0;
  };
  void makeThumbnails(const SlowmoRequest& request, int count);

  VideoInfo info_;
  std::shared_ptr<Mailbox<Findings>> mailbox_;
  int question_ = 0;
  LatestTask opening_, thumbnails_, analysis_;
};

}  // namespace fw
