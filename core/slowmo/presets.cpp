#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/base/log.h"
#include "core/slowmo/job.h"

namespace fw {
namespace fs = std::filesystem;
namespace {

fs::path presetsFile(const fs::path& home) { return home / "presets.json"; }

/// Throws Error when there are some that cannot be read.
std::vector<SlowmoPreset> readOwn(const fs::path& home) {
  if (!fs::exists(presetsFile(home))) return {};
  std::ifstream in(presetsFile(home));
  const auto saved = nlohmann::json::parse(in, nullptr, false);
  if (!saved.is_object())
    throw Error("Your own presets cannot be read", presetsFile(home).string(),
                "Mend this file or move it away; nothing in it was changed.");
  std::vector<SlowmoPreset> presets;
  for (const auto& [name, settings] : saved.items()) presets.push_back({name, name, {}, settings});
  return presets;
}

void writeOwn(const std::vector<SlowmoPreset>& presets, const fs::path& home) {
  auto json = nlohmann::json::object();
  for (const auto& preset : presets) json[preset.id] = preset.settings;
  std::error_code failure;
  fs::create_directories(home, failure);
  if (failure) throw Error("The presets cannot be kept", home.string(), failure.message() + ".");
  writeAtomically(presetsFile(home), json.dump(2));
}

}  // namespace

const std::vector<SlowmoPreset>& slowmoPresets() {
  static const std::vector<SlowmoPreset> presets{
      {"slow-2x",
       "2× slow motion",
       "Twice as long, with sound at the same pitch.",
       {{"mode", "slow"}, {"factor", 2.0}}},
      {"slow-4x",
       "4× slow motion",
       "Four times as long; good for sport and children.",
       {{"mode", "slow"}, {"factor", 4.0}}},
      {"slow-8x",
       "8× slow motion",
       "Eight times as long, without sound: for a moment worth studying.",
       {{"mode", "slow"}, {"factor", 8.0}, {"sound", "none"}}},
      {"smooth-60",
       "Smooth 60",
       "The same length at 60 frames a second, for screens and games.",
       {{"mode", "smooth"}, {"rate", "60"}}},
      {"cinematic-48",
       "Cinematic 24 to 48",
       "Doubles a film's rate; every frame equally soft, so that nothing pulses.",
       {{"mode", "smooth"}, {"rate", "48"}, {"sampling", "soft"}}},
      {"old-film",
       "Restore old film",
       "16 or 18 frames a second become 48; repeated frames are replaced.",
       {{"mode", "smooth"}, {"rate", "48"}, {"duplicates", "on"}}},
      {"animation",
       "Animation on twos",
       "As long as before, at the clip's own rate: held drawings become movement.",
       {{"mode", "slow"}, {"factor", 1.0}, {"duplicates", "on"}}},
      {"gif-loop",
       "GIF loop",
       "A small endless animation, twice as slow, without a jump where it starts again.",
       {{"mode", "slow"}, {"factor", 2.0}, {"container", "gif"}, {"loop", "on"}, {"scale", 360}}},
  };
  return presets;
}

std::vector<SlowmoPreset> ownPresets(const fs::path& home) try {
  return readOwn(home);
} catch (const Error& error) {
  logLine(error.what());
  return {};
}

void keepPreset(const std::string& name, const Settings& settings, const fs::path& home) {
  if (name.find_first_not_of(" \t") == std::string::npos)
    throw Error("A preset needs a name", name, "Say what it is for.");
  if (std::ranges::find(slowmoPresets(), name, &SlowmoPreset::id) != slowmoPresets().end())
    throw Error("A preset of this name comes with the program", name, "Choose another name.");
  const Settings usual(settings.schema());
  SlowmoPreset kept{name, name, {}, nlohmann::json::object()};
  const auto all = settings.toJson();
  for (const auto& parameter : settings.schema().parameters())
    if (settings.value(parameter.name) != usual.value(parameter.name))
      kept.settings[parameter.name] = all.at(parameter.name);
  auto own = readOwn(home);
  std::erase_if(own, [&](const SlowmoPreset& other) { return other.id == name; });
  own.push_back(std::move(kept));
  writeOwn(own, home);
}

void forgetPreset(const std::string& name, const fs::path& home) {
  auto own = readOwn(home);
  if (std::erase_if(own, [&](const SlowmoPreset& preset) { return preset.id == name; }) == 0)
    throw Error("No preset of your own has this name", name, "`presets` lists those there are.");
  writeOwn(own, home);
}

SlowmoPreset presetCalled(const std::string& name, const fs::path& home) {
  std::string known;
  for (const auto& presets : {ownPresets(home), slowmoPresets()})
    for (const auto& preset : presets) {
      if (preset.id == name) return preset;
      known += (known.empty() ? "" : ", ") + preset.id;
    }
  throw Error("There is no such preset", name, "The presets are: " + known + ".");
}

}  // namespace fw
