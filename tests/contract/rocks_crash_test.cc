// kill -9 in the middle of writes: every acknowledged row is there afterwards, whole.

#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/contract/child_process.h"
#include "tests/contract/rocks_fixture.h"
#include "tests/support/seed.h"

namespace contextsync::rocks_crash_test {
namespace {

constexpr int kWriters = 4;

class RocksCrashTest : public RocksFixture {
 protected:
  /// Row `i` of `writer`, and its twin.
  static std::string RowKey(int writer, int i) { return std::to_string(writer) + "/" + Key(i); }
};

// The child: writes for ever and tells each row when the store has acknowledged it.
TEST_F(RocksCrashTest, DISABLED_WritesUntilKilled) {
  options_.directory = ChildProcess::Directory();
  if (options_.directory.empty()) GTEST_SKIP() << "only as a child of another test";
  const auto store = OpenOrDie();
  std::vector<std::thread> writers;
  for (int writer = 0; writer < kWriters; ++writer) {
    writers.emplace_back([&store, writer] {
      for (int i = 0;; ++i) {
        const std::string key = RowKey(writer, i);
        TableBatch batch;
        batch.Put(kRows, key, Value(i));
        batch.Put(kTwins, key, Value(i));
        if (!store->Write(batch, i % 2 == 0 ? Durability::kSynced : Durability::kBuffered).ok()) {
          return;
        }
        ChildProcess::Report(key);
      }
    });
  }
  for (std::thread& writer : writers)
    writer.join();
}

TEST_F(RocksCrashTest, NothingAcknowledgedIsLostByKill) {
  constexpr int kRounds = 5;
  std::mt19937_64 random(TestSeed());
  for (int round = 0; round < kRounds; ++round) {
    options_.directory = dir_ / std::to_string(round);
    std::filesystem::create_directories(options_.directory);
    ChildProcess child("RocksCrashTest.DISABLED_WritesUntilKilled", options_.directory);
    const std::uint64_t reports_before_kill = 1 + random() % 400;
    std::vector<std::string> acknowledged;
    std::string key;
    while (acknowledged.size() < reports_before_kill && child.ReadLine(&key)) {
      acknowledged.push_back(key);
    }
    child.Kill();
    while (child.ReadLine(&key))
      acknowledged.push_back(key);  // told before it died
    ASSERT_EQ(child.Wait(), -1);
    ASSERT_GE(acknowledged.size(), reports_before_kill);

    const auto store = OpenOrDie();

    for (const std::string& row : acknowledged) {
      EXPECT_TRUE(store->Get(kRows, row).value().has_value()) << row;
    }
    const Status status = store->Scan(kRows, {}, [&store](auto row, auto value) {
      EXPECT_EQ(store->Get(kTwins, row).value(), value) << "half a batch";
      return true;
    });
    EXPECT_TRUE(status.ok());
  }
}

}  // namespace
}  // namespace contextsync::rocks_crash_test
