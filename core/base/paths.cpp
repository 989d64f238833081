#include "core/base/paths.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <string>
#include <vector>

#include "core/base/error.h"

namespace fw {
namespace fs = std::filesystem;
namespace {

fs::path xdgFolder(const char* variable, const char* belowHome) {
  if (const char* folder = std::getenv(variable); folder && *folder) return fs::path(folder) / "framewright";
  if (const char* home = std::getenv("HOME"); home && *home)
    return fs::path(home) / belowHome / "framewright";
  return fs::temp_directory_path() / "framewright";
}

}  // namespace

fs::path dataHome() { return xdgFolder("XDG_DATA_HOME", ".local/share"); }

fs::path stateHome() { return xdgFolder("XDG_STATE_HOME", ".local/state"); }

fs::path resource(std::string_view name) {
  std::vector<fs::path> roots;
  if (const char* root = std::getenv("FRAMEWRIGHT_RESOURCES"); root && *root) roots.emplace_back(root);
  std::error_code ignored;
  const fs::path program = fs::read_symlink("/proc/self/exe", ignored);
  roots.push_back(program.parent_path() / "../share/framewright");
  roots.emplace_back(FW_SOURCE_RESOURCES);
  for (const auto& root : roots)
    if (fs::exists(root / name, ignored)) return (root / name).lexically_normal();
  throw Error("A bundled file is missing", std::string(name),
              "Install Framewright again, or point FRAMEWRIGHT_RESOURCES at its resources folder.");
}

std::string lowerEnding(const fs::path& file) {
  std::string ending = file.extension().string();
  std::ranges::transform(ending, ending.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return ending;
}

NameParts partsOf(const fs::path& name) {
  const std::string ending = name.extension().string();
  const bool digit = ending.size() > 1 && std::isdigit(static_cast<unsigned char>(ending[1])) != 0;
  if (digit && (ending.ends_with('x') || ending.find(' ') != std::string::npos))
    return {name.filename().string(), {}};
  return {name.stem().string(), ending};
}

fs::path numbered(const fs::path& wanted, int number) {
  const auto [stem, ending] = partsOf(wanted);
  return wanted.parent_path() / (stem + " (" + std::to_string(number) + ")" + ending);
}

fs::path unusedPath(const fs::path& wanted) {
  fs::path candidate = wanted;
  std::error_code ignored;  // of a name that is too long: whoever writes there says it better
  for (int number = 2; fs::exists(fs::symlink_status(candidate, ignored)); ++number)
    candidate = numbered(wanted, number);
  return candidate;
}

std::string shortened(std::string name, std::size_t bytes) {
  if (name.size() <= bytes) return name;
  const auto goesOn = [&](std::size_t at) { return (static_cast<unsigned char>(name[at]) & 0xC0) == 0x80; };
  while (bytes > 0 && goesOn(bytes)) --bytes;
  name.resize(bytes);
  return name;
}

}  // namespace fw
