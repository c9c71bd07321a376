#include "server/app/index_keeper.h"

#include <chrono>
#include <thread>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/notebook/search_rows.h"
#include "core/notebook/tables.h"
#include "storage/memory/memory_high_water_mark.h"
#include "storage/memory/memory_table_store.h"
#include "tests/support/fake_clock.h"

namespace contextsync::index_keeper_test {
namespace {

const ContextRef kTask = {Level::kTask, "t1"};

class IndexKeeperTest : public ::testing::Test {
 protected:
  IndexKeeperTest() {
    notebook_ = Notebook::Open(store_, mark_, clock_, random_,
                               {.workspace = WorkspaceId("w"), .has_hub = false})
                    .value();
    WriteRequest request;
    request.op_id = "op";
    request.writes.emplace_back();
    request.writes.back().context = kTask;
    request.writes.back().update.data = {{"note", "word"}};
    EXPECT_TRUE(notebook_->Write(request).ok());
  }

  [[nodiscard]] bool IsTakenIn() const {
    return !store_.Get(tables::kSearch, search_rows::MarkKey(0, kTask)).value().has_value();
  }

  FakeClock clock_;
  SeededRandom random_;
  MemoryTableStore store_{Notebook::TableNames().size()};
  MemoryHighWaterMark mark_;
  std::unique_ptr<Notebook> notebook_;
};

TEST_F(IndexKeeperTest, TakesInWhatWasWritten) {
  ASSERT_FALSE(IsTakenIn());
  const IndexKeeper keeper(*notebook_);

  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!IsTakenIn() && std::chrono::steady_clock::now() < give_up)
    std::this_thread::yield();

  EXPECT_TRUE(IsTakenIn());
}

TEST_F(IndexKeeperTest, EndsAtOnce) {
  const auto begun = std::chrono::steady_clock::now();
  { const IndexKeeper keeper(*notebook_); }

  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::milliseconds(900));
}

TEST_F(IndexKeeperTest, AnswersOnlyItsOwnCommand) {
  EXPECT_FALSE(AnswerIndexRequest(*notebook_, {{"command", "sync"}}).has_value());
  const auto answer = AnswerIndexRequest(*notebook_, {{"command", "rebuild_index"}});

  ASSERT_TRUE(answer.has_value());
  EXPECT_TRUE(answer->ok());
}

}  // namespace
}  // namespace contextsync::index_keeper_test
