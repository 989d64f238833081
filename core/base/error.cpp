#include "core/base/error.h"

namespace fw {
namespace {

std::string sentence(const std::string& failed, const std::string& on, const std::string& advice) {
  std::string text = failed;
  if (!on.empty()) text += ": " + on;
  text += '.';
  if (!advice.empty()) text += ' ' + advice;
  return text;
}

}  // namespace

Error::Error(std::string failed, std::string on, std::string advice)
    : std::runtime_error(sentence(failed, on, advice)),
      failed_(std::move(failed)),
      on_(std::move(on)),
      advice_(std::move(advice)) {}

}  // namespace fw
