#pragma once
#include <nlohmann/json.hpp>
#include <stop_token>
#include <string>

#include "core/slowmo/score.h"

/// How every command talks: results on standard output (text, or one JSON document), everything else on
/// standard error.
namespace fw::cli {

/// Prints `json` when --json was given, else `text`.
void printResult(bool asJson, const nlohmann::json& json, const std::string& text);

nlohmann::json toJson(const TripletScore& score);

/// A bar on a terminal that redraws itself; silent when standard error is not one.
class ProgressBar {
 public:
  ProgressBar();
  ~ProgressBar();  ///< clears the line
  void show(double fraction, const std::string& words);
  /// A line of its own above the bar; printed also when there is no terminal.
  void note(const std::string& line);

 private:
  bool terminal_;
  bool drawn_ = false;
};

/// Columns padded to the widest cell; the first row is the heading. Numbers are the caller's to format.
std::string table(std::vector<std::vector<std::string>> rows);
std::string fixed(double number, int digits);
std::string clockTime(double seconds);  ///< 1:02:03

/// Stop is requested by Ctrl-C or a polite kill; a second Ctrl-C ends the program at once.
std::stop_token interrupted();
/// Once all is printed: without a result the program ends with 130, as shells have it for interrupted ones.
void endIfStopped(bool stopped);

}  // namespace fw::cli
