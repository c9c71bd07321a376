#include "core/tools/argument_reader.h"

#include <gtest/gtest.h>

namespace contextsync::argument_reader_test {
namespace {

TEST(ArgumentReaderTest, IntegersComeAsNumberOrDecimalText) {
  const Json arguments = {{"a", 5}, {"b", "7"}};
  ArgumentReader in(arguments);

  EXPECT_EQ(in.Integer("a", 1, 10), 5);
  EXPECT_EQ(in.Integer("b", 1, 10), 7);
  EXPECT_EQ(in.Integer("c", 1, 10), std::nullopt);
  EXPECT_FALSE(in.refusal());
}

TEST(ArgumentReaderTest, WhatIsNoIntegerInRangeIsRefusedWithTheRange) {
  for (const auto* text :
       {"3.9", "true", "0", "11", "\"5x\"", "\"\"", "[]", "18446744073709551615", "-1", "1e10"}) {
    const Json arguments = {{"limit", Json::parse(text)}};
    ArgumentReader in(arguments);

    EXPECT_EQ(in.Integer("limit", 1, 10), std::nullopt) << text;
    ASSERT_TRUE(in.refusal()) << text;
    EXPECT_EQ(in.refusal()->code, RefusalCode::kInvalidArgument) << text;
    EXPECT_EQ(in.refusal()->details["parameter"], "limit") << text;
    EXPECT_EQ(in.refusal()->details["limit"]["max"], 10) << text;
  }
}

TEST(ArgumentReaderTest, BooleansComeAsBooleanOrText) {
  const Json arguments = {{"a", true}, {"b", "false"}, {"c", "1"}, {"d", "yes"}, {"e", 1}};
  ArgumentReader in(arguments);

  EXPECT_TRUE(in.Boolean("a", false));
  EXPECT_FALSE(in.Boolean("b", true));
  EXPECT_TRUE(in.Boolean("c", false));
  EXPECT_FALSE(in.refusal());
  in.Boolean("d", false);
  EXPECT_TRUE(in.refusal());
}

TEST(ArgumentReaderTest, ObjectsComeAsObjectOrText) {
  const Json arguments = {{"a", {{"k", 1}}}, {"b", R"({"k":2})"}, {"c", "[1]"}};
  ArgumentReader in(arguments);

  EXPECT_EQ((*in.Object("a", 100))["k"], 1);
  EXPECT_EQ((*in.Object("b", 100))["k"], 2);
  EXPECT_FALSE(in.refusal());
  EXPECT_FALSE(in.Object("c", 100));
  EXPECT_TRUE(in.refusal());
}

TEST(ArgumentReaderTest, TextHoldingAnObjectIsCheckedLikeAFrame) {
  for (const auto* text : {R"({"k":1,"k":2})", R"({"n":1e400})", "{", ""}) {
    const Json arguments = {{"data", text}};
    ArgumentReader in(arguments);

    EXPECT_FALSE(in.Object("data", 1'000)) << text;
    ASSERT_TRUE(in.refusal()) << text;
    EXPECT_EQ(in.refusal()->code, RefusalCode::kInvalidArgument) << text;
  }
}

TEST(ArgumentReaderTest, DepthAboveTheLimitIsTooDeep) {
  const std::string deep = std::string(65, '[') + std::string(65, ']');
  const Json arguments = {{"data", "{\"k\":" + deep.substr(1, 63) + deep.substr(65, 63) + "}"},
                          {"worse", "{\"k\":" + deep + "}"}};
  ArgumentReader in(arguments);

  EXPECT_TRUE(in.Object("data", 1'000));
  EXPECT_FALSE(in.Object("worse", 1'000));
  ASSERT_TRUE(in.refusal());
  EXPECT_EQ(in.refusal()->code, RefusalCode::kTooDeep);
  EXPECT_EQ(in.refusal()->details["limit"], 64);
}

TEST(ArgumentReaderTest, SizeAboveTheLimitIsTooLargeWithBothNumbers) {
  const Json arguments = {{"data", {{"k", std::string(100, 'x')}}}};
  ArgumentReader in(arguments);

  EXPECT_FALSE(in.Object("data", 107));
  ASSERT_TRUE(in.refusal());
  EXPECT_EQ(in.refusal()->code, RefusalCode::kTooLarge);
  EXPECT_EQ(in.refusal()->details["limit"], 107);
  EXPECT_EQ(in.refusal()->details["actual"], 108);
  ArgumentReader again(arguments);
  EXPECT_TRUE(again.Object("data", 108));
}

TEST(ArgumentReaderTest, TooLongIsToldByWhetherItWouldBeStored) {
  const Json arguments = {{"content", "123456"}, {"query", "123456"}};
  ArgumentReader writes(arguments);
  ArgumentReader asks(arguments);

  EXPECT_FALSE(writes.StoredText("content", 5));
  EXPECT_EQ(asks.RequiredText("query", 5), "");

  ASSERT_TRUE(writes.refusal() && asks.refusal());
  EXPECT_EQ(writes.refusal()->code, RefusalCode::kTooLarge);
  EXPECT_EQ(writes.refusal()->details, Json({{"what", "content"}, {"limit", 5}, {"actual", 6}}));
  EXPECT_EQ(asks.refusal()->code, RefusalCode::kInvalidArgument);
  EXPECT_EQ(asks.refusal()->details, Json({{"parameter", "query"}, {"limit", 5}}));
  EXPECT_EQ(ArgumentReader(arguments).RequiredText("query", 6), "123456");
}

TEST(ArgumentReaderTest, ListsComeAsListTextOrCommaSeparated) {
  const Json arguments = {{"a", {"x", "y"}}, {"b", " x , y,"}, {"c", R"(["x","y"])"}, {"d", {1}}};
  ArgumentReader in(arguments);
  const std::vector<std::string> both = {"x", "y"};

  EXPECT_EQ(in.TextList("a"), both);
  EXPECT_EQ(in.TextList("b"), both);
  EXPECT_EQ(in.TextList("c"), both);
  EXPECT_FALSE(in.refusal());
  EXPECT_TRUE(in.TextList("d").empty());
  EXPECT_TRUE(in.refusal());
}

TEST(ArgumentReaderTest, DefectInTextIsPlacedInsideTheArgument) {
  const Json arguments = {{"data", R"({"o":{"a":1,"a":2}})"}};
  ArgumentReader in(arguments);

  in.Object("data", 100);

  ASSERT_TRUE(in.refusal());
  EXPECT_EQ(in.refusal()->code, RefusalCode::kInvalidArgument);
  EXPECT_EQ(in.refusal()->details["parameter"], "data");
  EXPECT_EQ(in.refusal()->details["path"], "/o/a");
}

TEST(DefectRefusalTest, KeyAboveItsLimitIsTooLargeAndNotRepeated) {
  const std::string key = std::string(1'000, 'k') + "~1";
  const auto refusal =
      DefectRefusal("data", {JsonDefectKind::kKeyTooLong, "/o/" + key, "has a key"});

  EXPECT_EQ(refusal.code, RefusalCode::kTooLarge);
  EXPECT_EQ(refusal.details["what"], "key_bytes");
  EXPECT_EQ(refusal.details["limit"], 256);
  EXPECT_EQ(refusal.details["actual"], 1'001);
  EXPECT_EQ(refusal.details["path"], "/o");
  EXPECT_EQ(refusal.message.find('k' + std::string(10, 'k')), std::string::npos);
}

TEST(ArgumentReaderTest, FirstFaultSticks) {
  const Json arguments = {{"a", 1}, {"b", 2}};
  ArgumentReader in(arguments);

  in.Text("a", 10);
  in.Text("b", 10);

  EXPECT_EQ(in.refusal()->details["parameter"], "a");
}

}  // namespace
}  // namespace contextsync::argument_reader_test
