// A RocksDB store in a directory of the test's own, with what its tests keep doing to it.

#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "storage/rocks/rocks_table_store.h"
#include "tests/support/temp_dir.h"

namespace contextsync {

class RocksFixture : public ::testing::Test {
 protected:
  static constexpr TableId kRows = 0;
  static constexpr TableId kTwins = 1;

  RocksFixture() {
    options_.directory = dir_ / "db";
    options_.tables = {"rows", "twins"};
  }

  Result<std::unique_ptr<RocksTableStore>> Open() {
    std::filesystem::create_directories(options_.directory);
    return RocksTableStore::Open(options_);
  }

  std::unique_ptr<RocksTableStore> OpenOrDie() {
    auto store = Open();
    if (!store.ok()) ADD_FAILURE() << store.error().message();
    return store.ok() ? std::move(store).value() : nullptr;
  }

  /// Row `i` and its twin, in one batch.
  static Status WriteRow(TableStore& store, int i, Durability durability = Durability::kSynced) {
    TableBatch batch;
    batch.Put(kRows, Key(i), Value(i));
    batch.Put(kTwins, Key(i), Value(i));
    return store.Write(batch, durability);
  }

  static std::string Key(int i) {
    std::string digits = std::to_string(i);
    return std::string(8 - digits.size(), '0') + digits;
  }
  static std::string Value(int i) { return "value of " + std::to_string(i); }

  /// How many rows 0, 1, 2 … there are, having checked that nothing else is there and that twins
  /// agree.
  static int CountPrefix(const TableStore& store) {
    int count = 0;
    for (const TableId table : {kRows, kTwins}) {
      int next = 0;
      const Status status = store.Scan(table, {}, [&next](auto key, auto value) {
        EXPECT_EQ(key, Key(next));
        EXPECT_EQ(value, Value(next));
        ++next;
        return true;
      });
      EXPECT_TRUE(status.ok()) << status.error().message();
      if (table == kTwins) {
        EXPECT_EQ(next, count) << "half a batch";
      }
      count = next;
    }
    return count;
  }

  /// The log RocksDB writes to.
  [[nodiscard]] std::string LogPath() const { return LargestFile(".log"); }
  [[nodiscard]] std::string LargestFile(const std::string& extension) const {
    std::string largest;
    std::uintmax_t bytes = 0;
    for (const auto& file : std::filesystem::directory_iterator(options_.directory)) {
      if (file.path().extension() != extension || file.file_size() < bytes) continue;
      largest = file.path().string();
      bytes = file.file_size();
    }
    return largest;
  }

  TempDir dir_;
  RocksOptions options_;
};

}  // namespace contextsync
