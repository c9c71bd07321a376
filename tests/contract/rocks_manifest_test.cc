// A store without its list of tables: refused, and put together again from what is left.

#include <filesystem>

#include "storage/rocks/recovery.h"
#include "tests/contract/rocks_fixture.h"

namespace contextsync::rocks_manifest_test {
namespace {

namespace fs = std::filesystem;

class RocksManifestTest : public RocksFixture {
 protected:
  /// Each opening moves what is in the log to tables.
  void Fill(int end) {
    for (int i = 0; i < end; ++i) {
      const auto store = OpenOrDie();
      ASSERT_TRUE(WriteRow(*store, i).ok());
      ASSERT_TRUE(store->Close().ok());
    }
    OpenOrDie().reset();
  }

  void RemoveManifests() {
    std::vector<fs::path> manifests;
    for (const auto& file : fs::directory_iterator(options_.directory)) {
      if (file.path().filename().string().starts_with("MANIFEST-"))
        manifests.push_back(file.path());
    }
    ASSERT_FALSE(manifests.empty());
    for (const fs::path& manifest : manifests)
      fs::remove(manifest);
  }
};

TEST_F(RocksManifestTest, WithoutItTheStoreIsDamagedNotBusy) {
  Fill(3);
  RemoveManifests();

  const auto store = Open();

  ASSERT_FALSE(store.ok());
  EXPECT_EQ(store.error().code(), ErrorCode::kCorruption);
  EXPECT_FALSE(store.error().retriable());
  EXPECT_NE(store.error().message().find("MANIFEST"), std::string::npos);
}

TEST_F(RocksManifestTest, RowsOfTheTablesComeBack) {
  Fill(3);
  RemoveManifests();

  const auto report = RecoverStore(options_);

  ASSERT_TRUE(report.ok()) << report.error().message();
  EXPECT_TRUE(report.value().was_rebuilt);
  EXPECT_EQ(CountPrefix(*OpenOrDie()), 3);
}

TEST_F(RocksManifestTest, RefusalNamesTheCommandThatHelpsHere) {
  Fill(1);
  RemoveManifests();
  options_.recover_command = "contextsync hub doctor --recover";

  const auto store = Open();

  ASSERT_FALSE(store.ok());
  EXPECT_NE(store.error().message().find("`contextsync hub doctor --recover`"), std::string::npos);
}

}  // namespace
}  // namespace contextsync::rocks_manifest_test
