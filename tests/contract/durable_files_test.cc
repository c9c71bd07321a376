#include "storage/rocks/durable_files.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "core/base/hash.h"
#include "tests/support/temp_dir.h"

namespace contextsync::durable_files_test {
namespace {

namespace fs = std::filesystem;

class DurableFilesTest : public ::testing::Test {
 protected:
  void Write(const std::string& path, const std::string& text) {
    fs::create_directories(fs::path(path).parent_path());
    std::ofstream(path, std::ios::binary) << text;
  }

  TempDir dir_;
};

TEST_F(DurableFilesTest, CopiesBytesOfTheirOwnWithTheirSums) {
  const std::string large(700'000, 'x');
  Write(dir_ / "a/1.sst", "one");
  Write(dir_ / "a/2.sst", large);

  const auto sums = CopyFiles(dir_ / "a", dir_ / "b");

  ASSERT_TRUE(sums.ok()) << sums.error().message();
  const std::vector<FileSum> expected = {{"1.sst", 3, Sha256Hex("one")},
                                         {"2.sst", large.size(), Sha256Hex(large)}};
  EXPECT_EQ(sums.value(), expected);
  EXPECT_EQ(SumFiles(dir_ / "b").value(), expected);
  struct stat info {};
  ASSERT_EQ(::stat((dir_ / "b/1.sst").c_str(), &info), 0);
  EXPECT_EQ(info.st_nlink, 1U);
}

TEST_F(DurableFilesTest, LeavesOutTheLockAndWhatIsNoFile) {
  Write(dir_ / "a/LOCK", "");
  Write(dir_ / "a/quarantine/1/old.log", "old");
  Write(dir_ / "a/CURRENT", "MANIFEST-000001\n");
  fs::create_symlink("/etc/passwd", dir_ / "a/link");

  const auto sums = CopyFiles(dir_ / "a", dir_ / "b");

  ASSERT_TRUE(sums.ok());
  ASSERT_EQ(sums.value().size(), 1U);
  EXPECT_EQ(sums.value().front().name, "CURRENT");
}

TEST_F(DurableFilesTest, NeverCopiesOntoSomething) {
  Write(dir_ / "a/1.sst", "one");
  Write(dir_ / "b/2.sst", "two");

  EXPECT_FALSE(CopyFiles(dir_ / "a", dir_ / "b").ok());
  EXPECT_FALSE(WriteNewFile(dir_ / "b/2.sst", "three").ok());
  EXPECT_EQ(ReadWholeFile(dir_ / "b/2.sst", 100).value(), "two");
}

TEST_F(DurableFilesTest, PutsADirectoryWhereNothingWas) {
  Write(dir_ / "fresh/f", "new");

  ASSERT_TRUE(PutInPlace(dir_ / "fresh", dir_ / "target", dir_ / "previous").ok());

  EXPECT_EQ(ReadWholeFile(dir_ / "target/f", 100).value(), "new");
  EXPECT_FALSE(fs::exists(dir_ / "fresh"));
  EXPECT_FALSE(fs::exists(dir_ / "previous"));
}

TEST_F(DurableFilesTest, PutsADirectoryInPlaceOfAnEmptyOne) {
  Write(dir_ / "fresh/f", "new");
  fs::create_directory(dir_ / "target");

  ASSERT_TRUE(PutInPlace(dir_ / "fresh", dir_ / "target", dir_ / "previous").ok());

  EXPECT_TRUE(fs::exists(dir_ / "target/f"));
  EXPECT_FALSE(fs::exists(dir_ / "previous"));
}

TEST_F(DurableFilesTest, KeepsWhatWasReplaced) {
  Write(dir_ / "fresh/f", "new");
  Write(dir_ / "target/f", "old");

  const Status put = PutInPlace(dir_ / "fresh", dir_ / "target", dir_ / "previous");

  ASSERT_TRUE(put.ok()) << put.error().message();
  EXPECT_EQ(ReadWholeFile(dir_ / "target/f", 100).value(), "new");
  EXPECT_EQ(ReadWholeFile(dir_ / "previous/f", 100).value(), "old");
  EXPECT_FALSE(fs::exists(dir_ / "fresh"));
}

TEST_F(DurableFilesTest, LeavesBothWhereTheyWereWhenItFails) {
  Write(dir_ / "fresh/f", "new");
  Write(dir_ / "target/f", "old");
  Write(dir_ / "previous/f", "older");  // in the way

  EXPECT_FALSE(PutInPlace(dir_ / "fresh", dir_ / "target", dir_ / "previous").ok());

  EXPECT_EQ(ReadWholeFile(dir_ / "target/f", 100).value(), "old");
  EXPECT_EQ(ReadWholeFile(dir_ / "fresh/f", 100).value(), "new");
}

TEST_F(DurableFilesTest, ReadsNoLongerThanItMay) {
  Write(dir_ / "f", "12345");

  EXPECT_EQ(ReadWholeFile(dir_ / "f", 5).value(), "12345");
  EXPECT_EQ(ReadWholeFile(dir_ / "f", 4).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(ReadWholeFile(dir_ / "none", 4).error().code(), ErrorCode::kNotFound);
}

}  // namespace
}  // namespace contextsync::durable_files_test
