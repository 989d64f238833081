#include "core/store/run.h"

#include <array>
#include <fstream>

#include "core/base/atomic_file.h"
#include "core/base/error.h"

namespace fw {
namespace {

[[noreturn]] void refuse(const std::string& what) {
  throw Error("This set-up cannot be used", what,
              "A set-up is a JSON object with experiment, settings, steps, seed, device and threads, as "
              "Framewright saves it.");
}

int64_t wholeNumber(const std::string& name, const nlohmann::json& value, int64_t high) {
  if (!value.is_number_integer() || (value.is_number_unsigned() && value.get<uint64_t>() > INT64_MAX))
    refuse(name + " is not a whole number");
  const auto number = value.get<int64_t>();
  if (number < 0 || number > high)
    refuse(name + " = " + std::to_string(number) + " is not between 0 and " + std::to_string(high));
  return number;
}

std::string textOf(const std::string& name, const nlohmann::json& value) {
  if (!value.is_string()) refuse(name + " is not a text");
  return value.get<std::string>();
}

}  // namespace

const char* toText(RunState state) {
  static constexpr std::array names{"queued", "running", "paused", "stopped", "finished", "failed"};
  return names[static_cast<std::size_t>(state)];
}

nlohmann::json toJson(const RunRequest& request) {
  return {{"experiment", request.experiment},
          {"settings", request.settings.is_null() ? nlohmann::json::object() : request.settings},
          {"steps", request.steps},
          {"seed", request.seed},
          {"device", request.device},
          {"threads", request.threads}};
}

RunRequest runRequestFromJson(const nlohmann::json& json) {
  constexpr int64_t kMostThreads = 1024;
  if (!json.is_object()) refuse("it is not an object");
  RunRequest request;
  request.settings = nlohmann::json::object();
  for (const auto& [name, value] : json.items()) {
    if (name == "experiment") {
      request.experiment = textOf(name, value);
    } else if (name == "settings") {
      if (!value.is_object()) refuse("settings is not an object");
      request.settings = value;
    } else if (name == "steps") {
      request.steps = wholeNumber(name, value, INT64_MAX);
    } else if (name == "seed") {
      if (!value.is_number_unsigned()) refuse("seed is not a whole number of at least 0");
      request.seed = value.get<uint64_t>();
    } else if (name == "device") {
      request.device = textOf(name, value);
    } else if (name == "threads") {
      request.threads = static_cast<int>(wholeNumber(name, value, kMostThreads));
    } else {
      refuse("it holds \"" + name + "\", which no set-up has");
    }
  }
  if (request.experiment.empty()) refuse("it names no experiment");
  return request;
}

void saveSetup(const std::filesystem::path& file, const RunRequest& request) {
  writeAtomically(file, toJson(request).dump(2) + "\n");
}

RunRequest readSetup(const std::filesystem::path& file) {
  constexpr std::streamsize kLargest = 4 << 20;  // a set-up is a small file
  std::ifstream in(file, std::ios::binary);
  std::string text(kLargest, '\0');
  if (!in.read(text.data(), kLargest) && in.gcount() == 0)
    throw Error("Cannot open this set-up", file.string(), "Check that it is there and that you may read it.");
  text.resize(static_cast<std::size_t>(in.gcount()));
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (json.is_discarded())
    throw Error("This is no set-up", file.string(),
                "A set-up is a small JSON file, as \"Save the set-up\" and --save-setup write it.");
  return runRequestFromJson(json);
}

}  // namespace fw
