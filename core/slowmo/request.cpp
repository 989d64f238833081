#include <nlohmann/json.hpp>
#include <regex>

#include "core/base/error.h"
#include "core/base/paths.h"
#include "core/slowmo/settings.h"

namespace fw {
namespace fs = std::filesystem;
namespace {

std::string plainNumber(const Rational& number) {
  if (number.den == 1) return std::to_string(number.num);
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", number.value());
  std::string plain = text;
  while (plain.ends_with('0')) plain.pop_back();
  if (plain.ends_with('.')) plain.pop_back();
  return plain;
}

std::string whatWasDone(const Timing& timing, bool repeatsReplaced) {
  std::string words;
  if (timing.stretch != Rational{1, 1}) words = plainNumber(timing.stretch) + "x";
  if (timing.rate) words += (words.empty() ? "" : " ") + plainNumber(*timing.rate) + " fps";
  if (!words.empty()) return words;
  return repeatsReplaced ? "smoothed" : "copy";
}

}  // namespace

nlohmann::json toJson(const SlowmoRequest& request) {
  auto sources = nlohmann::json::array();
  for (const auto& source : request.sources) sources.push_back(source.string());
  auto ranges = nlohmann::json::array();
  for (const auto& range : request.engineRanges)
    ranges.push_back({{"from", range.from}, {"to", range.to}, {"engine", range.engine}});
  return {{"sources", sources},
          {"output", request.output.string()},
          {"settings", request.settings.is_null() ? nlohmann::json::object() : request.settings},
          {"cuts_added", request.cutsAdded},
          {"cuts_removed", request.cutsRemoved},
          {"engine_ranges", ranges}};
}

SlowmoRequest slowmoRequestFromJson(const nlohmann::json& json) {
  try {
    SlowmoRequest request;
    for (const auto& source : json.at("sources")) request.sources.emplace_back(source.get<std::string>());
    request.output = json.value("output", std::string());
    request.settings = json.value("settings", nlohmann::json::object());
    request.cutsAdded = json.value("cuts_added", std::vector<double>());
    request.cutsRemoved = json.value("cuts_removed", std::vector<double>());
    for (const auto& range : json.value("engine_ranges", nlohmann::json::array()))
      request.engineRanges.push_back({range.at("from").get<double>(), range.at("to").get<double>(),
                                      range.at("engine").get<std::string>()});
    return request;
  } catch (const nlohmann::json::exception& error) {
    throw Error("The job's request cannot be read", "", error.what());
  }
}

namespace {

fs::path namedAfterSource(const SlowmoRequest& request, const VideoInfo& info) {
  if (request.sources.empty()) throw Error("There is nothing to slow down", "", "Choose a video first.");
  SlowmoRequest unnamed = request;
  unnamed.output.clear();
  const SlowmoChoices choices = choicesFor(unnamed, info);
  fs::path source = request.sources.front().lexically_normal();
  if (!source.has_filename()) source = source.parent_path();
  // A sequence is named after its folder.
  if (request.sources.size() > 1 && source.has_parent_path()) source = fs::absolute(source).parent_path();
  std::error_code ignored;
  const std::string stem =
      fs::is_directory(source, ignored) ? source.filename().string() : source.stem().string();
  constexpr std::size_t kLongest = 200;  // of the 255 that names have: others are made of it
  std::string name = shortened(stem, kLongest) + " " +
                     whatWasDone(choices.timing, settingsOf(request).text("duplicates") == "on");
  if (choices.kind != ResultKind::Pictures) name += "." + choices.ending;
  return source.parent_path() / name;
}

}  // namespace

std::optional<std::string> sourceOfResult(const fs::path& result) {
  static const std::regex named(
      R"(([^]+?) (?:[0-9.]+x|[0-9.]+ fps|[0-9.]+x [0-9.]+ fps|copy|smoothed)(?: \(\d+\))?)");
  std::smatch parts;
  const std::string stem = partsOf(result).stem;
  if (!std::regex_match(stem, parts, named)) return std::nullopt;
  return parts[1].str();
}

fs::path suggestedOutput(const SlowmoRequest& request, const VideoInfo& info) {
  return unusedPath(namedAfterSource(request, info));
}

fs::path outputIn(const fs::path& folder, const SlowmoRequest& request, const VideoInfo& info) {
  return unusedPath(folder / namedAfterSource(request, info).filename());
}

}  // namespace fw
