#include "app/cli/output.h"

#include <pthread.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <mutex>
#include <thread>

namespace fw::cli {
namespace {

// Letters and marks outside ASCII take several bytes but one column.
std::size_t columns(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](unsigned char c) { return (c & 0xC0) != 0x80; }));
}

int terminalWidth() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col : 80;
}

}  // namespace

void printResult(bool asJson, const nlohmann::json& json, const std::string& text) {
  if (asJson)
    std::cout << json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << std::endl;
  else
    std::cout << text << std::flush;
}

ProgressBar::ProgressBar() : terminal_(isatty(STDERR_FILENO) == 1) {}

ProgressBar::~ProgressBar() {
  if (drawn_) std::cerr << "\r\033[K" << std::flush;
}

void ProgressBar::show(double fraction, const std::string& words) {
  if (!terminal_) return;
  constexpr int kBar = 24;
  const int full = static_cast<int>(std::lround(std::clamp(fraction, 0.0, 1.0) * kBar));
  std::string line = "[" + std::string(static_cast<std::size_t>(full), '#') +
                     std::string(static_cast<std::size_t>(kBar - full), '.') + "] " + words;
  const auto room = static_cast<std::size_t>(terminalWidth() - 1);
  if (line.size() > room) line.resize(room);
  std::cerr << "\r\033[K" << line << std::flush;
  drawn_ = true;
}

void ProgressBar::note(const std::string& line) {
  if (drawn_) std::cerr << "\r\033[K";
  drawn_ = false;
  std::cerr << line << std::endl;
}

std::string table(std::vector<std::vector<std::string>> rows) {
  const auto isControl = [](unsigned char c) { return std::iscntrl(c) != 0; };
  for (auto& row : rows)  // a name may hold a line break
    for (auto& cell : row) std::ranges::replace_if(cell, isControl, ' ');
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], columns(row[i]));
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i)
      line += row[i] + std::string(i + 1 < row.size() ? widths[i] - columns(row[i]) + 2 : 0, ' ');
    text += line + '\n';
  }
  return text;
}

nlohmann::json toJson(const TripletScore& score) {
  return {{"name", score.name},
          {"psnr", score.psnr},
          {"ssim", score.ssim},
          {"mean_absolute_error", score.meanAbsoluteError},
          {"milliseconds", score.milliseconds}};
}

std::string fixed(double number, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, number);
  return text;
}

std::string clockTime(double seconds) {
  const auto whole = static_cast<long long>(std::llround(std::max(0.0, seconds)));
  char text[32];
  if (whole >= 3600)
    std::snprintf(text, sizeof text, "%lld:%02lld:%02lld", whole / 3600, whole / 60 % 60, whole % 60);
  else
    std::snprintf(text, sizeof text, "%lld:%02lld", whole / 60, whole % 60);
  return text;
}

std::stop_token interrupted() {
  static std::stop_source source;
  static std::once_flag once;
  // Called first thing in main(): threads made later inherit the blocked signals, so only this one sees them.
  std::call_once(once, [] {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, signal);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    std::signal(SIGXFSZ, SIG_IGN);  // a limit on files is told like a full disk
    std::thread([signals] {
      int signal = 0;
      sigwait(&signals, &signal);
      std::cerr << "\nStopping and keeping what is done. Once more to leave at once." << std::endl;
      source.request_stop();
      sigwait(&signals, &signal);
      _exit(130);
    }).detach();
  });
  return source.get_token();
}

void endIfStopped(bool stopped) {
  constexpr int kInterrupted = 130;
  if (stopped) throw CLI::RuntimeError(kInterrupted);
}

}  // namespace fw::cli
