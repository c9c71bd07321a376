// Verdicts, epochs, forks and snapshots, through the whole engine.

#include "tests/unit/sync/sync_fixture.h"

namespace contextsync::sync_history_test {
namespace {

class SyncHistoryTest : public SyncFixture {};

TEST_F(SyncHistoryTest, AFirstMeetingReplaysTheFeedAndItsHistory) {
  hub_.WriteElsewhere(7);
  hub_.set_verdict(HelloVerdict::kFirst);
  hub_.set_epoch(Epoch("e2"));
  replica_.set_epoch(Epoch());
  const EntryNumber n = replica_.Write();

  Settle();

  EXPECT_EQ(replica_.adopted_pages, (std::vector<std::size_t>{0}));
  EXPECT_EQ(hub_.Count(Request::kSnapshot), 0U);
  EXPECT_EQ(replica_.Position().cursor, hub_.head());
  EXPECT_TRUE(engine_.IsConfirmed(n));
}

TEST_F(SyncHistoryTest, AFirstMeetingWithACollectedFeedJoinsASnapshot) {
  hub_.WriteElsewhere(7);
  hub_.set_gc_floor(HubSequence(3));
  hub_.set_verdict(HelloVerdict::kFirst);
  hub_.set_epoch(Epoch("e2"));
  hub_.set_snapshot_pages(3);
  replica_.set_epoch(Epoch());
  const EntryNumber n = replica_.Write();

  Settle();

  EXPECT_EQ(replica_.adopted_pages, (std::vector<std::size_t>{3}));
  EXPECT_TRUE(engine_.IsConfirmed(n));
}

TEST_F(SyncHistoryTest, ARestoredHubIsJoinedAndRepaired) {
  replica_.MoveTo(HubSequence(10));
  hub_.set_verdict(HelloVerdict::kEpochChanged);
  hub_.set_epoch(Epoch("e2"));
  hub_.set_fork_seq(HubSequence(4));

  Settle();

  EXPECT_EQ(replica_.adopted_pages, (std::vector<std::size_t>{1}));
  EXPECT_EQ(replica_.Position().claim.epoch, Epoch("e2"));
}

TEST_F(SyncHistoryTest, NothingIsFetchedWhenTheHubLostNothingOfOurs) {
  replica_.MoveTo(HubSequence(4));
  hub_.WriteElsewhere(4);
  hub_.set_verdict(HelloVerdict::kEpochChanged);
  hub_.set_epoch(Epoch("e2"));
  hub_.set_fork_seq(HubSequence(4));

  Settle();

  EXPECT_EQ(replica_.adopted_pages, (std::vector<std::size_t>{0}));
  EXPECT_EQ(hub_.Count(Request::kSnapshot), 0U);
}

TEST_F(SyncHistoryTest, ARebuildStillDueIsDoneAlsoWhenTheHubWasRestoredMeanwhile) {
  const ContextRef due{Level::kTask, "t1"};
  replica_.MarkRebuild(due);
  replica_.MoveTo(HubSequence(4));
  hub_.WriteElsewhere(4);
  hub_.set_verdict(HelloVerdict::kEpochChanged);
  hub_.set_epoch(Epoch("e2"));
  hub_.set_fork_seq(HubSequence(4));

  Settle();

  EXPECT_EQ(replica_.rebuilt, (std::vector<ContextRef>{due}));
}

TEST_F(SyncHistoryTest, AnInterruptedSnapshotGoesOnWhereItStopped) {
  hub_.set_gc_floor(HubSequence(1));
  hub_.set_verdict(HelloVerdict::kFirst);
  hub_.set_snapshot_pages(3);
  while (hub_.Count(Request::kSnapshot) < 2)
    engine_.Step();
  hub_.FailNext(Request::kSnapshot, {});

  RunFor(5s);

  EXPECT_EQ(replica_.adopted_pages, (std::vector<std::size_t>{3}));
  EXPECT_EQ(hub_.Count(Request::kSnapshot), 4U);
}

TEST_F(SyncHistoryTest, ACollectedFeedIsReplacedBySnapshot) {
  hub_.WriteElsewhere(3);
  hub_.FailNext(Request::kChanges, {.fault = HubFault::kCursorGone});

  Settle();

  EXPECT_EQ(replica_.installed_pages, (std::vector<std::size_t>{1}));
  EXPECT_EQ(replica_.Position().cursor, HubSequence(3));
}

TEST_F(SyncHistoryTest, ASnapshotOlderThanWhatWeHoldIsRefused) {
  replica_.MoveTo(HubSequence(5));
  hub_.WriteElsewhere(6);
  hub_.set_snapshot_start(HubSequence(2));
  hub_.FailNext(Request::kChanges, {.fault = HubFault::kCursorGone});

  RunFor(3s);

  EXPECT_TRUE(replica_.installed_pages.empty());
  EXPECT_GE(replica_.Position().cursor, HubSequence(5));
}

TEST_F(SyncHistoryTest, FarBehindASnapshotIsShorterThanTheFeed) {
  hub_.WriteElsewhere(50'001);

  Settle();

  EXPECT_EQ(replica_.installed_pages.size(), 1U);
}

TEST_F(SyncHistoryTest, AForkTakesANewDeviceAndKeepsItsEntries) {
  hub_.set_verdict(HelloVerdict::kDeviceForked);
  replica_.Write();

  RunFor(2s);

  EXPECT_EQ(replica_.new_devices, 1U);
  EXPECT_EQ(replica_.Position().unsent, 0U);
  EXPECT_EQ(hub_.head(), HubSequence(1));
}

TEST_F(SyncHistoryTest, NumbersWeNeverGaveOutMeanThatWeAreAnOldCopy) {
  hub_.set_last_n(DeviceId(7), EntryNumber(5));

  RunFor(2s);

  EXPECT_EQ(replica_.new_devices, 1U);
}

TEST_F(SyncHistoryTest, AForeignIdUnderOurNumberInTheFeedIsAFork) {
  hub_.WriteElsewhere();
  replica_.set_forked();

  RunFor(2s);

  EXPECT_EQ(replica_.new_devices, 1U);
}

TEST_F(SyncHistoryTest, AnEpochThatChangesUnderAPushAsksHello) {
  Settle();
  hub_.set_epoch(Epoch("e2"));
  hub_.set_verdict(HelloVerdict::kEpochChanged);
  hub_.FailNext(Request::kPush, {.fault = HubFault::kEpochChanged});
  replica_.Write();
  engine_.NoteWrite();

  RunFor(2s);

  EXPECT_EQ(replica_.Position().claim.epoch, Epoch("e2"));
  EXPECT_EQ(replica_.Position().unsent, 0U);
}

TEST_F(SyncHistoryTest, AHubThatContradictsItselfIsNotAskedWithoutDelay) {
  replica_.Write();
  hub_.FailNext(Request::kPush, {.fault = HubFault::kEpochChanged}, 1'000);

  RunFor(10s);

  EXPECT_LT(hub_.calls().size(), 60U);
  EXPECT_EQ(replica_.Position().unsent, 1U);
}

TEST_F(SyncHistoryTest, HelloIsRepeatedEveryTenMinutes) {
  Connect();
  const std::size_t before = hub_.Count(Request::kHello);
  for (int i = 0; i < 200; ++i) {
    channel_.Send(Frame(EventFrame::Type::kHeartbeat));
    RunFor(5s);
  }

  EXPECT_EQ(hub_.Count(Request::kHello), before + 1);
}

TEST_F(SyncHistoryTest, TheClockOffsetIsPassedOn) {
  hub_.set_time_ahead(90s);

  Settle();

  EXPECT_NEAR(static_cast<double>(replica_.clock_offset_ms), 90'000, 2);
}

TEST_F(SyncHistoryTest, AnAcceptedHubIsToldOnce) {
  Settle();
  RunFor(11min);

  EXPECT_EQ(accepted_, 1);
}

class StrangeHubTest : public SyncFixture {
 protected:
  explicit StrangeHubTest(bool adopt = false)
      : SyncFixture({.build = "test",
                     .agent = "a",
                     .origin = "https://new",
                     .pinned_origin = "https://old",
                     .adopt = adopt}) {}
};

TEST_F(StrangeHubTest, AnotherHubWithAnotherHistoryGetsNothing) {
  hub_.set_epoch(Epoch("e9"));
  hub_.set_verdict(HelloVerdict::kEpochChanged);
  replica_.Write();

  RunFor(30s);

  EXPECT_EQ(engine_.Status().link, LinkState::kUnauthorized);
  EXPECT_EQ(hub_.Count(Request::kPush), 0U);
  EXPECT_TRUE(replica_.adopted_pages.empty());
  EXPECT_EQ(accepted_, 0);
}

TEST_F(StrangeHubTest, TheSameHistoryAtAnotherAddressHasMoved) {
  replica_.Write();

  Settle();

  EXPECT_EQ(replica_.Position().unsent, 0U);
  EXPECT_EQ(accepted_, 1);
}

TEST_F(StrangeHubTest, IsAdoptedAsSoonAsAPersonSaysSo) {
  hub_.set_epoch(Epoch("e9"));
  hub_.set_verdict(HelloVerdict::kEpochChanged);
  replica_.MoveTo(HubSequence(3));
  RunFor(30s);
  ASSERT_EQ(engine_.Status().link, LinkState::kUnauthorized);

  hub_.set_verdict(HelloVerdict::kEpochChanged);
  engine_.AdoptHub();
  RunFor(3s);

  EXPECT_EQ(replica_.adopted_pages.size(), 1U);
  EXPECT_EQ(accepted_, 1);
}

class AdoptedHubTest : public StrangeHubTest {
 protected:
  AdoptedHubTest() : StrangeHubTest(true) {}
};

TEST_F(AdoptedHubTest, AnotherHubIsAdoptedWhenAPersonSaysSo) {
  hub_.set_epoch(Epoch("e9"));
  hub_.set_verdict(HelloVerdict::kEpochChanged);
  replica_.MoveTo(HubSequence(3));

  Settle();

  EXPECT_EQ(replica_.adopted_pages.size(), 1U);
  EXPECT_EQ(accepted_, 1);
}

}  // namespace
}  // namespace contextsync::sync_history_test
