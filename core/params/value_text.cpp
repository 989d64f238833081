#include "core/params/value_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "core/base/error.h"

namespace fw {
namespace {

std::string numberText(double number) {
  std::ostringstream out;
  out.precision(12);
  out << number;
  return out.str();
}

std::string withUnit(const Parameter& parameter, double number) {
  return numberText(number) + (parameter.unit.empty() ? "" : " " + parameter.unit);
}

std::string validRange(const Parameter& parameter) {
  const bool noLow = parameter.low == std::numeric_limits<double>::lowest();
  const bool noHigh = parameter.high == std::numeric_limits<double>::max();
  std::string number = parameter.kind == ParameterKind::Integer ? "a whole number" : "a number";
  if (noLow && noHigh) return number;
  if (noHigh) return number + " of at least " + withUnit(parameter, parameter.low);
  if (noLow) return number + " of at most " + withUnit(parameter, parameter.high);
  return number + " from " + numberText(parameter.low) + " to " + withUnit(parameter, parameter.high);
}

std::string whatIsValid(const Parameter& parameter) {
  switch (parameter.kind) {
    case ParameterKind::Bool:
      return "yes or no";
    case ParameterKind::Integer:
    case ParameterKind::Real:
      return validRange(parameter);
    case ParameterKind::Choice: {
      std::string ids;
      for (const auto& choice : parameter.choices) ids += (ids.empty() ? "" : ", ") + choice.id;
      return "one of: " + ids;
    }
    case ParameterKind::Text:
      return "a text";
    case ParameterKind::Path:
      return "a path";
    case ParameterKind::PathList:
      return "a list of paths";
  }
  return {};
}

[[noreturn]] void reject(const Parameter& parameter, std::string_view value) {
  throw Error("“" + parameter.label + "” cannot be this", std::string(value),
              "It must be " + whatIsValid(parameter) + ".");
}

template <class Number>
Number parsedNumber(const Parameter& parameter, std::string_view text) {
  Number number{};
  const std::string_view digits = text.starts_with('+') ? text.substr(1) : text;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size()) reject(parameter, text);
  return number;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\n\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\n\r") - first + 1);
}

bool parsedBool(const Parameter& parameter, std::string_view text) {
  for (const char* yes : {"yes", "true", "on", "1"})
    if (text == yes) return true;
  for (const char* no : {"no", "false", "off", "0"})
    if (text == no) return false;
  reject(parameter, text);
}

// A list typed on the command line: one path a line, or separated by ';'.
std::vector<std::string> parsedList(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const auto end = text.find_first_of(";\n");
    if (const auto item = trimmed(text.substr(0, end)); !item.empty()) items.emplace_back(item);
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return items;
}

void checkRange(const Parameter& parameter, double number, const Value& value) {
  if (!std::isfinite(number) || number < parameter.low || number > parameter.high)
    reject(parameter, toText(value));
}

}  // namespace

Value parsed(const Parameter& parameter, std::string_view raw) {
  const std::string_view text = trimmed(raw);
  switch (parameter.kind) {
    case ParameterKind::Bool:
      return parsedBool(parameter, text);
    case ParameterKind::Integer:
      return checked(parameter, parsedNumber<int64_t>(parameter, text));
    case ParameterKind::Real:
      return checked(parameter, parsedNumber<double>(parameter, text));
    case ParameterKind::Choice:
      return checked(parameter, std::string(text));
    case ParameterKind::Text:
    case ParameterKind::Path:
      return std::string(raw);
    case ParameterKind::PathList:
      return parsedList(raw);
  }
  reject(parameter, raw);
}

Value fromJsonValue(const Parameter& parameter, const nlohmann::json& json) {
  switch (parameter.kind) {
    case ParameterKind::Bool:
      if (json.is_boolean()) return json.get<bool>();
      break;
    case ParameterKind::Integer:
      if (json.is_number_integer()) return checked(parameter, json.get<int64_t>());
      if (json.is_number_float() && json.get<double>() == std::floor(json.get<double>()) &&
          std::abs(json.get<double>()) < 0x1p62)
        return checked(parameter, static_cast<int64_t>(json.get<double>()));
      break;
    case ParameterKind::Real:
      if (json.is_number()) return checked(parameter, json.get<double>());
      break;
    case ParameterKind::Choice:
    case ParameterKind::Text:
    case ParameterKind::Path:
      if (json.is_string()) return checked(parameter, json.get<std::string>());
      break;
    case ParameterKind::PathList:
      if (json.is_array() && std::ranges::all_of(json, [](const auto& item) { return item.is_string(); }))
        return json.get<std::vector<std::string>>();
      break;
  }
  reject(parameter, json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).substr(0, 80));
}

Value checked(const Parameter& parameter, Value value) {
  if (parameter.kind == ParameterKind::Real && std::holds_alternative<int64_t>(value))
    value = static_cast<double>(std::get<int64_t>(value));
  const std::size_t wanted = [&]() -> std::size_t {
    switch (parameter.kind) {
      case ParameterKind::Bool:
        return 0;
      case ParameterKind::Integer:
        return 1;
      case ParameterKind::Real:
        return 2;
      case ParameterKind::PathList:
        return 4;
      default:
        return 3;
    }
  }();
  if (value.index() != wanted) reject(parameter, toText(value));
  if (const auto* whole = std::get_if<int64_t>(&value))
    checkRange(parameter, static_cast<double>(*whole), value);
  if (const auto* real = std::get_if<double>(&value)) checkRange(parameter, *real, value);
  if (parameter.kind == ParameterKind::Choice &&
      std::ranges::find(parameter.choices, std::get<std::string>(value), &Choice::id) ==
          parameter.choices.end())
    reject(parameter, std::get<std::string>(value));
  return value;
}

std::string toText(const Value& value) {
  struct Speak {
    std::string operator()(bool flag) const { return flag ? "yes" : "no"; }
    std::string operator()(int64_t number) const { return std::to_string(number); }
    std::string operator()(double number) const { return numberText(number); }
    std::string operator()(const std::string& text) const { return text; }
    std::string operator()(const std::vector<std::string>& items) const {
      std::string text;
      for (const auto& item : items) text += (text.empty() ? "" : ";") + item;
      return text;
    }
  };
  return std::visit(Speak{}, value);
}

}  // namespace fw
