#include "core/text/snippets.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/text/bm25.h"

namespace contextsync::snippets_test {
namespace {

std::vector<std::string> Find(std::string_view query, const Json& data,
                              std::string_view id = "t1") {
  const TextQuery text = ParseTextQuery(query).value();
  const auto snippets = FindSnippets(text, id, data);
  std::vector<std::string> shown;
  if (!snippets) return {"-"};
  for (const Snippet& snippet : *snippets)
    shown.push_back(snippet.path + " " + snippet.text);
  return shown;
}

using Shown = std::vector<std::string>;
const Shown kNoMatch = {"-"};

TEST(SnippetsTest, MarksWordsWhereTheyStand) {
  const Json data = {{"decisions", {"no cookies", "use Refresh tokens, refresh often"}}};

  EXPECT_EQ(Find("refresh", data), Shown{"/decisions/1 use «Refresh» tokens, «refresh» often"});
  EXPECT_EQ(Find("refr* tokens", data),
            Shown{"/decisions/1 use «Refresh» «tokens», «refresh» often"});
}

TEST(SnippetsTest, ShowsKeysAndTheId) {
  const Json data = {{"a/b", {{"token_kinds", 2}}}};

  EXPECT_EQ(Find("token", data), Shown{"/a~1b/token_kinds «token»_kinds"});
  EXPECT_EQ(Find("t1", data), Shown{"@id «t1»"});
}

TEST(SnippetsTest, APhraseLiesInOneText) {
  const Json data = {{"x", "refresh the token"}, {"y", {"refresh the", "token"}}};

  EXPECT_EQ(Find(R"("the token")", data), Shown{"/x refresh «the token»"});
  EXPECT_EQ(Find(R"("refresh token")", data), kNoMatch);
  EXPECT_EQ(Find("the-tok*", data), Shown{"/x refresh «the token»"});
}

TEST(SnippetsTest, AllTermsMustOccur) {
  const Json data = {{"x", "one"}, {"y", "two"}};

  EXPECT_EQ(Find("one two", data), (Shown{"/x «one»", "/y «two»"}));
  EXPECT_EQ(Find("one three", data), kNoMatch);
  EXPECT_EQ(Find("on", data), kNoMatch);
}

TEST(SnippetsTest, KeepsThoseThatMatchMost) {
  const Json data = {{"a", "one"}, {"b", "one"}, {"c", "one two"}, {"d", "two"}, {"e", "two one"}};

  EXPECT_EQ(Find("one two", data), (Shown{"/a «one»", "/c «one» «two»", "/e «two» «one»"}));
}

TEST(SnippetsTest, CutsLongTextsAroundTheMatchBetweenCharacters) {
  const std::string filler(90, 'x');
  std::string umlauts;
  for (int i = 0; i < 100; ++i)
    umlauts += "ü";
  const Shown shown = Find("token", {{"a", filler + " " + umlauts + " token\n\n  end " + umlauts}});

  ASSERT_EQ(shown.size(), 1U);
  EXPECT_TRUE(shown[0].starts_with("/a …ü")) << shown[0];
  EXPECT_NE(shown[0].find("ü «token» end ü"), std::string::npos) << shown[0];
  EXPECT_TRUE(shown[0].ends_with("ü…")) << shown[0];
  EXPECT_LT(shown[0].size(), 190U);
}

TEST(SnippetsTest, OverlappingPhrasesShareTheirMarks) {
  EXPECT_EQ(Find(R"("a b" "b c")", {{"x", "a b c d"}}), Shown{"/x «a b c» d"});
}

TEST(Bm25Test, RareWordsAndShortContextsCountMore) {
  EXPECT_GT(Rarity(100, 1), Rarity(100, 50));
  EXPECT_GT(Rarity(100, 100), 0);
  EXPECT_GT(WordScore(1, 1, 10, 20), WordScore(1, 1, 40, 20));
  EXPECT_GT(WordScore(1, 2, 20, 20), WordScore(1, 1, 20, 20));
  EXPECT_NEAR(WordScore(2, 1, 20, 20), 2, 1e-12);
}

}  // namespace
}  // namespace contextsync::snippets_test
