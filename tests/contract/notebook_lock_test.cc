#include "storage/rocks/notebook_lock.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "storage/rocks/notebook_directory.h"
#include "tests/contract/child_process.h"
#include "tests/support/temp_dir.h"

namespace contextsync::notebook_lock_test {
namespace {

namespace fs = std::filesystem;

mode_t ModeOf(const std::string& path) {
  struct stat info {};
  EXPECT_EQ(::stat(path.c_str(), &info), 0);
  return info.st_mode & 07777U;
}

class NotebookLockTest : public ::testing::Test {
 protected:
  TempDir dir_;
  const std::string directory_ = dir_ / "db";
};

TEST_F(NotebookLockTest, HasOneHolder) {
  auto first = NotebookLock::Acquire(directory_);
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(NotebookLock::Acquire(directory_).error().code(), ErrorCode::kConflict);
}

TEST_F(NotebookLockTest, IsFreeWhenItsHolderIsGone) {
  { ASSERT_TRUE(NotebookLock::Acquire(directory_).ok()); }
  EXPECT_TRUE(NotebookLock::Acquire(directory_).ok());
}

TEST_F(NotebookLockTest, DISABLED_HoldsUntilKilled) {
  if (ChildProcess::Directory().empty()) GTEST_SKIP() << "only as a child of another test";
  auto lock = NotebookLock::Acquire(ChildProcess::Directory());
  ASSERT_TRUE(lock.ok());
  ASSERT_TRUE(lock.value().Publish("pid of the child").ok());
  ChildProcess::Report("held");
  for (;;)
    ::pause();
}

TEST_F(NotebookLockTest, IsFreeAtOnceWhenItsHolderIsKilled) {
  ChildProcess child("NotebookLockTest.DISABLED_HoldsUntilKilled", directory_);
  std::string line;
  ASSERT_TRUE(child.ReadLine(&line));
  EXPECT_EQ(NotebookLock::Acquire(directory_).error().code(), ErrorCode::kConflict);
  EXPECT_EQ(NotebookLock::ReadNote(directory_).value(), "pid of the child");

  child.Kill();
  child.Wait();

  EXPECT_TRUE(NotebookLock::Acquire(directory_).ok());
}

TEST_F(NotebookLockTest, ANoteReplacesTheOneBefore) {
  auto lock = NotebookLock::Acquire(directory_);
  ASSERT_TRUE(lock.value().Publish("a rather long note").ok());
  ASSERT_TRUE(lock.value().Publish("short").ok());
  EXPECT_EQ(NotebookLock::ReadNote(directory_).value(), "short");
  EXPECT_FALSE(lock.value().Publish(std::string(5000, 'x')).ok());
}

TEST_F(NotebookLockTest, FollowsNoLink) {
  std::ofstream(dir_ / "elsewhere") << "precious";
  fs::create_symlink(dir_ / "elsewhere", directory_ + ".lock");
  EXPECT_FALSE(NotebookLock::Acquire(directory_).ok());
}

TEST_F(NotebookLockTest, ItsFileIsPrivate) {
  const auto lock = NotebookLock::Acquire(directory_);
  EXPECT_EQ(ModeOf(directory_ + ".lock"), 0600U);
}

TEST(NotebookDirectoryTest, IsMadePrivateWithItsParents) {
  const TempDir dir;
  const std::string directory = dir / "a/b/c";
  ASSERT_TRUE(PrepareDirectory(directory).ok());
  EXPECT_EQ(ModeOf(directory), 0700U);
  EXPECT_EQ(ModeOf(dir / "a"), 0700U);
  EXPECT_TRUE(PrepareDirectory(directory).ok());
}

TEST(NotebookDirectoryTest, IsRefusedWhenOthersMayWrite) {
  const TempDir dir;
  for (const mode_t mode : {0777U, 0770U, 0702U}) {
    const std::string directory = dir / std::to_string(mode);
    ::mkdir(directory.c_str(), 0700);
    ::chmod(directory.c_str(), mode);
    EXPECT_EQ(PrepareDirectory(directory).error().code(), ErrorCode::kInvalidArgument) << mode;
    EXPECT_EQ(ModeOf(directory), mode);
  }
}

TEST(NotebookDirectoryTest, OthersLoseTheRightToRead) {
  const TempDir dir;
  const std::string directory = dir / "db";
  ::mkdir(directory.c_str(), 0755);
  EXPECT_TRUE(PrepareDirectory(directory).ok());
  EXPECT_EQ(ModeOf(directory), 0700U);
}

TEST(NotebookDirectoryTest, IsNoLinkAndNoFile) {
  const TempDir dir;
  fs::create_directory(dir / "real");
  fs::create_directory_symlink(dir / "real", dir / "link");
  std::ofstream(dir / "file") << "x";
  EXPECT_EQ(PrepareDirectory(dir / "link").error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(PrepareDirectory(dir / "file").error().code(), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace contextsync::notebook_lock_test
