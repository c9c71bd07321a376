#include "core/hub/hub_audit.h"

#include "core/hub/incarnation.h"
#include "tests/unit/hub/hub_fixture.h"

namespace contextsync::hub_audit_test {
namespace {

class HubAuditTest : public ::testing::Test {
 protected:
  HubAuditTest() {
    for (const char* json : {R"({"a":1})", R"({"b":[1,2]})", R"({"a":2})"})
      notebook_.PushOne(notebook_.Set(json));
  }

  HubAudit Audit() {
    auto audit = AuditWorkspace(hub_.store, kWorkspace);
    EXPECT_TRUE(audit.ok()) << audit.error().message();
    return audit.ok() ? std::move(audit).value() : HubAudit{};
  }

  /// Writes `commit` with the head as it is.
  void Commit(HubCommit commit) {
    if (commit.head.epoch.empty()) commit.head = Head();
    ASSERT_TRUE(hub_.store.Commit(kWorkspace, commit).ok());
  }

  WorkspaceHead Head() { return *hub_.store.ReadHead(kWorkspace).value(); }

  void ExpectProblem(const std::string& words) {
    const HubAudit audit = Audit();
    ASSERT_FALSE(audit.problems.empty());
    EXPECT_NE(audit.problems.front().find(words), std::string::npos) << audit.problems.front();
  }

  TestHub hub_;
  TestNotebook notebook_{hub_, 1};
};

TEST_F(HubAuditTest, SoundWorkspaceHasNoProblems) {
  const HubAudit audit = Audit();

  EXPECT_TRUE(audit.problems.empty()) << audit.problems.front();
  EXPECT_EQ(audit.head, HubSequence(3));
  EXPECT_EQ(audit.contexts, 1U);
  EXPECT_EQ(audit.state_hash.size(), 64U);
}

TEST_F(HubAuditTest, HashFollowsTheState) {
  const std::string before = Audit().state_hash;

  notebook_.PushOne(notebook_.Set(R"({"c":3})"));

  EXPECT_NE(Audit().state_hash, before);
}

TEST_F(HubAuditTest, NoticesAContextThatIsNotTheSumOfTheFeed) {
  HubContext context = hub_.Context();
  context.state.cells.erase(context.state.cells.begin());
  HubCommit commit;
  commit.contexts = {context};
  Commit(std::move(commit));

  ExpectProblem("is not what the feed adds up to");
}

TEST_F(HubAuditTest, NoticesAMissingItem) {
  for (TableId table = 0; table < TableHubStore::TableNames().size(); ++table) {
    if (TableHubStore::TableNames()[table] != "hub_feed") continue;
    std::vector<std::string> keys;
    ASSERT_TRUE(hub_.tables
                    .Scan(table, {},
                          [&](std::string_view key, std::string_view) {
                            keys.emplace_back(key);
                            return true;
                          })
                    .ok());
    TableBatch batch;
    batch.Delete(table, keys.at(1));
    ASSERT_TRUE(hub_.tables.Write(batch, Durability::kSynced).ok());
  }

  ExpectProblem("gap before item 3");
}

TEST_F(HubAuditTest, NoticesAChangedItem) {
  const FeedSlice slice = hub_.store.ReadFeed(kWorkspace, HubSequence(1), ReadBounds{}).value();
  StoredItem changed = slice.items.front();
  changed.item.changed_by = "somebody else";
  HubCommit commit;
  commit.items = {changed};
  Commit(std::move(commit));

  ExpectProblem("running hash is broken at item 2");
}

TEST_F(HubAuditTest, NoticesAHeadAheadOfTheFeed) {
  HubCommit commit;
  commit.head = Head();
  commit.head.seq = HubSequence(9);
  Commit(std::move(commit));

  ExpectProblem("the feed ends at 3");
}

TEST_F(HubAuditTest, UnknownWorkspaceIsNotFound) {
  const auto audit = AuditWorkspace(hub_.store, WorkspaceId("other"));

  ASSERT_FALSE(audit.ok());
  EXPECT_EQ(audit.error().code(), ErrorCode::kNotFound);
}

using IncarnationTest = HubAuditTest;

TEST_F(IncarnationTest, NewLifeGoesOnWhereTheOldOneEnded) {
  const WorkspaceHead before = Head();

  ASSERT_TRUE(BeginNewLives(hub_.store, hub_.random).ok());

  const WorkspaceHead after = Head();
  EXPECT_NE(after.epoch, before.epoch);
  EXPECT_NE(after.hub_device, before.hub_device);
  EXPECT_EQ(after.previous_epoch, before.epoch);
  EXPECT_EQ(after.fork_seq, before.seq);
  EXPECT_EQ(after.check, before.check);
  EXPECT_TRUE(Audit().problems.empty());
}

TEST_F(IncarnationTest, NotebookWithinTheSharedHistoryIsToldWhereItEnds) {
  notebook_.Pull();
  ASSERT_TRUE(BeginNewLives(hub_.store, hub_.random).ok());

  const auto hello = notebook_.Hello();

  ASSERT_TRUE(hello.ok());
  EXPECT_EQ(hello.value().verdict, HelloVerdict::kEpochChanged);
  EXPECT_EQ(hello.value().fork_seq, HubSequence(3));
}

TEST_F(IncarnationTest, NewLifeGivesOutTheNextNumber) {
  ASSERT_TRUE(BeginNewLives(hub_.store, hub_.random).ok());
  TestNotebook other(hub_, 2);

  EXPECT_EQ(other.PushOne(other.Set(R"({"z":1})")).seq, HubSequence(4));
  EXPECT_TRUE(Audit().problems.empty());
}

TEST_F(IncarnationTest, EmptyWorkspaceBeginsItsHashWithTheNewEpoch) {
  ASSERT_TRUE(hub_.service.CreateWorkspace(WorkspaceId("empty")).ok());
  ASSERT_TRUE(BeginNewLives(hub_.store, hub_.random).ok());

  const WorkspaceHead head = *hub_.store.ReadHead(WorkspaceId("empty")).value();

  EXPECT_EQ(head.previous_epoch.empty(), false);
  EXPECT_EQ(head.fork_seq, HubSequence());
  EXPECT_TRUE(AuditWorkspace(hub_.store, WorkspaceId("empty")).value().problems.empty());
}

}  // namespace
}  // namespace contextsync::hub_audit_test
