#pragma once
#include <filesystem>
#include <string>
#include <string_view>

namespace fw {

/// Where runs and jobs live: $XDG_DATA_HOME/framewright.
std::filesystem::path dataHome();
/// Where the log lives: $XDG_STATE_HOME/framewright.
std::filesystem::path stateHome();
/// A bundled file, for example "models/swift.safetensors": beside the source tree while developing, installed
/// under share/framewright otherwise ($FRAMEWRIGHT_RESOURCES wins). Throws Error when it is not there.
std::filesystem::path resource(std::string_view name);

/// ".mp4" of "Clip.MP4": in small letters, empty where there is none.
std::string lowerEnding(const std::filesystem::path& file);

/// "walk 2.5x" and "walk 59.94 fps" end in a number, not in a file type.
struct NameParts {
  std::string stem, ending;
};
NameParts partsOf(const std::filesystem::path& name);

/// "name (2).ext", in the same folder.
std::filesystem::path numbered(const std::filesystem::path& wanted, int number);

/// `wanted`, or "name (2).ext", "name (3).ext" …: the first that does not exist yet.
std::filesystem::path unusedPath(const std::filesystem::path& wanted);

/// As much of a name as fits into so many bytes of UTF-8, no letter cut in two.
std::string shortened(std::string name, std::size_t bytes);

}  // namespace fw
