#include "core/document/diff.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace contextsync::diff_test {
namespace {

View Showing(const char* json) {
  View view;
  view.exists = true;
  view.data = Json::parse(json);
  return view;
}

std::vector<ValueChange> Between(const char* before, const char* after) {
  return Diff(Showing(before), Showing(after));
}

TEST(DiffTest, EqualViewsDoNotDiffer) {
  EXPECT_TRUE(Between(R"({"a":{"b":[1,2]}})", R"({"a":{"b":[1,2]}})").empty());
}

TEST(DiffTest, GoesDownToTheLeaves) {
  const auto changes =
      Between(R"({"a":{"b":1,"c":2},"z":{"y":{"x":1}}})", R"({"a":{"b":1,"c":3}})");

  ASSERT_EQ(changes.size(), 2U);
  EXPECT_EQ(changes[0].path, "/a/c");
  EXPECT_EQ(changes[0].op, ValueOp::kChange);
  EXPECT_EQ(changes[1].path, "/z/y/x");
  EXPECT_EQ(changes[1].op, ValueOp::kRemove);
  EXPECT_EQ(changes[1].before, 1);
}

TEST(DiffTest, AnEmptyObjectIsALeaf) {
  const auto changes = Between("{}", R"({"a":{}})");

  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].path, "/a");
  EXPECT_EQ(changes[0].after, Json::object());
}

TEST(DiffTest, ListsTellTheirElementsAsOftenAsTheyOccur) {
  const auto changes = Between(R"({"l":["a","a","b"]})", R"({"l":["c","a"]})");

  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].op, ValueOp::kList);
  EXPECT_EQ(changes[0].added, std::vector<Json>({"c"}));
  EXPECT_EQ(changes[0].removed, std::vector<Json>({"a", "b"}));
}

TEST(DiffTest, AListInAnotherOrderIsAChangeWithoutElements) {
  const auto changes = Between(R"({"l":[1,2]})", R"({"l":[2,1]})");

  ASSERT_EQ(changes.size(), 1U);
  EXPECT_TRUE(changes[0].added.empty() && changes[0].removed.empty());
  EXPECT_EQ(DiffText(changes, 100), "~ /l: another order\n");
}

TEST(DiffTest, ValuesOfAnotherKindAreChangedAsAWhole) {
  const auto changes = Between(R"({"a":{"b":1},"l":[1]})", R"({"a":[1],"l":"x"})");

  ASSERT_EQ(changes.size(), 2U);
  EXPECT_EQ(changes[0].before, Json::parse(R"({"b":1})"));
  EXPECT_EQ(changes[0].after, Json::parse("[1]"));
  EXPECT_EQ(changes[1].path, "/l");
}

TEST(DiffTest, NumbersAreToldApartByTheirBytes) {
  EXPECT_EQ(Between(R"({"n":9007199254740993})", R"({"n":9007199254740992.0})").size(), 1U);
}

TEST(DiffTest, PathsAreEscapedPointersInTheirOrder) {
  const auto changes = Between("{}", R"({"a/b":1,"a":{"x":1},"~":1})");

  ASSERT_EQ(changes.size(), 3U);
  EXPECT_EQ(changes[0].path, "/a/x");
  EXPECT_EQ(changes[1].path, "/a~1b");
  EXPECT_EQ(changes[2].path, "/~0");
}

TEST(DiffTest, TextEndsAtALineAndSaysSo) {
  const auto changes = Between("{}", R"({"a":1,"b":"ü","c":2})");

  EXPECT_EQ(DiffText(changes, 1'000), "+ /a: 1\n+ /b: \"ü\"\n+ /c: 2\n");
  const std::string cut = DiffText(changes, 25);
  EXPECT_LE(cut.size(), 25U);
  EXPECT_EQ(cut, "+ /a: 1\n… more\n");
}

TEST(DiffTest, LongValuesAreCutInTextOnACharactersBorder) {
  Json data = {{"a", std::string()}};
  std::string& text = data["a"].get_ref<std::string&>();
  for (int i = 0; i < 1'000; ++i)
    text += "ü";
  View after = Showing("{}");
  after.data = data;

  const std::string line = DiffText(Diff(Showing("{}"), after), 8'192);

  EXPECT_LT(line.size(), 600U);
  EXPECT_TRUE(line.ends_with("ü…\n"));
}

TEST(UpdateBetweenTest, IsEmptyBetweenEqualViews) {
  const Update update = UpdateBetween(Showing(R"({"a":[1]})"), Showing(R"({"a":[1]})"));

  EXPECT_EQ(update.data, Json::object());
  EXPECT_TRUE(update.replace.empty());
}

TEST(UpdateBetweenTest, TouchesOnlyWhatDiffers) {
  const Update update = UpdateBetween(Showing(R"({"a":{"x":1,"y":2},"gone":1,"l":[1,2]})"),
                                      Showing(R"({"a":{"x":1,"y":3},"l":[2]})"));

  EXPECT_EQ(update.data, Json::parse(R"({"a":{"y":3},"gone":null,"l":[2]})"));
  EXPECT_EQ(update.replace, std::vector<std::string>({"/l"}));
}

}  // namespace
}  // namespace contextsync::diff_test
