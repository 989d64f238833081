#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "core/params/schema.h"

/// One value against its Parameter: reading what a person typed or a file says, and checking it. All throw
/// Error with the parameter's label, the offending value and what would be valid.
namespace fw {

Value parsed(const Parameter&, std::string_view text);
Value fromJsonValue(const Parameter&, const nlohmann::json& json);
/// The value itself, whole numbers widened to real where the parameter is real; throws when out of range or
/// of another kind.
Value checked(const Parameter&, Value value);

}  // namespace fw
