#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/store/run.h"

namespace fw {

/// How a run ended, as far as a bar asks.
struct Outcome {
  Scores scores;        ///< of the last evaluation, on held-out data
  Scores baselines;     ///< what trivial methods reach
  double loss = 0;      ///< of the last step
  std::string message;  ///< the diagnosis, or why it failed
};

struct Verdict {
  bool met = false;
  std::string reached;  ///< "99.6 % right (all white 71.0 %)"
};

/// What a run of an experiment must reach, and in which time on two cores.
struct Bar {
  std::string name;    ///< "grid-completion"
  std::string wanted;  ///< in words
  RunRequest request;
  double seconds = 600;  ///< it is stopped after these
  std::function<Verdict(const Outcome&)> judge;
  std::vector<std::filesystem::path> needs = {};  ///< data without which it is skipped
};

/// Those that need real pictures look for them below `data`.
std::vector<Bar> bars(const std::filesystem::path& data);

}  // namespace fw
