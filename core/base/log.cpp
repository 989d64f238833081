#include "core/base/log.h"

#include <chrono>
#include <ctime>
#include <fstream>
#include <mutex>

#include "core/base/paths.h"

namespace fw {
namespace fs = std::filesystem;
namespace {

constexpr std::uintmax_t kLargestLog = 4 << 20;

void startAfreshWhenLarge(const fs::path& file) {
  std::error_code ignored;
  if (fs::file_size(file, ignored) > kLargestLog && !ignored)
    fs::rename(file, fs::path(file).replace_extension(".old.txt"), ignored);
}

}  // namespace

void logLine(std::string_view message) {
  static std::mutex oneAtATime;
  const std::scoped_lock lock(oneAtATime);
  std::error_code ignored;
  fs::create_directories(stateHome(), ignored);
  const fs::path file = stateHome() / "log.txt";
  startAfreshWhenLarge(file);
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm local{};
  localtime_r(&now, &local);
  char stamp[32];
  std::strftime(stamp, sizeof stamp, "%F %T ", &local);
  std::ofstream(file, std::ios::app) << stamp << message << '\n';
}

}  // namespace fw
