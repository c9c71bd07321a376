#include "server/mcp/json_text.h"

#include <string>

#include "gtest/gtest.h"
#include <nlohmann/json.hpp>

namespace contextsync::mcp::json_text_test {
namespace {

TEST(JsonTextTest, EscapesWhatJsonAndLineReadersDemand) {
  EXPECT_EQ(JsonString("a\"b\\c\n\r\t\b\f\x01\x1f"), R"("a\"b\\c\n\r\t\b\f\u0001\u001f")");
  EXPECT_EQ(JsonString("\u2028\u2029"), R"("\u2028\u2029")");
  EXPECT_EQ(JsonString("☃ é € \u2027\u202A"), "\"☃ é € \u2027\u202A\"");
  EXPECT_EQ(JsonString(""), "\"\"");
}

TEST(JsonTextTest, ReadsBackUnchanged) {
  std::string all;
  for (char c = 0; c < 127; ++c)
    all += c;
  all += "é\u2028☃\u2029😀";

  EXPECT_EQ(nlohmann::json::parse(JsonString(all)).get<std::string>(), all);
}

TEST(JsonTextTest, SurvivesACutLeadByte) {
  EXPECT_EQ(JsonString("a\xE2"), "\"a\xE2\"");
  EXPECT_EQ(JsonString("a\xE2\x80"), "\"a\xE2\x80\"");
}

TEST(JsonTextTest, CutsBetweenCharacters) {
  EXPECT_EQ(CutUtf8("abc", 3), "abc");
  EXPECT_EQ(CutUtf8("abcd", 3), "abc");
  EXPECT_EQ(CutUtf8("ab☃", 4), "ab");
  EXPECT_EQ(CutUtf8("ab☃", 5), "ab☃");
  EXPECT_EQ(CutUtf8("☃", 2), "");
}

}  // namespace
}  // namespace contextsync::mcp::json_text_test
