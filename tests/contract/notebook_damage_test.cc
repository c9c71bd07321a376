// A notebook whose log was cut, flipped, emptied or deleted: it opens with all entries, or with
// fewer and says so, or it refuses and says what to do. Never silently shorter, never with
// something else in it.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/notebook/notebook.h"
#include "storage/rocks/file_high_water_mark.h"
#include "storage/rocks/recovery.h"
#include "storage/rocks/rocks_table_store.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temp_dir.h"

namespace contextsync::notebook_damage_test {
namespace {

namespace fs = std::filesystem;

constexpr int kWrites = 40;
constexpr std::uintmax_t kTail = 4096;

/// Every how manieth of the last 4096 bytes is tried: CONTEXTSYNC_DAMAGE_STRIDE, 1 for all.
std::uintmax_t Stride() {
  const char* given = std::getenv("CONTEXTSYNC_DAMAGE_STRIDE");
  return given == nullptr ? 131 : std::strtoull(given, nullptr, 10);
}

struct Opened {
  std::unique_ptr<RocksTableStore> store;
  std::unique_ptr<FileHighWaterMark> mark;
  std::unique_ptr<Notebook> notebook;
};

class NotebookDamageTest : public ::testing::Test {
 protected:
  NotebookDamageTest() {
    auto opened = Open(sound_);
    for (int i = 0; i < kWrites; ++i) {
      WriteRequest request;
      request.op_id = "op-" + std::to_string(i);
      request.writes.emplace_back();
      request.writes.back().context = {Level::kTask, "t1"};
      request.writes.back().update.data = {{"markers", {Marker(i)}}};
      EXPECT_TRUE(opened.value().notebook->Write(request).ok());
    }
    EXPECT_TRUE(opened.value().store->Close().ok());
    log_ = FindLog();
  }

  static std::string Marker(int i) { return "marker " + std::to_string(i); }

  static RocksOptions OptionsFor(const std::string& directory) {
    RocksOptions options;
    options.directory = directory;
    options.tables = Notebook::TableNames();
    // A small disk, so that the reserve beside each of the many copies is small.
    options.probe = [](const std::string&) -> Result<DiskSpace> {
      return DiskSpace{1'000 * limits::kMiB, 10 * limits::kMiB};
    };
    return options;
  }

  Result<Opened> Open(const std::string& directory) {
    fs::create_directories(directory);
    Opened opened;
    CONTEXTSYNC_ASSIGN_OR_RETURN(opened.store, RocksTableStore::Open(OptionsFor(directory)));
    CONTEXTSYNC_ASSIGN_OR_RETURN(opened.mark, FileHighWaterMark::Open(directory));
    CONTEXTSYNC_ASSIGN_OR_RETURN(opened.notebook,
                                 Notebook::Open(*opened.store, *opened.mark, clock_, random_,
                                                {.workspace = WorkspaceId("w"), .has_hub = true}));
    return opened;
  }

  /// How many markers are there; they must be the first ones, in order.
  static int CountMarkers(const Notebook& notebook) {
    const auto read = notebook.Read({Level::kTask, "t1"});
    EXPECT_TRUE(read.ok());
    if (!read.ok() || !read.value().found) return 0;
    const Json& markers = read.value().found->data->at("markers");
    for (std::size_t i = 0; i < markers.size(); ++i)
      EXPECT_EQ(markers[i], Marker(static_cast<int>(i)));
    return static_cast<int>(markers.size());
  }

  enum class End { kWhole, kShorter, kRefused };

  /// What the user is told of `opened` is true.
  static End Judge(const Notebook& notebook) {
    const int count = CountMarkers(notebook);
    const NotebookSummary summary = notebook.Summary();
    EXPECT_EQ(summary.recovery.has_value(), count < kWrites) << count << " of " << kWrites;
    if (!summary.recovery) return End::kWhole;
    EXPECT_EQ(summary.recovery->lost_to.value, kWrites);
    EXPECT_EQ(summary.recovery->lost_from.value, static_cast<std::uint64_t>(count) + 1);
    return End::kShorter;
  }

  /// As `contextsync doctor --recover` does. Opens afterwards, and is truthful.
  void ExpectRecoverable(const std::string& directory) {
    const auto report = RecoverStore(OptionsFor(directory));
    ASSERT_TRUE(report.ok()) << report.error().message();
    const auto opened = Open(directory);
    ASSERT_TRUE(opened.ok()) << opened.error().message();
    Judge(*opened.value().notebook);
  }

  /// Opens a copy that `damage` was done to, and judges what the user is told.
  End OpenDamaged(const std::function<void(const std::string& directory)>& damage) {
    const std::string copy = dir_ / "copy";
    fs::remove_all(copy);
    fs::copy(sound_, copy);
    fs::copy_file(sound_ + ".hwm", copy + ".hwm", fs::copy_options::overwrite_existing);
    damage(copy);
    const auto opened = Open(copy);
    if (!opened.ok()) {
      EXPECT_EQ(opened.error().code(), ErrorCode::kCorruption) << opened.error().message();
      EXPECT_NE(opened.error().message().find("doctor --recover"), std::string::npos)
          << opened.error().message();
      ExpectRecoverable(copy);
      return End::kRefused;
    }
    return Judge(*opened.value().notebook);
  }

  std::string FindLog() {
    for (const auto& file : fs::directory_iterator(sound_)) {
      if (file.path().extension() == ".log" && file.file_size() > 0)
        return file.path().filename().string();
    }
    ADD_FAILURE() << "no log";
    return {};
  }

  TempDir dir_{TempDir::Fast()};
  const std::string sound_ = dir_ / "sound";
  FakeClock clock_;
  SeededRandom random_;
  std::string log_;  // the file that holds every write
};

void FlipBitAt(const std::string& path, std::uintmax_t offset) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekg(static_cast<std::streamoff>(offset));
  const char byte = static_cast<char>(file.get() ^ 0x10);
  file.seekp(static_cast<std::streamoff>(offset));
  file.put(byte);
}

/// Every file of the directory whose name begins so.
void ForEachNamed(const std::string& directory, const std::string& begin,
                  const std::function<void(const fs::path&)>& act) {
  for (const auto& file : fs::directory_iterator(directory)) {
    if (file.path().filename().string().starts_with(begin)) act(file.path());
  }
}

TEST_F(NotebookDamageTest, OpensWholeWhenNothingIsWrong) {
  EXPECT_EQ(OpenDamaged([](const std::string&) {}), End::kWhole);
}

TEST_F(NotebookDamageTest, ALogCutAtAnyOfItsLastBytesIsTold) {
  const std::uintmax_t bytes = fs::file_size(sound_ + "/" + log_);
  ASSERT_GT(bytes, kTail);
  int shorter = 0;
  for (std::uintmax_t cut = 1; cut <= kTail; cut += Stride()) {
    SCOPED_TRACE("cut " + std::to_string(cut));
    const End end = OpenDamaged([&](const std::string& directory) {
      fs::resize_file(directory + "/" + log_, bytes - cut);
    });
    EXPECT_NE(end, End::kWhole);
    shorter += end == End::kShorter ? 1 : 0;
  }
  EXPECT_GT(shorter, 0);
}

TEST_F(NotebookDamageTest, ABitFlippedInAnyOfItsLastBytesIsTold) {
  const std::uintmax_t bytes = fs::file_size(sound_ + "/" + log_);
  for (std::uintmax_t back = 1; back <= kTail; back += Stride()) {
    SCOPED_TRACE("byte " + std::to_string(back) + " from the end");
    const End end = OpenDamaged(
        [&](const std::string& directory) { FlipBitAt(directory + "/" + log_, bytes - back); });
    EXPECT_NE(end, End::kWhole);
  }
}

TEST_F(NotebookDamageTest, AnEmptiedLogIsTold) {
  EXPECT_EQ(OpenDamaged([this](const std::string& directory) {
              fs::resize_file(directory + "/" + log_, 0);
            }),
            End::kShorter);
}

TEST_F(NotebookDamageTest, ADeletedLogIsTold) {
  EXPECT_EQ(
      OpenDamaged([this](const std::string& directory) { fs::remove(directory + "/" + log_); }),
      End::kShorter);
}

TEST_F(NotebookDamageTest, ADeletedCurrentIsRefused) {
  EXPECT_EQ(OpenDamaged([](const std::string& directory) { fs::remove(directory + "/CURRENT"); }),
            End::kRefused);
}

TEST_F(NotebookDamageTest, AnEmptiedCurrentIsRefused) {
  EXPECT_EQ(
      OpenDamaged([](const std::string& directory) { fs::resize_file(directory + "/CURRENT", 0); }),
      End::kRefused);
}

TEST_F(NotebookDamageTest, ADeletedManifestIsRefused) {
  EXPECT_EQ(OpenDamaged([](const std::string& directory) {
              ForEachNamed(directory, "MANIFEST-", [](const fs::path& path) { fs::remove(path); });
            }),
            End::kRefused);
}

TEST_F(NotebookDamageTest, AnEmptiedManifestIsRefused) {
  EXPECT_EQ(OpenDamaged([](const std::string& directory) {
              ForEachNamed(directory, "MANIFEST-",
                           [](const fs::path& path) { fs::resize_file(path, 0); });
            }),
            End::kRefused);
}

TEST_F(NotebookDamageTest, AnEmptiedDirectoryIsNotTakenForANewNotebook) {
  const End end = OpenDamaged([](const std::string& directory) {
    fs::remove_all(directory);
    fs::create_directories(directory);
  });
  EXPECT_EQ(end, End::kShorter);
}

TEST_F(NotebookDamageTest, AFlippedBitInATableIsAnErrorWhereverItIs) {
  ASSERT_TRUE(Open(sound_).ok());  // moves the log's rows into tables
  ASSERT_TRUE(Open(sound_).ok());
  int told = 0;
  int tables = 0;
  ForEachNamed(sound_, "0", [&](const fs::path& table) {
    if (table.extension() != ".sst") return;
    const std::uintmax_t bytes = fs::file_size(table);
    ++tables;
    for (std::uintmax_t at = 0; at < bytes; at += bytes / 8 + 1) {
      SCOPED_TRACE(table.filename().string() + " at " + std::to_string(at));
      const std::string copy = dir_ / "flipped";
      fs::remove_all(copy);
      fs::copy(sound_, copy);
      fs::copy_file(sound_ + ".hwm", copy + ".hwm", fs::copy_options::overwrite_existing);
      FlipBitAt(copy + "/" + table.filename().string(), at);
      const auto opened = Open(copy);
      const bool is_whole = opened.ok() && opened.value().notebook->Fingerprint().ok() &&
                            opened.value().notebook->Read({Level::kTask, "t1"}).ok() &&
                            CountMarkers(*opened.value().notebook) == kWrites;
      if (!is_whole) ++told;
      if (!opened.ok()) {
        EXPECT_EQ(opened.error().code(), ErrorCode::kCorruption) << opened.error().message();
      }
    }
  });
  EXPECT_GT(tables, 0);
  EXPECT_GT(told, 0);
}

}  // namespace
}  // namespace contextsync::notebook_damage_test
