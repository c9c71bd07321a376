// Parked writes: shown here alone, and a person's to retry, export or discard.

#include <gtest/gtest.h>

#include "core/document/codec.h"
#include "tests/unit/notebook/fixture.h"
#include "tests/unit/notebook/states.h"
#include "tests/unit/notebook/tiny_hub.h"

namespace contextsync::test::parking_test {
namespace {

class ParkingTest : public ::testing::Test {
 protected:
  ParkingTest() { Greet(*a_.notebook, hub_); }

  void RefuseAll(bool refuse) {
    hub_.rejects = [refuse](const PushEntry&) { return refuse; };
  }

  /// Writes `data` and has the hub refuse it.
  EntryNumber Park(const ContextRef& ref, Json data) {
    RefuseAll(true);
    const EntryNumber n = a_.Update(ref, std::move(data)).last_n;
    SyncAll(*a_.notebook, hub_);
    RefuseAll(false);
    return n;
  }

  std::vector<PushEntry> Entries() { return a_.notebook->NextPush(256, 1 << 20).value(); }

  TinyHub hub_;
  Desk a_{true, 1};
};

TEST_F(ParkingTest, AParkedWriteIsListedWithItsReason) {
  const EntryNumber n = Park(Task("t1"), {{"a", 1}});

  const auto parked = a_.notebook->Parked().value();

  ASSERT_EQ(parked.size(), 1U);
  EXPECT_EQ(parked[0].n, n);
  EXPECT_EQ(parked[0].context, Task("t1"));
  EXPECT_EQ(parked[0].code, "FORBIDDEN");
  EXPECT_EQ(parked[0].at, a_.clock.WallMillis());
}

TEST_F(ParkingTest, AParkedWriteIsShownButNotInTheState) {
  Park(Task("t1"), {{"a", 1}});

  EXPECT_EQ(a_.Data(Task("t1")), (Json{{"a", 1}}));
  EXPECT_EQ(StatesOf(a_), hub_.states());
}

TEST_F(ParkingTest, ARetriedWriteGoesUnderANewNumberWithItsOldId) {
  const EntryNumber n = Park(Task("t1"), {{"a", 1}});
  const EntryId id = a_.notebook->Parked().value()[0].id;

  ASSERT_TRUE(a_.notebook->RetryParked(n).ok());

  const auto entries = Entries();
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_GT(entries[0].n, n);
  EXPECT_EQ(entries[0].id, id);
  EXPECT_EQ(a_.Data(Task("t1")), (Json{{"a", 1}}));
  EXPECT_TRUE(a_.Version(Task("t1")).pending);
  SyncAll(*a_.notebook, hub_);
  EXPECT_EQ(StatesOf(a_), hub_.states());
  EXPECT_EQ(a_.Version(Task("t1")).version, 1U);
  EXPECT_FALSE(a_.Version(Task("t1")).pending);
  EXPECT_EQ(a_.notebook->Summary().parked, 0U);
}

TEST_F(ParkingTest, AWriteOnTopOfARetriedOneNamesItAsTheLeastPending) {
  const EntryNumber n = Park(Task("t1"), {{"a", 1}});
  const EntryId id = a_.notebook->Parked().value()[0].id;
  a_.Update(Task("t1"), {{"b", 1}});
  ASSERT_TRUE(a_.notebook->RetryParked(n).ok());

  a_.Update(Task("t1"), {{"c", 1}});

  EXPECT_EQ(Entries().back().over, id);
  SyncAll(*a_.notebook, hub_);
  EXPECT_EQ(StatesOf(a_), hub_.states());
}

TEST_F(ParkingTest, ARetriedWriteIsThereAfterARestart) {
  const EntryNumber n = Park(Task("t1"), {{"a", 1}});
  ASSERT_TRUE(a_.notebook->RetryParked(n).ok());

  a_.store.Crash();
  a_.Open();

  EXPECT_EQ(Entries().size(), 1U);
  EXPECT_EQ(a_.notebook->Summary().parked, 0U);
  EXPECT_EQ(a_.Data(Task("t1")), (Json{{"a", 1}}));
}

TEST_F(ParkingTest, ATransactionIsRetriedWhole) {
  RefuseAll(true);
  ASSERT_TRUE(
      a_.notebook
          ->Write(a_.Request({Updating(Task("t1"), {{"a", 1}}), Updating(Task("t2"), {{"a", 2}})}))
          .ok());
  SyncAll(*a_.notebook, hub_);
  RefuseAll(false);
  const auto parked = a_.notebook->Parked().value();
  ASSERT_EQ(parked.size(), 2U);

  ASSERT_TRUE(a_.notebook->RetryParked(parked[1].n).ok());

  const auto entries = Entries();
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].tx->index, 0U);
  EXPECT_EQ(entries[1].tx->index, 1U);
}

TEST_F(ParkingTest, TheRestOfATransactionIsRetriedForItself) {
  RefuseAll(true);
  ASSERT_TRUE(
      a_.notebook
          ->Write(a_.Request({Updating(Task("t1"), {{"a", 1}}), Updating(Task("t2"), {{"a", 2}})}))
          .ok());
  SyncAll(*a_.notebook, hub_);
  RefuseAll(false);
  const auto parked = a_.notebook->Parked().value();
  ASSERT_TRUE(a_.notebook->DiscardParked(parked[0].n).ok());

  ASSERT_TRUE(a_.notebook->RetryParked(parked[1].n).ok());

  ASSERT_EQ(Entries().size(), 1U);
  EXPECT_FALSE(Entries()[0].tx.has_value());
}

TEST_F(ParkingTest, ADiscardedWriteIsNoLongerShown) {
  a_.Update(Task("t1"), {{"kept", 1}});
  SyncAll(*a_.notebook, hub_);
  const EntryNumber n = Park(Task("t1"), {{"refused", 1}});
  const auto version = a_.Version(Task("t1")).version;

  ASSERT_TRUE(a_.notebook->DiscardParked(n).ok());

  EXPECT_EQ(a_.Data(Task("t1")), (Json{{"kept", 1}}));
  EXPECT_EQ(a_.notebook->Summary().parked, 0U);
  EXPECT_EQ(a_.Version(Task("t1")).version, version - 1);
  a_.Open();
  EXPECT_EQ(a_.Data(Task("t1")), (Json{{"kept", 1}}));
}

TEST_F(ParkingTest, AnExportHoldsTheContent) {
  const EntryNumber n = Park(Task("t1"), {{"a", "the value"}});

  const Json exported = a_.notebook->ExportParked(n).value();

  EXPECT_EQ(exported["n"], n.value);
  EXPECT_EQ(exported["context_id"], "t1");
  EXPECT_EQ(exported["code"], "FORBIDDEN");
  EXPECT_NE(exported["delta"].dump().find("the value"), std::string::npos);
}

TEST_F(ParkingTest, WhatIsNotParkedIsNotFound) {
  for (const Status& status :
       {a_.notebook->RetryParked(EntryNumber(9)), a_.notebook->DiscardParked(EntryNumber(9))}) {
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code(), ErrorCode::kNotFound);
  }
}

TEST_F(ParkingTest, OnlySuspectsThatAreDueAreOfferedAgain) {
  a_.Update(Task("t1"), {{"a", 1}});
  ASSERT_TRUE(a_.notebook->GiveUp(EntryNumber(1), "suspect").ok());
  ASSERT_EQ(Entries()[0].op, EntryOp::kSkip);
  PushResponse answer;
  answer.results.resize(1);
  answer.results[0].n = EntryNumber(1);
  answer.results[0].status = PushStatus::kAccepted;
  answer.results[0].code = "skipped";
  ASSERT_TRUE(a_.notebook->NoteResults(answer).ok());
  ASSERT_EQ(a_.notebook->Parked().value()[0].code, "suspect");

  a_.clock.Advance(9 * 60'000);
  EXPECT_EQ(a_.notebook->OfferSuspects(false).value(), 0U);
  a_.clock.Advance(60'000);
  EXPECT_EQ(a_.notebook->OfferSuspects(false).value(), 1U);
  EXPECT_EQ(Entries()[0].op, EntryOp::kDelta);
}

TEST_F(ParkingTest, ARefusedEntryIsNotOfferedByItself) {
  Park(Task("t1"), {{"a", 1}});
  a_.clock.Advance(24 * 3'600'000);

  EXPECT_EQ(a_.notebook->OfferSuspects(true).value(), 0U);
}

/// What the hub has of "refused" after its restore found a notebook between a refusal and the
/// rebuild that takes the refused part out.
class RefusedAtRestoreTest : public ::testing::Test {
 protected:
  RefusedAtRestoreTest() {
    a_.Update(Task("t1"), {{"kept", 1}});
    SyncAll(*a_.notebook, hub_);
    a_.Update(Task("t1"), {{"lost", 1}});
    SyncAll(*a_.notebook, hub_);
    hub_.rejects = [](const PushEntry&) { return true; };
    a_.Update(Task("t1"), {{"refused", 1}});
    const auto entries = a_.notebook->NextPush(16, 1 << 20).value();
    const auto answer = hub_.Push(a_.notebook->Position(), entries);
    EXPECT_EQ(a_.notebook->NoteResults(answer).value().parked, 1U);
    hub_.rejects = [](const PushEntry&) { return false; };
  }

  Json AtHubAfterRestore() {
    hub_.Restore(HubSequence(1), std::string(32, 'b'));
    SyncAll(*a_.notebook, hub_);
    EXPECT_EQ(StatesOf(a_), hub_.states());
    return Render(hub_.states().at(Task("t1"))).data;
  }

  TinyHub hub_;
  Desk a_;
};

TEST_F(RefusedAtRestoreTest, AParkedWriteDoesNotComeInAsARepair) {
  EXPECT_EQ(AtHubAfterRestore(), (Json{{"kept", 1}, {"lost", 1}}));
  EXPECT_EQ(a_.Data(Task("t1")), (Json{{"kept", 1}, {"lost", 1}, {"refused", 1}}));
}

TEST_F(RefusedAtRestoreTest, ADiscardedWriteDoesNotComeInAsARepair) {
  const EntryNumber n = a_.notebook->Parked().value().front().n;
  ASSERT_TRUE(a_.notebook->DiscardParked(n).ok());

  EXPECT_EQ(AtHubAfterRestore(), (Json{{"kept", 1}, {"lost", 1}}));
  EXPECT_EQ(a_.Data(Task("t1")), (Json{{"kept", 1}, {"lost", 1}}));
}

TEST(LastSyncTest, OnlyAWordOfTheHubAtItsHeadCounts) {
  TinyHub hub;
  Desk b(true, 2);
  for (int i = 0; i < 5; ++i)
    b.Update(Task("t" + std::to_string(i)), {{"b", i}});
  SyncAll(*b.notebook, hub);
  Desk a(true, 1);
  ASSERT_TRUE(a.notebook->AdoptEpoch(hub.Hello(a.notebook->Position()), {}).ok());
  ASSERT_TRUE(a.notebook->NoteHub(hub.head(), HubSequence(), 0).ok());
  a.notebook->HubSpoke({a.clock.BootTime(), a.notebook->Position().claim.epoch, hub.head()});
  const UnixMillis spoken = a.clock.WallMillis();

  a.clock.Advance(1'000);
  ASSERT_EQ(a.notebook->ApplyPage(hub.Changes(HubSequence(0), 3)).value().applied, 3U);
  EXPECT_EQ(a.notebook->Position().last_sync_at, std::nullopt) << "still catching up";

  a.clock.Advance(1'000);
  ASSERT_EQ(a.notebook->ApplyPage(hub.Changes(HubSequence(3))).value().applied, 2U);
  EXPECT_EQ(a.notebook->Position().last_sync_at, spoken);
}

TEST(LastSyncTest, WhatAPersonDoesHereIsNoWordOfTheHub) {
  TinyHub hub;
  Desk a(true, 1);
  hub.rejects = [](const PushEntry&) { return true; };
  a.Update(Task("t1"), {{"a", 1}});
  a.notebook->HubSpoke({a.clock.BootTime(), hub.Hello({}).epoch, HubSequence(0)});
  SyncAll(*a.notebook, hub);
  const auto before = a.notebook->Position().last_sync_at;
  ASSERT_TRUE(before.has_value());

  a.clock.Advance(10'000);
  a.notebook->HubSpoke({a.clock.BootTime(), hub.Hello({}).epoch, HubSequence(0)});
  ASSERT_TRUE(a.notebook->RetryParked(EntryNumber(1)).ok());

  EXPECT_EQ(a.notebook->Position().last_sync_at, before);
}

}  // namespace
}  // namespace contextsync::test::parking_test
