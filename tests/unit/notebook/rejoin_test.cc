// Another history than the one before: forks, snapshots, restored hubs, the first exchange.

#include <gtest/gtest.h>

#include "core/document/wire.h"
#include "tests/unit/notebook/states.h"
#include "tests/unit/notebook/sync_fixture.h"

namespace contextsync::test::rejoin_test {
namespace {

class RejoinTest : public SyncFixture {};

TEST_F(RejoinTest, AnotherEntryUnderAnOwnNumberIsAFork) {
  a_.Update(Task("t1"), {{"a", 1}});
  Answer(a_);
  auto page = hub_.Changes(HubSequence(0));
  page.changes[0].id = EntryId("00000000-0000-7000-8000-000000000000");

  EXPECT_TRUE(a_.notebook->ApplyPage(page).value().forked);
  EXPECT_EQ(a_.notebook->Position().cursor, HubSequence(0));
  EXPECT_EQ(JournalSize(a_), 1U);
}

TEST_F(RejoinTest, AnOwnNumberNeverGivenOutIsAFork) {
  a_.Update(Task("t1"), {{"a", 1}});
  Answer(a_);
  auto page = hub_.Changes(HubSequence(0));
  page.changes[0].n = EntryNumber(7);

  EXPECT_TRUE(a_.notebook->ApplyPage(page).value().forked);
}

TEST_F(RejoinTest, ANewDeviceRenumbersAndTheHubRecognisesItsEntries) {
  a_.Update(Task("t1"), {{"a", 1}});
  Answer(a_);
  a_.Update(Task("t1"), {{"a", 2}});
  const auto before = a_.notebook->Position();

  ASSERT_TRUE(a_.notebook->TakeNewDevice().ok());

  const auto after = a_.notebook->Position();
  EXPECT_NE(after.device, before.device);
  EXPECT_EQ(after.former, std::vector<DeviceId>{before.device});
  EXPECT_EQ(a_.notebook->NextPush(256, kAnyBytes).value().at(0).n, EntryNumber(1));
  SyncAll(*a_.notebook, hub_);
  EXPECT_EQ(hub_.head(), HubSequence(2)) << "the entry the hub had was not numbered twice";
  EXPECT_EQ(StatesOf(a_), hub_.states());
}

TEST_F(RejoinTest, ASnapshotReplacesWhatIsHereAndKeepsWhatIsPending) {
  b_.Update(Task("t1"), {{"a", 1}});
  PushAll(b_);
  a_.Update(Task("mine"), {{"m", 1}});
  a_.Update(Task("t1"), {{"b", 1}});

  ASSERT_TRUE(a_.notebook->InstallSnapshot({hub_.Snapshot()}).ok());

  EXPECT_EQ(a_.notebook->Position().cursor, hub_.head());
  EXPECT_EQ(a_.Data(Task("t1")), (Json{{"a", 1}, {"b", 1}}));
  EXPECT_EQ(a_.Data(Task("mine")), (Json{{"m", 1}}));
  EXPECT_EQ(a_.notebook->Summary().contexts, 2U);
  SyncAll(*a_.notebook, hub_);
  EXPECT_EQ(StatesOf(a_), hub_.states());
  a_.Open();
  EXPECT_EQ(StatesOf(a_), hub_.states());
}

TEST_F(RejoinTest, AnOldSnapshotIsRefused) {
  const auto old = hub_.Snapshot();
  a_.Update(Task("t1"), {{"a", 1}});
  SyncAll(*a_.notebook, hub_);

  const auto status = a_.notebook->InstallSnapshot({old});

  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code(), ErrorCode::kConflict);
  EXPECT_EQ(a_.Data(Task("t1")), (Json{{"a", 1}}));
}

TEST_F(RejoinTest, ARestoredHubGetsBackWhatItLost) {
  a_.Update(Task("t1"), {{"kept", 1}});
  SyncAll(*a_.notebook, hub_);
  a_.Update(Task("t1"), {{"lost", 1}});
  a_.Update(Task("t2"), {{"lost", 2}});
  SyncAll(*a_.notebook, hub_);
  SyncAll(*b_.notebook, hub_);
  const auto everything = hub_.states();
  hub_.Restore(HubSequence(1), std::string(32, 'b'));
  a_.Update(Task("t3"), {{"pending", 1}});

  SyncAll(*a_.notebook, hub_);
  SyncAll(*b_.notebook, hub_);

  EXPECT_EQ(StatesOf(a_), hub_.states());
  EXPECT_EQ(StatesOf(b_), hub_.states());
  for (const auto& [ref, state] : everything)
    EXPECT_EQ(hub_.states().at(ref), state) << ref.id;
  EXPECT_EQ(a_.Data(Task("t3")), (Json{{"pending", 1}}));
}

TEST_F(RejoinTest, WhatARestoredHubGetsBackIsShownAlsoWhenThePendingEntryBesideItIsRefused) {
  a_.Update(Task("t1"), {{"kept", 1}});
  SyncAll(*a_.notebook, hub_);
  a_.Update(Task("t1"), {{"log", {"old"}}, {"deep", {{"old", 1}}}});
  SyncAll(*a_.notebook, hub_);
  hub_.Restore(HubSequence(1), std::string(32, 'b'));
  a_.Update(Task("t1"), {{"log", {"new"}}, {"deep", {{"new", 1}}}});
  hub_.rejects = [](const PushEntry& entry) { return entry.op == EntryOp::kDelta; };

  SyncAll(*a_.notebook, hub_);
  SyncAll(*b_.notebook, hub_);

  EXPECT_EQ(b_.Data(Task("t1")), (Json{{"kept", 1}, {"log", {"old"}}, {"deep", {{"old", 1}}}}));
}

TEST_F(RejoinTest, AnElementWhoseLastAdditionWasRefusedIsRepairedByItsFirst) {
  b_.Update(Task("t1"), {{"log", {"x"}}});
  PushAll(b_);
  a_.clock.Advance(1'000);
  a_.Update(Task("t1"), {{"log", {"x"}}});
  ASSERT_TRUE(a_.notebook->ApplyPage(hub_.Changes(HubSequence(0))).ok());
  hub_.rejects = [](const PushEntry&) { return true; };
  const auto entries = a_.notebook->NextPush(16, kAnyBytes).value();
  ASSERT_TRUE(a_.notebook->NoteResults(hub_.Push(a_.notebook->Position(), entries)).ok());
  hub_.rejects = [](const PushEntry&) { return false; };
  hub_.Restore(HubSequence(0), std::string(32, 'b'));

  Greet(*a_.notebook, hub_);
  for (const PushEntry& entry : a_.notebook->NextPush(16, kAnyBytes).value()) {
    EXPECT_TRUE(DeltaFromWire(DeltaToWire(entry.delta)).ok());
  }
  SyncAll(*a_.notebook, hub_);
  SyncAll(*b_.notebook, hub_);

  EXPECT_EQ(b_.Data(Task("t1")), (Json{{"log", {"x"}}}));
}

TEST_F(RejoinTest, AContextRebuiltBeforeAnEarlierEntryHasItsAnswerLeavesNoHoleInTheJournal) {
  a_.Update(Task("t1"), {{"a", 1}});
  a_.Update(Task("t2"), {{"b", 1}});
  const auto entries = a_.notebook->NextPush(16, kAnyBytes).value();
  PushResponse answer = hub_.Push(a_.notebook->Position(), entries);
  answer.results.erase(answer.results.begin());   // lost on the way
  answer.results[0].hash = std::string(64, '0');  // the hub holds something else
  ASSERT_TRUE(a_.notebook->NoteResults(answer).ok());
  ASSERT_TRUE(a_.notebook->InstallContext(hub_.SnapshotOf(Task("t2"))).ok());

  a_.Open();

  SyncAll(*a_.notebook, hub_);
  EXPECT_EQ(StatesOf(a_), hub_.states());
  EXPECT_EQ(JournalSize(a_), 0U);
  EXPECT_TRUE(a_.notebook->Audit().value().empty());
}

TEST_F(RejoinTest, WhatIsLeftOfATransactionAtARestoredHubIsSentAlone) {
  ASSERT_TRUE(
      a_.notebook
          ->Write(a_.Request({Updating(Task("t1"), {{"a", 1}}), Updating(Task("t2"), {{"b", 1}})}))
          .ok());
  PushResponse answer = Answer(a_);
  answer.results[0].hash = std::string(64, '0');  // the hub holds something else
  ASSERT_TRUE(a_.notebook->NoteResults(answer).ok());
  ASSERT_TRUE(a_.notebook->InstallContext(hub_.SnapshotOf(Task("t1"))).ok());
  hub_.Restore(HubSequence(0), std::string(32, 'b'));
  hub_.rejects = [](const PushEntry& entry) { return entry.tx.has_value(); };  // it is incomplete

  SyncAll(*a_.notebook, hub_);
  SyncAll(*b_.notebook, hub_);

  EXPECT_EQ(a_.notebook->Summary().parked, 0U);
  EXPECT_EQ(b_.Data(Task("t1")), (Json{{"a", 1}}));
  EXPECT_EQ(b_.Data(Task("t2")), (Json{{"b", 1}}));
  EXPECT_TRUE(a_.notebook->Audit().value().empty());
}

TEST_F(RejoinTest, NumbersGoOnFromTheLastOneARestoredHubKnows) {
  for (int i = 1; i <= 3; ++i)
    a_.Update(Task("t1"), {{"k", i}});
  SyncAll(*a_.notebook, hub_);
  hub_.Restore(HubSequence(1), std::string(32, 'b'));
  a_.Update(Task("t1"), {{"k", 4}});

  Greet(*a_.notebook, hub_);

  const auto entries = a_.notebook->NextPush(16, kAnyBytes).value();
  ASSERT_FALSE(entries.empty());
  EXPECT_EQ(entries[0].n, EntryNumber(2));
}

TEST_F(RejoinTest, ARepairCarriesTheConflictRecordsTheHubLost) {
  a_.Update(Task("t1"), {{"kept", 1}});
  SyncAll(*a_.notebook, hub_);
  hub_.trims = [](const PushEntry&, Delta& delta) {
    delta = {};
    return std::optional<std::string>("c-0123456789abcdef");
  };
  a_.Update(Task("t1"), {{"left", "out"}});
  SyncAll(*a_.notebook, hub_);
  ASSERT_EQ(a_.notebook->Conflicts({}).value().records.size(), 1U);
  hub_.Restore(HubSequence(1), std::string(32, 'b'));

  Greet(*a_.notebook, hub_);

  const auto entries = a_.notebook->NextPush(16, kAnyBytes).value();
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].op, EntryOp::kRepair);
  ASSERT_EQ(entries[0].records.size(), 1U);
  EXPECT_EQ(entries[0].records[0].id, "c-0123456789abcdef");
  EXPECT_EQ(a_.notebook->Conflicts({}).value().records[0].rev, HubSequence(1))
      << "the hub's word is newer";
}

TEST(FirstSyncTest, ANotebookThatLivedAloneJoinsAHubThatIsNotEmpty) {
  TinyHub hub;
  Desk b(true, 2);
  b.Update(Task("t1"), {{"b", 1}});
  SyncAll(*b.notebook, hub);
  Desk a(true, 1);
  a.Update(Task("t1"), {{"a", 1}});

  SyncAll(*a.notebook, hub);
  SyncAll(*b.notebook, hub);

  EXPECT_EQ(a.Data(Task("t1")), (Json{{"a", 1}, {"b", 1}}));
  EXPECT_EQ(StatesOf(a), hub.states());
  EXPECT_EQ(StatesOf(b), hub.states());
}

TEST(FirstSyncTest, WhatWasFoldedIsRepairedFromTheState) {
  TinyHub hub;
  Desk a(false);
  for (int i = 0; i < 1'010; ++i)
    a.Update(Task("t" + std::to_string(i % 20)), {{"n", i}, {"k" + std::to_string(i), i}});
  EXPECT_EQ(JournalSize(a), 1'000U);

  SyncAll(*a.notebook, hub);

  EXPECT_EQ(StatesOf(a), hub.states());
  EXPECT_EQ(a.Data(Task("t0"))["k0"], 0);
  EXPECT_EQ(a.notebook->Position().unsent, 0U);
}

}  // namespace
}  // namespace contextsync::test::rejoin_test
