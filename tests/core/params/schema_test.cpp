#include "core/params/schema.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "core/base/error.h"

namespace fw {
namespace {

using testing::HasSubstr;

Schema everyKind() {
  Parameter momentum = realParameter("momentum", "Momentum", "Of SGD.", 0.9, 0, 1);
  momentum.mattersWhen = {{"optimizer", {std::string("sgd")}}};
  Parameter nesterov = boolParameter("nesterov", "Nesterov", "Look ahead.", false);
  nesterov.mattersWhen = {{"momentum", {0.9}}};
  return Schema({
      boolParameter("noisy", "Noise", "Adds noise.", true),
      integerParameter("width", "Width", "Of the picture.", 64, 8, 512, "px"),
      realParameter("learning_rate", "Learning rate", "Of the optimizer.", 1e-3, 1e-8, 10),
      choiceParameter("optimizer", "Optimizer", "Which.", "adam", {{"adam", "Adam"}, {"sgd", "SGD"}}),
      textParameter("title", "Title", "Any.", "none"),
      pathParameter("folder", "Folder", "Where."),
      pathListParameter("pictures", "Pictures", "Which."),
      momentum,
      nesterov,
  });
}

std::string complaint(const std::function<void(Settings&)>& act) {
  Settings settings(everyKind());
  try {
    act(settings);
  } catch (const Error& error) {
    EXPECT_EQ(settings, Settings(everyKind())) << "a rejected value must leave the old one";
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST(Settings, StartAtTheDefaults) {
  const Settings settings(everyKind());
  EXPECT_TRUE(settings.flag("noisy"));
  EXPECT_EQ(settings.integer("width"), 64);
  EXPECT_DOUBLE_EQ(settings.real("learning_rate"), 1e-3);
  EXPECT_EQ(settings.text("optimizer"), "adam");
  EXPECT_TRUE(settings.paths("pictures").empty());
}

TEST(Settings, TakeWhatAPersonTypes) {
  Settings settings(everyKind());
  settings.setFromText("noisy", "off");
  settings.setFromText("width", " 128 ");
  settings.setFromText("learning_rate", "5e-4");
  settings.setFromText("optimizer", "sgd");
  settings.setFromText("pictures", "a.png; b c.png");
  EXPECT_FALSE(settings.flag("noisy"));
  EXPECT_EQ(settings.integer("width"), 128);
  EXPECT_DOUBLE_EQ(settings.real("learning_rate"), 5e-4);
  EXPECT_EQ(settings.text("optimizer"), "sgd");
  EXPECT_EQ(settings.paths("pictures"), (std::vector<std::string>{"a.png", "b c.png"}));
}

TEST(Settings, RejectBadValuesOfEveryKindWithAPlainWord) {
  const auto typed = [](const char* name, const char* text) {
    return complaint([=](Settings& settings) { settings.setFromText(name, text); });
  };
  EXPECT_THAT(typed("noisy", "maybe"), HasSubstr("yes or no"));
  EXPECT_THAT(typed("width", "7"), HasSubstr("from 8 to 512 px"));
  EXPECT_THAT(typed("width", "99999999999999999999"), HasSubstr("from 8 to 512 px"));
  EXPECT_THAT(typed("width", "12.5"), HasSubstr("a whole number"));
  EXPECT_THAT(typed("width", ""), HasSubstr("“Width”"));
  EXPECT_THAT(typed("learning_rate", "fast"), HasSubstr("a number"));
  EXPECT_THAT(typed("learning_rate", "nan"), HasSubstr("a number"));
  EXPECT_THAT(typed("learning_rate", "inf"), HasSubstr("a number"));
  EXPECT_THAT(typed("optimizer", "newton"), HasSubstr("adam, sgd"));
  EXPECT_THAT(typed("wdith", "64"), HasSubstr("width"));
}

TEST(Settings, RejectValuesOfAnotherKind) {
  EXPECT_THAT(complaint([](Settings& s) { s.set("width", std::string("64")); }), HasSubstr("“Width”"));
  EXPECT_THAT(complaint([](Settings& s) { s.set("title", true); }), HasSubstr("a text"));
  EXPECT_THAT(complaint([](Settings& s) {
                s = Settings::fromJson(everyKind(), {{"noisy", 1}});
              }),
              HasSubstr("yes or no"));
  EXPECT_THAT(complaint([](Settings& s) {
                s = Settings::fromJson(everyKind(), {{"pictures", {1, 2}}});
              }),
              HasSubstr("a list of paths"));
  EXPECT_THAT(complaint([](Settings& s) {
                s = Settings::fromJson(everyKind(), {{"speed", 1}});
              }),
              HasSubstr("speed"));
  EXPECT_THAT(complaint([](Settings& s) { s = Settings::fromJson(everyKind(), nlohmann::json::array()); }),
              HasSubstr("JSON object"));
}

TEST(Settings, SurviveTheTripThroughJson) {
  Settings settings(everyKind());
  settings.set("learning_rate", 0.1);
  settings.set("pictures", std::vector<std::string>{"ä \"quoted\".png"});
  const auto text = settings.toJson().dump();
  EXPECT_EQ(Settings::fromJson(everyKind(), nlohmann::json::parse(text)), settings);
}

TEST(Settings, WholeNumbersServeWhereRealOnesAreAsked) {
  Settings settings(everyKind());
  settings.set("momentum", int64_t{1});
  EXPECT_DOUBLE_EQ(settings.real("momentum"), 1.0);
  EXPECT_EQ(Settings::fromJson(everyKind(), {{"width", 128.0}}).integer("width"), 128);
}

TEST(Settings, AParameterMattersOnlyWhenWhatItHangsOnMatters) {
  Settings settings(everyKind());
  EXPECT_FALSE(settings.matters("momentum"));
  EXPECT_FALSE(settings.matters("nesterov"));
  settings.set("optimizer", std::string("sgd"));
  EXPECT_TRUE(settings.matters("momentum"));
  EXPECT_TRUE(settings.matters("nesterov"));
  EXPECT_TRUE(settings.matters("width"));
}

}  // namespace fw
