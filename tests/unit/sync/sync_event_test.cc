// Events and the pulls they cause, through the whole engine.

#include "tests/unit/sync/sync_fixture.h"

namespace contextsync::sync_event_test {
namespace {

class SyncEventTest : public SyncFixture {
 protected:
  [[nodiscard]] std::size_t Pulls() const { return hub_.Count(Request::kChanges); }
  [[nodiscard]] std::uint64_t Cursor() const { return replica_.Position().cursor.value; }
};

TEST_F(SyncEventTest, TheChannelOpensAfterHelloFromTheCursor) {
  hub_.WriteElsewhere(2);

  Connect();

  EXPECT_EQ(channel_.opened, 1U);
  EXPECT_EQ(engine_.Status().channel, ChannelState::kConnected);
}

TEST_F(SyncEventTest, TheNextItemIsAppliedWithoutAPull) {
  Connect();
  const std::size_t pulls = Pulls();
  hub_.WriteElsewhere();

  channel_.Send(Changed(HubSequence(1)));
  Settle();

  EXPECT_EQ(Cursor(), 1U);
  EXPECT_EQ(Pulls(), pulls);
}

TEST_F(SyncEventTest, AKnownItemIsIgnored) {
  hub_.WriteElsewhere(2);
  Connect();
  const std::size_t pulls = Pulls();

  channel_.Send(Changed(HubSequence(1)));
  Settle();

  EXPECT_EQ(Pulls(), pulls);
  EXPECT_EQ(Cursor(), 2U);
}

TEST_F(SyncEventTest, AMissingItemIsPulled) {
  Connect();
  hub_.WriteElsewhere(3);

  channel_.Send(Changed(HubSequence(3)));
  Settle();

  EXPECT_EQ(Cursor(), 3U);
}

TEST_F(SyncEventTest, AnItemWithoutContentIsPulled) {
  Connect();
  hub_.WriteElsewhere();
  EventFrame frame = Changed(HubSequence(1));
  frame.item.has_delta = false;
  const std::size_t pulls = Pulls();

  channel_.Send(frame);
  Settle();

  EXPECT_EQ(Pulls(), pulls + 1);
  EXPECT_EQ(Cursor(), 1U);
}

TEST_F(SyncEventTest, APartOfATransactionIsNotAppliedAlone) {
  Connect();
  hub_.WriteElsewhere();
  EventFrame frame = Changed(HubSequence(1));
  frame.item.tx = TxPart{"tx", 0, 2};
  const std::size_t pulls = Pulls();

  channel_.Send(frame);
  Settle();

  EXPECT_EQ(Pulls(), pulls + 1);
}

TEST_F(SyncEventTest, LaggedIsAPull) {
  Connect();
  hub_.WriteElsewhere(7);

  channel_.Send(Frame(EventFrame::Type::kLagged));
  Settle();

  EXPECT_EQ(Cursor(), 7U);
}

TEST_F(SyncEventTest, AHeartbeatAheadOfUsIsAPull) {
  Connect();
  hub_.WriteElsewhere(2);

  channel_.Send(Frame(EventFrame::Type::kHeartbeat));
  Settle();

  EXPECT_EQ(Cursor(), 2U);
}

TEST_F(SyncEventTest, AnotherEpochInAFrameAsksHello) {
  Connect();
  const std::size_t hellos = hub_.Count(Request::kHello);
  EventFrame frame = Frame(EventFrame::Type::kHeartbeat);
  frame.epoch = Epoch("e2");

  channel_.Send(frame);
  Settle();

  EXPECT_EQ(hub_.Count(Request::kHello), hellos + 1);
}

TEST_F(SyncEventTest, AnotherCheckAtOurCursorAsksHello) {
  hub_.WriteElsewhere();
  Connect();
  ChangesPage same;
  same.next = HubSequence(1);
  same.check = FeedCheck("aaaaaaaaaaaaaaaa");
  ASSERT_TRUE(replica_.ApplyPage(same).ok());
  const std::size_t hellos = hub_.Count(Request::kHello);
  EventFrame frame = Frame(EventFrame::Type::kHeartbeat);
  frame.check = FeedCheck("bbbbbbbbbbbbbbbb");

  channel_.Send(frame);
  Settle();

  EXPECT_EQ(hub_.Count(Request::kHello), hellos + 1);
  EXPECT_FALSE(IsProvenFresh());
}

TEST_F(SyncEventTest, PagesArePulledToTheEnd) {
  hub_.set_page_items(10);
  hub_.WriteElsewhere(95);

  Settle();

  EXPECT_EQ(Cursor(), 95U);
}

TEST_F(SyncEventTest, PushAndPullTakeTurns) {
  hub_.set_page_items(1);
  hub_.WriteElsewhere(4);
  for (int i = 0; i < 600; ++i)
    replica_.Write();

  while (hub_.Count(Request::kPush) < 2)
    engine_.Step();

  EXPECT_GE(Pulls(), 1U);
}

TEST_F(SyncEventTest, WhatThisBuildCannotReadStopsThePullNotTheWrites) {
  hub_.WriteElsewhere(5);
  hub_.set_unreadable(HubSequence(4));
  const EntryNumber n = replica_.Write();

  RunFor(20s);

  EXPECT_EQ(Cursor(), 3U);  // up to it, never past it
  EXPECT_EQ(engine_.Status().link, LinkState::kUpgradeRequired);
  EXPECT_EQ(engine_.Status().last_error->code, "UPGRADE_REQUIRED");
  EXPECT_TRUE(engine_.IsConfirmed(n));
  const std::size_t pulls = Pulls();
  RunFor(60s);
  EXPECT_EQ(Pulls(), pulls);
}

TEST_F(SyncEventTest, AnEventThisBuildCannotReadDoesNotReconnectInCircles) {
  Connect();
  hub_.WriteElsewhere(2);
  hub_.set_unreadable(HubSequence(2));

  channel_.Break(HubFault::kUpgradeRequired);
  RunFor(5min);

  EXPECT_EQ(Cursor(), 1U);
  EXPECT_EQ(channel_.opened, 1U);
  EXPECT_EQ(engine_.Status().link, LinkState::kUpgradeRequired);
}

TEST_F(SyncEventTest, AReadyFrameWakesAPushThatWaits) {
  Connect();
  hub_.set_outage(Fault{});
  replica_.Write();
  engine_.NoteWrite();
  RunFor(10s);
  hub_.set_outage(std::nullopt);
  RunFor(1'100ms);
  ASSERT_EQ(replica_.Position().unsent, 1U) << "another seed: it has to be waiting now";

  channel_.Send(Frame(EventFrame::Type::kReady));
  RunFor(1'100ms);

  EXPECT_EQ(replica_.Position().unsent, 0U);
}

TEST_F(SyncEventTest, AHubThatComesBackIsFoundByTheChannelWhateverTheTimer) {
  Connect();
  for (int i = 0; i < 10; ++i) {
    hub_.set_outage(Fault{});
    channel_.refuses = true;
    channel_.Break();
    replica_.Write();
    engine_.NoteWrite();
    RunFor(10min);
    hub_.set_outage(std::nullopt);
    channel_.refuses = false;

    RunFor(4'100ms);
    ASSERT_TRUE(channel_.is_open());
    if (replica_.Position().unsent > 0) channel_.Send(Frame(EventFrame::Type::kReady));
    RunFor(1'100ms);

    ASSERT_EQ(replica_.Position().unsent, 0U);
    Connect();
  }
}

TEST_F(SyncEventTest, AProcessThatStartedDuringAnOutageIsWokenByTheChannelToo) {
  hub_.set_outage(Fault{});
  channel_.refuses = true;
  replica_.Write();
  RunFor(10min);
  hub_.set_outage(std::nullopt);
  channel_.refuses = false;

  RunFor(4'100ms);
  ASSERT_TRUE(channel_.is_open());
  if (replica_.Position().unsent > 0) channel_.Send(Frame(EventFrame::Type::kReady));
  RunFor(1'100ms);

  EXPECT_EQ(replica_.Position().unsent, 0U);
}

TEST_F(SyncEventTest, NoChannelIsTriedBelowRetryAfter) {
  Connect();
  channel_.refuses = true;
  hub_.set_outage(Fault{.fault = HubFault::kRetryLater, .retry_after = 60s});
  channel_.Break();
  RunFor(5s);
  const std::size_t opened = channel_.opened;

  RunFor(50s);

  EXPECT_EQ(channel_.opened, opened);
}

TEST_F(SyncEventTest, AnItemNoHubMayNumberStopsThePullUnderItsOwnName) {
  hub_.WriteElsewhere(5);
  hub_.set_unreadable(HubSequence(4), HubFault::kHubInvalid);
  const EntryNumber n = replica_.Write();

  RunFor(20s);

  EXPECT_EQ(Cursor(), 3U);
  EXPECT_EQ(engine_.Status().link, LinkState::kStalled);
  EXPECT_EQ(engine_.Status().last_error->code, "HUB_INVALID");
  EXPECT_TRUE(engine_.IsConfirmed(n));
}

TEST_F(SyncEventTest, ABrokenChannelIsReopenedWithinFourSecondsAfterAHello) {
  Connect();
  for (int i = 0; i < 20; ++i) {
    const std::size_t opened = channel_.opened;
    const std::size_t hellos = hub_.Count(Request::kHello);
    channel_.Break();

    RunFor(4'100ms);

    ASSERT_EQ(channel_.opened, opened + 1);
    ASSERT_GT(hub_.Count(Request::kHello), hellos);
  }
}

TEST_F(SyncEventTest, ASilentChannelIsGivenUp) {
  Connect();

  RunFor(14s);
  EXPECT_EQ(channel_.opened, 1U);
  RunFor(6s);

  EXPECT_EQ(channel_.opened, 2U);
}

TEST_F(SyncEventTest, WithoutAChannelTheHubIsPolled) {
  Settle();
  RunFor(10s);  // never ready
  hub_.WriteElsewhere();

  RunFor(5'100ms);

  EXPECT_EQ(Cursor(), 1U);
}

TEST_F(SyncEventTest, AnUpgradeRefusedForItsEpochAsksHello) {
  Settle();
  const std::size_t hellos = hub_.Count(Request::kHello);

  channel_.Break(HubFault::kEpochChanged);
  engine_.Step();

  EXPECT_EQ(hub_.Count(Request::kHello), hellos + 1);
}

}  // namespace
}  // namespace contextsync::sync_event_test
