// Lists with filters over more contexts than one page looks at: nothing that matches is left out,
// whichever way it was found.

#include "core/notebook/listing.h"

#include <set>

#include <gtest/gtest.h>

#include "core/notebook/filter_terms.h"
#include "core/notebook/keys.h"
#include "core/notebook/tables.h"
#include "tests/unit/notebook/fixture.h"

namespace contextsync::test::listing_test {
namespace {

class ListingTest : public ::testing::Test {
 protected:
  static constexpr int kContexts = 3'000;
  static constexpr int kBatches = 30;

  ListingTest() {
    static const TableBatch rows = Written();  // by one notebook, for every test
    EXPECT_TRUE(desk_.store.Write(rows, Durability::kSynced).ok());
    desk_.clock.Advance(kBatches);
    desk_.Open();
  }

  /// What a notebook stores that wrote all of them, one batch in each millisecond.
  static TableBatch Written() {
    Desk writer(/*has_hub=*/false);
    for (int i = 0; i < kContexts; i += kContexts / kBatches) {
      std::vector<ContextWrite> writes;
      for (int n = i; n < i + kContexts / kBatches; ++n)
        writes.push_back(Updating(Task("t" + std::to_string(n)), DataOf(n)));
      EXPECT_TRUE(
          writer.notebook->Write(writer.Request(std::move(writes), "batch-" + std::to_string(i)))
              .ok());
      writer.clock.Advance(1);
    }
    while (!writer.notebook->IndexSome(1'000).value()) {
    }
    return RowsOf(writer.store);
  }

  static TableBatch RowsOf(const TableStore& store) {
    TableBatch rows;
    for (TableId table = 0; table < Notebook::TableNames().size(); ++table) {
      EXPECT_TRUE(store
                      .Scan(table, {},
                            [&](std::string_view key, std::string_view value) {
                              rows.Put(table, std::string(key), std::string(value));
                              return true;
                            })
                      .ok());
    }
    return rows;
  }

  static Json DataOf(int n) {
    return {{"n", n},
            {"tenth", n % 10 == 0},
            {"status", n % 1'000 == 7 ? "rare" : "common"},
            {"tags", {"tag" + std::to_string(n % 5), "x"}},
            {"note", n % 2 == 0 ? "mentions rare things" : "plain"},
            {"owner", {{"name", "o" + std::to_string(n % 700)}, {"team", {"a", 1}}}}};
  }

  /// All pages of a list, in order.
  std::vector<std::string> Ids(std::vector<std::pair<std::string, Json>> filters,
                               std::size_t limit = 50) {
    ListQuery query;
    query.filters = std::move(filters);
    query.limit = limit;
    std::vector<std::string> ids;
    pages_ = 0;
    do {
      const auto page = desk_.notebook->List(query).value();
      ++pages_;
      EXPECT_LE(page.contexts.size(), limit);
      for (const auto& content : page.contexts)
        ids.push_back(content.info.context.id);
      query.cursor = page.next_cursor;
    } while (!query.cursor.empty() && pages_ < 1'000);
    return ids;
  }

  /// The same, from what was written.
  template <typename Accept>
  std::vector<std::string> Wanted(const Accept& accept) {
    std::vector<std::pair<int, std::string>> found;  // by batch, newest first, then by id
    for (int n = 0; n < kContexts; ++n) {
      if (accept(n)) found.emplace_back(-(n / (kContexts / kBatches)), "t" + std::to_string(n));
    }
    std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
      return a.first != b.first ? a.first < b.first : a.second < b.second;
    });
    std::vector<std::string> ids;
    for (auto& [age, id] : found)
      ids.push_back(std::move(id));
    return ids;
  }

  Desk desk_{/*has_hub=*/false};
  int pages_ = 0;
};

TEST_F(ListingTest, WhatMatchesOftenComesPageByPage) {
  EXPECT_EQ(Ids({{"/tenth", true}}), Wanted([](int n) { return n % 10 == 0; }));
  EXPECT_GE(pages_, 6);
}

TEST_F(ListingTest, WhatMatchesRarelyComesAtOnce) {
  const auto rare = Wanted([](int n) { return n % 1'000 == 7; });
  EXPECT_EQ(Ids({{"/status", "rare"}}), rare);
  EXPECT_EQ(pages_, 1) << "no empty pages before it";
  EXPECT_EQ(Ids({{"/n", 3}}), (std::vector<std::string>{"t3"}));
  EXPECT_EQ(Ids({{"/owner", {{"name", "o699"}, {"team", {"a", 1}}}}}),
            Wanted([](int n) { return n % 700 == 699; }));
  EXPECT_EQ(Ids({{"/status", "rare"}}, 2), rare);
  EXPECT_EQ(pages_, 2);
}

TEST_F(ListingTest, WhatMatchesNothingIsOneEmptyPage) {
  EXPECT_TRUE(Ids({{"/status", "never written"}}).empty());
  EXPECT_EQ(pages_, 1);
  EXPECT_TRUE(Ids({{"/status", "rare"}, {"/n", 8}}).empty());
  EXPECT_EQ(pages_, 1);
}

TEST_F(ListingTest, ANumberThatIsPartOfMostContextsIsFoundAtOnce) {
  EXPECT_EQ(Ids({{"/n", 5}}), (std::vector<std::string>{"t5"}));
  EXPECT_EQ(pages_, 1);
  EXPECT_TRUE(Ids({{"/n", 5.5}}).empty());
  EXPECT_TRUE(Ids({{"/nowhere", true}}).empty());
  EXPECT_EQ(pages_, 1);
}

TEST_F(ListingTest, AContextOfTooManyWordsIsFoundByItsLastOnes) {
  Json many = {{"n", -1}};
  for (int i = 0; i < 12'000; ++i)
    many["words" + std::to_string(i / 4'000)].push_back("w" + std::to_string(i));
  for (int i = 0; i < 1'200; ++i)
    many["numbers"].push_back(i * 0.5);
  many["zlast"] = "beyond";
  desk_.Update(Task("many"), many);
  for (int n = 0; n < 600; ++n)  // it is none of the newest
    desk_.Update(Task("t" + std::to_string(n)), {{"again", n}});
  EXPECT_EQ(Ids({{"/zlast", "beyond"}}), (std::vector<std::string>{"many"}));
  EXPECT_EQ(Ids({{"/numbers", 599.5}}), (std::vector<std::string>{"many"}));
  EXPECT_EQ(pages_, 1);
}

TEST_F(ListingTest, WhatTheIndexCannotTellIsLookedAtPageByPage) {
  desk_.store.FailWrites(Error(ErrorCode::kStorageFull, "full"));
  EXPECT_EQ(Ids({{"/n", 3}}), (std::vector<std::string>{"t3"}));
}

/// Whatever is asked for, in whichever way it is found, is what a look at every context finds.
TEST_F(ListingTest, EveryFilterFindsWhatALookAtAllContextsFinds) {
  const Json wanted[] = {nullptr,
                         true,
                         false,
                         0,
                         7,
                         70,
                         1'234,
                         2'999,
                         "",
                         "x",
                         "tag3",
                         "rare",
                         "o7",
                         "mentions rare things",
                         Json::array({"a", 1}),
                         Json::array(),
                         Json{{"name", "o7"}},
                         1};
  for (const char* pointer : {"/n", "/status", "/tags", "/owner/team", "/missing", ""}) {
    for (const Json& value : wanted) {
      EXPECT_EQ(Ids({{pointer, value}}, 500),
                Wanted([&](int n) { return MatchesFilter(DataOf(n), pointer, value); }))
          << pointer << " " << value;
    }
  }
}

TEST_F(ListingTest, AFilterWithoutAUsefulTermStillFindsAll) {
  // "mentions rare things" holds the term in half of all contexts.
  EXPECT_EQ(Ids({{"/note", "rare"}}).size(), 0U);
  EXPECT_EQ(Ids({{"/owner/team", Json::array()}}).size(), 0U);
  EXPECT_EQ(Ids({{"/tags", "x"}, {"/n", 1'234}}), (std::vector<std::string>{"t1234"}));
  EXPECT_EQ(Ids({{"/tags", "tag4"}}, 500), Wanted([](int n) { return n % 5 == 4; }));
}

/// As Ids, narrowed by who wrote last or by the parent.
class NarrowListTest : public ListingTest {
 protected:
  NarrowListTest() {
    for (const int n : {5, 1'500, 2'999}) {
      WriteRequest request =
          desk_.Request({Updating(Task("t" + std::to_string(n)), {{"seen", 1}})});
      request.agent = "rare";
      EXPECT_TRUE(desk_.notebook->Write(request).ok());
      desk_.clock.Advance(1);
    }
  }

  std::vector<std::string> All(ListQuery query) {
    std::vector<std::string> ids;
    pages_ = 0;
    do {
      const auto page = desk_.notebook->List(query).value();
      ++pages_;
      for (const auto& content : page.contexts)
        ids.push_back(content.info.context.id);
      query.cursor = page.next_cursor;
    } while (!query.cursor.empty() && pages_ < 1'000);
    return ids;
  }

  /// The rows of lists as an earlier build wrote them.
  void ForgetFacts() {
    TableBatch batch;
    ASSERT_TRUE(desk_.store
                    .Scan(tables::kUpdated, {},
                          [&](std::string_view key, std::string_view) {
                            batch.Put(tables::kUpdated, std::string(key), {});
                            return true;
                          })
                    .ok());
    ASSERT_TRUE(desk_.store.Write(batch, Durability::kSynced).ok());
  }
};

TEST_F(NarrowListTest, AnAgentThatWroteLittleIsFoundAtOnce) {
  ListQuery query;
  query.agent = "rare";
  EXPECT_EQ(All(query), (std::vector<std::string>{"t2999", "t1500", "t5"}));
  EXPECT_EQ(pages_, 1);
  query.limit = 2;
  EXPECT_EQ(All(query), (std::vector<std::string>{"t2999", "t1500", "t5"}));
  EXPECT_EQ(pages_, 2);
  query.filters = {{"/n", 1'500}};
  EXPECT_EQ(All(query), std::vector<std::string>{"t1500"});
  query.agent = "never seen";
  EXPECT_TRUE(All(query).empty());
  EXPECT_EQ(pages_, 1);
}

TEST_F(NarrowListTest, WhatMovedIsFoundUnderItsNewParentOnly) {
  ContextWrite move = Updating(Task("t7"), {{"moved", true}});
  move.update.parent = Branch("b2");
  ASSERT_TRUE(
      desk_.notebook->Write(desk_.Request({Updating(Branch("b2"), {{"k", 1}}), move})).ok());
  ListQuery query;
  query.parent_id = "b2";
  EXPECT_EQ(All(query), std::vector<std::string>{"t7"});
  EXPECT_EQ(pages_, 1);
}

TEST_F(NarrowListTest, AgeEndsIt) {
  ListQuery query;
  query.agent = "rare";
  query.updated_since = desk_.clock.WallMillis() - 2;
  EXPECT_EQ(All(query), (std::vector<std::string>{"t2999", "t1500"}));
  EXPECT_EQ(pages_, 1);
}

TEST_F(NarrowListTest, RowsOfAnEarlierBuildAreAskedOneByOne) {
  ForgetFacts();
  ListQuery query;
  query.agent = "rare";
  EXPECT_EQ(All(query), (std::vector<std::string>{"t2999", "t1500", "t5"}));
  EXPECT_EQ(pages_, 2);
}

TEST_F(ListingTest, PagesStayStableWhileOthersWrite) {
  const auto rare = Wanted([](int n) { return n % 10 == 0; });
  ListQuery query;
  query.filters = {{"/tenth", true}};
  query.limit = 100;
  std::set<std::string> seen;
  int page_number = 0;
  do {
    const auto page = desk_.notebook->List(query).value();
    for (const auto& content : page.contexts)
      EXPECT_TRUE(seen.insert(content.info.context.id).second) << "shown twice";
    query.cursor = page.next_cursor;
    desk_.clock.Advance(1);
    desk_.Update(Task("new" + std::to_string(page_number++)), {{"tenth", true}});
  } while (!query.cursor.empty() && page_number < 100);
  EXPECT_EQ(seen.size(), rare.size());
}

TEST_F(ListingTest, AgeAndFiltersGoTogether) {
  ListQuery query;
  query.filters = {{"/status", "rare"}};
  query.updated_since = desk_.clock.WallMillis() - 15;  // the last 15 of 30 batches
  const auto page = desk_.notebook->List(query).value();
  ASSERT_EQ(page.contexts.size(), 1U);
  EXPECT_EQ(page.contexts[0].info.context.id, "t2007");
  EXPECT_TRUE(page.next_cursor.empty());
}

FilterTerms TermsOf(const Json& wanted) {
  return FilterTerms(std::vector<std::pair<std::string, Json>>{{"/k", wanted}});
}

TEST(FilterTermsTest, OnlyWhatCannotMatchIsLeftOut) {
  const auto may = [](const Json& wanted, std::string_view cells) {
    return TermsOf(wanted).MayMatch(cells);
  };
  EXPECT_TRUE(may("done", R"(..status"done"..)"));
  EXPECT_FALSE(may("done", R"(..status"open"..)"));
  EXPECT_TRUE(may({{"a", "x"}, {"b", 12}}, R"({"a":"x","b":12})"));
  EXPECT_FALSE(may({{"a", "x"}, {"b", 12}}, R"({"a":"x","b":13})"));
  EXPECT_TRUE(TermsOf("").empty());
  EXPECT_TRUE(TermsOf(Json::object()).empty());
  EXPECT_TRUE(may(1e3, "1000"));
}

}  // namespace
}  // namespace contextsync::test::listing_test
