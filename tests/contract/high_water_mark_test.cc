// The contract of HighWaterMark on both of its implementations, and what the file does when it is
// torn.

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "storage/memory/memory_high_water_mark.h"
#include "storage/rocks/file_high_water_mark.h"
#include "tests/support/temp_dir.h"

namespace contextsync::high_water_mark_test {
namespace {

const WaterMark kMark{EntryNumber(58), Hlc{0x0123456789abcdef}, HubSequence(812)};
const WaterMark kLater{EntryNumber(59), Hlc{0x0123456789abcdf0}, HubSequence(812)};

class MemoryMaker {
 public:
  std::unique_ptr<HighWaterMark> Open() { return std::make_unique<MemoryHighWaterMark>(); }
};

class FileMaker {
 public:
  std::unique_ptr<HighWaterMark> Open() {
    auto mark = FileHighWaterMark::Open(dir_ / "db");
    EXPECT_TRUE(mark.ok());
    return std::move(mark).value();
  }
  [[nodiscard]] std::string path() const { return dir_ / "db.hwm"; }

 private:
  TempDir dir_;
};

template <typename Maker>
class HighWaterMarkTest : public ::testing::Test {
 protected:
  Maker maker_;
  std::unique_ptr<HighWaterMark> mark_ = maker_.Open();
};

using Makers = ::testing::Types<MemoryMaker, FileMaker>;
TYPED_TEST_SUITE(HighWaterMarkTest, Makers);

TYPED_TEST(HighWaterMarkTest, StartsWithNothing) {
  EXPECT_EQ(this->mark_->Load(), std::nullopt);
}

TYPED_TEST(HighWaterMarkTest, KeepsTheLastMark) {
  ASSERT_TRUE(this->mark_->Store(kMark).ok());
  EXPECT_EQ(this->mark_->Load(), kMark);
  ASSERT_TRUE(this->mark_->Store(kLater).ok());
  ASSERT_TRUE(this->mark_->Sync().ok());
  EXPECT_EQ(this->mark_->Load(), kLater);
}

TEST(FileHighWaterMarkTest, SurvivesReopening) {
  FileMaker maker;
  ASSERT_TRUE(maker.Open()->Store(kMark).ok());
  EXPECT_EQ(maker.Open()->Load(), kMark);
}

TEST(FileHighWaterMarkTest, EveryTornOrFlippedByteIsNoticed) {
  FileMaker maker;
  const auto mark = maker.Open();
  ASSERT_TRUE(mark->Store(kMark).ok());
  const auto bytes = std::filesystem::file_size(maker.path());
  for (std::uintmax_t at = 0; at < bytes; ++at) {
    ASSERT_TRUE(mark->Store(kMark).ok());
    std::fstream file(maker.path(), std::ios::binary | std::ios::in | std::ios::out);
    file.seekg(static_cast<std::streamoff>(at));
    const char byte = static_cast<char>(file.get() ^ 1);
    file.seekp(static_cast<std::streamoff>(at));
    file.put(byte);
    file.close();
    EXPECT_EQ(mark->Load(), std::nullopt) << "byte " << at;
  }
  for (std::uintmax_t cut = 0; cut < bytes; ++cut) {
    ASSERT_TRUE(mark->Store(kMark).ok());
    std::filesystem::resize_file(maker.path(), cut);
    EXPECT_EQ(mark->Load(), std::nullopt) << "cut at " << cut;
  }
}

TEST(FileHighWaterMarkTest, FollowsNoLink) {
  const TempDir dir;
  std::ofstream(dir / "elsewhere") << "precious";
  std::filesystem::create_symlink(dir / "elsewhere", dir / "db.hwm");
  EXPECT_FALSE(FileHighWaterMark::Open(dir / "db").ok());
}

TEST(MemoryHighWaterMarkTest, GoesBackToTheSyncedMarkWhenThePowerIsCut) {
  MemoryHighWaterMark mark;
  ASSERT_TRUE(mark.Store(kMark).ok());
  ASSERT_TRUE(mark.Sync().ok());
  ASSERT_TRUE(mark.Store(kLater).ok());
  mark.Crash();
  EXPECT_EQ(mark.Load(), kMark);
  mark.Tear();
  EXPECT_EQ(mark.Load(), std::nullopt);
}

TEST(MemoryHighWaterMarkTest, FailsOnDemand) {
  MemoryHighWaterMark mark;
  mark.Fail(Error(ErrorCode::kUnavailable, "no"));
  EXPECT_FALSE(mark.Store(kMark).ok());
  EXPECT_FALSE(mark.Sync().ok());
  mark.Fail(std::nullopt);
  EXPECT_TRUE(mark.Store(kMark).ok());
}

}  // namespace
}  // namespace contextsync::high_water_mark_test
