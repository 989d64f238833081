#pragma once
#include <QString>

namespace fw {

/// Of a file dialog: everything that is read as a video or a picture, and all files.
QString videosAndPictures();

}  // namespace fw
