#pragma once
#include "core/slowmo/plan.h"
#include "core/slowmo/settings.h"

namespace fw {

struct FinishInput {
  std::filesystem::path jobFolder;
  const SlowmoRequest& request;
  const VideoInfo& info;
  const SlowmoChoices& choices;
  const Analysis& analysis;
  const FramePlan& plan;
  int64_t segments = 0;  ///< so many from the beginning; fewer than there are when a job is cut short
};

/// How the source's other streams follow, for this part of the job.
Retiming retimingFor(const FinishInput&);

/// Joins finished segments into the result. Writes beside, then renames. Returns notes.
std::vector<std::string> finish(const FinishInput&, const std::filesystem::path& output,
                                const std::function<void(double fraction)>& onProgress, std::stop_token);

}  // namespace fw
