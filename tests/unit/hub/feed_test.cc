// Pages of the feed and of the snapshot.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/document/codec.h"
#include "core/document/join.h"
#include "core/hub/sequencer.h"
#include "core/hub/snapshot_key.h"
#include "tests/unit/hub/hub_fixture.h"

namespace contextsync::feed_test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class FeedTest : public ::testing::Test {
 protected:
  void WriteMany(int count) {
    for (int i = 0; i < count; ++i) {
      const std::string json = R"({"x":)" + std::to_string(i) + "}";
      a_.PushOne(a_.Set(json.c_str()));
    }
  }

  void WriteTx(const std::string& id, std::uint32_t count, std::size_t padding = 0) {
    std::vector<PushEntry> parts;
    for (std::uint32_t i = 0; i < count; ++i) {
      Update update;
      update.data = {{"k", id + std::to_string(i) + std::string(padding, 'x')}};
      const ContextRef ref = {Level::kTask, "tx" + std::to_string(i)};
      parts.push_back(a_.Write(std::move(update), ref));
      parts.back().tx = TxPart{id, i, count};
      TestNotebook::Seal(parts.back());
    }
    a_.Push(parts);
  }

  ChangesPage Read(std::uint64_t since, std::size_t limit = 500) {
    ChangesRequest request;
    request.since = HubSequence(since);
    request.limit = limit;
    return hub_.service.Changes(kWorkspace, request).value();
  }

  TestHub hub_;
  TestNotebook a_{hub_, 0xA};
  TestNotebook b_{hub_, 0xB};
};

TEST_F(FeedTest, PagesFollowEachOther) {
  WriteMany(5);

  const ChangesPage first = Read(0, 3);
  const ChangesPage second = Read(3, 3);

  EXPECT_THAT(first.changes, SizeIs(3));
  EXPECT_EQ(first.next, HubSequence(3));
  EXPECT_TRUE(first.more);
  EXPECT_EQ(first.head, HubSequence(5));
  EXPECT_THAT(second.changes, SizeIs(2));
  EXPECT_FALSE(second.more);
  EXPECT_EQ(second.check, hub_.store.ReadHead(kWorkspace).value()->check);
}

TEST_F(FeedTest, EmptyPageStandsStill) {
  WriteMany(2);

  const ChangesPage page = Read(2);

  EXPECT_THAT(page.changes, IsEmpty());
  EXPECT_EQ(page.next, HubSequence(2));
  EXPECT_EQ(page.check, hub_.store.ReadHead(kWorkspace).value()->check);
  EXPECT_FALSE(page.more);
}

TEST_F(FeedTest, ChecksAreAChainOverTheStoredItems) {
  WriteMany(5);
  const WorkspaceHead head = *hub_.store.ReadHead(kWorkspace).value();

  FeedCheck check = FirstCheck(head.epoch);
  for (const FeedItem& item : hub_.Feed()) {
    check = NextCheck(check, item);
    EXPECT_EQ(check, Read(item.seq.value - 1, 1).check);
  }

  EXPECT_EQ(check, head.check);
}

TEST_F(FeedTest, PageEndsBeforeATransactionItCannotHold) {
  WriteMany(2);
  WriteTx("t", 3);

  const ChangesPage page = Read(0, 4);

  EXPECT_EQ(page.next, HubSequence(2));
  EXPECT_TRUE(page.more);
}

TEST_F(FeedTest, TransactionLargerThanTheLimitComesWhole) {
  WriteTx("t", 5);
  WriteMany(1);

  const ChangesPage page = Read(0, 2);

  EXPECT_EQ(page.next, HubSequence(5));
  EXPECT_TRUE(page.more);
}

TEST_F(FeedTest, TransactionLargerThanAPageComesWhole) {
  WriteTx("t", 7, 200 * limits::kKiB);
  WriteTx("u", 2);

  const ChangesPage page = Read(0);

  EXPECT_EQ(page.next, HubSequence(7));
  EXPECT_TRUE(page.more);
  EXPECT_EQ(Read(7).next, HubSequence(9));
}

TEST_F(FeedTest, PageKeepsToItsBytes) {
  for (int i = 0; i < 9; ++i) {
    Update update;
    update.data = {{"k", std::to_string(i) + std::string(200 * limits::kKiB, 'x')}};
    a_.PushOne(a_.Write(std::move(update)));
  }

  EXPECT_EQ(Read(0).next, HubSequence(5));
}

TEST_F(FeedTest, OtherHistoryIsRefused) {
  WriteMany(1);
  ChangesRequest request;
  request.claim = {Epoch("f"), HubSequence(), FeedCheck()};

  const auto reply = hub_.service.Changes(kWorkspace, request);

  EXPECT_EQ(reply.failure().fault, HubFault::kEpochChanged);
}

TEST_F(FeedTest, KnowingMoreThanTheHubIsAnotherHistory) {
  WriteMany(1);
  ChangesRequest request;
  request.claim = a_.claim;
  request.claim.known = HubSequence(9);

  EXPECT_EQ(hub_.service.Changes(kWorkspace, request).failure().fault, HubFault::kEpochChanged);
}

TEST_F(FeedTest, ACursorOfAnotherHistoryIsRefusedThoughWhatIsKnownAboveItIsOurs) {
  WriteMany(3);
  const ChangesPage ours = Read(0);
  ChangesRequest request;
  request.since = HubSequence(1);
  request.claim = {ours.epoch, ours.next, ours.check, HubSequence(1), Read(0, 1).check};
  ASSERT_TRUE(hub_.service.Changes(kWorkspace, request).ok());

  // An item that the hub had before it was set back by hand.
  request.claim.at_check = FeedCheck(std::string(16, 'f'));

  EXPECT_EQ(hub_.service.Changes(kWorkspace, request).failure().fault, HubFault::kEpochChanged);
}

TEST_F(FeedTest, CollectedCursorIsGoneAlsoForReadersWithoutAClaim) {
  WriteMany(3);
  HubCommit commit;
  commit.head = *hub_.store.ReadHead(kWorkspace).value();
  commit.head.gc_floor = HubSequence(2);
  ASSERT_TRUE(hub_.store.Commit(kWorkspace, commit).ok());

  const auto reply = hub_.service.Changes(kWorkspace, ChangesRequest{});

  EXPECT_EQ(reply.failure().fault, HubFault::kCursorGone);
  EXPECT_EQ(reply.failure().gc_floor, HubSequence(2));
  EXPECT_EQ(Read(2).next, HubSequence(3));
}

TEST_F(FeedTest, UnknownWorkspaceLooksLikeAForbiddenOne) {
  const auto reply = hub_.service.Changes(WorkspaceId("other"), ChangesRequest{});

  EXPECT_EQ(reply.failure().fault, HubFault::kUnauthorized);
}

TEST_F(FeedTest, StoreFailureIsTemporary) {
  class BrokenStore final : public TableStore {
   public:
    Result<std::optional<std::string>> Get(TableId /*t*/, std::string_view /*k*/) const override {
      return Error(ErrorCode::kUnavailable, "disk");
    }
    Status Scan(TableId /*t*/, const KeyRange& /*r*/, const Visitor& /*v*/) const override {
      return Error(ErrorCode::kUnavailable, "disk");
    }
    Status Write(const TableBatch& /*b*/, Durability /*d*/) override { return {}; }
    Status Sync() override { return {}; }
    Status Checkpoint(const std::string& /*d*/) override { return {}; }
    [[nodiscard]] std::uint64_t ApproximateBytes() const override { return 0; }
  };
  BrokenStore broken;
  TableHubStore store(broken);
  HubService service(store, hub_.clock, hub_.random, hub_.executor, {});

  EXPECT_EQ(service.Changes(kWorkspace, {}).failure().fault, HubFault::kRetryLater);
}

// ── snapshot ──

TEST_F(FeedTest, SnapshotHoldsEveryContextOverSeveralPages) {
  for (int i = 0; i < 9; ++i) {
    Update update;
    update.data = {{"k", std::string(200 * limits::kKiB, 'x')}};
    a_.PushOne(a_.Write(std::move(update), {Level::kTask, "c" + std::to_string(i)}));
  }
  SnapshotRequest request;
  request.claim = a_.claim;
  std::size_t contexts = 0;
  std::size_t pages = 0;
  for (bool more = true; more; ++pages) {
    const SnapshotPage page = hub_.service.Snapshot(kWorkspace, request).value();
    EXPECT_EQ(page.start, HubSequence(9));
    EXPECT_EQ(page.check, hub_.store.ReadHead(kWorkspace).value()->check);
    contexts += page.contexts.size();
    request.after = page.next;
    more = !page.next.empty();
  }

  EXPECT_EQ(contexts, 9U);
  EXPECT_GT(pages, 1U);
}

TEST_F(FeedTest, SnapshotKeepsItsStartWhileTheFeedGoesOn) {
  for (int i = 0; i < 9; ++i) {
    Update update;
    update.data = {{"k", std::string(200 * limits::kKiB, 'x')}};
    a_.PushOne(a_.Write(std::move(update), {Level::kTask, "c" + std::to_string(i)}));
  }
  SnapshotRequest request;
  const SnapshotPage first = hub_.service.Snapshot(kWorkspace, request).value();
  a_.PushOne(a_.Set(R"({"late":1})", {Level::kTask, "c8"}));
  request.after = first.next;

  const SnapshotPage second = hub_.service.Snapshot(kWorkspace, request).value();

  EXPECT_EQ(second.start, first.start);
  EXPECT_EQ(second.check, first.check);
  EXPECT_EQ(second.contexts.back().asof, HubSequence(10));
}

TEST_F(FeedTest, SnapshotOfOneContextBringsItsRecords) {
  a_.PushOne(a_.Set(R"({"x":1})"));
  b_.PushOne(b_.Set(R"({"x":2})"));
  a_.PushOne(a_.Set(R"({"z":2})", {Level::kTask, "other"}));
  SnapshotRequest request;
  request.context = kTask;

  const SnapshotPage page = hub_.service.Snapshot(kWorkspace, request).value();

  ASSERT_THAT(page.contexts, SizeIs(1));
  EXPECT_EQ(page.contexts[0].rev, HubSequence(2));
  EXPECT_EQ(page.contexts[0].asof, HubSequence(3));
  EXPECT_EQ(page.contexts[0].state_hash, StateHash(hub_.Context().state));
  EXPECT_EQ(page.contexts[0].updated_by, "agent-11");
  EXPECT_THAT(page.conflicts, SizeIs(1));
  EXPECT_EQ(page.hlc, a_.hlc);
}

TEST_F(FeedTest, SnapshotBringsClosedRecordsAsLongAsTheHubKeepsThem) {
  a_.PushOne(a_.Set(R"({"x":1})"));
  b_.PushOne(b_.Set(R"({"x":2})"));
  b_.Pull();
  b_.PushOne(b_.Set(R"({"x":3})"));
  SnapshotRequest request;
  request.context = kTask;

  hub_.clock.Advance(UnixMillis{91} * 24 * 3'600 * 1'000);
  const auto records = hub_.service.Snapshot(kWorkspace, request).value().conflicts;

  ASSERT_THAT(records, SizeIs(1));
  EXPECT_EQ(records[0].status, ConflictStatus::kResolved);
}

TEST_F(FeedTest, SnapshotOfAnUnknownContextIsEmpty) {
  SnapshotRequest request;
  request.context = ContextRef{Level::kTask, "nowhere"};

  EXPECT_THAT(hub_.service.Snapshot(kWorkspace, request).value().contexts, IsEmpty());
}

TEST_F(FeedTest, ForeignPageKeyIsMalformed) {
  SnapshotRequest request;
  request.after = "zzz";

  EXPECT_EQ(hub_.service.Snapshot(kWorkspace, request).failure().fault, HubFault::kMalformed);
}

TEST(SnapshotKeyTest, ReadsBackWhatItWrote) {
  const SnapshotKey key = {HubSequence(77), {Level::kBranch, "feature/jwt ü"}};

  EXPECT_EQ(DecodeSnapshotKey(EncodeSnapshotKey(key)), key);
  EXPECT_EQ(DecodeSnapshotKey("0000000000000001.nolevel.61"), std::nullopt);
  EXPECT_EQ(DecodeSnapshotKey("0000000000000001.task.6"), std::nullopt);
}

}  // namespace
}  // namespace contextsync::feed_test
