// The journal's way to the hub, through the whole engine.

#include "tests/unit/sync/sync_fixture.h"

namespace contextsync::sync_push_test {
namespace {

class SyncPushTest : public SyncFixture {};

TEST_F(SyncPushTest, AJournalFoundAtStartIsPushedWithoutALocalWrite) {
  const EntryNumber n = replica_.Write();

  Settle();

  EXPECT_TRUE(engine_.IsConfirmed(n));
  EXPECT_EQ(replica_.Position().unsent, 0U);
}

TEST_F(SyncPushTest, HelloComesFirst) {
  replica_.Write();

  Settle();

  EXPECT_EQ(hub_.calls().front().request, Request::kHello);
}

TEST_F(SyncPushTest, ANewWriteIsPushedAtOnce) {
  Connect();
  const EntryNumber n = replica_.Write();

  engine_.AfterWrite(n, clock_.Now());
  Settle();

  EXPECT_TRUE(engine_.IsConfirmed(n));
}

TEST_F(SyncPushTest, WhatArrivesMeanwhileRidesInTheNextBatchWithoutDelay) {
  for (int i = 0; i < 600; ++i)
    replica_.Write();
  const auto begun = clock_.Now();

  Settle();

  EXPECT_EQ(hub_.Count(Request::kPush), 3U);  // 256 + 256 + 88
  EXPECT_EQ(clock_.Now(), begun);
  EXPECT_EQ(replica_.Position().unsent, 0U);
}

TEST_F(SyncPushTest, ALostAnswerEndsInADuplicateNotInASecondEffect) {
  const EntryNumber n = replica_.Write();
  hub_.FailNext(Request::kPush, {.fault = HubFault::kTimeout, .after_effect = true});

  RunFor(5s);

  EXPECT_EQ(hub_.head(), HubSequence(1));
  EXPECT_TRUE(engine_.IsConfirmed(n));
}

TEST_F(SyncPushTest, AnEntryIsStillTriedAfterAThousandFailures) {
  Settle();
  hub_.set_outage(Fault{});
  replica_.Write();
  engine_.NoteWrite();
  while (hub_.calls().size() < 1'000)
    RunFor(1min);

  EXPECT_EQ(replica_.Position().unsent, 1U);
  EXPECT_EQ(engine_.Status().link, LinkState::kStalled);
  hub_.set_outage(std::nullopt);
  RunFor(65s);
  EXPECT_EQ(replica_.Position().unsent, 0U);
  EXPECT_EQ(engine_.Status().link, LinkState::kOnline);
  EXPECT_FALSE(engine_.Status().last_error.has_value());
}

TEST_F(SyncPushTest, RetryAfterIsKept) {
  Settle();
  replica_.Write();
  hub_.FailNext(Request::kPush, {.fault = HubFault::kRetryLater, .retry_after = 20s});
  engine_.NoteWrite();
  Settle();
  const std::size_t requests = hub_.calls().size();

  RunFor(19s);
  EXPECT_EQ(hub_.calls().size(), requests);

  RunFor(2s);
  EXPECT_EQ(replica_.Position().unsent, 0U);
}

TEST_F(SyncPushTest, ARefusedEntryIsSettledButNotConfirmed) {
  const EntryNumber n = replica_.Write();
  hub_.AnswerNext(PushStatus::kRejected);

  Settle();

  EXPECT_EQ(replica_.parked, 1U);
  EXPECT_FALSE(engine_.IsConfirmed(n));
  EXPECT_EQ(replica_.Position().unsent, 0U);
}

TEST_F(SyncPushTest, OtherContentThanPushedRebuildsTheContext) {
  replica_.Write();
  replica_.set_rebuild({{Level::kTask, "t1"}});
  hub_.AnswerNext(PushStatus::kConflict);

  Settle();

  EXPECT_EQ(replica_.rebuilt, (std::vector<ContextRef>{{Level::kTask, "t1"}}));
}

TEST_F(SyncPushTest, AStaleRebuildIsAskedForAgain) {
  replica_.Write();
  replica_.set_rebuild({{Level::kTask, "t1"}});
  hub_.AnswerNext(PushStatus::kConflict);
  while (hub_.Count(Request::kPush) == 0)
    engine_.Step();
  const std::size_t greeted = hub_.Count(Request::kHello);
  replica_.FailNext(ErrorCode::kConflict);

  RunFor(3s);

  EXPECT_EQ(replica_.rebuilt.size(), 1U);
  EXPECT_GE(hub_.Count(Request::kSnapshot), 2U);
  EXPECT_GT(hub_.Count(Request::kHello), greeted) << "the hub may have forgotten what it lacks";
}

TEST_F(SyncPushTest, MergedEntriesArePulledBack) {
  Settle();
  hub_.WriteElsewhere();
  replica_.Write();
  hub_.AnswerNext(PushStatus::kMerged);
  engine_.NoteWrite();

  Settle();

  EXPECT_EQ(replica_.Position().cursor, HubSequence(2));
}

TEST_F(SyncPushTest, ABatchTooLargeIsHalvedUntilItFits) {
  for (int i = 0; i < 8; ++i)
    replica_.Write();
  hub_.FailNext(Request::kPush, {.fault = HubFault::kTooLarge}, 3);

  RunFor(10s);

  EXPECT_EQ(replica_.Position().unsent, 0U);
  std::vector<std::size_t> sizes;
  for (const auto& call : hub_.calls()) {
    if (call.request == Request::kPush) sizes.push_back(call.entries);
  }
  EXPECT_EQ(sizes, (std::vector<std::size_t>{8, 4, 2, 1, 1, 1, 1, 1, 1, 1, 1}));
}

TEST_F(SyncPushTest, ASingleEntryTooLargeIsGivenUpAndTheRestGoesOn) {
  replica_.Write();
  const EntryNumber large = replica_.Write();
  replica_.Write();
  hub_.Poison(EntryId("entry-2"), {.fault = HubFault::kTooLarge});

  RunFor(5s);

  ASSERT_EQ(replica_.given_up.size(), 1U);
  EXPECT_EQ(replica_.given_up[0].first, large);
  EXPECT_EQ(replica_.given_up[0].second, "too_large");
  EXPECT_EQ(replica_.Position().unsent, 0U);
}

TEST_F(SyncPushTest, ABatchThatFailsThreeTimesIsHalved) {
  for (int i = 0; i < 4; ++i)
    replica_.Write();
  hub_.FailNext(Request::kPush, {.fault = HubFault::kTimeout}, 3);

  RunFor(2min);

  EXPECT_EQ(replica_.Position().unsent, 0U);
  std::vector<std::size_t> sizes;
  for (const auto& call : hub_.calls()) {
    if (call.request == Request::kPush) sizes.push_back(call.entries);
  }
  EXPECT_EQ(sizes, (std::vector<std::size_t>{4, 4, 4, 2, 2}));
}

TEST_F(SyncPushTest, AnEntryTheHubFailsAtIsGivenUpAfterSevenFailuresAndTheRestGoesOn) {
  replica_.Write();
  const EntryNumber poison = replica_.Write();
  replica_.Write();
  hub_.Poison(EntryId("entry-2"), {.fault = HubFault::kRetryLater});

  RunFor(30min);

  ASSERT_EQ(replica_.given_up.size(), 1U);
  EXPECT_EQ(replica_.given_up[0].first, poison);
  EXPECT_EQ(replica_.given_up[0].second, "suspect");
  EXPECT_EQ(replica_.Position().unsent, 0U);
  EXPECT_EQ(hub_.CountAlone(EntryId("entry-2")), 7U);
}

TEST_F(SyncPushTest, AnEntryTheHubCallsMalformedHoldsNobodyUpForEver) {
  for (int i = 0; i < 5; ++i)
    replica_.Write();
  hub_.Poison(EntryId("entry-3"), {.fault = HubFault::kMalformed});

  RunFor(30min);

  ASSERT_EQ(replica_.given_up.size(), 1U);
  EXPECT_EQ(replica_.given_up[0].second, "suspect");
  EXPECT_EQ(replica_.Position().unsent, 0U);
}

TEST_F(SyncPushTest, NothingIsGivenUpWhileTheHubIsDown) {
  replica_.Write();
  hub_.set_outage(Fault{.fault = HubFault::kRetryLater});

  RunFor(2h);

  EXPECT_TRUE(replica_.given_up.empty());
  EXPECT_EQ(replica_.Position().unsent, 1U);
}

TEST_F(SyncPushTest, AHubThatAsksForPatienceSuspectsNobody) {
  Settle();
  replica_.Write();
  hub_.Poison(EntryId("entry-1"), {.fault = HubFault::kRetryLater, .retry_after = 5s});

  RunFor(30min);

  EXPECT_TRUE(replica_.given_up.empty());
}

TEST_F(SyncPushTest, SuspectsAreOfferedEveryMinuteAndAllToAnotherBuildOfTheHub) {
  RunFor(90s);
  ASSERT_EQ(replica_.offers, (std::vector<bool>{false, false}));

  hub_.set_build("2");
  RunFor(10min);

  EXPECT_EQ(std::count(replica_.offers.begin(), replica_.offers.end(), true), 1);
}

TEST_F(SyncPushTest, AGapIsFilledFromTheHubsLastNumber) {
  replica_.Write();
  replica_.Write();
  hub_.AnswerNext(PushStatus::kGap);

  RunFor(3s);

  EXPECT_EQ(replica_.Position().unsent, 0U);
}

TEST_F(SyncPushTest, AGapNobodyCanFillJoinsTheHistoriesAnew) {
  replica_.Write();
  replica_.Write();
  replica_.LoseFirstEntry();

  RunFor(5s);

  EXPECT_EQ(replica_.adopted_pages.size(), 1U);
  EXPECT_EQ(replica_.Position().unsent, 0U);
}

TEST_F(SyncPushTest, ClockSkewIsReportedAndRestampedByTheHubsTime) {
  hub_.set_time_ahead(-48h);
  Settle();
  replica_.Write();
  const EntryNumber refused = replica_.Write();
  hub_.AnswerNext(PushStatus::kAccepted);
  hub_.AnswerNext(PushStatus::kClockSkew);
  engine_.NoteWrite();

  Settle();

  ASSERT_EQ(replica_.restamped.size(), 1U);
  const RestampOrder& order = replica_.restamped[0];
  EXPECT_EQ(order.from, refused);
  EXPECT_TRUE(order.pages.contains(ContextRef{Level::kTask, "t1"}));
  EXPECT_NEAR(static_cast<double>(order.clock_offset_ms), -48.0 * 3'600'000, 10);
  EXPECT_EQ(replica_.Position().unsent, 0U);
}

TEST_F(SyncPushTest, ARestampingThatCameTooLateFetchesAgain) {
  Settle();
  replica_.Write();
  hub_.AnswerNext(PushStatus::kClockSkew);
  engine_.NoteWrite();
  engine_.Step();
  replica_.FailNext(ErrorCode::kConflict);

  RunFor(5s);

  EXPECT_EQ(replica_.restamped.size(), 1U);
  EXPECT_GE(hub_.Count(Request::kSnapshot), 2U);
  EXPECT_GE(hub_.Count(Request::kHello), 2U) << "the hub may have forgotten what it lacks";
  EXPECT_EQ(replica_.Position().unsent, 0U);
}

TEST_F(SyncPushTest, AClockThatIsSetWhileRunningIsNoticedWithinASecond) {
  Connect();
  RunFor(2s);
  const std::int64_t before = replica_.clock_offset_ms;

  clock_.SetWall(clock_.WallMillis() + 3'600'000);
  hub_.set_time_ahead(-1h);  // as seen from here
  engine_.BeforeCall(clock_.Now(), true);
  RunFor(2s);

  EXPECT_NEAR(static_cast<double>(replica_.clock_offset_ms - before), -3'600'000.0, 50);
}

TEST_F(SyncPushTest, RetryIsNotRepeatedWithoutDelay) {
  Settle();
  replica_.Write();
  for (int i = 0; i < 5; ++i)
    hub_.AnswerNext(PushStatus::kRetry);
  engine_.NoteWrite();

  Settle();
  EXPECT_EQ(hub_.Count(Request::kPush), 1U);

  RunFor(2min);
  EXPECT_EQ(replica_.Position().unsent, 0U);
}

TEST_F(SyncPushTest, AForgottenJournalIsFoundByTheLivenessCheck) {
  Connect();
  RunFor(2s);
  replica_.Write();  // and nobody says so

  RunFor(1'100ms);

  EXPECT_EQ(replica_.Position().unsent, 0U);
}

TEST_F(SyncPushTest, AReaderDoesNotPushButPulls) {
  hub_.set_role("read");
  hub_.WriteElsewhere();
  replica_.Write();

  RunFor(3s);

  EXPECT_EQ(hub_.Count(Request::kPush), 0U);
  EXPECT_EQ(replica_.Position().cursor, HubSequence(1));
  EXPECT_EQ(engine_.Status().role, "read");
}

TEST_F(SyncPushTest, ALocalStoreThatFailsIsTriedAgainSoon) {
  const EntryNumber n = replica_.Write();
  while (hub_.Count(Request::kHello) == 0)
    engine_.Step();
  replica_.FailNext(ErrorCode::kStorageFull);
  Settle();
  EXPECT_EQ(engine_.Status().last_error->code, "STORAGE_UNAVAILABLE");

  RunFor(5s);

  EXPECT_TRUE(engine_.IsConfirmed(n));
}

TEST_F(SyncPushTest, WhatWasNotedIsFlushedWithinASecond) {
  replica_.Write();
  Settle();

  RunFor(1'100ms);

  EXPECT_GE(replica_.flushes, 1U);
}

TEST_F(SyncPushTest, AnIdleNotebookIsNotFlushed) {
  Connect();
  RunFor(2s);
  const std::size_t before = replica_.flushes;

  RunFor(4s);

  EXPECT_EQ(replica_.flushes, before);
}

}  // namespace
}  // namespace contextsync::sync_push_test
