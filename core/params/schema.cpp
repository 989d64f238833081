#include "core/params/schema.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/params/value_text.h"

namespace fw {

Schema::Schema(std::vector<Parameter> parameters) : parameters_(std::move(parameters)) {}

const Parameter* Schema::find(std::string_view name) const {
  const auto found = std::ranges::find(parameters_, name, &Parameter::name);
  return found == parameters_.end() ? nullptr : &*found;
}

const Parameter& Schema::at(std::string_view name) const {
  if (const Parameter* parameter = find(name)) return *parameter;
  std::string known;
  for (const auto& parameter : parameters_) known += (known.empty() ? "" : ", ") + parameter.name;
  throw Error("There is no such setting", std::string(name),
              known.empty() ? "Nothing can be set here." : "The settings are: " + known + ".");
}

namespace {

Parameter parameter(ParameterKind kind, std::string name, std::string label, std::string help,
                    Value fallback) {
  Parameter made;
  made.name = std::move(name);
  made.label = std::move(label);
  made.help = std::move(help);
  made.kind = kind;
  made.fallback = std::move(fallback);
  return made;
}

}  // namespace

Parameter boolParameter(std::string name, std::string label, std::string help, bool fallback) {
  return parameter(ParameterKind::Bool, std::move(name), std::move(label), std::move(help), fallback);
}

Parameter integerParameter(std::string name, std::string label, std::string help, int64_t fallback,
                           int64_t low, int64_t high, std::string unit) {
  auto made = parameter(ParameterKind::Integer, std::move(name), std::move(label), std::move(help), fallback);
  made.low = static_cast<double>(low);
  made.high = static_cast<double>(high);
  made.unit = std::move(unit);
  return made;
}

Parameter realParameter(std::string name, std::string label, std::string help, double fallback, double low,
                        double high, std::string unit) {
  auto made = parameter(ParameterKind::Real, std::move(name), std::move(label), std::move(help), fallback);
  made.low = low;
  made.high = high;
  made.unit = std::move(unit);
  return made;
}

Parameter choiceParameter(std::string name, std::string label, std::string help, std::string fallback,
                          std::vector<Choice> choices) {
  auto made = parameter(ParameterKind::Choice, std::move(name), std::move(label), std::move(help),
                        std::move(fallback));
  made.choices = std::move(choices);
  return made;
}

Parameter textParameter(std::string name, std::string label, std::string help, std::string fallback) {
  return parameter(ParameterKind::Text, std::move(name), std::move(label), std::move(help),
                   std::move(fallback));
}

Parameter pathParameter(std::string name, std::string label, std::string help) {
  return parameter(ParameterKind::Path, std::move(name), std::move(label), std::move(help), std::string());
}

Parameter folderParameter(std::string name, std::string label, std::string help) {
  auto made = pathParameter(std::move(name), std::move(label), std::move(help));
  made.folder = true;
  return made;
}

Parameter pathListParameter(std::string name, std::string label, std::string help) {
  return parameter(ParameterKind::PathList, std::move(name), std::move(label), std::move(help),
                   std::vector<std::string>());
}

Settings::Settings(Schema schema) : schema_(std::move(schema)) {
  for (const auto& parameter : schema_.parameters())
    values_.push_back(checked(parameter, parameter.fallback));
}

std::size_t Settings::indexOf(std::string_view name) const {
  return static_cast<std::size_t>(&schema_.at(name) - schema_.parameters().data());
}

const Value& Settings::value(std::string_view name) const { return values_[indexOf(name)]; }
bool Settings::flag(std::string_view name) const { return std::get<bool>(value(name)); }
int64_t Settings::integer(std::string_view name) const { return std::get<int64_t>(value(name)); }
double Settings::real(std::string_view name) const { return std::get<double>(value(name)); }
const std::string& Settings::text(std::string_view name) const { return std::get<std::string>(value(name)); }
const std::vector<std::string>& Settings::paths(std::string_view name) const {
  return std::get<std::vector<std::string>>(value(name));
}

void Settings::set(std::string_view name, Value value) {
  const std::size_t index = indexOf(name);
  values_[index] = checked(schema_.parameters()[index], std::move(value));
}

void Settings::setFromText(std::string_view name, std::string_view text) {
  set(name, parsed(schema_.at(name), text));
}

bool Settings::matters(std::string_view name) const {
  return std::ranges::all_of(schema_.at(name).mattersWhen, [&](const MattersWhen& condition) {
    return matters(condition.parameter) &&
           std::ranges::find(condition.values, value(condition.parameter)) != condition.values.end();
  });
}

nlohmann::json Settings::toJson() const {
  nlohmann::json json = nlohmann::json::object();
  for (std::size_t i = 0; i < values_.size(); ++i)
    std::visit([&](const auto& held) { json[schema_.parameters()[i].name] = held; }, values_[i]);
  return json;
}

Settings Settings::fromJson(Schema schema, const nlohmann::json& json) {
  Settings settings(std::move(schema));
  if (json.is_null()) return settings;
  if (!json.is_object())
    throw Error("The settings are not readable", json.dump().substr(0, 80),
                "They must be a JSON object of names and values.");
  for (const auto& [name, value] : json.items())
    settings.set(name, fromJsonValue(settings.schema_.at(name), value));
  return settings;
}

}  // namespace fw
