#include "core/sync/resting_gate.h"

#include <gtest/gtest.h>

namespace contextsync::resting_gate_test {
namespace {

TEST(RestingGateTest, IsAsOldAsTheLastSync) {
  SyncPosition position;
  position.last_sync_at = 5'000;

  const SyncStatus status = RestingGate(position, 65'000).Status();

  EXPECT_EQ(status.link, LinkState::kOffline);
  EXPECT_EQ(status.channel, ChannelState::kClosed);
  EXPECT_EQ(status.age, std::chrono::seconds(60));
  EXPECT_EQ(status.last_sync_at, 5'000);
}

TEST(RestingGateTest, KnowsNoAgeBeforeTheFirstSyncNorUnderAClockSetBack) {
  SyncPosition position;
  EXPECT_EQ(RestingGate(position, 1'000).Status().age, std::nullopt);

  position.last_sync_at = 5'000;
  const SyncStatus status = RestingGate(position, 4'999).Status();

  EXPECT_EQ(status.age, std::nullopt);
  EXPECT_EQ(status.last_sync_at, std::nullopt);
}

TEST(RestingGateTest, WaitsForNothingAndConfirmsNothing) {
  RestingGate gate(SyncPosition{}, 0);

  gate.BeforeCall(Clock::Instant::max(), true);
  gate.AfterWrite(EntryNumber(1), Clock::Instant::max());

  EXPECT_FALSE(gate.IsConfirmed(EntryNumber(1)));
}

}  // namespace
}  // namespace contextsync::resting_gate_test
