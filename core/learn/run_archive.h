#pragma once
#include <filesystem>

#include "core/store/store.h"

namespace fw {

/// Everything of a run in one zip file, for someone else or for later: setup.json (which Framewright opens),
/// run.json, scalars.csv, scores.csv and baselines.csv, notes.txt, the best and the last weights
/// (safetensors), and the pictures of all snapshots. Throws Error when there is no such run or the file
/// cannot be written; a file of that name is replaced only by the whole new one.
void exportRun(const Store& store, int64_t runId, const std::filesystem::path& zip);

}  // namespace fw
