#include "core/sync/latency_ring.h"

#include <gtest/gtest.h>

#include "core/sync/tuning.h"

namespace contextsync::latency_ring_test {
namespace {

using namespace std::chrono_literals;

TEST(LatencyRingTest, HasNothingToSayBeforeTheFirstSample) {
  const LatencyRing ring;

  EXPECT_FALSE(ring.Average().has_value());
  EXPECT_FALSE(ring.Percentile(0.5).has_value());
}

TEST(LatencyRingTest, GivesAverageAndPercentiles) {
  LatencyRing ring;
  for (int i = 1; i <= 100; ++i)
    ring.Add(std::chrono::milliseconds(i));

  EXPECT_DOUBLE_EQ(*ring.Average(), 50.5);
  EXPECT_DOUBLE_EQ(*ring.Percentile(0.5), 50);
  EXPECT_DOUBLE_EQ(*ring.Percentile(0.99), 99);
  EXPECT_DOUBLE_EQ(*ring.Percentile(1), 100);
}

TEST(LatencyRingTest, ForgetsTheOldest) {
  LatencyRing ring;
  ring.Add(1h);
  for (std::size_t i = 0; i < sync_tuning::kLatencySamples; ++i)
    ring.Add(2ms);

  EXPECT_DOUBLE_EQ(*ring.Percentile(1), 2);
}

}  // namespace
}  // namespace contextsync::latency_ring_test
