#include <nlohmann/json.hpp>

#include "core/slowmo/job.h"

namespace fw {

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
       "Drawn animation at its full rate: held drawings become movement.",
       {{"mode", "smooth"}, {"rate", "24"}, {"duplicates", "on"}}},
      {"gif-loop",
       "GIF loop",
       "A small endless animation, twice as slow, without a jump where it starts again.",
       {{"mode", "slow"}, {"factor", 2.0}, {"container", "gif"}, {"loop", "on"}, {"scale", 360}}},
  };
  return presets;
}

}  // namespace fw
