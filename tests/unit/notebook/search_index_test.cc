// The search index in the store: made, made anew, audited, damaged.

#include "core/notebook/search_rows.h"
#include "core/notebook/tables.h"
#include "tests/unit/notebook/search_asking.h"

namespace contextsync::test::search_index_test {
namespace {

TEST(SearchIndexTest, AStoreOfAnEarlierBuildGetsItsIndex) {
  Desk desk;
  desk.Update(Task("t1"), {{"n", "word"}});
  desk.notebook.reset();
  TableBatch batch;
  ASSERT_TRUE(desk.store
                  .Scan(tables::kSearch, {},
                        [&](std::string_view key, std::string_view) {
                          batch.Delete(tables::kSearch, std::string(key));
                          return true;
                        })
                  .ok());
  ASSERT_TRUE(desk.store.Write(batch, Durability::kSynced).ok());

  desk.Open();

  EXPECT_EQ(Ids(Ask(*desk.notebook, "word")), Names{"t1"});
}

TEST(SearchIndexTest, AnIndexOfOtherTextRulesIsMadeAnew) {
  Desk desk;
  desk.Update(Task("t1"), {{"n", "word"}});
  EXPECT_EQ(Ask(*desk.notebook, "word").hits.size(), 1U);
  desk.notebook.reset();
  const auto key = search_rows::TotalsKey(0);
  auto totals = search_rows::DecodeTotals(*desk.store.Get(tables::kSearch, key).value()).value();
  totals.text_rules = 0;
  TableBatch batch;
  batch.Put(tables::kSearch, key, search_rows::Encode(totals));
  batch.Delete(tables::kSearch, search_rows::PostingKey(0, "word", 0));
  ASSERT_TRUE(desk.store.Write(batch, Durability::kSynced).ok());

  desk.Open();

  EXPECT_EQ(Ids(Ask(*desk.notebook, "word")), Names{"t1"});
  EXPECT_EQ(desk.notebook->Audit().value(), Names{});
}

TEST(SearchIndexTest, AnIndexThatIsCompleteStaysSoWhenReopened) {
  Desk desk;
  desk.Update(Task("t1"), {{"n", "word"}});
  EXPECT_TRUE(desk.notebook->IndexSome(10).value());

  desk.Open();

  const auto mark = desk.store.Get(tables::kSearch, search_rows::MarkKey(0, Task("t1"))).value();
  EXPECT_FALSE(mark.has_value());
}

TEST(SearchIndexTest, TheAuditNoticesWhatIsMissing) {
  Desk desk;
  desk.Update(Task("t1"), {{"n", "word"}});
  EXPECT_EQ(Ask(*desk.notebook, "word").hits.size(), 1U);
  const std::vector<std::string> all = {
      search_rows::PostingKey(0, "word", 0), search_rows::EntryKey(0, Task("t1")),
      search_rows::FactsKey(0, 0), search_rows::NumberKey(0, 0), search_rows::TotalsKey(0)};
  for (const std::string& key : all) {
    const std::string value = *desk.store.Get(tables::kSearch, key).value();
    TableBatch gone;
    gone.Delete(tables::kSearch, key);
    ASSERT_TRUE(desk.store.Write(gone, Durability::kSynced).ok());
    EXPECT_FALSE(desk.notebook->Audit().value().empty()) << key;

    TableBatch back;
    back.Put(tables::kSearch, key, value);
    ASSERT_TRUE(desk.store.Write(back, Durability::kSynced).ok());
    EXPECT_TRUE(desk.notebook->Audit().value().empty()) << key;
  }
}

TEST(SearchIndexTest, ADamagedRowIsRefusedAndARebuildMendsIt) {
  Desk desk;
  desk.Update(Task("t1"), {{"n", "word"}});
  EXPECT_EQ(Ask(*desk.notebook, "word").hits.size(), 1U);
  TableBatch batch;
  batch.Put(tables::kSearch, search_rows::PostingKey(0, "word", 0), "\x09");
  ASSERT_TRUE(desk.store.Write(batch, Durability::kSynced).ok());
  SearchQuery query;
  query.text = "word";

  EXPECT_FALSE(desk.notebook->Search(query).ok());
  EXPECT_FALSE(desk.notebook->Audit().value().empty());
  ASSERT_TRUE(desk.notebook->RebuildIndex().ok());

  EXPECT_EQ(Ids(Ask(*desk.notebook, query)), Names{"t1"});
  EXPECT_EQ(desk.notebook->Audit().value(), Names{});
}

TEST(SearchIndexTest, SearchesWhileTheStoreTakesNoWrites) {
  Desk desk;
  desk.Update(Task("t1"), {{"n", "word"}});
  desk.store.FailWrites(Error(ErrorCode::kStorageFull, "full"));

  EXPECT_EQ(Ids(Ask(*desk.notebook, "word")), Names{"t1"});
}

TEST(SearchIndexTest, RowsSurviveTheirEncoding) {
  const std::vector<search_rows::Posting> postings = {{0, 1, ""}, {255, 300, "ab"}};
  const auto decoded = search_rows::DecodePostings(search_rows::Encode(postings)).value();
  ASSERT_EQ(decoded.size(), 2U);
  EXPECT_EQ(decoded[1].slot, 255);
  EXPECT_EQ(decoded[1].count, 300U);
  EXPECT_EQ(decoded[1].followers, "ab");
  const std::string facts = search_rows::Encode(
      std::vector<search_rows::Facts>{{1, Level::kBranch, 40, 1'000}, {3, Level::kTask, 0, 2'000}});
  const auto all = search_rows::DecodeFacts(facts).value();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].level, Level::kBranch);
  EXPECT_EQ(all[0].length, 40U);
  EXPECT_EQ(all[1].updated_at, 2'000);
  EXPECT_FALSE(search_rows::FactsAt(facts, 2).has_value());
  EXPECT_FALSE(search_rows::FactsAt(facts, 4).has_value());
  EXPECT_FALSE(search_rows::DecodeFacts(facts + "x").ok());
  const std::string key = search_rows::PostingKey(1, "token", 7);
  EXPECT_EQ(search_rows::WordIn(key), "token");
  EXPECT_EQ(search_rows::BlockIn(key), 7U);
  EXPECT_EQ(search_rows::ParseContext(search_rows::MarkKey(1, Task("t1"))), Task("t1"));
  EXPECT_FALSE(search_rows::DecodePostings("").ok());
  EXPECT_FALSE(search_rows::DecodeEntry("\x01\x80").ok());
  EXPECT_FALSE(search_rows::DecodeTotals("\x02").ok());
}

}  // namespace
}  // namespace contextsync::test::search_index_test
