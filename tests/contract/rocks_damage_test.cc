// What a damaged or missing file does to a store: a prefix, a refusal or an error, and never a
// silent loss.

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "storage/rocks/recovery.h"
#include "tests/contract/rocks_fixture.h"

namespace contextsync::rocks_damage_test {
namespace {

namespace fs = std::filesystem;

std::string ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void FlipBit(const std::string& path, std::uint64_t offset) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekg(static_cast<std::streamoff>(offset));
  const char byte = static_cast<char>(file.get() ^ 0x10);
  file.seekp(static_cast<std::streamoff>(offset));
  file.put(byte);
}

class RocksDamageTest : public RocksFixture {
 protected:
  /// Rows up to `end` in the log; what a former call wrote goes to tables.
  void Fill(int end, int begin = 0) {
    const auto store = OpenOrDie();
    for (int i = begin; i < end; ++i) {
      ASSERT_TRUE(WriteRow(*store, i, Durability::kBuffered).ok());
    }
    ASSERT_TRUE(store->Close().ok());
  }

  void ExpectRefused() {
    const auto store = Open();
    ASSERT_FALSE(store.ok());
    EXPECT_EQ(store.error().code(), ErrorCode::kCorruption);
    EXPECT_NE(store.error().message().find("contextsync doctor --recover"), std::string::npos)
        << store.error().message();
  }
};

TEST_F(RocksDamageTest, EverythingIsThereAfterReopening) {
  Fill(100);
  EXPECT_EQ(CountPrefix(*OpenOrDie()), 100);
  EXPECT_EQ(CountPrefix(*OpenOrDie()), 100);
}

TEST_F(RocksDamageTest, ALogCutAnywhereOpensWithAPrefixOrRefuses) {
  constexpr int kRowCount = 40;
  constexpr std::uintmax_t kCuts = 512;
  Fill(kRowCount);
  const std::string sound = options_.directory;
  const std::string log = fs::path(LogPath()).filename().string();
  const std::uintmax_t bytes = fs::file_size(sound + "/" + log);
  ASSERT_GT(bytes, kCuts);
  const TempDir fast(TempDir::Fast());
  options_.directory = fast / "cut";
  int last_count = kRowCount;
  for (std::uintmax_t cut = 0; cut <= kCuts; ++cut) {
    fs::copy(sound, options_.directory);
    fs::resize_file(options_.directory + "/" + log, bytes - cut);
    if (auto store = Open(); store.ok()) {
      const int count = CountPrefix(*store.value());
      EXPECT_LE(count, last_count) << "cut " << cut;
      if (cut == 0) {
        EXPECT_EQ(count, kRowCount);
      }
      last_count = count;
    } else {
      EXPECT_EQ(store.error().code(), ErrorCode::kCorruption) << "cut " << cut;
    }
    fs::remove_all(options_.directory);
  }
  EXPECT_LT(last_count, kRowCount);
}

TEST_F(RocksDamageTest, AFlippedBitInTheLogIsRefusedAndRecoverable) {
  Fill(100);
  const std::string log = LogPath();
  FlipBit(log, fs::file_size(log) / 2);
  const std::string damaged = ReadFile(log);
  ExpectRefused();
  ExpectRefused();  // the first refusal changed nothing

  const auto report = RecoverStore(options_);

  ASSERT_TRUE(report.ok()) << report.error().message();
  EXPECT_EQ(ReadFile(report.value().quarantine + "/" + fs::path(log).filename().string()), damaged);
  EXPECT_FALSE(report.value().damage);
  const int left = CountPrefix(*OpenOrDie());
  EXPECT_GT(left, 0);
  EXPECT_LT(left, 100);
}

TEST_F(RocksDamageTest, ADamagedTableIsAnErrorAndNotAShorterScan) {
  Fill(2000);
  ASSERT_EQ(CountPrefix(*OpenOrDie()), 2000);  // opening moved the rows from the log into tables
  const std::string table = LargestFile(".sst");
  FlipBit(table, fs::file_size(table) / 3);

  const auto store = OpenOrDie();

  ErrorCode worst = ErrorCode::kInternal;
  for (const TableId id : {kRows, kTwins}) {
    const Status status = store->Scan(id, {}, [](auto, auto) { return true; });
    if (!status.ok()) worst = status.error().code();
  }
  EXPECT_EQ(worst, ErrorCode::kCorruption);
}

TEST_F(RocksDamageTest, AVanishedDatabaseIsNotMadeAnew) {
  Fill(10);
  fs::remove(options_.directory + "/CURRENT");
  ExpectRefused();

  const auto report = RecoverStore(options_);

  ASSERT_TRUE(report.ok()) << report.error().message();
  EXPECT_FALSE(report.value().was_rebuilt);
  EXPECT_EQ(CountPrefix(*OpenOrDie()), 10);
}

TEST_F(RocksDamageTest, ADamagedManifestIsRefusedAndRecoverable) {
  Fill(10);
  Fill(20, 10);
  for (const auto& file : fs::directory_iterator(options_.directory)) {
    if (file.path().filename().string().starts_with("MANIFEST-")) FlipBit(file.path().string(), 20);
  }
  ExpectRefused();

  const auto report = RecoverStore(options_);

  ASSERT_TRUE(report.ok()) << report.error().message();
  EXPECT_TRUE(report.value().was_rebuilt);
  EXPECT_EQ(CountPrefix(*OpenOrDie()), 20);
}

TEST_F(RocksDamageTest, ADatabaseOfANewerVersionIsLeftAlone) {
  options_.tables = {"rows", "twins", "future"};
  Fill(3);
  options_.tables = {"rows", "twins"};

  const auto store = Open();

  ASSERT_FALSE(store.ok());
  EXPECT_EQ(store.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_NE(store.error().message().find("upgrade"), std::string::npos);
}

TEST_F(RocksDamageTest, TablesMayBeAppended) {
  Fill(3);
  options_.tables = {"rows", "twins", "added"};
  const auto store = OpenOrDie();
  EXPECT_EQ(CountPrefix(*store), 3);
  EXPECT_TRUE(store->Scan(2, {}, [](auto, auto) { return true; }).ok());
}

TEST_F(RocksDamageTest, ACheckpointIsAStoreOfItsOwn) {
  const auto store = OpenOrDie();
  for (int i = 0; i < 20; ++i)
    ASSERT_TRUE(WriteRow(*store, i).ok());
  const std::string copy = dir_ / "copy";

  ASSERT_TRUE(store->Checkpoint(copy).ok());
  ASSERT_TRUE(WriteRow(*store, 20).ok());

  EXPECT_FALSE(store->Checkpoint(copy).ok());  // it exists now
  EXPECT_EQ(CountPrefix(*store), 21);
  options_.directory = copy;
  EXPECT_EQ(CountPrefix(*OpenOrDie()), 20);
  fs::remove(copy + "/CURRENT");
  ExpectRefused();  // the copy knows that it was a database, too
}

TEST_F(RocksDamageTest, AClosedStoreAnswersSo) {
  const auto store = OpenOrDie();
  ASSERT_TRUE(store->Close().ok());
  EXPECT_EQ(store->Get(kRows, "a").error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(WriteRow(*store, 0).error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(store->Sync().error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(store->health(), StoreHealth::kUnavailable);
  EXPECT_TRUE(store->Close().ok());
}

TEST_F(RocksDamageTest, ASecondOpenerInThisProcessIsRefused) {
  const auto store = OpenOrDie();
  EXPECT_FALSE(Open().ok());
  EXPECT_TRUE(WriteRow(*store, 0).ok());
}

}  // namespace
}  // namespace contextsync::rocks_damage_test
