// What the hub forgets of its contexts: tombstones that every live notebook has seen.

#include <gtest/gtest.h>

#include "core/hub/collector.h"
#include "core/hub/retention.h"
#include "core/hub/writer_table.h"
#include "core/ports/hub_wire.h"
#include "tests/unit/hub/collection_fixture.h"

namespace contextsync::collection_test {
namespace {

class CollectionTest : public CollectionFixture {};

TEST_F(CollectionTest, ARemovedElementGoesWithItsTombstoneAfterAMonth) {
  RemoveX();
  const View before = Render(hub.Context().state);
  hub.clock.Advance(31 * kDay);
  MeetAll();

  Collect(hub);

  const State state = hub.Context().state;
  EXPECT_FALSE(state.cells.at("d/list").elems.contains("\"x\"#0"));
  EXPECT_TRUE(state.cells.at("d/list").elems.contains("\"y\"#0"));
  EXPECT_EQ(Render(state), before);
  EXPECT_EQ(CountKind(kCollection), 1U);
  EXPECT_FALSE(FindWriters(hub.Context().writers, "d/list")->elems.contains("\"x\"#0"));
  ExpectEqualEverywhere();
}

TEST_F(CollectionTest, NothingGoesWithinAMonth) {
  RemoveX();
  hub.clock.Advance(29 * kDay);
  MeetAll();

  Collect(hub);

  EXPECT_EQ(CountKind(kCollection), 0U);
  EXPECT_EQ(Floor(), HubSequence());
}

TEST_F(CollectionTest, NothingGoesThatALiveNotebookHasNotSeen) {
  a.Set(R"({"list":["x","y"]})");
  PushAll(a);
  MeetAll();
  a.Write(Removing("/list", "x"));
  PushAll(a);
  hub.clock.Advance(31 * kDay);
  Report(hub, a);
  Report(hub, b);  // still where it was

  Collect(hub);

  EXPECT_EQ(CountKind(kCollection), 0U);
  MeetAll();
  Collect(hub);
  EXPECT_EQ(CountKind(kCollection), 1U);
  ExpectEqualEverywhere();
}

TEST_F(CollectionTest, NothingGoesThatAnUnsentEntryMayNotHaveSeen) {
  a.Set(R"({"list":["x","y"]})");
  PushAll(a);
  b.Pull();
  b.Set(R"({"other":1})");  // waits with the base of now
  a.Write(Removing("/list", "x"));
  PushAll(a);
  hub.clock.Advance(31 * kDay);
  MeetAll();

  Collect(hub);

  EXPECT_EQ(CountKind(kCollection), 0U);
}

TEST_F(CollectionTest, IsNoVersionOfItsContext) {
  RemoveX();
  const HubContext before = hub.Context();
  hub.clock.Advance(31 * kDay);
  MeetAll();

  Collect(hub);

  const FeedItem item = hub.Feed().back();
  EXPECT_EQ(item.change_type, "gc");
  EXPECT_EQ(item.source, "hub");
  EXPECT_EQ(item.rev, before.last.seq);
  EXPECT_EQ(hub.Context().last, before.last);
  EXPECT_EQ(hub.Context().updated_at, before.updated_at);
  EXPECT_EQ(hub.Context().last_of_other, before.last_of_other);
}

TEST_F(CollectionTest, ADeletedContextLeavesNothingAndCanBeWrittenAgain) {
  a.Set(R"({"n":1,"list":["x"],"deep":{"y":2}})");
  PushAll(a);
  a.Erase();
  PushAll(a);
  MeetAll();
  hub.clock.Advance(31 * kDay);
  MeetAll();

  Collect(hub);

  EXPECT_TRUE(hub.Context().state.cells.empty());
  EXPECT_TRUE(hub.Context().writers.empty());
  EXPECT_NE(hub.Context().last.seq, HubSequence());
  ExpectEqualEverywhere();
  b.Set(R"({"n":2})");
  PushAll(b);
  EXPECT_EQ(Render(hub.Context().state).data, Json::parse(R"({"n":2})"));
  ExpectEqualEverywhere();
}

TEST_F(CollectionTest, TheTimeOfCreationAndTheParentStay) {
  Update first;
  first.data = Json::parse(R"({"n":1})");
  first.parent = ContextRef{Level::kBranch, "main"};
  a.Write(first);
  PushAll(a);
  a.Erase();
  PushAll(a);
  hub.clock.Advance(kDay);
  a.Write(first);
  PushAll(a);
  MeetAll();
  const View before = Render(hub.Context().state);
  hub.clock.Advance(31 * kDay);
  MeetAll();

  Collect(hub);

  EXPECT_EQ(Render(hub.Context().state), before);
  ExpectEqualEverywhere();
}

TEST_F(CollectionTest, AReplacedListKeepsItsOrder) {
  a.Set(R"({"todo":["a","b","c"]})");
  PushAll(a);
  a.Set(R"({"todo":["c","a"]})");
  PushAll(a);
  MeetAll();
  hub.clock.Advance(31 * kDay);
  MeetAll();

  Collect(hub);

  EXPECT_EQ(Render(hub.Context().state).data, Json::parse(R"({"todo":["c","a"]})"));
  EXPECT_TRUE(hub.Context().state.cells.at("d/todo").clr.IsNever()) << "nothing is left to kill";
  ExpectEqualEverywhere();
}

TEST_F(CollectionTest, WhatIsCollectedOnceIsFoundNoMore) {
  RemoveX();
  hub.clock.Advance(31 * kDay);
  MeetAll();
  Collect(hub);
  MeetAll();

  Collect(hub);

  EXPECT_EQ(CountKind(kCollection), 1U);
}

TEST_F(CollectionTest, ManyContextsAreLookedAtPieceByPiece) {
  constexpr int kMany = 150;
  for (int i = 0; i < kMany; ++i) {
    const ContextRef ref = {Level::kTask, "t" + std::to_string(i)};
    a.Set(R"({"n":1,"m":2})", ref);
    PushAll(a);
    a.Set(R"({"n":null})", ref);
    PushAll(a);
  }
  MeetAll();
  hub.clock.Advance(31 * kDay);
  MeetAll();

  Collect(hub);

  EXPECT_EQ(CountKind(kCollection), static_cast<std::size_t>(kMany));
  for (int i = 0; i < kMany; ++i)
    ExpectEqualEverywhere({Level::kTask, "t" + std::to_string(i)});
}

TEST_F(CollectionTest, ANotebookIsToldAtOnce) {
  RemoveX();
  hub.clock.Advance(31 * kDay);
  MeetAll();
  Collect(hub);
  const FeedItem item = hub.Feed().back();

  const auto read = FeedItemFromJson(ToJson(item));

  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read.value().drops, item.drops);
  EXPECT_GE(item.drops.size(), 2U);
}

// ── notebooks that were away ──

TEST_F(CollectionTest, ANotebookSilentForThreeMonthsIsNotWaitedForAndTakesASnapshot) {
  RemoveX();
  a.Set(R"({"n":1})");
  PushAll(a);
  hub.clock.Advance(91 * kDay);
  a.Pull();
  Report(hub, a);

  Collect(hub);

  ASSERT_GT(Floor(), b.claim.known);
  EXPECT_EQ(Report(hub, b).verdict, HelloVerdict::kCursorGone);
  ChangesRequest changes;
  changes.since = b.claim.known;
  changes.claim = b.claim;
  const auto page = hub.service.Changes(kWorkspace, changes);
  ASSERT_FALSE(page.ok());
  EXPECT_EQ(page.failure().fault, HubFault::kCursorGone);
  EXPECT_EQ(page.failure().gc_floor, Floor());
}

class LateEntryTest : public CollectionTest {
 protected:
  /// B wrote it before the hub forgot what B had not seen, and has taken the snapshot since.
  LateEntryTest() {
    RemoveX();
    late_ = b.Set(R"({"list":["late"]})");
    hub.clock.Advance(91 * kDay);
    a.Set(R"({"n":1})");
    PushAll(a);
    Report(hub, a);
    Collect(hub);
    a.Pull();
    b.claim = a.claim;
    EXPECT_LT(late_.base, Floor());
  }

  HubReply<PushResponse> TryPushSeen(HubSequence seen) {
    late_.reissue = seen;
    late_.on_conflict = Strategy::kManual;
    TestNotebook::Seal(late_);
    return b.TryPush({late_});
  }

  PushEntry late_;
};

TEST_F(LateEntryTest, OneBelowTheFloorMustBeIssuedAgain) {
  const auto refused = b.TryPush({late_});
  const auto taken = TryPushSeen(b.claim.known);

  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.failure().fault, HubFault::kCursorGone);
  ASSERT_TRUE(taken.ok());
  EXPECT_NE(taken.value().results.at(0).seq, HubSequence());
}

TEST_F(LateEntryTest, OneThatWaitedSinceItWasIssuedAgainMustBeOnceMore) {
  const auto refused = TryPushSeen(HubSequence(Floor().value - 1));

  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.failure().fault, HubFault::kCursorGone);
}

TEST(SeenByAllTest, IsTheLeastOfTheLiveOnesCursorsAndBases) {
  const auto device = [](std::uint64_t cursor, std::uint64_t low_base, UnixMillis seen_at) {
    HubDevice d;
    d.cursor = HubSequence(cursor);
    d.low_base = HubSequence(low_base);
    d.seen_at = seen_at;
    return d;
  };
  const HubSequence head(50);

  EXPECT_EQ(SeenByAll({}, head, 100), head);
  EXPECT_EQ(SeenByAll({device(40, 30, 100), device(35, 35, 200)}, head, 100), HubSequence(30));
  EXPECT_EQ(SeenByAll({device(5, 5, 99), device(35, 36, 200)}, head, 100), HubSequence(35));
}

}  // namespace
}  // namespace contextsync::collection_test
