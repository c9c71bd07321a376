// The search index in RocksDB: the same answers as in memory, across reopening, and in a notebook
// that an earlier build wrote.

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/notebook/notebook.h"
#include "core/notebook/tables.h"
#include "storage/memory/memory_high_water_mark.h"
#include "storage/memory/memory_table_store.h"
#include "tests/contract/rocks_fixture.h"
#include "tests/support/fake_clock.h"
#include "tests/support/seed.h"

namespace contextsync::search_on_disk_test {
namespace {

/// One hit, as far as it depends on nothing but what was written.
std::string Line(const SearchHit& hit) {
  std::string line = hit.info.context.id + " " + std::to_string(hit.score);
  for (const Snippet& snippet : hit.snippets)
    line += " " + snippet.path + " " + snippet.text;
  return line;
}

std::vector<std::string> Find(const Notebook& notebook, const std::string& text) {
  SearchQuery query;
  query.text = text;
  query.limit = 500;
  const auto page = notebook.Search(query);
  EXPECT_TRUE(page.ok()) << page.failure().message;
  std::vector<std::string> lines;
  for (const SearchHit& hit : page.value().hits)
    lines.push_back(Line(hit));
  return lines;
}

class SearchOnDiskTest : public RocksFixture {
 protected:
  SearchOnDiskTest() { options_.tables = Notebook::TableNames(); }

  std::unique_ptr<Notebook> OpenOn(TableStore& store, HighWaterMark& mark) {
    auto opened = Notebook::Open(store, mark, clock_, random_,
                                 {.workspace = WorkspaceId("w"), .has_hub = false});
    EXPECT_TRUE(opened.ok()) << opened.error().message();
    return std::move(opened).value();
  }

  void Write(Notebook& notebook, const std::string& id, Json data, bool is_delete = false) {
    WriteRequest request;
    request.op_id = "op-" + std::to_string(++operations_);
    request.writes.emplace_back();
    request.writes.back().context = {Level::kTask, id};
    request.writes.back().update.data = std::move(data);
    request.writes.back().update.erase_context = is_delete;
    EXPECT_TRUE(notebook.Write(request).ok());
  }

  /// What a store without the table of the index holds.
  void CopyWithoutIndex(const TableStore& from, TableStore& to) {
    for (TableId table = 0; table < tables::kSearch; ++table) {
      TableBatch batch;
      ASSERT_TRUE(from.Scan(table, {},
                            [&](std::string_view key, std::string_view value) {
                              batch.Put(table, std::string(key), std::string(value));
                              return true;
                            })
                      .ok());
      ASSERT_TRUE(to.Write(batch, Durability::kSynced).ok());
    }
  }

  FakeClock clock_;
  SeededRandom random_;
  MemoryHighWaterMark memory_mark_;
  MemoryHighWaterMark disk_mark_;
  int operations_ = 0;
};

TEST_F(SearchOnDiskTest, AnswersAsInMemory) {
  MemoryTableStore memory(Notebook::TableNames().size());
  auto rocks = OpenOrDie();
  const auto in_memory = OpenOn(memory, memory_mark_);
  auto on_disk = OpenOn(*rocks, disk_mark_);
  std::mt19937_64 chance(TestSeed());
  const std::vector<std::string> words = {"refresh", "refreshed", "token", "login", "x", "schema"};
  const auto any = [&] { return words[chance() % words.size()]; };

  for (int step = 0; step < 400; ++step) {
    const std::string id = "t" + std::to_string(chance() % 300);
    const Json data = {{any(), any() + " " + any()}, {"list", {any(), any()}}};
    const bool is_delete = chance() % 10 == 0;
    Write(*in_memory, id, data, is_delete);
    Write(*on_disk, id, data, is_delete);
    if (step % 50 != 0) continue;
    on_disk.reset();
    rocks.reset();
    rocks = OpenOrDie();
    on_disk = OpenOn(*rocks, disk_mark_);
  }

  for (const char* query : {"refresh", "refr*", "\"token login\"", "schema x", "t1*"}) {
    auto expected = Find(*in_memory, query);
    auto found = Find(*on_disk, query);
    // They were written at other times, so equal scores may stand in another order.
    std::sort(expected.begin(), expected.end());
    std::sort(found.begin(), found.end());
    EXPECT_EQ(found, expected) << query;
  }
  EXPECT_EQ(on_disk->Audit().value(), std::vector<std::string>{});
}

TEST_F(SearchOnDiskTest, ANotebookOfAnEarlierBuildGetsItsIndex) {
  MemoryTableStore memory(Notebook::TableNames().size());
  {
    const auto notebook = OpenOn(memory, memory_mark_);
    Write(*notebook, "t1", {{"note", "refresh the token"}});
    Write(*notebook, "t2", {{"note", "gone"}});
    Write(*notebook, "t2", {}, true);
  }
  options_.tables.pop_back();
  {
    auto earlier = OpenOrDie();
    CopyWithoutIndex(memory, *earlier);
    ASSERT_TRUE(earlier->Close().ok());
  }

  options_.tables = Notebook::TableNames();
  auto store = OpenOrDie();
  const auto notebook = OpenOn(*store, disk_mark_);

  EXPECT_EQ(Find(*notebook, "token").size(), 1U);
  EXPECT_TRUE(Find(*notebook, "gone").empty());
  EXPECT_EQ(notebook->Audit().value(), std::vector<std::string>{});
}

TEST_F(SearchOnDiskTest, AnEarlierBuildRefusesTheNotebookFromThenOn) {
  OpenOrDie()->Close().IgnoreBecause("an empty store will do");
  options_.tables.pop_back();

  const auto earlier = Open();

  ASSERT_FALSE(earlier.ok());
  EXPECT_NE(earlier.error().message().find("newer version"), std::string::npos);
}

}  // namespace
}  // namespace contextsync::search_on_disk_test
