#pragma once
#include <nlohmann/json.hpp>

#include "core/slowmo/job.h"

/// Slow-motion jobs on the terminal.
namespace fw::cli {

/// Runs a job with a bar and its notes on standard error; Ctrl-C stops it.
JobResult runShowingProgress(Store& store, int64_t job);
nlohmann::json resultJson(const Store& store, int64_t job, const JobResult& result);
std::string resultText(int64_t job, const JobResult& result);

}  // namespace fw::cli
