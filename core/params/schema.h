#pragma once
#include <cstdint>
#include <limits>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// One Schema makes the UI form, the command line flags, the JSON in the store and the validation errors.
namespace fw {

enum class ParameterKind { Bool, Integer, Real, Choice, Text, Path, PathList };

using Value = std::variant<bool, int64_t, double, std::string, std::vector<std::string>>;

struct Choice {
  std::string id;     ///< what JSON and the command line say
  std::string label;  ///< what the form shows
};

/// Makes a parameter count only while another one has one of these values.
struct MattersWhen {
  std::string parameter;
  std::vector<Value> values;
};

struct Parameter {
  std::string name;   ///< "learning_rate"
  std::string label;  ///< "Learning rate"
  std::string help;   ///< one sentence, shown as a tooltip and in --help
  ParameterKind kind = ParameterKind::Text;
  Value fallback;  ///< the default
  std::string unit = {};
  double low = std::numeric_limits<double>::lowest(), high = std::numeric_limits<double>::max();
  std::vector<Choice> choices = {};
  std::vector<MattersWhen> mattersWhen = {};  ///< all must hold
  bool logarithmic = false;                   ///< steps in the form multiply instead of add
  bool advanced = false;                      ///< shown under "More"
  bool folder = false;                        ///< of a path: one of a folder is meant
};

/// What a thing can be told. Built once, in the file of the thing itself.
class Schema {
 public:
  Schema() = default;
  Schema(std::vector<Parameter> parameters);  // NOLINT: a list of parameters is a schema

  const std::vector<Parameter>& parameters() const { return parameters_; }
  const Parameter* find(std::string_view name) const;
  /// Throws an Error that names the parameters there are.
  const Parameter& at(std::string_view name) const;

 private:
  std::vector<Parameter> parameters_;
};

/// Short ways to say the common kinds; refine the result's fields where more is to be said.
Parameter boolParameter(std::string name, std::string label, std::string help, bool fallback);
Parameter integerParameter(std::string name, std::string label, std::string help, int64_t fallback,
                           int64_t low, int64_t high, std::string unit = {});
Parameter realParameter(std::string name, std::string label, std::string help, double fallback, double low,
                        double high, std::string unit = {});
Parameter choiceParameter(std::string name, std::string label, std::string help, std::string fallback,
                          std::vector<Choice> choices);
Parameter textParameter(std::string name, std::string label, std::string help, std::string fallback = {});
Parameter pathParameter(std::string name, std::string label, std::string help);
Parameter folderParameter(std::string name, std::string label, std::string help);
Parameter pathListParameter(std::string name, std::string label, std::string help);

/// Valid values for every parameter of a Schema; there is no way to make it hold a bad one.
class Settings {
 public:
  explicit Settings(Schema schema);  ///< all at their defaults

  const Schema& schema() const { return schema_; }

  bool flag(std::string_view name) const;
  int64_t integer(std::string_view name) const;
  double real(std::string_view name) const;
  const std::string& text(std::string_view name) const;  ///< a text, choice or path
  const std::vector<std::string>& paths(std::string_view name) const;
  const Value& value(std::string_view name) const;

  void set(std::string_view name, Value value);  ///< throws Error, and keeps the old value
  void setFromText(std::string_view name,
                   std::string_view text);  ///< what a person typed: "0.01", "yes", "adam"

  /// False while another parameter's value makes this one meaningless.
  bool matters(std::string_view name) const;

  nlohmann::json toJson() const;
  /// Missing names keep their defaults; unknown names and bad values throw Error.
  static Settings fromJson(Schema schema, const nlohmann::json& json);

  bool operator==(const Settings& other) const { return values_ == other.values_; }

 private:
  std::size_t indexOf(std::string_view name) const;
  Schema schema_;
  std::vector<Value> values_;
};

/// As forms and --help show a value: yes, 12, 0.001, adam.
std::string toText(const Value& value);

}  // namespace fw
