// The engine with its own thread: who waits, and for how long.

#include "core/sync/retry_service.h"

#include <chrono>
#include <memory>

#include <gtest/gtest.h>

#include "core/sync/local_gate.h"
#include "tests/support/fake_clock.h"
#include "tests/unit/sync/fake_hub.h"
#include "tests/unit/sync/fake_replica.h"

namespace contextsync::retry_service_test {
namespace {

using namespace std::chrono_literals;

class RetryServiceTest : public testing::Test {
 protected:
  void Start() { service_ = std::make_unique<RetryService>(engine_); }
  [[nodiscard]] Clock::Instant Soon() const { return clock_.Now() + 20s; }

  RealClock clock_;
  SeededRandom random_;
  FakeReplica replica_;
  FakeHub hub_{clock_};
  SyncEngine engine_{{replica_, hub_, nullptr, clock_, random_}, {}};
  std::unique_ptr<RetryService> service_;
};

TEST_F(RetryServiceTest, AfterWriteReturnsWhenTheHubHasAnswered) {
  Start();
  const EntryNumber n = replica_.Write();

  engine_.AfterWrite(n, Soon());

  EXPECT_TRUE(engine_.IsConfirmed(n));
}

TEST_F(RetryServiceTest, BeforeCallReturnsWithTheHubsChanges) {
  Start();
  engine_.BeforeCall(Soon(), true);
  hub_.WriteElsewhere(3);

  engine_.BeforeCall(Soon(), true);

  EXPECT_EQ(replica_.Position().cursor, HubSequence(3));
}

TEST_F(RetryServiceTest, AfterWriteReturnsAtItsDeadline) {
  const auto begun = clock_.Now();  // nobody drives the engine

  engine_.AfterWrite(replica_.Write(), begun + 30ms);

  EXPECT_GE(clock_.Now() - begun, 30ms);
}

TEST_F(RetryServiceTest, NobodyWaitsForAHubThatIsDown) {
  hub_.set_outage(Fault{});
  Start();
  engine_.BeforeCall(Soon(), true);  // returns when the first attempt has failed

  const auto begun = clock_.Now();
  engine_.AfterWrite(replica_.Write(), begun + 1h);
  engine_.BeforeCall(begun + 1h, false);

  EXPECT_LT(clock_.Now() - begun, 10s);
}

TEST_F(RetryServiceTest, FlushPushesWhatIsLeft) {
  for (int i = 0; i < 300; ++i)
    replica_.Write();
  Start();

  EXPECT_TRUE(engine_.Flush(Soon()));
  EXPECT_EQ(replica_.Position().unsent, 0U);
}

TEST_F(RetryServiceTest, FlushGivesUpAtItsDeadline) {
  replica_.Write();

  EXPECT_FALSE(engine_.Flush(clock_.Now() + 10ms));
}

TEST_F(RetryServiceTest, SyncNowTellsWhatItMoved) {
  Start();
  engine_.BeforeCall(Soon(), true);
  hub_.WriteElsewhere(2);
  replica_.Write();

  const SyncOutcome outcome = engine_.SyncNow(Soon());

  EXPECT_TRUE(outcome.complete);
  EXPECT_EQ(outcome.pushed, 1U);
  EXPECT_GE(outcome.pulled, 2U);
}

TEST_F(RetryServiceTest, SyncNowEndsWhenTheHubCannotBeReached) {
  hub_.set_outage(Fault{});
  Start();

  EXPECT_FALSE(engine_.SyncNow(Soon()).complete);
}

TEST_F(RetryServiceTest, StoppingCancelsTheRequestAndReleasesWaiters) {
  Start();

  service_.reset();

  EXPECT_TRUE(hub_.cancelled());
  const auto begun = clock_.Now();
  engine_.AfterWrite(replica_.Write(), begun + 1h);
  EXPECT_LT(clock_.Now() - begun, 10s);
}

TEST(LocalGateTest, HasNothingToWaitForOrToReport) {
  LocalGate gate;

  gate.BeforeCall(Clock::Instant::max(), true);
  gate.AfterWrite(EntryNumber(1), Clock::Instant::max());

  EXPECT_EQ(gate.Status().link, LinkState::kNone);
  EXPECT_FALSE(gate.IsConfirmed(EntryNumber(1)));
}

}  // namespace
}  // namespace contextsync::retry_service_test
