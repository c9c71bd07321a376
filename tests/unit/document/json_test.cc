#include "core/document/json.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace contextsync::json_test {
namespace {

std::string Canonical(std::string_view text) {
  const auto parsed = ParseStrict(text);
  return parsed.ok() ? CanonicalBytes(parsed.value()) : "refused: " + parsed.error().message();
}

bool IsRefused(std::string_view text) {
  return !ParseStrict(text).ok();
}

std::optional<JsonDefect> DefectOf(std::string_view text) {
  return ParseMessage(text, {}).value().defect;
}

TEST(JsonTest, SortsKeysByBytesAndDropsWhiteSpace) {
  EXPECT_EQ(Canonical(" { \"b\" : 1 , \"a\" : [ 1 , 2 ] , \"é\" : null, \"Z\" : true } "),
            R"({"Z":true,"a":[1,2],"b":1,"é":null})");
}

TEST(JsonTest, WritesShortestEscapesOnly) {
  EXPECT_EQ(Canonical(R"("\u0041\/\u00e9\"\\\b\f\n\r\t\u001f\u007f")"),
            "\"A/é\\\"\\\\\\b\\f\\n\\r\\t\\u001f\x7F\"");
  EXPECT_EQ(Canonical(R"("\ud83d\ude00")"), "\"😀\"");
  EXPECT_EQ(Canonical(R"("a\u0000b")"), R"("a\u0000b")");
}

TEST(JsonTest, KeepsIntegersWithin64Bits) {
  EXPECT_EQ(Canonical("18446744073709551615"), "18446744073709551615");
  EXPECT_EQ(Canonical("-9223372036854775808"), "-9223372036854775808");
  EXPECT_EQ(Canonical("9007199254740993"), "9007199254740993");
}

TEST(JsonTest, RefusesIntegersBeyond64Bits) {
  EXPECT_TRUE(IsRefused("18446744073709551616"));
  EXPECT_TRUE(IsRefused("-9223372036854775809"));
}

TEST(JsonTest, TurnsWholeFractionsIntoIntegers) {
  EXPECT_EQ(Canonical("1.0"), "1");
  EXPECT_EQ(Canonical("-0"), "0");
  EXPECT_EQ(Canonical("-0.0"), "0");
  EXPECT_EQ(Canonical("0e999999999999999999"), "0");
  EXPECT_EQ(Canonical("1e3"), "1000");
  EXPECT_EQ(Canonical("1.5e1"), "15");
  EXPECT_EQ(Canonical("1e19"), "10000000000000000000");
  EXPECT_EQ(Canonical("-12.50E+1"), "-125");
}

TEST(JsonTest, WritesFractionsAsEcmaScript) {
  EXPECT_EQ(Canonical("0.1"), "0.1");
  EXPECT_EQ(Canonical("-2.50"), "-2.5");
  EXPECT_EQ(Canonical("123456.789"), "123456.789");
  EXPECT_EQ(Canonical("0.000001"), "0.000001");
  EXPECT_EQ(Canonical("0.0000001"), "1e-7");
  EXPECT_EQ(Canonical("1.25e-9"), "1.25e-9");
  EXPECT_EQ(Canonical("5e-324"), "5e-324");
}

TEST(JsonTest, WritesLargeDoublesSoThatTheyStayDoubles) {
  EXPECT_EQ(Canonical("1e20"), "1e+20");
  EXPECT_EQ(Canonical("1.7976931348623157e308"), "1.7976931348623157e+308");
  EXPECT_EQ(Canonical(Canonical("1e20")), "1e+20");
}

TEST(JsonTest, RefusesNumbersThatWouldChange) {
  EXPECT_TRUE(IsRefused("1e400"));
  EXPECT_TRUE(IsRefused("1e-400"));
  EXPECT_TRUE(IsRefused("0.12345678901234567890"));
  EXPECT_TRUE(IsRefused("9007199254740993.5"));
  EXPECT_TRUE(IsRefused("18446744073709551616.0"));
  EXPECT_TRUE(IsRefused("1e999999999999999999999"));
  EXPECT_TRUE(IsRefused("NaN"));
  EXPECT_TRUE(IsRefused("Infinity"));
}

TEST(JsonTest, NotesThePlaceOfAChangingNumberButKeepsTheNearest) {
  const auto parsed = ParseMessage(R"({"a":[1,{"b/c":1e400}]})", {}).value();

  ASSERT_TRUE(parsed.defect);
  EXPECT_EQ(parsed.defect->kind, JsonDefectKind::kNumberChanges);
  EXPECT_EQ(parsed.defect->pointer, "/a/1/b~1c");
  EXPECT_EQ(parsed.defect->message.find("1e400"), std::string::npos);
  EXPECT_EQ(*parsed.value, Json::parse(R"({"a":[1,{"b/c":1.7976931348623157e308}]})"));
}

TEST(JsonTest, AnOverflowDoesNotHideMalformedText) {
  for (const char* text :
       {"[1e400e5]", "[01e400]", "[1.e400]", "[1e400", "[1e400,]", "[--1e400]"}) {
    EXPECT_FALSE(ParseMessage(text, {}).ok()) << text;
  }
  EXPECT_EQ(DefectOf(R"(["1e400", "\"", -1e400])")->pointer, "/2");
}

TEST(JsonTest, NotesDuplicateKeysAfterUnescapingAndKeepsTheLast) {
  const auto parsed = ParseMessage(R"({"x":{"a":1,"\u0061":2}})", {}).value();

  ASSERT_TRUE(parsed.defect);
  EXPECT_EQ(parsed.defect->kind, JsonDefectKind::kDuplicateKey);
  EXPECT_EQ(parsed.defect->pointer, "/x/a");
  EXPECT_EQ((*parsed.value)["x"]["a"], 2);
}

TEST(JsonTest, NotesNulAndLengthOfKeys) {
  EXPECT_EQ(DefectOf(R"({"a\u0000":1})")->kind, JsonDefectKind::kNulInKey);
  EXPECT_EQ(DefectOf("{\"" + std::string(257, 'k') + "\":1}")->kind, JsonDefectKind::kKeyTooLong);
  EXPECT_FALSE(DefectOf("{\"" + std::string(256, 'k') + "\":1}"));
}

TEST(JsonTest, RefusesByteZeroAnywhere) {
  EXPECT_TRUE(IsRefused(std::string_view("{}\0x", 4)));
  EXPECT_TRUE(IsRefused(std::string_view("{}\0", 3)));
  EXPECT_TRUE(IsRefused(std::string_view("\"a\0b\"", 5)));
}

TEST(JsonTest, RefusesBrokenUtf8AndLoneSurrogates) {
  EXPECT_TRUE(IsRefused("\"\xC3\""));
  EXPECT_TRUE(IsRefused("\"\xED\xA0\x80\""));
  EXPECT_TRUE(IsRefused("\"\xC0\x80\""));
  EXPECT_TRUE(IsRefused(R"("\ud800")"));
  EXPECT_TRUE(IsRefused(R"("\udc00")"));
  EXPECT_TRUE(IsRefused(R"("\ud800x")"));
}

TEST(JsonTest, RefusesMalformedText) {
  for (const char* text : {"", " ", "{", "[1,]", "{\"a\":1,}", "{\"a\" 1}", "tru", "01", "1.",
                           "[1] 2", "'a'", "{1:2}", "[1}", "\"\n\"", "// x\n1"}) {
    EXPECT_TRUE(IsRefused(text)) << text;
  }
}

TEST(JsonTest, CountsDepthFromTheOutermostContainer) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };

  EXPECT_FALSE(IsRefused(nested(64)));
  EXPECT_TRUE(IsRefused(nested(65)));
  EXPECT_TRUE(IsRefused(std::string(1'000'000, '[')));
  EXPECT_EQ(Depth(ParseStrict(nested(64)).value()), 64U);
  EXPECT_EQ(Depth(Json(1)), 0U);
  EXPECT_EQ(Depth(Json::object()), 1U);
}

TEST(JsonTest, BoundsTheNumberOfValues) {
  const JsonLimits limits{.depth = 8, .elements = 4};

  EXPECT_TRUE(ParseMessage("[1,2,3]", limits).ok());
  EXPECT_FALSE(ParseMessage("[1,2,3,4]", limits).ok());
  EXPECT_FALSE(ParseMessage("[[],[],[],[]]", limits).ok());
}

TEST(JsonTest, CanonicalFormIsAFixedPoint) {
  for (const char* text :
       {"{\"a\":[1.5,-0.0,1e20,\"\\u0007é\"],\"b\":{}}", "1e-7", "[]", "\"\\u2028\""}) {
    const std::string once = Canonical(text);
    EXPECT_EQ(Canonical(once), once);
  }
}

TEST(JsonTest, CompactTextIsSafeOnALine) {
  EXPECT_EQ(CompactText(Json("a\xE2\x80\xA8"
                             "b\xE2\x80\xA9\n")),
            R"("a\u2028b\u2029\n")");
  EXPECT_EQ(CompactText(Json("a\xFFz")), "\"a\xEF\xBF\xBDz\"");
  EXPECT_EQ(CompactText(Json("é😀")), "\"é😀\"");
}

}  // namespace
}  // namespace contextsync::json_test
