#include "core/video/frame_source.h"

namespace fw {
std::unique_ptr<FrameSource> openAnimatedWebp(const std::filesystem::path&, const ReadOptions&) {
  return nullptr;
}
}  // namespace fw
