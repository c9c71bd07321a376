// Purging at the hub: who may, what goes, and that it stays away.

#include <gmock/gmock.h>

#include "core/document/codec.h"
#include "core/document/join.h"
#include "core/hub/hub_audit.h"
#include "tests/support/stored_text.h"
#include "tests/unit/hub/collection_fixture.h"
#include "tests/unit/hub/conflict_fixture.h"

namespace contextsync::hub_purge_test {
namespace {

constexpr char kSecret[] = "hunter2";

class HubPurgeTest : public ::testing::Test {
 protected:
  PushEntry PurgeOf(TestNotebook& by, std::string path, std::vector<WriteId> writes = {}) {
    PushEntry entry = by.Enter({});
    entry.op = EntryOp::kPurge;
    entry.purge.path = std::move(path);
    entry.purge.writes = std::move(writes);
    TestNotebook::Seal(entry);
    return entry;
  }

  /// Whether any row of the hub still holds the secret.
  bool IsStored() { return HoldsText(hub_.tables, TableHubStore::TableNames().size(), kSecret); }

  TestHub hub_;
  TestNotebook a_{hub_, 0xA, {"alice", Role::kWrite}};
  TestNotebook b_{hub_, 0xB, {"bob", Role::kWrite}};
  TestNotebook admin_{hub_, 0xC, {"carol", Role::kAdmin}};
};

TEST_F(HubPurgeTest, TakesTheValueOutOfContextAndFeed) {
  a_.PushOne(a_.Set(R"({"key":"hunter2","note":"fine"})"));
  a_.Pull();
  a_.PushOne(a_.Set(R"({"key":"hunter2 again"})"));
  a_.Pull();
  ASSERT_TRUE(IsStored());

  const PushResult result = a_.PushOne(PurgeOf(a_, "/key"));

  EXPECT_EQ(result.status, PushStatus::kAccepted);
  EXPECT_FALSE(IsStored());
  EXPECT_EQ(Render(hub_.Context().state).data, Json({{"note", "fine"}}));
  const FeedItem item = hub_.Feed().back();
  EXPECT_EQ(item.kind, kPurging);
  EXPECT_TRUE(item.purge.IsWhole());
  EXPECT_EQ(item.purge.seqs, (std::vector<HubSequence>{HubSequence(1), HubSequence(2)}));
  EXPECT_EQ(item.purge.writes.size(), 2U);
  EXPECT_EQ(hub_.Context().last.seq, item.seq);
}

TEST_F(HubPurgeTest, RunningHashesStayAndTheAuditIsContent) {
  const PushResult first = a_.PushOne(a_.Set(R"({"key":"hunter2"})"));
  a_.Pull();
  a_.PushOne(PurgeOf(a_, "/key"));

  const FeedSlice feed = hub_.store.ReadFeed(kWorkspace, HubSequence(), ReadBounds{}).value();
  EXPECT_EQ(feed.items.front().check, first.check);
  EXPECT_EQ(feed.items.front().item.hash, first.hash);
  EXPECT_THAT(AuditWorkspace(hub_.store, kWorkspace).value().problems, ::testing::IsEmpty());
}

TEST_F(HubPurgeTest, OnlyAnAdminTakesOutWhatOthersWrote) {
  a_.PushOne(a_.Set(R"({"key":"hunter2"})"));
  b_.Pull();

  const PushResult refused = b_.PushOne(PurgeOf(b_, "/key"));
  EXPECT_EQ(refused.status, PushStatus::kRejected);
  EXPECT_EQ(refused.code, "forbidden");
  EXPECT_TRUE(IsStored());

  EXPECT_EQ(admin_.PushOne(PurgeOf(admin_, "/key")).status, PushStatus::kAccepted);
  EXPECT_FALSE(IsStored());
}

TEST_F(HubPurgeTest, RepairFromBeforeDoesNotBringItBack) {
  a_.PushOne(a_.Set(R"({"key":"hunter2"})"));
  b_.Pull();
  const State held = b_.contexts[kTask];
  a_.Pull();
  a_.PushOne(PurgeOf(a_, "/key"));

  PushEntry repair = b_.Enter(held);
  repair.op = EntryOp::kRepair;
  repair.base = HubSequence();
  TestNotebook::Seal(repair);
  EXPECT_EQ(b_.PushOne(repair).status, PushStatus::kAccepted);

  EXPECT_FALSE(IsStored());
  EXPECT_EQ(hub_.Feed().size(), 2U) << "nothing of the repair was news";
}

TEST_F(HubPurgeTest, FiledAgainItTakesOutWhatItNamesAndNothingLater) {
  a_.PushOne(a_.Set(R"({"key":"hunter2"})"));
  a_.Pull();
  const std::vector<WriteId> writes = WritesAt(hub_.Context().state, "/key");
  a_.PushOne(a_.Set(R"({"key":"fine"})"));
  a_.Pull();

  EXPECT_EQ(a_.PushOne(PurgeOf(a_, "/key", writes)).status, PushStatus::kAccepted);
  EXPECT_FALSE(IsStored());
  EXPECT_EQ(Render(hub_.Context().state).data, Json({{"key", "fine"}}));

  const std::size_t items = hub_.Feed().size();
  EXPECT_EQ(a_.PushOne(PurgeOf(a_, "/key", writes)).status, PushStatus::kAccepted);
  EXPECT_EQ(hub_.Feed().size(), items) << "known already";
}

TEST_F(HubPurgeTest, OtherAdditionsOfAnElementAreWhatTheFeedAddsUpTo) {
  std::vector<Stamp> stamps;
  for (TestNotebook* notebook : {&a_, &b_, &admin_}) {
    notebook->PushOne(notebook->Set(R"({"tags":["x"]})"));
    stamps.push_back(LargestStamp(hub_.Feed().back().delta));
    hub_.clock.Advance(1'000);
  }

  a_.Pull();
  a_.PushOne(PurgeOf(a_, "/tags", {{stamps[0].hlc, stamps[0].device}}));

  const HubContext context = hub_.Context();
  const Element& element = context.state.cells.at("d/tags").elems.begin()->second;
  EXPECT_EQ(element.first.device, stamps[1].device);
  EXPECT_EQ(element.last.device, stamps[2].device);
  EXPECT_THAT(AuditWorkspace(hub_.store, kWorkspace).value().problems, ::testing::IsEmpty());
}

TEST_F(HubPurgeTest, FiledAgainAtAHubSetBackByHandItIsRefusedToWhomItWasNot) {
  a_.PushOne(a_.Set(R"({"key":"hunter2"})"));
  b_.Pull();
  const std::vector<WriteId> writes = WritesAt(hub_.Context().state, "/key");

  // The epoch is the same, so nothing tells this from an attempt to erase what others wrote.
  EXPECT_EQ(b_.PushOne(PurgeOf(b_, "/key", writes)).code, "forbidden");
  EXPECT_EQ(admin_.PushOne(PurgeOf(admin_, "/key", writes)).status, PushStatus::kAccepted);
  EXPECT_FALSE(IsStored());
}

TEST_F(HubPurgeTest, TakesTheValueOutOfConflictRecords) {
  a_.PushOne(a_.Set(R"({"key":"fine"})"));
  b_.Pull();
  a_.Pull();
  hub_.clock.Advance(1'000);
  a_.PushOne(a_.Set(R"({"key":"hunter2"})"));
  PushEntry late = b_.Set(R"({"key":"other"})");
  b_.PushOne(late);
  ASSERT_EQ(hub_.Records().size(), 1U);

  admin_.PushOne(PurgeOf(admin_, "/key"));

  EXPECT_FALSE(IsStored());
  EXPECT_EQ(hub_.Feed().back().conflicts, hub_.Records());
}

TEST_F(HubPurgeTest, ARecordThatWasMadeAndClosedInTheSamePushLosesItsValueToo) {
  a_.PushOne(a_.Set(R"({"key":"fine"})"));
  admin_.Pull();
  a_.Pull();
  hub_.clock.Advance(1'000);
  a_.PushOne(a_.Set(R"({"key":"other","note":"unseen"})"));
  hub_.clock.Advance(1'000);
  const PushEntry clash = admin_.Set(R"({"key":"hunter2"})");
  hub_.clock.Advance(1'000);
  Update erase;
  erase.erase_context = true;
  const PushEntry above = admin_.Write(std::move(erase));

  admin_.Push({clash, above, PurgeOf(admin_, "/key")});

  ASSERT_THAT(hub_.Records(), ::testing::Contains(::testing::Field(&ConflictRecord::status,
                                                                   ConflictStatus::kResolved)));
  EXPECT_FALSE(IsStored());
}

TEST_F(HubPurgeTest, NamesWhatWasCollectedForThoseWhoStillHoldIt) {
  a_.PushOne(a_.Set(R"({"list":["hunter2"]})"));
  const Stamp added = LargestStamp(hub_.Feed().back().delta);
  a_.Pull();
  hub_.clock.Advance(1'000);
  a_.PushOne(a_.Set(R"({"list":["fine"]})"));
  a_.Pull();
  Update update;
  update.remove = {{"/list", {Json("hunter2")}}};
  a_.PushOne(a_.Write(std::move(update)));
  a_.Pull();
  Report(hub_, a_);
  hub_.clock.Advance(100 * kDay);
  Collect(hub_);
  Collect(hub_);
  ASSERT_EQ(hub_.Feed().back().kind, kCollection);
  ASSERT_GT(hub_.Feed().front().seq, HubSequence(1)) << "the addition has left the feed";
  ASSERT_THAT(WritesAt(hub_.Context().state, "/list"), ::testing::SizeIs(1));

  admin_.PushOne(PurgeOf(admin_, "/list"));

  EXPECT_THAT(hub_.Feed().back().purge.writes,
              ::testing::Contains(WriteId{added.hlc, added.device}));
  EXPECT_FALSE(IsStored());
}

TEST_F(HubPurgeTest, SnapshotsTellWhatWasPurged) {
  a_.PushOne(a_.Set(R"({"key":"hunter2"})"));
  a_.Pull();
  a_.PushOne(PurgeOf(a_, "/key"));

  const SnapshotPage page = hub_.service.Snapshot(kWorkspace, SnapshotRequest{}).value();
  ASSERT_EQ(page.contexts.size(), 1U);
  EXPECT_EQ(page.contexts.front().purges, hub_.Context().purges);
  EXPECT_EQ(page.contexts.front().purges.size(), 1U);
}

}  // namespace
}  // namespace contextsync::hub_purge_test
