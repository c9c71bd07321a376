// What an agent is told unasked, of a notebook in memory.

#include "server/app/hook_digest.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "storage/memory/memory_high_water_mark.h"
#include "storage/memory/memory_table_store.h"
#include "tests/support/fake_clock.h"

namespace contextsync::hook_digest_test {
namespace {

class HookDigestTest : public ::testing::Test {
 protected:
  HookDigestTest()
      : notebook_(Notebook::Open(store_, mark_, clock_, random_,
                                 {.workspace = WorkspaceId("w"), .has_hub = false})
                      .value()) {
    identity_.agent = "me";
    identity_.project = "p";
    identity_.branch = "b";
  }

  void Write(const std::string& agent, const std::string& session, const ContextRef& context,
             Json data) {
    ContextWrite write;
    write.context = context;
    write.update.data = std::move(data);
    WriteRequest request;
    request.writes.push_back(std::move(write));
    request.op_id = "op-" + std::to_string(++operations_);
    request.agent = agent;
    request.session = session;
    ASSERT_TRUE(notebook_->Write(request).ok());
  }

  [[nodiscard]] CueReader Reader(const std::string& session = {}) const {
    return {"me", session, clock_.WallMillis()};
  }

  [[nodiscard]] std::string Digest(std::size_t bytes = kDigestBytes,
                                   const std::string& session = {}) const {
    return DigestFor(*notebook_, identity_, Reader(session), bytes);
  }

  [[nodiscard]] std::string Cue(const std::string& session, const std::string& since) const {
    return CueFor(*notebook_, Reader(session), since).text;
  }

  MemoryTableStore store_{Notebook::TableNames().size()};
  MemoryHighWaterMark mark_;
  FakeClock clock_;
  SeededRandom random_;
  std::unique_ptr<Notebook> notebook_;
  Identity identity_;
  int operations_ = 0;
};

const ContextRef kTask{Level::kTask, "t1"};
const ContextRef kBranch{Level::kBranch, "b"};

TEST_F(HookDigestTest, AnEmptyNotebookSaysNothing) {
  EXPECT_EQ(Digest(), "");
  EXPECT_EQ(Cue("mine", ""), "");
}

TEST_F(HookDigestTest, TheOwnTaskComesFirstThenWhatOthersChangedThenTheBranch) {
  Write("bob", "his", kBranch, {{"decisions", {"RocksDB"}}});
  Write("bob", "his", kTask, {{"status", "begun"}});
  identity_.task = "t1";

  const std::string text = Digest();

  const std::size_t task = text.find("task t1, last changed by bob:");
  const std::size_t change = text.find("changed by bob on branch b: decisions");
  const std::size_t branch = text.find("branch b, last changed by bob:");
  ASSERT_NE(branch, std::string::npos) << text;
  EXPECT_LT(task, change) << text;
  EXPECT_LT(change, branch) << text;
}

TEST_F(HookDigestTest, ItStaysWithinItsBytes) {
  for (int i = 0; i < 40; ++i)
    Write("bob", "his", kBranch, {{"key" + std::to_string(i), std::string(200, 'x')}});
  for (const std::size_t bytes : {100U, 500U, 1'600U}) {
    const std::string text = Digest(bytes);
    EXPECT_LE(text.size(), bytes);
    EXPECT_GT(text.size(), bytes / 2);
  }
}

TEST_F(HookDigestTest, OwnChangesAreNoNews) {
  Write("me", "mine", kBranch, {{"a", 1}});
  EXPECT_EQ(Digest().find("changed by me on"), std::string::npos);
  EXPECT_EQ(Digest(kDigestBytes, "mine").find("changed by me on"), std::string::npos);
}

TEST_F(HookDigestTest, ChangesOfYesterdayAreNoNews) {
  Write("bob", "his", kBranch, {{"a", 1}});
  EXPECT_NE(Digest().find("changed by bob on"), std::string::npos);
  clock_.Advance(std::chrono::hours(25));
  EXPECT_EQ(Digest().find("changed by bob on"), std::string::npos);
}

TEST_F(HookDigestTest, OfManyChangesTheLastAreNews) {
  for (int i = 0; i < 1'100; ++i)
    Write("bob", "his", kBranch, {{"n", i}});
  Write("carol", "hers", kTask, {{"blockers", {"disk"}}});
  EXPECT_NE(Digest().find("changed by carol on task t1: blockers"), std::string::npos) << Digest();
}

TEST_F(HookDigestTest, ACueTellsOfOthersWithTheSameNameWhereTheSessionIsKnown) {
  const std::string since = CueFor(*notebook_, Reader(), "").position;
  Write("me", "mine", kTask, {{"a", 1}});
  EXPECT_EQ(Cue("mine", since), "");
  Write("me", "another", kTask, {{"b", 1}});
  EXPECT_EQ(Cue("mine", since), "1 change by me on task t1: b");
  EXPECT_EQ(Cue("", since), "") << "by the name alone nobody can tell them apart";
}

TEST_F(HookDigestTest, ACueIsToldOnce) {
  const std::string since = CueFor(*notebook_, Reader("mine"), "").position;
  Write("bob", "his", kTask, {{"a", 1}});
  const HookCue cue = CueFor(*notebook_, Reader("mine"), since);
  EXPECT_FALSE(cue.text.empty());
  EXPECT_EQ(Cue("mine", cue.position), "");
}

}  // namespace
}  // namespace contextsync::hook_digest_test
