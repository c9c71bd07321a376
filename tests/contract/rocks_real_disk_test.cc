// Disks that are really full: a small tmpfs where the machine lets us mount one, and a file-size
// limit everywhere. Each runs in a child process, which keeps the mount and the limit to itself.

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <string>
#include <thread>

#include "tests/contract/child_process.h"
#include "tests/contract/rocks_fixture.h"

namespace contextsync::rocks_real_disk_test {
namespace {

void WriteText(const char* path, const std::string& text) {
  std::ofstream(path) << text;
}

/// A mount namespace of this process's own, as root or as root of a user namespace.
bool EnterOwnMounts() {
  const uid_t uid = ::geteuid();
  const gid_t gid = ::getegid();
  if (uid == 0) {
    if (::unshare(CLONE_NEWNS) != 0) return false;
  } else {
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
    WriteText("/proc/self/setgroups", "deny");
    WriteText("/proc/self/uid_map", std::to_string(uid) + " " + std::to_string(uid) + " 1");
    WriteText("/proc/self/gid_map", std::to_string(gid) + " " + std::to_string(gid) + " 1");
  }
  return ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
}

bool MountSmallDisk(const std::string& directory) {
  return EnterOwnMounts() &&
         ::mount("tmpfs", directory.c_str(), "tmpfs", 0, "size=48m,mode=700") == 0;
}

class RealDiskTest : public RocksFixture {
 protected:
  static constexpr std::size_t kRowBytes = 64 * 1024;

  /// Rows that do not compress, or the tables would be far smaller than the log.
  static std::string Noise(int i) {
    std::string noise;
    noise.reserve(kRowBytes);
    std::uint64_t x = static_cast<std::uint64_t>(i) * 2 + 1;
    while (noise.size() < kRowBytes) {
      x ^= x << 13U;
      x ^= x >> 7U;
      x ^= x << 17U;
      noise.append(reinterpret_cast<const char*>(&x), sizeof x);
    }
    return noise;
  }

  static Status WriteNoise(TableStore& store, int i) {
    TableBatch batch;
    batch.Put(kRows, Key(i), Noise(i));
    return store.Write(batch, Durability::kSynced);
  }

  /// Writes row `begin` and on until the disk is full; returns the first row that was refused.
  static int Fill(TableStore& store, int begin) {
    constexpr int kMost = 5000;
    for (int i = begin; i < kMost; ++i) {
      const Status status = WriteNoise(store, i);
      if (status.ok()) continue;
      EXPECT_EQ(status.error().code(), ErrorCode::kStorageFull) << status.error().message();
      return i;
    }
    ADD_FAILURE() << "the disk never filled";
    return kMost;
  }

  static void ExpectRows(const TableStore& store, int count) {
    int next = 0;
    const Status status = store.Scan(kRows, {}, [&next](auto key, auto value) {
      EXPECT_EQ(key, Key(next));
      EXPECT_TRUE(value == Noise(next)) << "row " << next;
      ++next;
      return true;
    });
    EXPECT_TRUE(status.ok()) << status.error().message();
    EXPECT_EQ(next, count);
  }

  static bool IsWritableInTime(TableStore& store, int i) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    while (!WriteNoise(store, i).ok()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::yield();
    }
    return true;
  }

  /// Full, reading on, then space: the whole story, on the disk below options_.directory.
  void RunUntilFullAndBack(const std::function<void()>& give_space) {
    auto store = OpenOrDie();
    int rows = 0;
    // Reopening moves rows from the log into tables and so makes a little room: full is not the end
    // at once.
    for (int round = 0; round < 4; ++round) {
      rows = Fill(*store, rows);
      ExpectRows(*store, rows);
    }
    EXPECT_GT(rows, 0);

    give_space();

    EXPECT_TRUE(IsWritableInTime(*store, rows));
    ExpectRows(*store, rows + 1);
    EXPECT_EQ(store->health(), StoreHealth::kNormal);
    EXPECT_TRUE(store->Close().ok());
    ExpectRows(*OpenOrDie(), rows + 1);
  }

  /// A small disk with a ballast file on it, in this process alone; false when that cannot be had.
  bool MakeSmallDisk() {
    const std::string disk = ChildProcess::Directory();
    if (!MountSmallDisk(disk)) return false;
    options_.directory = disk + "/db";
    ballast_ = disk + "/ballast";
    const int file = ::open(ballast_.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    const bool is_allocated = ::posix_fallocate(file, 0, 24 * 1024 * 1024) == 0;
    ::close(file);
    return is_allocated;
  }

  void ExpectChildPasses(const std::string& name) {
    ChildProcess child("RealDiskTest.DISABLED_" + name, dir_.path());
    const int status = child.Wait();
    if (status == ChildProcess::kCannot) GTEST_SKIP() << "this machine lets nobody mount a tmpfs";
    EXPECT_EQ(status, 0);
  }

  std::string ballast_;
};

TEST_F(RealDiskTest, DISABLED_GuardedDisk) {
  if (ChildProcess::Directory().empty()) GTEST_SKIP() << "only as a child of another test";
  if (!MakeSmallDisk()) ::_exit(ChildProcess::kCannot);
  RunUntilFullAndBack([this] { std::filesystem::remove(ballast_); });
}

TEST_F(RealDiskTest, TheGuardStopsBeforeTheDiskIsFull) {
  ExpectChildPasses("GuardedDisk");
}

// A guard that is lied to, as by another process that fills the disk between the look and the
// write.
TEST_F(RealDiskTest, DISABLED_UnguardedDisk) {
  if (ChildProcess::Directory().empty()) GTEST_SKIP() << "only as a child of another test";
  if (!MakeSmallDisk()) ::_exit(ChildProcess::kCannot);
  options_.probe = [](const std::string&) -> Result<DiskSpace> {
    return DiskSpace{1'000 * limits::kMiB, 10 * limits::kMiB};
  };
  RunUntilFullAndBack([this] { std::filesystem::remove(ballast_); });
}

TEST_F(RealDiskTest, AnActuallyFullDiskIsSurvivedToo) {
  ExpectChildPasses("UnguardedDisk");
}

TEST_F(RealDiskTest, DISABLED_LimitedFiles) {
  if (ChildProcess::Directory().empty()) GTEST_SKIP() << "only as a child of another test";
  options_.directory = ChildProcess::Directory() + "/db";
  ::signal(SIGXFSZ, SIG_IGN);
  options_.probe = [](const std::string&) -> Result<DiskSpace> {
    return DiskSpace{1'000 * limits::kMiB, 10 * limits::kMiB};
  };
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &limit), 0);
  const rlim_t before = limit.rlim_cur;
  limit.rlim_cur = 256 * 1024;  // below half a memtable, so the log meets it first
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  RunUntilFullAndBack([&] {
    limit.rlim_cur = before;
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  });
}

TEST_F(RealDiskTest, AFileSizeLimitCountsAsFull) {
  ExpectChildPasses("LimitedFiles");
}

}  // namespace
}  // namespace contextsync::rocks_real_disk_test
