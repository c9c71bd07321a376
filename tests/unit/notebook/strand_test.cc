// The strand: waiting work shares one synced batch, in order; a refused piece leaves nothing
// behind.

#include "core/notebook/strand.h"

#include <atomic>
#include <functional>
#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "core/notebook/tables.h"
#include "tests/unit/notebook/fixture.h"

namespace contextsync::test::strand_test {
namespace {

/// Passes everything on, counts synced batches, and calls a hook before each.
class WatchedStore final : public TableStore {
 public:
  Result<std::optional<std::string>> Get(TableId table, std::string_view key) const override {
    return store_.Get(table, key);
  }
  Status Scan(TableId table, const KeyRange& range, const Visitor& visit) const override {
    return store_.Scan(table, range, visit);
  }
  Status Write(const TableBatch& batch, Durability durability) override {
    if (before_write) before_write();
    if (durability == Durability::kSynced) ++synced_count;
    return store_.Write(batch, durability);
  }
  Status Sync() override { return store_.Sync(); }
  Status Checkpoint(const std::string& directory) override { return store_.Checkpoint(directory); }
  [[nodiscard]] std::uint64_t ApproximateBytes() const override {
    return store_.ApproximateBytes();
  }

  std::function<void()> before_write;
  std::atomic<int> synced_count{0};

 private:
  MemoryTableStore store_{Notebook::TableNames().size()};
};

Status Put(Strand& strand, const std::string& key, WorkEnd end = WorkEnd::kKeepSynced) {
  return strand.Run([&](Changeset& changes) {
    changes.tables().Put(tables::kHistory, key, "value");
    return end;
  });
}

bool Holds(const TableStore& store, const std::string& key) {
  return store.Get(tables::kHistory, key).value().has_value();
}

class StrandTest : public ::testing::Test {
 protected:
  WatchedStore store_;
  MemoryHighWaterMark mark_;
  Strand strand_{store_, mark_, Meta{}};
};

TEST_F(StrandTest, WhatWaitsDuringABatchSharesTheNextOne) {
  constexpr std::size_t kWriters = 32;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  bool is_first = true;
  store_.before_write = [&] {
    // The first batch takes as long as it takes all others to queue.
    while (is_first && strand_.waiting() < kWriters && std::chrono::steady_clock::now() < deadline)
      std::this_thread::yield();
    is_first = false;
  };

  {
    std::vector<std::jthread> writers;
    for (std::size_t i = 0; i < kWriters; ++i)
      writers.emplace_back([this, i] { EXPECT_TRUE(Put(strand_, std::to_string(i)).ok()); });
  }

  EXPECT_LE(store_.synced_count, 3) << "the first few, then all the others together";
  for (std::size_t i = 0; i < kWriters; ++i)
    EXPECT_TRUE(Holds(store_, std::to_string(i)));
}

TEST_F(StrandTest, DiscardedWorkLeavesNoTrace) {
  ASSERT_TRUE(Put(strand_, "dropped", WorkEnd::kDiscard).ok());

  EXPECT_FALSE(Holds(store_, "dropped"));
  EXPECT_EQ(store_.synced_count, 0);
}

TEST_F(StrandTest, BufferedWorkIsNotSynced) {
  ASSERT_TRUE(Put(strand_, "kept", WorkEnd::kKeepBuffered).ok());

  EXPECT_TRUE(Holds(store_, "kept"));
  EXPECT_EQ(store_.synced_count, 0);
}

TEST_F(StrandTest, LaterWorkSeesEarlierWork) {
  ASSERT_TRUE(Put(strand_, "first").ok());

  bool is_seen = false;
  ASSERT_TRUE(strand_
                  .Run([&](Changeset& changes) {
                    is_seen = changes.tables().Get(tables::kHistory, "first").value().has_value();
                    return WorkEnd::kDiscard;
                  })
                  .ok());

  EXPECT_TRUE(is_seen);
}

TEST(NotebookThreadsTest, OneOpIdFromManyThreadsIsAppliedOnce) {
  Desk desk;
  std::atomic<int> first_answers{0};

  {
    std::vector<std::jthread> callers;
    for (int i = 0; i < 8; ++i) {
      callers.emplace_back([&desk, &first_answers] {
        const auto receipt =
            desk.notebook->Write(desk.Request({Updating(Task("t1"), {{"a", 1}})}, "op-x"));
        ASSERT_TRUE(receipt.ok());
        EXPECT_EQ(receipt.value().last_n, EntryNumber(1));
        if (!receipt.value().repeated) ++first_answers;
      });
    }
  }

  EXPECT_EQ(first_answers, 1);
  EXPECT_EQ(desk.notebook->Summary().pending, 1U);
}

TEST(NotebookThreadsTest, ReadersSeeWholeStatesWhileWritersWrite) {
  Desk desk;
  desk.Update(Task("t1"), {{"a", 0}, {"b", 0}});
  std::atomic<bool> is_over{false};

  std::jthread reader([&] {
    while (!is_over) {
      const auto data = *desk.notebook->Read(Task("t1")).value().found->data;
      EXPECT_EQ(data["a"], data["b"]) << "both are written together";
    }
  });
  std::vector<std::jthread> writers;
  for (int writer = 0; writer < 4; ++writer) {
    writers.emplace_back([&desk, writer] {
      for (int i = 1; i <= 50; ++i) {
        const int value = writer * 1'000 + i;
        const auto op_id = "writer-" + std::to_string(value);
        EXPECT_TRUE(
            desk.notebook
                ->Write(desk.Request({Updating(Task("t1"), {{"a", value}, {"b", value}})}, op_id))
                .ok());
      }
    });
  }
  writers.clear();
  is_over = true;

  EXPECT_EQ(desk.notebook->Summary().pending, 201U);
}

TEST(OverlayTest, ScansMergeChangesInBothDirections) {
  MemoryTableStore store(1);
  TableBatch batch;
  for (const char* key : {"a", "c", "e"})
    batch.Put(0, key, "stored");
  ASSERT_TRUE(store.Write(batch, Durability::kBuffered).ok());
  const StoreReader reader(store);
  Overlay overlay(reader);
  overlay.Put(0, "b", "new");
  overlay.Put(0, "c", "changed");
  overlay.Delete(0, "e");
  overlay.Put(0, "f", "new");
  const auto scan = [&](KeyRange range) {
    std::string seen;
    EXPECT_TRUE(overlay
                    .Scan(0, range,
                          [&seen](std::string_view key, std::string_view value) {
                            seen.append(key).append(value.substr(0, 1)).append(" ");
                            return true;
                          })
                    .ok());
    return seen;
  };

  EXPECT_EQ(scan({"", "", false}), "as bn cc fn ");
  EXPECT_EQ(scan({"", "", true}), "fn cc bn as ");
  EXPECT_EQ(scan({"b", "f", false}), "bn cc ");
  EXPECT_EQ(scan({"b", "f", true}), "cc bn ");
}

TEST(OverlayTest, AScanStopsWhereItsVisitorSays) {
  MemoryTableStore store(1);
  const StoreReader reader(store);
  Overlay overlay(reader);
  overlay.Put(0, "a", "1");
  overlay.Put(0, "b", "2");
  int visits = 0;

  ASSERT_TRUE(overlay
                  .Scan(0, {"", "", false},
                        [&visits](std::string_view, std::string_view) {
                          ++visits;
                          return false;
                        })
                  .ok());

  EXPECT_EQ(visits, 1);
}

}  // namespace
}  // namespace contextsync::test::strand_test
