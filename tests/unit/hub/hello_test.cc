// Verdicts, and who learns what.

#include <gtest/gtest.h>

#include "tests/unit/hub/hub_fixture.h"

namespace contextsync::hello_test {
namespace {

class HelloTest : public ::testing::Test {
 protected:
  void ChangeHead(const std::function<void(WorkspaceHead&)>& change) {
    HubCommit commit;
    commit.head = *hub_.store.ReadHead(kWorkspace).value();
    change(commit.head);
    ASSERT_TRUE(hub_.store.Commit(kWorkspace, commit).ok());
  }

  TestHub hub_;
  TestNotebook a_{hub_, 0xA};
};

TEST_F(HelloTest, FirstGreetingTellsTheEpoch) {
  HelloRequest request;
  request.device = DeviceId(0xC);
  request.next_n = EntryNumber(1);

  const HelloResponse hello = hub_.Hello({"alice", Role::kWrite}, request).value();

  EXPECT_EQ(hello.verdict, HelloVerdict::kFirst);
  EXPECT_EQ(hello.epoch, a_.claim.epoch);
  EXPECT_EQ(hello.epoch.value.size(), 32U);
  EXPECT_EQ(hello.role, "write");
  EXPECT_EQ(hello.server_time, hub_.clock.WallMillis());
  EXPECT_NE(hello.hub_device, DeviceId());
  EXPECT_EQ(hello.heartbeat.count(), 5'000);
}

TEST_F(HelloTest, KnownNotebookIsOk) {
  a_.PushOne(a_.Set(R"({"x":1})"));
  a_.Pull();

  const HelloResponse hello = a_.Hello().value();

  EXPECT_EQ(hello.verdict, HelloVerdict::kOk);
  EXPECT_EQ(hello.last_n, EntryNumber(1));
  EXPECT_EQ(hello.head, HubSequence(1));
  EXPECT_EQ(hello.check, a_.claim.check);
}

TEST_F(HelloTest, ProgressIsKept) {
  a_.PushOne(a_.Set(R"({"x":1})"));
  a_.Pull();

  ASSERT_EQ(a_.Hello().value().verdict, HelloVerdict::kOk);

  const HubDevice device = *hub_.store.ReadDevice(kWorkspace, a_.device).value();
  EXPECT_EQ(device.cursor, HubSequence(1));
  EXPECT_EQ(device.acked_n, EntryNumber(1));
  EXPECT_FALSE(hub_.store.ReadResult(kWorkspace, a_.device, EntryNumber(1)).value());
}

TEST_F(HelloTest, OtherEpochIsAnotherHistory) {
  a_.claim.epoch = Epoch("ffffffffffffffffffffffffffffffff");

  const HelloResponse hello = a_.Hello().value();

  EXPECT_EQ(hello.verdict, HelloVerdict::kEpochChanged);
  EXPECT_EQ(hello.fork_seq, HubSequence());
}

TEST_F(HelloTest, OtherCheckIsAnotherHistory) {
  a_.PushOne(a_.Set(R"({"x":1})"));
  a_.Pull();
  a_.claim.check = FeedCheck("0123456789abcdef");

  EXPECT_EQ(a_.Hello().value().verdict, HelloVerdict::kEpochChanged);
}

TEST_F(HelloTest, RestoredHubTellsWhereTheHistoriesPart) {
  a_.PushOne(a_.Set(R"({"x":1})"));
  a_.PushOne(a_.Set(R"({"x":2})"));
  a_.Pull();
  ChangeHead([](WorkspaceHead& head) {
    head.previous_epoch = std::exchange(head.epoch, Epoch("eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"));
    head.fork_seq = HubSequence(2);
  });

  const HelloResponse shared = a_.Hello().value();
  a_.claim.check = FeedCheck("0123456789abcdef");
  const HelloResponse parted = a_.Hello().value();

  EXPECT_EQ(shared.verdict, HelloVerdict::kEpochChanged);
  EXPECT_EQ(shared.fork_seq, HubSequence(2));
  EXPECT_EQ(parted.fork_seq, HubSequence());
}

TEST_F(HelloTest, DeviceBelongsToWhoRegisteredIt) {
  HelloRequest request;
  request.device = a_.device;
  request.claim = a_.claim;

  const HelloResponse hello = hub_.Hello({"mallory", Role::kWrite}, request).value();

  EXPECT_EQ(hello.verdict, HelloVerdict::kDeviceForked);
  EXPECT_EQ(hello.last_n, EntryNumber());
}

TEST_F(HelloTest, NumbersTheNotebookNeverGaveOutMeanACopy) {
  a_.PushOne(a_.Set(R"({"x":1})"));
  a_.next_n = EntryNumber(1);

  EXPECT_EQ(a_.Hello().value().verdict, HelloVerdict::kDeviceForked);
}

TEST_F(HelloTest, CollectedCursorIsGone) {
  a_.PushOne(a_.Set(R"({"x":1})"));
  a_.PushOne(a_.Set(R"({"x":2})"));
  ChangeHead([](WorkspaceHead& head) { head.gc_floor = HubSequence(2); });

  const HelloResponse hello = a_.Hello().value();

  EXPECT_EQ(hello.verdict, HelloVerdict::kCursorGone);
  EXPECT_EQ(hello.gc_floor, HubSequence(2));
}

TEST_F(HelloTest, OnlyCreatesWorkspacesWhenTold) {
  HubService strict(hub_.store, hub_.clock, hub_.random, hub_.executor, HubOptions{});
  std::optional<HubReply<HelloResponse>> reply;
  const auto keep = [&](HubReply<HelloResponse> r) { reply = std::move(r); };

  strict.Hello(WorkspaceId("new"), {}, {}, keep);
  hub_.executor.RunAll();
  EXPECT_EQ(reply->failure().fault, HubFault::kUnauthorized);

  ASSERT_TRUE(strict.CreateWorkspace(WorkspaceId("new")).ok());
  strict.Hello(WorkspaceId("new"), {}, {}, keep);
  hub_.executor.RunAll();
  EXPECT_TRUE(reply->ok());
}

TEST_F(HelloTest, CreatingTwiceKeepsTheEpoch) {
  ASSERT_TRUE(hub_.service.CreateWorkspace(kWorkspace).ok());

  EXPECT_EQ(hub_.store.ReadHead(kWorkspace).value()->epoch, a_.claim.epoch);
}

TEST_F(HelloTest, RefusesNamesThatAreNoWorkspace) {
  for (const char* name : {"", "a/b", "a b", "\xC3\xBC"}) {
    EXPECT_EQ(hub_.service.CreateWorkspace(WorkspaceId(name)).error().code(),
              ErrorCode::kInvalidArgument);
  }
  EXPECT_FALSE(hub_.service.CreateWorkspace(WorkspaceId(std::string(129, 'a'))).ok());
  EXPECT_TRUE(hub_.service.CreateWorkspace(WorkspaceId(std::string(128, 'a'))).ok());
}

TEST_F(HelloTest, WorkspacesDoNotSeeEachOther) {
  ASSERT_TRUE(hub_.service.CreateWorkspace(WorkspaceId("w2")).ok());
  a_.PushOne(a_.Set(R"({"x":1})"));

  EXPECT_TRUE(hub_.service.Changes(WorkspaceId("w2"), {}).value().changes.empty());
  EXPECT_EQ(hub_.store.Workspaces().value().size(), 2U);
}

TEST_F(HelloTest, FailingCommitIsTemporary) {
  hub_.tables.FailWrite(1, Error(ErrorCode::kUnavailable, "disk"));

  EXPECT_EQ(a_.Hello().failure().fault, HubFault::kRetryLater);
}

}  // namespace
}  // namespace contextsync::hello_test
