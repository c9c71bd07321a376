// What a search finds, in which order, page by page.

#include "core/text/word_counts.h"
#include "tests/unit/notebook/search_asking.h"

namespace contextsync::test::search_test {
namespace {

TEST(SearchTest, FindsIdsKeysAndTextsOfAllLevels) {
  Desk desk;
  desk.Update(Task("fix-login"), {{"status", "open"}});
  desk.Update(Branch("main"), {{"login_flow", 1}});
  desk.Update(Task("t2"), {{"notes", {"the Login page"}}});
  desk.Update(Task("t3"), {{"notes", "nothing"}});

  const SearchPage page = Ask(*desk.notebook, "LOGIN");

  Names ids = Ids(page);
  std::sort(ids.begin(), ids.end());
  EXPECT_EQ(ids, (Names{"fix-login", "main", "t2"}));
  EXPECT_TRUE(page.next_cursor.empty());
  for (const SearchHit& hit : page.hits) {
    ASSERT_EQ(hit.snippets.size(), 1U);
    if (hit.info.context.id != "t2") continue;
    EXPECT_EQ(hit.snippets[0].path, "/notes/0");
    EXPECT_EQ(hit.snippets[0].text, "the «Login» page");
    EXPECT_EQ(hit.info.version, desk.Version(Task("t2")).version);
  }
}

TEST(SearchTest, EqualScoresAreOrderedByAge) {
  Desk desk;
  for (const char* id : {"t1", "t2", "t3"}) {
    desk.clock.Advance(1'000);
    desk.Update(Task(id), {{"n", "word"}});
  }
  desk.clock.Advance(1'000);
  desk.Update(Task("t1"), {{"n", "word"}, {"count", 2}});
  desk.Update(Task("t1"), {{"count", nullptr}});

  EXPECT_EQ(Ids(Ask(*desk.notebook, "word")), (Names{"t1", "t3", "t2"}));
}

TEST(SearchTest, LevelAndIdNarrowIt) {
  Desk desk;
  desk.Update(Task("same"), {{"n", "word"}});
  desk.Update(Branch("same"), {{"n", "word"}});
  desk.Update(Task("other"), {{"n", "word"}});

  SearchQuery query;
  query.text = "word";
  query.context_id = "same";
  EXPECT_EQ(Ask(*desk.notebook, query).hits.size(), 2U);
  query.level = Level::kBranch;
  const SearchPage page = Ask(*desk.notebook, query);
  ASSERT_EQ(page.hits.size(), 1U);
  EXPECT_EQ(page.hits[0].info.context, Branch("same"));
  query.context_id = "no such id";
  EXPECT_TRUE(Ask(*desk.notebook, query).hits.empty());
}

TEST(SearchTest, DeletedContextsAreNeverShown) {
  Desk desk;
  desk.Update(Task("t1"), {{"n", "word"}});
  EXPECT_EQ(Ids(Ask(*desk.notebook, "word")), Names{"t1"});

  desk.Write(Deleting(Task("t1")));
  EXPECT_TRUE(Ask(*desk.notebook, "word").hits.empty());

  desk.Update(Task("t1"), {{"m", "other"}});
  EXPECT_TRUE(Ask(*desk.notebook, "word").hits.empty());
  EXPECT_EQ(Ids(Ask(*desk.notebook, "other")), Names{"t1"});
}

TEST(SearchTest, NothingFoundIsASuccess) {
  Desk desk;

  EXPECT_TRUE(Ask(*desk.notebook, "word").hits.empty());
}

TEST(SearchTest, RefusesAQueryWithoutWords) {
  Desk desk;
  SearchQuery query;
  query.text = "--";

  const auto page = desk.notebook->Search(query);

  ASSERT_FALSE(page.ok());
  EXPECT_EQ(page.failure().code, RefusalCode::kInvalidArgument);
  EXPECT_EQ(page.failure().details["parameter"], "query");
}

TEST(SearchTest, RefusesACursorOfAnotherQuery) {
  Desk desk;
  desk.Update(Task("t1"), {{"n", "word two"}});
  desk.Update(Task("t2"), {{"n", "word two"}});
  SearchQuery query;
  query.text = "word";
  query.limit = 1;
  const std::string cursor = Ask(*desk.notebook, query).next_cursor;
  ASSERT_FALSE(cursor.empty());

  query.text = "two";
  for (const std::string& bad : {cursor, std::string("x"), cursor + "0", std::string(64, '0')}) {
    query.cursor = bad;
    const auto page = desk.notebook->Search(query);
    ASSERT_FALSE(page.ok()) << bad;
    EXPECT_EQ(page.failure().details["parameter"], "cursor");
  }
}

TEST(SearchTest, RefusesAPrefixOfTooManyWords) {
  Desk desk;
  std::string text;
  for (int i = 0; i < 1'001; ++i)
    text += "w" + std::to_string(i) + " ";
  desk.Update(Task("t1"), {{"n", text}});
  SearchQuery query;
  query.text = "w*";

  const auto page = desk.notebook->Search(query);

  ASSERT_FALSE(page.ok());
  EXPECT_EQ(page.failure().code, RefusalCode::kInvalidArgument);
  EXPECT_EQ(Ask(*desk.notebook, "w1*").hits.size(), 1U);
}

TEST(SearchTest, ManyContextsFillManyBlocks) {
  Desk desk;
  constexpr int kContexts = 700;
  for (int i = 0; i < kContexts; ++i)
    desk.Update(Task("t" + std::to_string(i)), {{"n", i % 7 == 0 ? "common rare" : "common"}});

  SearchQuery query;
  query.text = "common";
  query.limit = 500;
  SearchPage page = Ask(*desk.notebook, query);
  EXPECT_EQ(page.hits.size(), 500U);
  query.cursor = page.next_cursor;
  EXPECT_EQ(Ask(*desk.notebook, query).hits.size(), 200U);
  EXPECT_EQ(Ask(*desk.notebook, "rare common").hits.size(), 50U);
}

/// Another word that no row of the index can tell from `word` behind a third one.
std::string LookAlike(const std::string& word) {
  for (int i = 0;; ++i) {
    std::string other = "w" + std::to_string(i);
    if (FollowerByte(other) == FollowerByte(word)) return other;
  }
}

TEST(SearchTest, APhraseIsTheWordsInTheirOrderInOneText) {
  Desk desk;
  const std::string other = LookAlike("blue");
  desk.Update(Task("t1"), {{"n", "the red blue one"}});
  desk.Update(Task("t2"), {{"n", "the blue red one"}});
  desk.Update(Task("t3"), {{"n", {"the red", "blue one"}}});
  desk.Update(Task("t4"), {{"n", "red " + other + " blue"}});
  desk.Update(Task("t5"), {{"n", "a red bluebell"}});

  EXPECT_EQ(Ids(Ask(*desk.notebook, "\"red blue\"")), Names{"t1"});
  EXPECT_EQ(Ids(Ask(*desk.notebook, "\"the red blue one\"")), Names{"t1"});
  EXPECT_EQ(Ids(Ask(*desk.notebook, "red-blu*")).size(), 2U);
  desk.Update(Task("t1"), {{"n", "the blue red one"}});
  desk.Update(Task("t2"), {{"n", "the red blue one"}});
  EXPECT_EQ(Ids(Ask(*desk.notebook, "\"red blue\"")), Names{"t2"});
  EXPECT_EQ(desk.notebook->Audit().value(), Names{});
}

TEST(SearchTest, APhraseWithManyLookAlikesIsFoundPageByPage) {
  Desk desk;
  constexpr int kContexts = 2'100;
  desk.Update(Task("wanted"),
              {{"n", "red blue"}, {"filler", std::string(400, 'x') + " a b c d e f"}});
  for (int i = 0; i < kContexts; ++i)
    desk.Update(Task("t" + std::to_string(i)), {{"n", "blue red " + LookAlike("blue")}});
  SearchQuery query;
  query.text = "\"red blue\"";
  query.limit = 5;

  const SearchPage first = Ask(*desk.notebook, query);

  EXPECT_TRUE(first.hits.empty());  // it looked into the better ones
  ASSERT_FALSE(first.next_cursor.empty());
  query.cursor = first.next_cursor;
  EXPECT_EQ(Ids(Ask(*desk.notebook, query)), Names{"wanted"});
}

}  // namespace
}  // namespace contextsync::test::search_test
