// Fresh stamps for own entries: which move, which stay, and what goes with them.

#include "core/notebook/restamp.h"

#include <gtest/gtest.h>

#include "core/document/codec.h"
#include "core/document/element_key.h"
#include "core/notebook/stamp_map.h"
#include "tests/unit/notebook/fixture.h"
#include "tests/unit/notebook/states.h"
#include "tests/unit/notebook/tiny_hub.h"

namespace contextsync::test::restamp_test {
namespace {

constexpr UnixMillis kYear = 31'557'600'000;

TEST(StampMapTest, MovesOwnStampsInOrderAndNoOthers) {
  Meta meta;
  meta.device = DeviceId(7);
  meta.former = {DeviceId(6)};
  meta.hlc = Hlc{1'000};
  ManualClock clock;
  clock.Set(0);
  StampMap map(meta, Hlc{5'000});
  map.Add(Hlc{300});
  map.Add(Hlc{200});
  ASSERT_TRUE(map.Draw(meta, clock).ok());
  Delta delta;
  delta.cells["d/own"].clr = {Hlc{200}, DeviceId(7), 1};
  delta.cells["d/former"].clr = {Hlc{300}, DeviceId(6), 2};
  delta.cells["d/foreign"].clr = {Hlc{300}, DeviceId(5), 3};
  delta.cells["d/other"].clr = {Hlc{400}, DeviceId(7), 4};

  const Delta moved = map.Apply(delta);

  EXPECT_EQ(moved.cells.at("d/own").clr, (Stamp{Hlc{1'001}, DeviceId(7), 1}));
  EXPECT_EQ(moved.cells.at("d/former").clr, (Stamp{Hlc{1'002}, DeviceId(6), 2}));
  EXPECT_EQ(moved.cells.at("d/foreign").clr, delta.cells.at("d/foreign").clr);
  EXPECT_EQ(moved.cells.at("d/other").clr, delta.cells.at("d/other").clr);
}

TEST(StampMapTest, MovesStampsInsideLogKeys) {
  Meta meta;
  meta.device = DeviceId(7);
  ManualClock clock;
  clock.Set(0);
  StampMap map(meta, Hlc{5'000});
  map.Add(Hlc{200});
  ASSERT_TRUE(map.Draw(meta, clock).ok());
  const Stamp born{Hlc{200}, DeviceId(7), 3};
  Delta delta;
  delta.cells["d/log"].elems[LogKey(born, "1")].rm = {Hlc{900}, DeviceId(5), 0};

  const Delta moved = map.Apply(delta);

  const Stamp reborn{Hlc{1}, DeviceId(7), 3};
  EXPECT_TRUE(moved.cells.at("d/log").elems.contains(LogKey(reborn, "1")));
  EXPECT_EQ(moved.cells.at("d/log").elems.size(), 1U);
}

class RestampTest : public ::testing::Test {
 protected:
  RestampTest() { Greet(*a_.notebook, hub_); }

  RestampOrder OrderFrom(EntryNumber from) {
    RestampOrder order;
    order.from = from;
    order.clock_offset_ms = kNow - a_.clock.WallMillis();
    const auto contexts = a_.notebook->ContextsToRestamp(from);
    EXPECT_TRUE(contexts.ok());
    for (const ContextRef& ref : contexts.value())
      order.pages[ref] = hub_.SnapshotOf(ref);
    return order;
  }

  std::vector<PushEntry> Entries() { return a_.notebook->NextPush(256, 1 << 20).value(); }

  static constexpr UnixMillis kNow = 1'800'000'000'000;
  TinyHub hub_;
  Desk a_{true, 1};
};

TEST_F(RestampTest, BaseNumberAndIdStayTheHashIsOfTheNewStamps) {
  a_.clock.Set(kNow + kYear);
  a_.Update(Task("t1"), {{"a", 1}});
  a_.Update(Task("t1"), {{"a", 2}});
  const auto before = Entries();

  ASSERT_TRUE(a_.notebook->Restamp(OrderFrom(EntryNumber(1))).ok());

  const auto after = Entries();
  ASSERT_EQ(after.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(after[i].n, before[i].n);
    EXPECT_EQ(after[i].id, before[i].id);
    EXPECT_EQ(after[i].base, before[i].base);
    EXPECT_EQ(after[i].over, before[i].over);
    EXPECT_NE(after[i].hash, before[i].hash);
    EXPECT_LE(after[i].hlc.millis(), kNow);
    EXPECT_EQ(LargestStamp(after[i].delta).hlc, after[i].hlc);
  }
  EXPECT_LT(after[0].hlc, after[1].hlc);
  EXPECT_EQ(a_.notebook->Position().hlc, after[1].hlc);
  EXPECT_EQ(a_.Data(Task("t1")), (Json{{"a", 2}}));
}

TEST_F(RestampTest, EntriesBeforeTheRefusedOneStay) {
  a_.Update(Task("t1"), {{"a", 1}});
  a_.clock.Set(kNow + kYear);
  a_.Update(Task("t1"), {{"b", 1}});
  const auto before = Entries();

  ASSERT_TRUE(a_.notebook->Restamp(OrderFrom(EntryNumber(2))).ok());

  EXPECT_EQ(Entries()[0].hash, before[0].hash);
  EXPECT_LT(Entries()[0].hlc, Entries()[1].hlc);
}

TEST_F(RestampTest, AWriteToAContextThatWasNotFetchedAsksAgain) {
  a_.clock.Set(kNow + kYear);
  a_.Update(Task("t1"), {{"a", 1}});
  const auto order = OrderFrom(EntryNumber(1));
  a_.Update(Task("t2"), {{"a", 1}});

  const Status done = a_.notebook->Restamp(order);

  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().code(), ErrorCode::kConflict);
  EXPECT_EQ(Entries()[0].hlc.millis(), kNow + kYear) << "nothing was changed";
}

TEST_F(RestampTest, WhatWasRestampedOpensAgainWithTheClockOfNow) {
  a_.clock.Set(kNow + kYear);
  a_.Update(Task("t1"), {{"a", 1}});
  ASSERT_TRUE(a_.notebook->Restamp(OrderFrom(EntryNumber(1))).ok());
  const auto before = Entries();

  a_.Open();
  a_.Update(Task("t1"), {{"a", 2}});

  EXPECT_EQ(Entries()[0].hash, before[0].hash);
  EXPECT_LE(Entries()[1].hlc.millis(), kNow + 1);
}

TEST_F(RestampTest, AMarkFromBeforeDoesNotSetTheClockAheadAgain) {
  a_.clock.Set(kNow + kYear);
  a_.Update(Task("t1"), {{"a", 1}});
  const auto old_mark = a_.mark.Load();
  ASSERT_TRUE(a_.notebook->Restamp(OrderFrom(EntryNumber(1))).ok());
  ASSERT_TRUE(a_.mark.Store(*old_mark).ok());

  a_.Open();

  EXPECT_LE(a_.notebook->Position().hlc.millis(), kNow + 1);
  EXPECT_FALSE(a_.notebook->Summary().recovery.has_value());
}

TEST_F(RestampTest, AParkedEntryAheadMovesOneOfThePastStays) {
  a_.Update(Task("t1"), {{"past", 1}});
  a_.clock.Set(kNow + kYear);
  a_.Update(Task("t1"), {{"ahead", 1}});
  a_.Update(Task("t1"), {{"sent", 1}});
  hub_.rejects = [](const PushEntry&) { return true; };
  auto refused = Entries();
  refused.pop_back();
  ASSERT_TRUE(a_.notebook->NoteResults(hub_.Push(a_.notebook->Position(), refused)).ok());
  const Json past = a_.notebook->ExportParked(EntryNumber(1)).value();

  ASSERT_TRUE(a_.notebook->Restamp(OrderFrom(EntryNumber(3))).ok());

  EXPECT_EQ(a_.notebook->ExportParked(EntryNumber(1)).value()["hash"], past["hash"]);
  const Json ahead = a_.notebook->ExportParked(EntryNumber(2)).value();
  EXPECT_LE(
      static_cast<UnixMillis>(std::stoull(ahead["hlc"].get<std::string>(), nullptr, 16) >> 16U),
      kNow);
  EXPECT_EQ(a_.Data(Task("t1")), (Json{{"past", 1}, {"ahead", 1}, {"sent", 1}}));
}

TEST_F(RestampTest, RepairsMoveOnlyWhatIsAhead) {
  Desk alone(false, 3);
  alone.Update(Task("t1"), {{"past", 1}});
  alone.clock.Set(kNow + kYear);
  for (int i = 0; i < 1'010; ++i)
    alone.Update(Task("t1"), {{"n", i}});
  ASSERT_TRUE(
      alone.notebook->AdoptEpoch(hub_.Hello(alone.notebook->Position()), {hub_.Snapshot()}).ok());
  RestampOrder order;
  order.from = alone.notebook->NextPush(1, 1).value().front().n;
  order.clock_offset_ms = -kYear;
  order.pages[Task("t1")] = hub_.SnapshotOf(Task("t1"));

  ASSERT_TRUE(alone.notebook->Restamp(order).ok());

  for (const PushEntry& entry : alone.notebook->NextPush(2'000, 1 << 24).value())
    EXPECT_LE(LargestStamp(entry.delta).hlc.millis(), kNow + 60'000);
  SyncAll(*alone.notebook, hub_);
  EXPECT_EQ(StatesOf(alone), hub_.states());
  EXPECT_EQ(alone.Data(Task("t1")), (Json{{"past", 1}, {"n", 1'009}}));
}

class ReissueTest : public RestampTest {
 protected:
  /// The hub moved on to `gc_floor` while `a_` was away.
  void LetOthersWrite(int count) {
    Desk b(true, 2);
    for (int i = 0; i < count; ++i)
      b.Update(Task("t1"), {{"b" + std::to_string(i), i}});
    SyncAll(*b.notebook, hub_);
  }
};

TEST_F(ReissueTest, ForgottenEntriesKeepTheirBaseAndGoForReviewLaterOnesOnlyGetFreshStamps) {
  a_.Update(Task("t1"), {{"old", 1}});
  LetOthersWrite(3);
  ASSERT_TRUE(a_.notebook->ApplyPage(hub_.Changes(HubSequence(0))).ok());
  a_.Update(Task("t1"), {{"new", 1}});
  LetOthersWrite(1);
  const auto before = Entries();
  ASSERT_TRUE(a_.notebook->NoteHub(hub_.head(), HubSequence(2), 0).ok());

  ASSERT_TRUE(a_.notebook->InstallSnapshot({hub_.Snapshot()}).ok());

  const auto after = Entries();
  ASSERT_EQ(after.size(), 2U);
  EXPECT_EQ(after[0].reissue, hub_.Snapshot().start);
  EXPECT_EQ(after[0].on_conflict, Strategy::kManual);
  EXPECT_EQ(after[0].base, before[0].base);
  EXPECT_FALSE(after[1].reissue);
  EXPECT_EQ(after[1].on_conflict, before[1].on_conflict);
  for (const PushEntry& entry : after)
    EXPECT_GT(entry.hlc, hub_.Snapshot().hlc);
  EXPECT_LT(after[0].hlc, after[1].hlc);
  SyncAll(*a_.notebook, hub_);
  EXPECT_EQ(StatesOf(a_), hub_.states());
}

TEST_F(ReissueTest, AnEntryIsIssuedAgainOnceMoreWhenTheHubForgotMoreMeanwhile) {
  a_.Update(Task("t1"), {{"old", 1}});
  LetOthersWrite(3);
  ASSERT_TRUE(a_.notebook->NoteHub(hub_.head(), HubSequence(2), 0).ok());
  ASSERT_TRUE(a_.notebook->InstallSnapshot({hub_.Snapshot()}).ok());
  const auto first = Entries();
  ASSERT_TRUE(a_.notebook->InstallSnapshot({hub_.Snapshot()}).ok());
  EXPECT_EQ(Entries()[0].hlc, first[0].hlc) << "nothing was forgotten since";

  LetOthersWrite(2);
  ASSERT_TRUE(a_.notebook->NoteHub(hub_.head(), hub_.head(), 0).ok());
  ASSERT_TRUE(a_.notebook->InstallSnapshot({hub_.Snapshot()}).ok());

  EXPECT_EQ(Entries()[0].reissue, hub_.Snapshot().start);
  EXPECT_GT(Entries()[0].hlc, hub_.Snapshot().hlc);
}

TEST_F(ReissueTest, EntriesTheHubRemembersAreUnchanged) {
  LetOthersWrite(3);
  ASSERT_TRUE(a_.notebook->ApplyPage(hub_.Changes(HubSequence(0))).ok());
  a_.Update(Task("t1"), {{"mine", 1}});
  const auto before = Entries();
  LetOthersWrite(1);
  ASSERT_TRUE(a_.notebook->NoteHub(hub_.head(), HubSequence(2), 0).ok());

  ASSERT_TRUE(a_.notebook->InstallSnapshot({hub_.Snapshot()}).ok());

  EXPECT_EQ(Entries()[0].hash, before[0].hash);
}

TEST_F(ReissueTest, AForgottenParkedEntryIsReissuedWhenItIsRetried) {
  a_.Update(Task("t1"), {{"old", 1}});
  hub_.rejects = [](const PushEntry&) { return true; };
  ASSERT_TRUE(a_.notebook->NoteResults(hub_.Push(a_.notebook->Position(), Entries())).ok());
  hub_.rejects = [](const PushEntry&) { return false; };
  LetOthersWrite(3);
  SyncAll(*a_.notebook, hub_);
  ASSERT_TRUE(a_.notebook->NoteHub(hub_.head(), HubSequence(2), 0).ok());

  ASSERT_TRUE(a_.notebook->RetryParked(EntryNumber(1)).ok());

  const auto entries = Entries();
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_TRUE(entries[0].reissue);
  EXPECT_EQ(entries[0].on_conflict, Strategy::kManual);
  EXPECT_EQ(entries[0].base, HubSequence(0));
  EXPECT_GT(entries[0].hlc, hub_.Snapshot().hlc);
}

}  // namespace
}  // namespace contextsync::test::restamp_test
