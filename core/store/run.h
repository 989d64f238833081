#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

/// What a run is, on disk and in the window: plain values, no behaviour.
namespace fw {

using Scalars = std::map<std::string, double>;  ///< "loss" -> 0.03; one training step says these
using Scores =
    std::map<std::string, double>;  ///< "validation/psnr" -> 31.2; said now and then, on held-out data

enum class RunState { Queued, Running, Paused, Stopped, Finished, Failed };
const char* toText(RunState state);

/// What a person asked for. The same request with the same seed gives the same run; as a JSON file it is a
/// set-up another person can open.
struct RunRequest {
  std::string experiment;   ///< id in the catalog
  nlohmann::json settings;  ///< of the experiment's Schema
  int64_t steps = 0;        ///< 0: until stopped
  uint64_t seed = 1;
  std::string device = "cpu";
  int threads = 0;  ///< 0: as many as there are cores
};
nlohmann::json toJson(const RunRequest& request);
RunRequest runRequestFromJson(const nlohmann::json& json);  ///< throws Error on anything odd
/// A set-up's file. Both throw Error.
void saveSetup(const std::filesystem::path& file, const RunRequest& request);
RunRequest readSetup(const std::filesystem::path& file);

struct RunRecord {
  int64_t id = 0;
  RunRequest request;
  RunState state = RunState::Queued;
  std::string message;  ///< why it failed or stopped by itself
  std::string codeVersion;
  std::string created;  ///< ISO 8601, UTC
  int64_t step = 0;     ///< last step on disk
  double seconds = 0;   ///< time spent training
  int64_t bestStep = -1;
  double bestScore = 0;
  std::string name, notes;
  std::filesystem::path folder;
};

struct Point {
  int64_t step = 0;
  double seconds = 0;  ///< since the run began, pauses left out
  double value = 0;
};
using Series = std::map<std::string, std::vector<Point>>;  ///< every named curve of a run

}  // namespace fw
