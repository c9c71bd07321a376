#include "core/sync/retry_schedule.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>

#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"

namespace contextsync::retry_schedule_test {
namespace {

using namespace std::chrono_literals;

std::uint64_t Seed() {
  const char* given = std::getenv("CONTEXTSYNC_SEED");
  return given == nullptr ? 20'260'101 : std::stoull(given);
}

double Seconds(RetrySchedule::Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

/// The mean of max(0.1, U(0, ceiling)).
double ExpectedMean(double ceiling) {
  return (0.01 + ceiling * ceiling) / (2 * ceiling);
}

TEST(RetryScheduleTest, DrawsWithinTheCeilingOfItsFailureCount) {
  const std::uint64_t seed = Seed();
  SCOPED_TRACE("CONTEXTSYNC_SEED=" + std::to_string(seed));
  SeededRandom random(seed);

  for (int round = 0; round < 10'000; ++round) {
    RetrySchedule schedule(random);
    for (int k = 0; k < 10; ++k) {
      const double delay = Seconds(schedule.Fail());

      ASSERT_GE(delay, 0.1);
      ASSERT_LE(delay, std::min(64.0, std::exp2(k)));
    }
  }
}

TEST(RetryScheduleTest, MeanIsThatOfFullJitter) {
  const std::uint64_t seed = Seed();
  SCOPED_TRACE("CONTEXTSYNC_SEED=" + std::to_string(seed));
  SeededRandom random(seed);
  constexpr int kDraws = 100'000;

  for (int k = 0; k < 8; ++k) {
    double sum = 0;
    for (int draw = 0; draw < kDraws; ++draw) {
      RetrySchedule schedule(random);
      for (int failure = 0; failure < k; ++failure)
        schedule.Fail();
      sum += Seconds(schedule.Fail());
    }

    const double expected = ExpectedMean(std::min(64.0, std::exp2(k)));
    EXPECT_NEAR(sum / kDraws, expected, expected * 0.02) << "k = " << k;
  }
}

TEST(RetryScheduleTest, NeverEndsAndNeverExceedsItsCeiling) {
  SeededRandom random;
  RetrySchedule schedule(random, 4s);

  for (int i = 0; i < 100'000; ++i)
    ASSERT_LE(schedule.Fail(), 4s);

  EXPECT_EQ(schedule.failures(), 100'000U);
}

TEST(RetryScheduleTest, RetryAfterIsAFloor) {
  SeededRandom random;
  RetrySchedule schedule(random);

  for (int i = 0; i < 1'000; ++i)
    ASSERT_GE(schedule.Fail(30s), 30s);
}

TEST(RetryScheduleTest, StartsOverAfterReset) {
  SeededRandom random;
  RetrySchedule schedule(random);
  for (int i = 0; i < 20; ++i)
    schedule.Fail();

  schedule.Reset();

  EXPECT_LE(schedule.Fail(), 1s);
}

}  // namespace
}  // namespace contextsync::retry_schedule_test
