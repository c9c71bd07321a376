#include "core/sync/pacer.h"

#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"

namespace contextsync::pacer_test {
namespace {

using namespace std::chrono_literals;

class PacerTest : public testing::Test {
 protected:
  void Note(const Exchange& exchange, bool was_hello = false) {
    pacer_.OnExchange(exchange, was_hello, clock_.Now(), clock_.Now());
  }
  void Fail(HubFault fault, int times = 1) {
    for (int i = 0; i < times; ++i)
      Note(Exchange::HubFailed(fault, ""));
  }
  [[nodiscard]] auto Wait() const { return pacer_.not_before() - clock_.Now(); }

  FakeClock clock_;
  SeededRandom random_;
  Pacer pacer_{random_};
};

TEST_F(PacerTest, IsOfflineUntilTheHubAnswers) {
  EXPECT_EQ(pacer_.link(), LinkState::kOffline);

  Note(Exchange::Done(), true);

  EXPECT_EQ(pacer_.link(), LinkState::kOnline);
}

TEST_F(PacerTest, OpensTheCircuitAfterFiveTransportFailures) {
  Fail(HubFault::kTransport, 4);
  EXPECT_EQ(pacer_.circuit(), CircuitState::kClosed);

  Fail(HubFault::kTimeout);
  EXPECT_EQ(pacer_.circuit(), CircuitState::kOpen);

  EXPECT_TRUE(pacer_.OnTimer());
  EXPECT_EQ(pacer_.circuit(), CircuitState::kHalfOpen);
}

TEST_F(PacerTest, OpensAgainWhenTheTrialFails) {
  Fail(HubFault::kTransport, 5);
  pacer_.OnTimer();

  Fail(HubFault::kTransport);

  EXPECT_EQ(pacer_.circuit(), CircuitState::kOpen);
}

TEST_F(PacerTest, AnAnswerClosesTheCircuit) {
  Fail(HubFault::kTransport, 5);
  pacer_.OnTimer();

  Fail(HubFault::kRetryLater);

  EXPECT_EQ(pacer_.circuit(), CircuitState::kClosed);
}

TEST_F(PacerTest, IsStalledAfterSevenFailures) {
  Fail(HubFault::kTransport, 6);
  EXPECT_EQ(pacer_.link(), LinkState::kOffline);

  Fail(HubFault::kTransport);

  EXPECT_EQ(pacer_.link(), LinkState::kStalled);
}

TEST_F(PacerTest, AHelloDoesNotForgiveAPushThatFails) {
  Fail(HubFault::kRetryLater, 6);
  Note(Exchange::Done(), true);

  Fail(HubFault::kRetryLater);

  EXPECT_EQ(pacer_.link(), LinkState::kStalled);
}

TEST_F(PacerTest, AWriteIsTriedEarlyButNotMoreThanOnceASecond) {
  Fail(HubFault::kTransport, 4);

  pacer_.OnWrite(clock_.Now());

  EXPECT_LE(Wait(), 1s);
  EXPECT_GT(Wait(), 0s);
}

TEST_F(PacerTest, AWriteDoesNotHurryAnOpenCircuit) {
  Fail(HubFault::kTransport, 12);
  const auto before = pacer_.not_before();

  pacer_.OnWrite(clock_.Now());

  EXPECT_EQ(pacer_.not_before(), before);
}

TEST_F(PacerTest, NothingGoesBelowRetryAfter) {
  HubFailure failure;
  failure.fault = HubFault::kRetryLater;
  failure.retry_after = 30s;
  Note(Exchange::HubFailed(failure));

  pacer_.OnWrite(clock_.Now());
  pacer_.OnSignOfLife(clock_.Now());

  EXPECT_GE(Wait(), 30s);
}

TEST_F(PacerTest, UnauthorizedWaitsForAPerson) {
  Fail(HubFault::kUnauthorized);

  EXPECT_EQ(pacer_.link(), LinkState::kUnauthorized);
  EXPECT_EQ(Wait(), 64s);
  pacer_.OnWrite(clock_.Now());
  EXPECT_EQ(Wait(), 64s);
  pacer_.OnSignOfLife(clock_.Now());
  EXPECT_LE(Wait(), 1s);
}

TEST_F(PacerTest, TheFirstDetourIsFreeACircleIsNot) {
  Note(Exchange::Detour());
  EXPECT_EQ(Wait(), 0s);

  Note(Exchange::Detour());
  EXPECT_GE(Wait(), 100ms);
  EXPECT_EQ(pacer_.link(), LinkState::kOnline);
}

TEST_F(PacerTest, BackingOffWaitsAtOnce) {
  Note(Exchange::BackOff());

  EXPECT_GE(Wait(), 100ms);
}

TEST_F(PacerTest, ALocalFailureIsNotTheLinks) {
  Note(Exchange::Done());
  for (int i = 0; i < 20; ++i)
    Note(Exchange::LocalFailed({ErrorCode::kStorageFull, "full"}));

  EXPECT_EQ(pacer_.link(), LinkState::kOnline);
  EXPECT_LE(Wait(), 4s);
}

}  // namespace
}  // namespace contextsync::pacer_test
