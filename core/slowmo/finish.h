#pragma once
#include "core/slowmo/segments.h"
#include "core/slowmo/settings.h"

namespace fw {

struct FinishInput {
  const SlowmoRequest& request;
  const VideoInfo& info;
  const SlowmoChoices& choices;
  const Analysis& analysis;
  const FramePlan& plan;
  MadeSoFar made;  ///< less than is planned when a job is cut short
};

/// How the source's other streams follow, for this part of the job.
Retiming retimingFor(const FinishInput&);

/// Joins what is made into the result. Writes beside, then renames. Returns notes.
std::vector<std::string> finish(const FinishInput&, const std::filesystem::path& output,
                                const std::function<void(double fraction)>& onProgress, std::stop_token);

}  // namespace fw
