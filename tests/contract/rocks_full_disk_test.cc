// The guard, with a disk the test makes up; and a disk whose fsync fails.

#include <atomic>
#include <filesystem>
#include <memory>
#include <thread>

#include "rocksdb/env.h"
#include "rocksdb/file_system.h"

#include "tests/contract/rocks_fixture.h"

namespace contextsync::rocks_full_disk_test {
namespace {

using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;

constexpr std::uint64_t kDisk = 1024 * limits::kMiB;

class FullDiskTest : public RocksFixture {
 protected:
  FullDiskTest() {
    options_.probe = [this](const std::string&) -> Result<DiskSpace> {
      return DiskSpace{free_bytes_, kDisk};
    };
  }

  std::atomic<std::uint64_t> free_bytes_ = kDisk / 2;
};

TEST(DiskMarginTest, IsATenthOfASmallDiskAndNeverMoreThan16MiB) {
  EXPECT_EQ(DiskMargin(20 * limits::kMiB), 2 * limits::kMiB);
  EXPECT_EQ(DiskMargin(160 * limits::kMiB), 16 * limits::kMiB);
  EXPECT_EQ(DiskMargin(1'000'000 * limits::kMiB), 16 * limits::kMiB);
}

TEST_F(FullDiskTest, RefusesWritesTruthfullyAndReadsOn) {
  const auto store = OpenOrDie();
  ASSERT_TRUE(WriteRow(*store, 0).ok());
  EXPECT_EQ(store->health(), StoreHealth::kNormal);

  free_bytes_ = 16 * limits::kMiB + 10;

  EXPECT_EQ(WriteRow(*store, 1).error().code(), ErrorCode::kStorageFull);
  EXPECT_EQ(CountPrefix(*store), 1);

  free_bytes_ = 16 * limits::kMiB - 1;
  EXPECT_EQ(store->health(), StoreHealth::kStorageFull);

  free_bytes_ = kDisk / 2;
  EXPECT_TRUE(WriteRow(*store, 1).ok());
  EXPECT_EQ(CountPrefix(*store), 2);
  EXPECT_EQ(store->health(), StoreHealth::kNormal);
}

TEST_F(FullDiskTest, ALargeBatchNeedsItsOwnRoom) {
  const auto store = OpenOrDie();
  free_bytes_ = 17 * limits::kMiB;
  TableBatch large;
  large.Put(kRows, "a", std::string(2 * limits::kMiB, 'v'));
  EXPECT_EQ(store->Write(large, Durability::kSynced).error().code(), ErrorCode::kStorageFull);
  TableBatch small;
  small.Put(kRows, "a", "v");
  EXPECT_TRUE(store->Write(small, Durability::kSynced).ok());
}

TEST_F(FullDiskTest, ADiskThatCannotBeAskedIsWrittenTo) {
  options_.probe = [](const std::string&) -> Result<DiskSpace> {
    return Error(ErrorCode::kUnavailable, "no idea");
  };
  const auto store = OpenOrDie();
  EXPECT_TRUE(WriteRow(*store, 0).ok());
}

TEST_F(FullDiskTest, KeepsAReserveBesideTheDirectoryWhereThereIsRoom) {
  const std::string reserve = options_.directory + ".reserve";
  free_bytes_ = 40 * limits::kMiB;
  OpenOrDie();
  EXPECT_FALSE(std::filesystem::exists(reserve));

  free_bytes_ = kDisk / 2;
  OpenOrDie();
  EXPECT_EQ(std::filesystem::file_size(reserve), 16 * limits::kMiB);
}

// ── a disk that fails ────────────────────────────────────────────────────────────────────────

using Switch = std::shared_ptr<std::atomic<bool>>;

/// Fails fsync of logs on demand, after the bytes were written: the worst moment. Or the writing
/// itself.
class FailingFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  FailingFileSystem(Switch fails, Switch refuses)
      : rocksdb::FileSystemWrapper(rocksdb::FileSystem::Default()),
        fails_(std::move(fails)),
        refuses_(std::move(refuses)) {}

  const char* Name() const override { return "FailingFileSystem"; }

  IOStatus NewWritableFile(const std::string& name, const FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* file,
                           IODebugContext* debug) override {
    std::unique_ptr<rocksdb::FSWritableFile> real;
    IOStatus status = target()->NewWritableFile(name, options, &real, debug);
    if (!status.ok()) return status;
    if (name.ends_with(".log")) {
      *file = std::make_unique<Log>(std::move(real), fails_, refuses_);
    } else {
      *file = std::move(real);
    }
    return status;
  }

 private:
  class Log final : public rocksdb::FSWritableFileOwnerWrapper {
   public:
    Log(std::unique_ptr<rocksdb::FSWritableFile> file, Switch fails, Switch refuses)
        : rocksdb::FSWritableFileOwnerWrapper(std::move(file)),
          fails_(std::move(fails)),
          refuses_(std::move(refuses)) {}

    using FSWritableFileOwnerWrapper::Append;
    IOStatus Append(const rocksdb::Slice& data, const IOOptions& options,
                    IODebugContext* debug) override {
      if (*refuses_) return IOStatus::IOError("write failed");
      return FSWritableFileOwnerWrapper::Append(data, options, debug);
    }

    IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
      if (*fails_) return IOStatus::IOError("fsync failed");
      return FSWritableFileOwnerWrapper::Sync(options, debug);
    }

   private:
    const Switch fails_;
    const Switch refuses_;
  };

  const Switch fails_;
  const Switch refuses_;
};

class FailingDiskTest : public RocksFixture {
 protected:
  FailingDiskTest()
      : env_(rocksdb::NewCompositeEnv(std::make_shared<FailingFileSystem>(fails_, refuses_))) {
    options_.env = env_.get();
  }

  /// Repeats a write until it succeeds; gives up after the time in which a store must be writable
  /// again.
  static bool IsWrittenInTime(TableStore& store, int i) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    while (!WriteRow(store, i).ok()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::yield();
    }
    return true;
  }

  const Switch fails_ = std::make_shared<std::atomic<bool>>(false);
  const Switch refuses_ = std::make_shared<std::atomic<bool>>(false);
  std::unique_ptr<rocksdb::Env> env_;
};

TEST_F(FailingDiskTest, ARefusedBatchIsNotVisibleAndStaysAway) {
  const auto store = OpenOrDie();
  ASSERT_TRUE(WriteRow(*store, 0).ok());
  *fails_ = true;
  TableBatch refused;
  refused.Put(kRows, Key(0), "overwritten");
  refused.Put(kRows, "new", "row");
  refused.Delete(kTwins, Key(0));

  EXPECT_EQ(store->Write(refused, Durability::kSynced).error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(store->health(), StoreHealth::kDegraded);
  EXPECT_EQ(CountPrefix(*store), 1);

  // The log holds the refused batch, so reopening brings it to the surface; the store takes it
  // back.
  *fails_ = false;
  ASSERT_TRUE(IsWrittenInTime(*store, 1));
  EXPECT_EQ(CountPrefix(*store), 2);
  EXPECT_EQ(store->health(), StoreHealth::kNormal);
  ASSERT_TRUE(store->Close().ok());
  EXPECT_EQ(CountPrefix(*OpenOrDie()), 2);
}

TEST_F(FailingDiskTest, ReadersGoOnWhileTheStoreReopens) {
  const auto store = OpenOrDie();
  ASSERT_TRUE(WriteRow(*store, 0).ok());
  std::atomic<bool> done = false;
  std::atomic<int> reads = 0;
  std::thread reader([&] {
    while (!done) {
      int next = 0;
      const Status status = store->Scan(kRows, {}, [&](auto key, auto) {
        EXPECT_EQ(key, Key(next++));
        EXPECT_TRUE(store->Get(kRows, key).value().has_value());
        return true;
      });
      EXPECT_TRUE(status.ok());
      EXPECT_GE(next, 1);
      ++reads;
    }
  });
  for (int i = 1; i <= 5; ++i) {
    *fails_ = true;
    EXPECT_FALSE(WriteRow(*store, i).ok());
    *fails_ = false;
    EXPECT_TRUE(IsWrittenInTime(*store, i));
  }
  done = true;
  reader.join();
  EXPECT_GT(reads, 0);
  EXPECT_EQ(CountPrefix(*store), 6);
}

// RocksDB ends the process when a log whose write failed is synced from another thread.
TEST_F(FailingDiskTest, AWriteThatFailsBesideASyncEndsNothing) {
  constexpr int kRounds = 10;
  const auto store = OpenOrDie();
  std::atomic<bool> done = false;
  std::thread syncer([&] {
    while (!done)
      store->Sync().IgnoreBecause("it may well fail");
  });
  for (int i = 0; i < kRounds; ++i) {
    *refuses_ = true;
    EXPECT_FALSE(WriteRow(*store, i).ok());
    *refuses_ = false;
    EXPECT_TRUE(IsWrittenInTime(*store, i));
  }
  done = true;
  syncer.join();
  EXPECT_EQ(CountPrefix(*store), kRounds);
}

TEST_F(FailingDiskTest, AFailedSyncIsToldAndHealed) {
  const auto store = OpenOrDie();
  ASSERT_TRUE(WriteRow(*store, 0, Durability::kBuffered).ok());
  *fails_ = true;
  EXPECT_FALSE(store->Sync().ok());
  *fails_ = false;
  EXPECT_TRUE(IsWrittenInTime(*store, 1));
  EXPECT_TRUE(store->Sync().ok());
  EXPECT_EQ(CountPrefix(*store), 2);
}

}  // namespace
}  // namespace contextsync::rocks_full_disk_test
