#include "core/text/text_query.h"

#include <gtest/gtest.h>

namespace contextsync::text_query_test {
namespace {

std::vector<QueryTerm> Terms(std::string_view text) {
  const auto query = ParseTextQuery(text);
  EXPECT_TRUE(query.ok()) << query.error().message();
  return query.ok() ? query.value().terms : std::vector<QueryTerm>{};
}

using Expected = std::vector<QueryTerm>;

TEST(TextQueryTest, WordsStandAlone) {
  EXPECT_EQ(Terms("  Refresh\ttokens\u3000now "),
            (Expected{{{"refresh"}, false}, {{"tokens"}, false}, {{"now"}, false}}));
}

TEST(TextQueryTest, QuotesMakeAPhrase) {
  EXPECT_EQ(Terms(R"(a "refresh the Token" b)"),
            (Expected{{{"a"}, false}, {{"refresh", "the", "token"}, false}, {{"b"}, false}}));
  EXPECT_EQ(Terms(R"("never closed)"), (Expected{{{"never", "closed"}, false}}));
  EXPECT_EQ(Terms(R"(x"y z")"), (Expected{{{"x"}, false}, {{"y", "z"}, false}}));
}

TEST(TextQueryTest, AStarMeansAnyEnding) {
  EXPECT_EQ(Terms("tok*"), (Expected{{{"tok"}, true}}));
  EXPECT_EQ(Terms("core/tok*"), (Expected{{{"core", "tok"}, true}}));
  EXPECT_EQ(Terms("tok-*"), (Expected{{{"tok"}, false}}));
  EXPECT_EQ(Terms(R"("tok*")"), (Expected{{{"tok"}, false}}));
  EXPECT_EQ(Terms("a*b"), (Expected{{{"a", "b"}, false}}));
}

TEST(TextQueryTest, WhatIsWrittenTogetherIsAPhrase) {
  EXPECT_EQ(Terms("files_read v10.2"),
            (Expected{{{"files", "read"}, false}, {{"v10", "2"}, false}}));
  EXPECT_EQ(Terms("東京"), (Expected{{{"東", "京"}, false}}));
}

TEST(TextQueryTest, TheSameTwiceIsOnce) {
  EXPECT_EQ(Terms("a A \"a\" a*"), (Expected{{{"a"}, false}, {{"a"}, true}}));
}

TEST(TextQueryTest, RefusesNoWordAndTooMany) {
  for (const char* text : {"", "  ", "-- !", "\"\"", "*"})
    EXPECT_FALSE(ParseTextQuery(text).ok()) << text;
  std::string many;
  for (std::size_t i = 0; i < kQueryWords; ++i)
    many += "w" + std::to_string(i) + " ";
  EXPECT_TRUE(ParseTextQuery(many).ok());
  EXPECT_EQ(ParseTextQuery(many + "more").error().code(), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace contextsync::text_query_test
