#include "ui/slowmo/clip_study.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>

#include "core/base/error.h"
#include "core/video/thumbnails.h"
#include "ui/widgets/frame_view.h"

namespace fw {
namespace {

using namespace Qt::StringLiterals;

constexpr int kFewThumbnails = 8, kThumbnails = 40;  // a few at once, the rest a little later
constexpr int kThumbnailHeight = 72;
constexpr int kFramesPerNews = 16;

struct Opened {
  CollectedClips collected;
  VideoInfo info;
};

// One picture among videos is their cover, not a clip.
void leaveCoverOut(CollectedClips& collected) {
  auto& clips = collected.clips;
  if (clips.size() < 2 || clips.front().sources.size() != 1) return;
  const auto& file = clips.front().sources.front();
  if (!isPicture(file) || file.extension() == ".webp") return;  // those may be animations
  collected.skipped.push_back(file);
  clips.erase(clips.begin());
}

// Of several clips those before the first that can be read are left out; one alone must say what is wrong.
VideoInfo probeFirst(CollectedClips& collected) {
  auto& clips = collected.clips;
  while (true) try {
      return probe(clips.front());
    } catch (const Error&) {
      if (clips.size() == 1) throw;
      collected.skipped.push_back(clips.front().sources.front());
      clips.erase(clips.begin());
    }
}

std::vector<std::filesystem::path> pathsOf(const QStringList& files) {
  std::vector<std::filesystem::path> paths;
  for (const QString& file : files) paths.emplace_back(file.toStdU16String());
  return paths;
}

std::vector<ClipTimeline::Thumbnail> readThumbnails(const SlowmoRequest& request, double duration, int count,
                                                    std::stop_token stop) {
  std::vector<double> times;
  for (int i = 0; i < count; ++i) times.push_back(duration * (i + 0.5) / count);
  std::vector<cv::Mat> pictures;
  if (request.sources.size() == 1) {
    pictures = thumbnails(request.sources.front(), times, kThumbnailHeight, stop);
  } else {
    ReadOptions small;
    small.maxHeight = kThumbnailHeight;
    VideoReader reader = openSource(request, small);
    for (const double time : times) {
      if (stop.stop_requested()) break;
      reader.seek(time);
      const auto frame = reader.next();
      if (!frame) break;
      pictures.push_back(frame->image);
    }
  }
  std::vector<ClipTimeline::Thumbnail> made;
  for (std::size_t i = 0; i < pictures.size(); ++i) made.push_back({times[i], toQImage(pictures[i])});
  return made;
}

}  // namespace

ClipStudy::ClipStudy(QObject* parent) : QObject(parent) {
  mailbox_ = Mailbox<Findings>::create(this, [this](Findings findings) {
    if (findings.question == question_) Q_EMIT found(findings.cuts, findings.duplicates, findings.until);
  });
}

void ClipStudy::open(const QStringList& files) {
  close();
  opening_.ask<Opened>(
      [files](std::stop_token) {
        Opened opened{collectClips(pathsOf(files)), {}};
        if (opened.collected.clips.empty())
          throw Error("There is nothing to open", files.value(0).toStdString(), "Drop a video or pictures.");
        leaveCoverOut(opened.collected);
        opened.info = probeFirst(opened.collected);
        return opened;
      },
      [this](Opened opened) {
        info_ = opened.info;
        auto& clips = opened.collected.clips;
        const SlowmoRequest first = clips.front();
        clips.erase(clips.begin());
        Q_EMIT this->opened(first, info_, clips);
        const auto tell = [](const std::vector<std::filesystem::path>& files, auto told) {
          if (!files.empty())
            told(QString::fromStdString(files.front().filename().string()), static_cast<int>(files.size()));
        };
        tell(opened.collected.skipped, [this](auto first, int count) { Q_EMIT skipped(first, count); });
        tell(opened.collected.results,
             [this](auto first, int count) { Q_EMIT resultsLeftOut(first, count); });
        makeThumbnails(first, kFewThumbnails);
      },
      [this](const QString& message) { Q_EMIT failed(message); });
}

void ClipStudy::makeThumbnails(const SlowmoRequest& request, int count) {
  // The few come first; only then does the analysis take the processor.
  const auto goOn = [this, request, count] {
    if (count == kThumbnails) return;
    Q_EMIT seen();
    makeThumbnails(request, kThumbnails);
  };
  thumbnails_.ask<std::vector<ClipTimeline::Thumbnail>>(
      [request, duration = info_.duration, count](std::stop_token stop) {
        return readThumbnails(request, duration, count, stop);
      },
      [this, goOn](std::vector<ClipTimeline::Thumbnail> made) {
        Q_EMIT thumbnailsMade(made);
        goOn();
      },
      [goOn](const QString&) { goOn(); });  // the analysis says what is wrong with the clip
}

void ClipStudy::analyse(const SlowmoRequest& request) {
  const int question = ++question_;
  const auto options = [&] {
    auto all = analyseOptions(request);
    all.from = 0;  // the whole clip: the trim may still be moved
    all.to = -1;
    all.cutsAdded.clear();  // the person's own marks are laid over what is found
    all.cutsRemoved.clear();
    return all;
  }();
  const auto post = [box = mailbox_, info = info_, question](const Analysis& analysis) {
    Findings findings{question, {}, {}, 0};
    for (const int64_t cut : analysis.cuts) findings.cuts.push_back(sourceSeconds(analysis, info, cut));
    for (const int64_t repeat : analysis.duplicates)
      findings.duplicates.push_back(sourceSeconds(analysis, info, repeat));
    if (analysis.frames() > 0) findings.until = sourceSeconds(analysis, info, analysis.frames() - 1);
    box->post([&](Findings& news) { news = findings; });
  };
  analysis_.ask<Analysis>(
      [=](std::stop_token stop) {
        auto analysis = analyseOnce(
            dataHome(), request, options,
            [&](int64_t frames, const Analysis& soFar) {
              if (frames % kFramesPerNews == 0) post(soFar);
            },
            stop);
        post(analysis);
        return analysis;
      },
      [this](const Analysis&) { Q_EMIT analysed(); },
      [this](const QString& message) { Q_EMIT failed(message); });
}

void ClipStudy::close() {
  ++question_;
  opening_.forget();
  thumbnails_.forget();
  analysis_.forget();
}

}  // namespace fw
