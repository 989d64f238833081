#pragma once
#include <string_view>

namespace fw {

/// Appends a time-stamped line to log.txt in the state folder. Never throws: a full disk must not stop work.
void logLine(std::string_view message);

}  // namespace fw
