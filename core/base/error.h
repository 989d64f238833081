#pragma once
#include <stdexcept>
#include <string>

namespace fw {

/// What failed, on what (a file, a frame, a parameter), and what the person can do about it.
/// The window and the command line show exactly this text.
class Error : public std::runtime_error {
 public:
  Error(std::string failed, std::string on, std::string advice);

  const std::string& failed() const { return failed_; }
  const std::string& on() const { return on_; }
  const std::string& advice() const { return advice_; }

 private:
  std::string failed_, on_, advice_;
};

}  // namespace fw
