// The contract of TableStore, run on every store there is: the twin in memory is only as good as
// this.

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "core/ports/table_store.h"
#include "storage/memory/memory_table_store.h"
#include "storage/rocks/rocks_table_store.h"
#include "tests/support/seed.h"
#include "tests/support/temp_dir.h"

namespace contextsync::table_store_contract_test {
namespace {

constexpr TableId kFirst = 0;
constexpr TableId kSecond = 1;

using Rows = std::vector<std::pair<std::string, std::string>>;

/// Makes a store and forgets nothing of it when asked to reopen.
class StoreMaker {
 public:
  virtual ~StoreMaker() = default;
  virtual std::unique_ptr<TableStore> Open() = 0;
};

class MemoryMaker final : public StoreMaker {
 public:
  std::unique_ptr<TableStore> Open() override { return std::make_unique<MemoryTableStore>(2); }
};

class RocksMaker final : public StoreMaker {
 public:
  std::unique_ptr<TableStore> Open() override {
    RocksOptions options;
    options.directory = dir_.path();
    options.tables = {"first", "second"};
    auto store = RocksTableStore::Open(options);
    EXPECT_TRUE(store.ok());
    return std::move(store).value();
  }

 private:
  TempDir dir_;
};

template <typename Maker>
class TableStoreTest : public ::testing::Test {
 protected:
  TableStoreTest() : store_(maker_.Open()) {}

  void Put(TableId table, const std::string& key, const std::string& value) {
    TableBatch batch;
    batch.Put(table, key, value);
    ASSERT_TRUE(store_->Write(batch, Durability::kBuffered).ok());
  }

  std::optional<std::string> Get(TableId table, const std::string& key) {
    auto value = store_->Get(table, key);
    EXPECT_TRUE(value.ok());
    return value.ok() ? value.value() : std::nullopt;
  }

  Rows Scan(TableId table, const KeyRange& range) {
    Rows rows;
    const Status status = store_->Scan(table, range, [&rows](auto key, auto value) {
      rows.emplace_back(key, value);
      return true;
    });
    EXPECT_TRUE(status.ok());
    return rows;
  }

  std::string Keys(const KeyRange& range) {
    std::string keys;
    for (const auto& [key, value] : Scan(kFirst, range))
      keys += key;
    return keys;
  }

  void PutLetters() {
    for (const char* key : {"c", "a", "e", "b", "d"})
      Put(kFirst, key, "x");
  }

  Maker maker_;
  std::unique_ptr<TableStore> store_;
};

using Makers = ::testing::Types<MemoryMaker, RocksMaker>;
TYPED_TEST_SUITE(TableStoreTest, Makers);

TYPED_TEST(TableStoreTest, AMissingKeyIsNothing) {
  EXPECT_EQ(this->Get(kFirst, "a"), std::nullopt);
}

TYPED_TEST(TableStoreTest, ReadsWhatWasWritten) {
  this->Put(kFirst, "a", "1");
  EXPECT_EQ(this->Get(kFirst, "a"), "1");
  this->Put(kFirst, "a", "2");
  EXPECT_EQ(this->Get(kFirst, "a"), "2");
}

TYPED_TEST(TableStoreTest, TablesAreApart) {
  this->Put(kFirst, "a", "1");
  EXPECT_EQ(this->Get(kSecond, "a"), std::nullopt);
  EXPECT_TRUE(this->Scan(kSecond, {}).empty());
}

TYPED_TEST(TableStoreTest, AnEmptyValueIsAValue) {
  this->Put(kFirst, "a", "");
  EXPECT_EQ(this->Get(kFirst, "a"), "");
  EXPECT_EQ(this->Scan(kFirst, {}), (Rows{{"a", ""}}));
}

TYPED_TEST(TableStoreTest, KeysAndValuesAreBytes) {
  const std::string zero("a\0b", 3);
  const std::string high("\xff\x80", 2);
  this->Put(kFirst, zero, high);
  this->Put(kFirst, "a", "short");
  this->Put(kFirst, high, zero);
  EXPECT_EQ(this->Get(kFirst, zero), high);
  EXPECT_EQ(this->Scan(kFirst, {}), (Rows{{"a", "short"}, {zero, high}, {high, zero}}));
}

TYPED_TEST(TableStoreTest, TheEmptyKeyIsTheFirst) {
  this->Put(kFirst, "", "root");
  this->Put(kFirst, "a", "x");
  EXPECT_EQ(this->Get(kFirst, ""), "root");
  EXPECT_EQ(this->Scan(kFirst, {"", "a"}), (Rows{{"", "root"}}));
}

TYPED_TEST(TableStoreTest, ABatchSpansTables) {
  TableBatch batch;
  batch.Put(kFirst, "a", "1");
  batch.Put(kSecond, "a", "2");
  ASSERT_TRUE(this->store_->Write(batch, Durability::kSynced).ok());
  EXPECT_EQ(this->Get(kFirst, "a"), "1");
  EXPECT_EQ(this->Get(kSecond, "a"), "2");
}

TYPED_TEST(TableStoreTest, TheLaterOperationOnAKeyWins) {
  TableBatch batch;
  batch.Put(kFirst, "a", "1");
  batch.Delete(kFirst, "a");
  batch.Delete(kFirst, "b");
  batch.Put(kFirst, "b", "2");
  ASSERT_TRUE(this->store_->Write(batch, Durability::kBuffered).ok());
  EXPECT_EQ(this->Scan(kFirst, {}), (Rows{{"b", "2"}}));
}

TYPED_TEST(TableStoreTest, DeletesAndTakesDeletingNothing) {
  this->Put(kFirst, "a", "1");
  TableBatch batch;
  batch.Delete(kFirst, "a");
  batch.Delete(kFirst, "never there");
  ASSERT_TRUE(this->store_->Write(batch, Durability::kBuffered).ok());
  EXPECT_EQ(this->Get(kFirst, "a"), std::nullopt);
}

TYPED_TEST(TableStoreTest, AnEmptyBatchIsNoError) {
  EXPECT_TRUE(this->store_->Write(TableBatch(), Durability::kBuffered).ok());
  EXPECT_TRUE(this->store_->Write(TableBatch(), Durability::kSynced).ok());
  EXPECT_TRUE(this->store_->Sync().ok());
}

TYPED_TEST(TableStoreTest, ScansInByteOrderEitherWay) {
  this->PutLetters();
  EXPECT_EQ(this->Keys({}), "abcde");
  EXPECT_EQ(this->Keys({"", "", true}), "edcba");
}

TYPED_TEST(TableStoreTest, ARangeHoldsItsFromAndNotItsTo) {
  this->PutLetters();
  EXPECT_EQ(this->Keys({"b", "d"}), "bc");
  EXPECT_EQ(this->Keys({"b", "d", true}), "cb");
  EXPECT_EQ(this->Keys({"bb", "dd"}), "cd");
  EXPECT_EQ(this->Keys({"bb", "dd", true}), "dc");
  EXPECT_EQ(this->Keys({"c", ""}), "cde");
  EXPECT_EQ(this->Keys({"c", "", true}), "edc");
  EXPECT_EQ(this->Keys({"", "c", true}), "ba");
}

TYPED_TEST(TableStoreTest, AnEmptyRangeHoldsNothing) {
  this->PutLetters();
  EXPECT_EQ(this->Keys({"c", "c"}), "");
  EXPECT_EQ(this->Keys({"d", "b"}), "");
  EXPECT_EQ(this->Keys({"d", "b", true}), "");
  EXPECT_EQ(this->Keys({"f", ""}), "");
  EXPECT_EQ(this->Keys({"", "a", true}), "");
}

TYPED_TEST(TableStoreTest, APrefixRangeHoldsThePrefixAlone) {
  for (const char* key : {"a", "ab", "ab\xff", "ac", "b"})
    this->Put(kFirst, key, "x");
  const Rows rows = this->Scan(kFirst, PrefixRange("ab"));
  EXPECT_EQ(rows, (Rows{{"ab", "x"}, {"ab\xff", "x"}}));
}

TYPED_TEST(TableStoreTest, AScanStopsWhenTheVisitorHasEnough) {
  this->PutLetters();
  int visits = 0;
  const Status status = this->store_->Scan(kFirst, {}, [&visits](auto, auto) {
    ++visits;
    return visits < 2;
  });
  EXPECT_TRUE(status.ok());
  EXPECT_EQ(visits, 2);
}

TYPED_TEST(TableStoreTest, AVisitorMayRead) {
  this->PutLetters();
  const Status status = this->store_->Scan(kFirst, {}, [this](auto key, auto) {
    EXPECT_EQ(this->Get(kFirst, std::string(key)), "x");
    return true;
  });
  EXPECT_TRUE(status.ok());
}

TYPED_TEST(TableStoreTest, AScanSeesOneMoment) {
  this->PutLetters();
  std::string keys;
  const Status status = this->store_->Scan(kFirst, {}, [&](auto key, auto) {
    keys += key;
    if (keys == "a") {
      // From another thread, as a visitor must not write.
      std::thread([this] {
        TableBatch batch;
        batch.Put(kFirst, "bb", "new");
        batch.Delete(kFirst, "d");
        EXPECT_TRUE(this->store_->Write(batch, Durability::kBuffered).ok());
      }).join();
    }
    return true;
  });
  EXPECT_TRUE(status.ok());
  EXPECT_EQ(keys, "abcde");
  EXPECT_EQ(this->Keys({}), "abbbce");
}

TYPED_TEST(TableStoreTest, LargeValuesComeBackWhole) {
  const std::string large(5'000'000, 'v');
  this->Put(kFirst, "a", large);
  EXPECT_EQ(this->Get(kFirst, "a"), large);
}

TYPED_TEST(TableStoreTest, KnowsRoughlyHowMuchItHolds) {
  const std::uint64_t before = this->store_->ApproximateBytes();
  this->Put(kFirst, "a", std::string(1'000'000, 'v'));
  EXPECT_GE(this->store_->ApproximateBytes(), before + 900'000);
}

TYPED_TEST(TableStoreTest, BatchesAreAtomicForConcurrentReaders) {
  constexpr int kRounds = 300;
  std::atomic<bool> done = false;
  std::thread reader([this, &done] {
    while (!done) {
      std::set<std::string> values;
      const Status status = this->store_->Scan(kFirst, {}, [&values](auto, auto value) {
        values.emplace(value);
        return true;
      });
      EXPECT_TRUE(status.ok());
      EXPECT_LE(values.size(), 1U);  // all rows of one batch, or nothing yet
    }
  });
  for (int round = 0; round < kRounds; ++round) {
    TableBatch batch;
    for (char key = 'a'; key <= 'j'; ++key) {
      batch.Put(kFirst, std::string(1, key), std::to_string(round));
    }
    ASSERT_TRUE(this->store_->Write(batch, Durability::kBuffered).ok());
  }
  done = true;
  reader.join();
}

TYPED_TEST(TableStoreTest, ConcurrentWritersLoseNothing) {
  constexpr int kWriters = 8;
  constexpr int kEach = 50;
  std::vector<std::thread> writers;
  for (int writer = 0; writer < kWriters; ++writer) {
    writers.emplace_back([this, writer] {
      for (int i = 0; i < kEach; ++i) {
        TableBatch batch;
        batch.Put(kFirst, std::to_string(writer) + "/" + std::to_string(i), "x");
        EXPECT_TRUE(
            this->store_->Write(batch, i % 2 == 0 ? Durability::kSynced : Durability::kBuffered)
                .ok());
      }
    });
  }
  for (std::thread& writer : writers)
    writer.join();
  EXPECT_EQ(this->Scan(kFirst, {}).size(), static_cast<std::size_t>(kWriters * kEach));
}

TYPED_TEST(TableStoreTest, BehavesLikeAMap) {
  std::mt19937_64 random(TestSeed());
  std::map<std::string, std::string> model;
  const auto pick = [&random](std::uint64_t below) { return random() % below; };
  for (int step = 0; step < 400; ++step) {
    TableBatch batch;
    for (std::uint64_t i = 0, count = 1 + pick(5); i < count; ++i) {
      const std::string key(1 + pick(3), static_cast<char>('a' + pick(4)));
      if (pick(3) == 0) {
        batch.Delete(kFirst, key);
        model.erase(key);
      } else {
        const std::string value = std::to_string(step);
        batch.Put(kFirst, key, value);
        model[key] = value;
      }
    }
    ASSERT_TRUE(this->store_->Write(batch, Durability::kBuffered).ok());
    const std::string from(pick(3), static_cast<char>('a' + pick(4)));
    const std::string to(pick(3), static_cast<char>('a' + pick(4)));
    Rows expected;
    for (const auto& [key, value] : model) {
      if (key >= from && (to.empty() || key < to)) expected.emplace_back(key, value);
    }
    ASSERT_EQ(this->Scan(kFirst, {from, to}), expected);
    std::reverse(expected.begin(), expected.end());
    ASSERT_EQ(this->Scan(kFirst, {from, to, true}), expected);
  }
}

}  // namespace
}  // namespace contextsync::table_store_contract_test
