#pragma once
#include "core/slowmo/settings.h"

/// What would keep a job from being finished, found before it begins. Each throws Error.
namespace fw {

void checkFolderWritable(const std::filesystem::path& output);
void checkEncoder(const SlowmoChoices&);
/// Quick: whether the files are there, not what they hold.
void checkWeightsThere(const SlowmoRequest&);
/// What needs weights that nobody has, or a device that is not there, would wait for ever.
void checkEngines(const SlowmoRequest&);
/// Cuts and engines for moments that the clip does not have.
void checkMoments(const SlowmoRequest&, const VideoInfo&);
void checkNotTheSource(const SlowmoRequest&);
void checkName(const std::filesystem::path& output);

}  // namespace fw
