// Purging in a notebook: what goes at once, what waits for the hub, and that it stays away.

#include <algorithm>

#include <gtest/gtest.h>

#include "core/base/limits.h"
#include "tests/support/stored_text.h"
#include "tests/unit/notebook/fixture.h"
#include "tests/unit/notebook/states.h"
#include "tests/unit/notebook/tiny_hub.h"

namespace contextsync::test::purging_test {
namespace {

constexpr char kSecret[] = "hunter2";

PurgeRequest At(std::string path) {
  return {.context = Task("t1"), .path = std::move(path), .agent = "agent-a", .reason = "leaked"};
}

/// Whether any row of the notebook still holds the secret.
bool IsStored(Desk& desk) {
  return HoldsText(desk.store, Notebook::TableNames().size(), kSecret);
}

void PurgeAndScrub(Desk& desk, const std::string& path) {
  ASSERT_TRUE(desk.notebook->Purge(At(path)).ok());
  ASSERT_TRUE(desk.notebook->Scrub().ok());
}

std::vector<PushEntry> Waiting(Desk& desk) {
  return desk.notebook->NextPush(256, limits::kMiB).value();
}

class AlonePurgeTest : public ::testing::Test {
 protected:
  Desk a_{false, 1};
};

TEST_F(AlonePurgeTest, EveryVersionGoesAtOnce) {
  a_.Update(Task("t1"), {{"key", kSecret}, {"note", "fine"}});
  a_.Update(Task("t1"), {{"key", std::string(kSecret) + " again"}});
  a_.Update(Task("t1"), {{"key", "fine"}});
  ASSERT_TRUE(IsStored(a_));

  PurgeAndScrub(a_, "/key");

  EXPECT_FALSE(IsStored(a_));
  EXPECT_EQ(a_.Data(Task("t1")), (Json{{"note", "fine"}}));
  EXPECT_TRUE(a_.notebook->PlanPurge(At("/key")).value().pending <= 1) << "the request alone";
  EXPECT_TRUE(a_.notebook->Audit().value().empty());
}

TEST_F(AlonePurgeTest, AllBelowAPathGoesAndNothingBeside) {
  a_.Update(Task("t1"), {{"config", {{"deep", {{"key", kSecret}}}, {"port", 80}}}, {"list", {1}}});

  PurgeAndScrub(a_, "/config/deep");

  EXPECT_FALSE(IsStored(a_));
  EXPECT_EQ(a_.Data(Task("t1"))["config"]["port"], 80);
  EXPECT_EQ(a_.Data(Task("t1"))["list"], Json({1}));
}

TEST_F(AlonePurgeTest, WhatIsWrittenThereAfterwardsStays) {
  a_.Update(Task("t1"), {{"key", kSecret}});
  PurgeAndScrub(a_, "/key");

  a_.Update(Task("t1"), {{"key", "in the vault"}});
  a_.Open();

  EXPECT_EQ(a_.Data(Task("t1")), (Json{{"key", "in the vault"}}));
}

TEST_F(AlonePurgeTest, APlanChangesNothing) {
  a_.Update(Task("t1"), {{"key", kSecret}});

  const PurgePlan plan = a_.notebook->PlanPurge(At("/key")).value();

  EXPECT_TRUE(plan.is_known);
  EXPECT_TRUE(plan.is_shown);
  EXPECT_EQ(a_.Data(Task("t1")), (Json{{"key", kSecret}}));
  EXPECT_TRUE(a_.notebook->PlanPurge(At("/other")).value().IsNothing());
}

TEST_F(AlonePurgeTest, WhatNeverWasAndWhatIsNoPathAreRefused) {
  EXPECT_FALSE(a_.notebook->PlanPurge(At("/key")).value().is_known);
  EXPECT_EQ(a_.notebook->Purge(At("/key")).error().code(), ErrorCode::kNotFound);
  a_.Update(Task("t1"), {{"key", kSecret}});
  EXPECT_EQ(a_.notebook->Purge(At("key")).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(a_.Data(Task("t1")), (Json{{"key", kSecret}}));
}

class HubPurgeTest : public ::testing::Test {
 protected:
  HubPurgeTest() {
    Greet(*a_.notebook, hub_);
    Greet(*b_.notebook, hub_);
  }

  void SyncBoth() {
    for (Desk* desk : {&a_, &b_, &a_})
      SyncAll(*desk->notebook, hub_);
  }

  void ExpectGone() {
    for (Desk* desk : {&a_, &b_})
      ASSERT_TRUE(desk->notebook->Scrub().ok());
    EXPECT_FALSE(IsStored(a_));
    EXPECT_FALSE(IsStored(b_));
    EXPECT_EQ(StatesOf(a_), hub_.states());
    EXPECT_EQ(StatesOf(b_), hub_.states());
    EXPECT_TRUE(a_.notebook->Audit().value().empty());
    EXPECT_TRUE(b_.notebook->Audit().value().empty());
  }

  TinyHub hub_;
  Desk a_{true, 1};
  Desk b_{true, 2};
};

TEST_F(HubPurgeTest, WhatTheHubHasWaitsForItsItem) {
  a_.Update(Task("t1"), {{"key", kSecret}, {"note", "fine"}});
  SyncBoth();

  PurgeAndScrub(a_, "/key");
  EXPECT_TRUE(IsStored(a_)) << "the hub's to judge";
  ASSERT_EQ(Waiting(a_).size(), 1U);
  EXPECT_EQ(Waiting(a_)[0].op, EntryOp::kPurge);
  EXPECT_EQ(Waiting(a_)[0].reason, "leaked");

  SyncBoth();
  ExpectGone();
  EXPECT_EQ(b_.Data(Task("t1")), (Json{{"note", "fine"}}));
}

TEST_F(HubPurgeTest, WhatOnlyThisNotebookHoldsGoesAtOnce) {
  a_.Update(Task("t1"), {{"note", "fine"}});
  SyncBoth();
  a_.Update(Task("t1"), {{"key", kSecret}});

  PurgeAndScrub(a_, "/key");

  EXPECT_FALSE(IsStored(a_));
  EXPECT_EQ(a_.Data(Task("t1")), (Json{{"note", "fine"}}));
  SyncBoth();
  ExpectGone();
}

TEST_F(HubPurgeTest, AParkedWriteGoesAtOnce) {
  hub_.rejects = [](const PushEntry&) { return true; };
  a_.Update(Task("t1"), {{"key", kSecret}});
  SyncAll(*a_.notebook, hub_);
  hub_.rejects = [](const PushEntry&) { return false; };
  ASSERT_EQ(a_.notebook->PlanPurge(At("/key")).value().parked, 1U);

  PurgeAndScrub(a_, "/key");

  EXPECT_FALSE(IsStored(a_));
}

TEST_F(HubPurgeTest, AWriteThatWasPendingElsewhereStays) {
  a_.Update(Task("t1"), {{"key", kSecret}});
  SyncBoth();
  b_.Update(Task("t1"), {{"key", "new"}});

  PurgeAndScrub(a_, "/key");
  SyncBoth();
  SyncBoth();

  ExpectGone();
  EXPECT_EQ(a_.Data(Task("t1")), (Json{{"key", "new"}})) << "another write, later";
}

TEST_F(HubPurgeTest, ANotebookThatWasAwayLearnsOfItFromASnapshot) {
  a_.Update(Task("t1"), {{"key", kSecret}, {"note", "fine"}});
  SyncBoth();
  PurgeAndScrub(a_, "/key");
  SyncAll(*a_.notebook, hub_);

  ASSERT_TRUE(b_.notebook->InstallSnapshot({hub_.Snapshot()}).ok());

  ExpectGone();
}

TEST_F(HubPurgeTest, APurgeOfASnapshotReachesVersionsThatNobodyCanNameAnyMore) {
  b_.Update(Task("t1"), {{"key", kSecret}});
  SyncBoth();
  b_.Update(Task("t1"), {{"key", "fine"}});
  SyncBoth();
  const Json shown = b_.Data(Task("t1"));
  SnapshotPage page = hub_.Snapshot();
  const HubSequence next = hub_.head().Next();

  // A purge of what the feed had left was numbered, and then its item left the feed as well.
  page.contexts.front().purges = {Purge{"/key", next, {}, {}}};
  ASSERT_TRUE(b_.notebook->InstallSnapshot({page}).ok());
  ASSERT_TRUE(b_.notebook->Scrub().ok());

  EXPECT_FALSE(IsStored(b_));
  EXPECT_EQ(b_.Data(Task("t1")), shown) << "the state is the hub's";
  EXPECT_TRUE(b_.notebook->Audit().value().empty());
}

TEST_F(HubPurgeTest, AnOwnAdditionThatWaitsKeepsItsPlaceWhenAnOlderOneIsPurgedAtARestoredHub) {
  b_.Update(Task("t1"), {{"note", 1}});
  SyncBoth();
  a_.Update(Task("t1"), {{"tags", {"x"}}});
  b_.clock.Advance(1'000);
  b_.Update(Task("t1"), {{"tags", {"x"}}});
  SyncAll(*a_.notebook, hub_);
  const SyncPosition position = b_.notebook->Position();
  ASSERT_TRUE(b_.notebook->ApplyPage(hub_.Changes(position.cursor)).ok());
  PurgeAndScrub(a_, "/tags");
  SyncAll(*a_.notebook, hub_);

  hub_.Restore(hub_.head(), std::string(32, 'b'));
  SyncBoth();
  SyncBoth();

  EXPECT_EQ(StatesOf(b_), hub_.states());
  EXPECT_EQ(StatesOf(a_), hub_.states());
  EXPECT_EQ(b_.Data(Task("t1")), (Json{{"tags", {"x"}}, {"note", 1}}));
}

TEST_F(HubPurgeTest, AHubPutBackIsToldAgain) {
  a_.Update(Task("t1"), {{"key", kSecret}, {"note", "fine"}});
  SyncBoth();
  const TinyHub backup = hub_;
  PurgeAndScrub(a_, "/key");
  SyncBoth();

  hub_ = backup;
  hub_.Restore(hub_.head(), std::string(32, 'b'));
  SyncBoth();
  SyncBoth();

  ExpectGone();
}

TEST_F(HubPurgeTest, AnAdditionOfAnotherBesideAPurgedOneIsTheSameEverywhere) {
  Desk c{true, 3};
  Greet(*c.notebook, hub_);
  const Json tags = {{"tags", {"x"}}};
  for (Desk* desk : {&a_, &b_, &c})
    desk->Update(Task("t1"), tags);
  for (int round = 0; round < 2; ++round) {
    for (Desk* desk : {&a_, &b_, &c})
      SyncAll(*desk->notebook, hub_);
  }
  ASSERT_EQ(StatesOf(a_), StatesOf(c));
  const Stamp first = hub_.states().at(Task("t1")).cells.at("d/tags").elems.begin()->second.first;

  PushEntry again;
  again.id = EntryId("filed-again");
  again.n = EntryNumber(1);
  again.op = EntryOp::kPurge;
  again.context = Task("t1");
  again.purge = {"/tags", {}, {}, {{first.hlc, first.device}}};
  SyncPosition from = a_.notebook->Position();
  from.device = DeviceId(99);
  hub_.Push(from, {again});
  for (Desk* desk : {&a_, &b_, &c})
    SyncAll(*desk->notebook, hub_);

  for (Desk* desk : {&a_, &b_, &c})
    EXPECT_EQ(StatesOf(*desk), hub_.states());
  EXPECT_EQ(a_.Data(Task("t1")), tags) << "others added it too";
}

TEST_F(HubPurgeTest, AnAdditionThatTheFeedHasLeftGoesFromWhoWasBehindToo) {
  Desk c{true, 3};
  Greet(*c.notebook, hub_);
  UnixMillis later = 0;
  for (Desk* desk : {&a_, &b_, &c}) {
    desk->clock.Advance(later += 1'000);
    desk->Update(Task("t1"), {{"tags", {kSecret}}});
  }
  SyncBoth();
  const Stamp last = StatesOf(b_).at(Task("t1")).cells.at("d/tags").elems.begin()->second.last;
  SyncAll(*c.notebook, hub_);
  PurgeAndScrub(a_, "/tags");
  SyncAll(*a_.notebook, hub_);

  // The addition in the middle: the hub's state knows the first and the last, and its feed begins
  // behind this one.
  ChangesPage page = hub_.Changes(b_.notebook->Position().cursor);
  std::erase(page.changes.back().purge.writes, WriteId{last.hlc, last.device});
  ASSERT_EQ(page.changes.back().purge.writes.size(), 2U);
  b_.Update(Task("t1"), {{"tags", {"mine"}}});
  ASSERT_TRUE(b_.notebook->ApplyPage(page).ok());
  ASSERT_TRUE(b_.notebook->Scrub().ok());

  EXPECT_FALSE(IsStored(b_));
  EXPECT_EQ(b_.Data(Task("t1")), (Json{{"tags", {"mine"}}})) << "what waits is not of the purge";
  SyncBoth();
  ExpectGone();
}

TEST_F(HubPurgeTest, WhatARebuildBroughtFromAfterThePurgeStays) {
  a_.Update(Task("t1"), {{"key", kSecret}, {"tags", {kSecret}}});
  SyncBoth();
  PurgeAndScrub(a_, "");
  SyncAll(*a_.notebook, hub_);
  const Json later = {{"key", "in the vault"}, {"tags", {"mine"}}};
  a_.Update(Task("t1"), later);
  SyncAll(*a_.notebook, hub_);

  ASSERT_TRUE(b_.notebook->InstallContext(hub_.SnapshotOf(Task("t1"))).ok());
  SyncAll(*b_.notebook, hub_);

  EXPECT_EQ(b_.Data(Task("t1")), later);
  ExpectGone();
}

TEST(FirstHubPurgeTest, TheFirstHubNeverHearsOfWhatWasPurgedBefore) {
  TinyHub hub;
  Desk a;
  a.Update(Task("t1"), {{"key", kSecret}, {"note", "fine"}});
  PurgeAndScrub(a, "/key");

  SyncAll(*a.notebook, hub);

  EXPECT_FALSE(IsStored(a));
  EXPECT_EQ(StatesOf(a), hub.states());
  EXPECT_EQ(a.Data(Task("t1")), (Json{{"note", "fine"}}));
}

TEST_F(HubPurgeTest, ItIsNewsOfItsKey) {
  a_.Update(Task("t1"), {{"key", kSecret}});
  SyncBoth();
  const ChangePosition since = b_.notebook->Latest();
  PurgeAndScrub(a_, "/key");
  SyncBoth();

  ChangesQuery query;
  query.since = since;
  const auto changes = b_.notebook->Changes(query).value().changes;
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].change_type, "purge");
  EXPECT_EQ(changes[0].keys, std::vector<std::string>{"key"});
}

}  // namespace
}  // namespace contextsync::test::purging_test
