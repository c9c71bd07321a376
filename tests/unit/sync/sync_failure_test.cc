// Outages, refusals and the breaker, through the whole engine.

#include "tests/unit/sync/sync_fixture.h"

namespace contextsync::sync_failure_test {
namespace {

class SyncFailureTest : public SyncFixture {
 protected:
  /// Requests made during `time`.
  std::vector<FakeHub::Call> CallsDuring(Clock::Instant::duration time) {
    const auto before = static_cast<std::ptrdiff_t>(hub_.calls().size());
    RunFor(time);
    auto calls = hub_.calls();
    calls.erase(calls.begin(), calls.begin() + before);
    return calls;
  }
};

TEST_F(SyncFailureTest, AnOpenCircuitTriesOneHelloAtATime) {
  Settle();
  hub_.set_outage(Fault{});
  replica_.Write();
  engine_.NoteWrite();
  RunFor(2min);
  ASSERT_EQ(engine_.Status().circuit, CircuitState::kOpen);

  const auto calls = CallsDuring(10min);

  ASSERT_FALSE(calls.empty());
  for (const auto& call : calls)
    EXPECT_EQ(call.request, Request::kHello);
}

TEST_F(SyncFailureTest, AfterTheTrialHelloThePushFollowsAtOnce) {
  Settle();
  hub_.set_outage(Fault{});
  replica_.Write();
  engine_.NoteWrite();
  RunFor(2min);
  hub_.set_outage(std::nullopt);

  RunFor(65s);

  EXPECT_EQ(engine_.Status().circuit, CircuitState::kClosed);
  EXPECT_EQ(replica_.Position().unsent, 0U);
  const auto calls = hub_.calls();
  const auto push = std::find_if(calls.rbegin(), calls.rend(), [](const FakeHub::Call& call) {
    return call.request == Request::kPush;
  });
  ASSERT_NE(push, calls.rend());
  EXPECT_EQ((push + 1)->request, Request::kHello);
  EXPECT_EQ((push + 1)->at, push->at);
}

TEST_F(SyncFailureTest, NoTwoAttemptsAreCloserThanTheFloor) {
  hub_.set_outage(Fault{});

  const auto calls = CallsDuring(30min);

  for (std::size_t i = 1; i < calls.size(); ++i)
    EXPECT_GE(calls[i].at - calls[i - 1].at, 100ms);
}

TEST_F(SyncFailureTest, NewWritesDuringAnOutageAreTriedAtMostOnceASecond) {
  Settle();
  hub_.set_outage(Fault{.fault = HubFault::kRetryLater});
  const std::size_t before = hub_.calls().size();

  for (int i = 0; i < 100; ++i) {
    replica_.Write();
    engine_.NoteWrite();
    RunFor(100ms);
  }

  EXPECT_LE(hub_.calls().size() - before, 13U);
  EXPECT_GE(hub_.calls().size() - before, 9U);
}

TEST_F(SyncFailureTest, AnAwakenedAttemptDoesNotGoBelowRetryAfter) {
  Settle();
  hub_.FailNext(Request::kPush, {.fault = HubFault::kRetryLater, .retry_after = 30s});
  replica_.Write();
  engine_.NoteWrite();
  Settle();
  const std::size_t before = hub_.calls().size();

  for (int i = 0; i < 29; ++i) {
    replica_.Write();
    engine_.NoteWrite();
    RunFor(1s);
  }

  EXPECT_EQ(hub_.calls().size(), before);
}

TEST_F(SyncFailureTest, ARefusedPullOrPushLetsHelloDecide) {
  Settle();
  hub_.FailNext(Request::kPush, {.fault = HubFault::kUnauthorized});
  replica_.Write();
  engine_.NoteWrite();

  RunFor(2s);

  EXPECT_EQ(replica_.Position().unsent, 0U) << "a hub that lost its data knows nobody before hello";
  EXPECT_EQ(engine_.Status().link, LinkState::kOnline);
}

TEST_F(SyncFailureTest, AFullDiskDoesNotKeepTheJournalFromTheHub) {
  replica_.Write();
  replica_.FailNext(ErrorCode::kStorageFull);  // what the hello says cannot be noted

  Settle();

  EXPECT_EQ(hub_.Count(Request::kPush), 1U);
}

TEST_F(SyncFailureTest, UnauthorizedKeepsEverythingAndAsksEvery64Seconds) {
  hub_.set_outage(Fault{.fault = HubFault::kUnauthorized});
  replica_.Write();

  const auto calls = CallsDuring(5min);

  EXPECT_EQ(calls.size(), 5U);
  EXPECT_EQ(engine_.Status().link, LinkState::kUnauthorized);
  EXPECT_EQ(engine_.Status().last_error->code, "UNAUTHORIZED");
  EXPECT_EQ(replica_.Position().unsent, 1U);
  hub_.set_outage(std::nullopt);
  RunFor(65s);
  EXPECT_EQ(replica_.Position().unsent, 0U);
}

TEST_F(SyncFailureTest, AProtocolTooNewStopsEverythingButLocalWrites) {
  hub_.set_outage(Fault{.fault = HubFault::kUpgradeRequired});
  replica_.Write();

  const auto calls = CallsDuring(5min);

  EXPECT_EQ(calls.size(), 1U);
  EXPECT_EQ(engine_.Status().link, LinkState::kUpgradeRequired);
  EXPECT_EQ(replica_.Position().unsent, 1U);
}

TEST_F(SyncFailureTest, WhatTheHubWroteIsNotShownAsOurs) {
  hub_.set_outage(Fault{.fault = HubFault::kUnauthorized});

  Settle();

  EXPECT_EQ(engine_.Status().last_error->message, "the hub refuses this notebook");
}

TEST_F(SyncFailureTest, BeforeCallDoesNotAskAHubThatIsDown) {
  hub_.set_outage(Fault{});
  Settle();
  const auto begun = std::chrono::steady_clock::now();

  engine_.BeforeCall(clock_.Now() + 1h, true);
  engine_.AfterWrite(replica_.Write(), clock_.Now() + 1h);

  EXPECT_LT(std::chrono::steady_clock::now() - begun, 10s);
}

TEST_F(SyncFailureTest, AWaitThatEndsBeforeTheNextAttemptIsNotBegun) {
  Settle();
  hub_.AnswerNext(PushStatus::kRetry);  // the link is fine, the hub wants a pause
  const EntryNumber n = replica_.Write();
  engine_.NoteWrite();
  Settle();
  const auto begun = std::chrono::steady_clock::now();

  engine_.AfterWrite(n, clock_.Now() + 1ms);

  EXPECT_LT(std::chrono::steady_clock::now() - begun, 10s);
  EXPECT_FALSE(engine_.IsConfirmed(n));
}

TEST_F(SyncFailureTest, SyncNowTriesAtOnceWhateverTheTimer) {
  hub_.set_outage(Fault{});
  replica_.Write();
  RunFor(1h);
  hub_.set_outage(std::nullopt);
  clock_.Advance(1s);

  engine_.SyncNow(clock_.Now());
  Settle();

  EXPECT_EQ(replica_.Position().unsent, 0U);
}

}  // namespace
}  // namespace contextsync::sync_failure_test
