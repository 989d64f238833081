#include "ui/widgets/file_filter.h"

#include <QStringList>

#include "core/video/video.h"

namespace fw {

using namespace Qt::StringLiterals;

QString videosAndPictures() {
  QStringList patterns;
  for (const auto endings : {videoEndings(), pictureEndings()})
    for (const auto ending : endings)
      patterns << u"*"_s + QLatin1String(ending.data(), static_cast<qsizetype>(ending.size()));
  return u"Videos and pictures (%1);;All files (*)"_s.arg(patterns.join(u' '));
}

}  // namespace fw
