// The faults of the memory store: what the simulator does to a disk.

#include <string>

#include <gtest/gtest.h>

#include "storage/memory/memory_table_store.h"

namespace contextsync::memory_faults_test {
namespace {

class MemoryFaultsTest : public ::testing::Test {
 protected:
  Status Put(const std::string& key, Durability durability = Durability::kBuffered) {
    TableBatch batch;
    batch.Put(0, key, key);
    return store_.Write(batch, durability);
  }

  std::string Keys() {
    std::string keys;
    EXPECT_TRUE(store_
                    .Scan(0, {},
                          [&keys](auto key, auto) {
                            keys += key;
                            return true;
                          })
                    .ok());
    return keys;
  }

  MemoryTableStore store_{2};
};

TEST_F(MemoryFaultsTest, ACrashLosesWhatWasNotSynced) {
  ASSERT_TRUE(Put("a", Durability::kSynced).ok());
  ASSERT_TRUE(Put("b").ok());
  ASSERT_TRUE(Put("c").ok());
  EXPECT_EQ(store_.unsynced_batches(), 2U);
  store_.Crash();
  EXPECT_EQ(Keys(), "a");
}

TEST_F(MemoryFaultsTest, ASyncedWriteMakesEarlierOnesDurable) {
  ASSERT_TRUE(Put("a").ok());
  ASSERT_TRUE(Put("b", Durability::kSynced).ok());
  store_.Crash();
  EXPECT_EQ(Keys(), "ab");
  ASSERT_TRUE(Put("c").ok());
  ASSERT_TRUE(store_.Sync().ok());
  store_.Crash();
  EXPECT_EQ(Keys(), "abc");
}

TEST_F(MemoryFaultsTest, ACrashMayKeepAPrefix) {
  for (const char* key : {"a", "b", "c"})
    ASSERT_TRUE(Put(key).ok());
  store_.Crash(2);
  EXPECT_EQ(Keys(), "ab");
  store_.Crash();
  EXPECT_EQ(Keys(), "ab");  // what survived one crash is on the disk
}

TEST_F(MemoryFaultsTest, ACrashBringsBackOverwrittenAndDeletedRows) {
  ASSERT_TRUE(Put("a", Durability::kSynced).ok());
  TableBatch batch;
  batch.Put(0, "a", "other");
  batch.Delete(0, "a");
  batch.Put(0, "b", "x");
  ASSERT_TRUE(store_.Write(batch, Durability::kBuffered).ok());
  const std::uint64_t bytes = store_.ApproximateBytes();
  store_.Crash();
  EXPECT_EQ(store_.Get(0, "a").value(), "a");
  EXPECT_EQ(Keys(), "a");
  EXPECT_EQ(store_.ApproximateBytes(), bytes);  // "b" and "x" went, "a" and "a" came
}

TEST_F(MemoryFaultsTest, TheChosenWriteFailsAndLeavesNothing) {
  store_.FailWrite(2, Error(ErrorCode::kStorageFull, "full"));
  EXPECT_TRUE(Put("a").ok());
  EXPECT_EQ(Put("b").error().code(), ErrorCode::kStorageFull);
  EXPECT_TRUE(Put("c").ok());
  EXPECT_EQ(Keys(), "ac");
  EXPECT_EQ(store_.write_count(), 2U);
}

TEST_F(MemoryFaultsTest, AFailedBatchMaySurfaceAfterACrash) {
  ASSERT_TRUE(Put("a").ok());
  store_.FailWrite(1, Error(ErrorCode::kUnavailable, "EIO"), FailedBatch::kSurfaces);
  EXPECT_FALSE(Put("b").ok());
  EXPECT_EQ(Keys(), "a");
  store_.Crash();
  EXPECT_EQ(Keys(), "ab");
}

TEST_F(MemoryFaultsTest, AFailedBatchIsGoneOnceTheStoreWritesAgain) {
  store_.FailWrite(1, Error(ErrorCode::kUnavailable, "EIO"), FailedBatch::kSurfaces);
  EXPECT_FALSE(Put("b").ok());
  EXPECT_TRUE(Put("c").ok());
  store_.Crash(1);
  EXPECT_EQ(Keys(), "c");
}

TEST_F(MemoryFaultsTest, ABrokenDiskStaysBrokenUntilMended) {
  store_.FailWrites(Error(ErrorCode::kStorageFull, "full"));
  EXPECT_FALSE(Put("a").ok());
  EXPECT_FALSE(store_.Sync().ok());
  EXPECT_EQ(Keys(), "");
  store_.FailWrites(std::nullopt);
  EXPECT_TRUE(Put("a").ok());
}

}  // namespace
}  // namespace contextsync::memory_faults_test
