#include "core/sync/freshness.h"

#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"

namespace contextsync::freshness_test {
namespace {

using namespace std::chrono_literals;

class FreshnessTest : public testing::Test {
 protected:
  FreshnessTest() {
    hub_clock_.Add({HubTime(), clock_.BootTime(), clock_.BootTime()});
    freshness_.OnCursor(HubSequence(10));
  }

  [[nodiscard]] UnixMillis HubTime() const { return clock_.BootTime().count() + 1'000'000; }
  [[nodiscard]] bool IsFresh() const {
    return freshness_.IsFresh(hub_clock_, ClockReading::Of(clock_));
  }
  void Beat(std::uint64_t head, UnixMillis emitted) {
    freshness_.OnBeat(HubSequence(head), emitted, ClockReading::Of(clock_));
  }

  FakeClock clock_;
  HubClock hub_clock_;
  Freshness freshness_;
};

TEST_F(FreshnessTest, NeedsABeat) {
  EXPECT_FALSE(IsFresh());
}

TEST_F(FreshnessTest, HoldsForSevenAndAHalfSecondsAfterEmission) {
  Beat(10, HubTime());

  clock_.Advance(7'490ms);
  EXPECT_TRUE(IsFresh());
  clock_.Advance(20ms);
  EXPECT_FALSE(IsFresh());
}

TEST_F(FreshnessTest, CountsAgeFromEmissionNotFromArrival) {
  const UnixMillis emitted = HubTime();
  clock_.Advance(10s);  // the process stood still; the frame waited in the socket

  Beat(10, emitted);

  EXPECT_FALSE(IsFresh());
}

TEST_F(FreshnessTest, NeedsTheCursorAtTheHead) {
  Beat(11, HubTime());
  EXPECT_FALSE(IsFresh());

  freshness_.OnCursor(HubSequence(11));
  EXPECT_TRUE(IsFresh());
}

TEST_F(FreshnessTest, IsVoidedByASuspend) {
  Beat(10, HubTime());

  clock_.Suspend(2'001ms);

  EXPECT_FALSE(IsFresh());
}

TEST_F(FreshnessTest, ToleratesTheDriftOfTwoClocks) {
  Beat(10, HubTime());

  clock_.Suspend(1'900ms);

  EXPECT_TRUE(IsFresh());
}

TEST_F(FreshnessTest, IsVoidedByReset) {
  Beat(10, HubTime());

  freshness_.Reset();

  EXPECT_FALSE(IsFresh());
  EXPECT_FALSE(freshness_.ProvenAt(hub_clock_).has_value());
}

TEST_F(FreshnessTest, DistrustsABeatFromTheFuture) {
  Beat(10, HubTime() + 60'000);

  EXPECT_FALSE(IsFresh());
}

TEST_F(FreshnessTest, CountsTheErrorOfTheOffsetAgainstItself) {
  HubClock vague;
  vague.Add({HubTime(), clock_.BootTime() - 4s, clock_.BootTime()});
  Beat(10, vague.At(clock_.BootTime()));

  clock_.Advance(6s);

  EXPECT_FALSE(freshness_.IsFresh(vague, ClockReading::Of(clock_)));
}

TEST_F(FreshnessTest, TellsWhenItWasProven) {
  const auto seen = clock_.BootTime();
  Beat(10, HubTime() - 300);

  EXPECT_EQ(freshness_.ProvenAt(hub_clock_), seen - 300ms);
}

TEST(HubClockTest, KeepsTheSampleWithTheSmallestError) {
  HubClock clock;
  clock.Add({1'010, 0ms, 20ms});
  clock.Add({1'500, 100ms, 900ms});

  EXPECT_EQ(clock.At(0ms), 1'000);
  EXPECT_LE(clock.error(), 12ms);
}

TEST(HubClockTest, FollowsAHubWhoseClockWasSet) {
  HubClock clock;
  clock.Add({1'010, 0ms, 20ms});

  clock.Add({900'000, 1'000ms, 1'200ms});

  EXPECT_EQ(clock.At(1'100ms), 900'000);
}

TEST(HubClockTest, RenewsAnOldSample) {
  HubClock clock;
  clock.Add({1'000, 0ms, 0ms});

  clock.Add({601'030, 600'000ms, 600'100ms});

  EXPECT_EQ(clock.At(600'050ms), 601'030);
}

}  // namespace
}  // namespace contextsync::freshness_test
