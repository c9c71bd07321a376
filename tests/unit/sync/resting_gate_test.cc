#include "core/sync/resting_gate.h"

#include <gtest/gtest.h>

namespace contextsync::resting_gate_test {
namespace {

constexpr const char* kHub = "https://hub";

SyncPosition SyncedAt(UnixMillis when) {
  SyncPosition position;
  position.hub = kHub;
  position.last_sync_at = when;
  return position;
}

TEST(RestingGateTest, IsAsOldAsTheLastSync) {
  const SyncStatus status = RestingGate(SyncedAt(5'000), kHub, 65'000).Status();

  EXPECT_EQ(status.link, LinkState::kOffline);
  EXPECT_EQ(status.channel, ChannelState::kClosed);
  EXPECT_EQ(status.age, std::chrono::seconds(60));
  EXPECT_EQ(status.last_sync_at, 5'000);
}

TEST(RestingGateTest, KnowsNoAgeBeforeTheFirstSyncNorUnderAClockSetBack) {
  EXPECT_EQ(RestingGate(SyncPosition{}, kHub, 1'000).Status().age, std::nullopt);

  const SyncStatus status = RestingGate(SyncedAt(5'000), kHub, 4'999).Status();

  EXPECT_EQ(status.age, std::nullopt);
  EXPECT_EQ(status.last_sync_at, std::nullopt);
}

TEST(RestingGateTest, WhatAnotherHubSaidIsNoSyncWithTheOneOfTheSettings) {
  const SyncStatus status = RestingGate(SyncedAt(5'000), "https://other", 6'000).Status();

  EXPECT_EQ(status.age, std::nullopt);
  EXPECT_EQ(status.last_sync_at, std::nullopt);
}

TEST(RestingGateTest, WaitsForNothingAndConfirmsNothing) {
  RestingGate gate(SyncPosition{}, kHub, 0);

  gate.BeforeCall(Clock::Instant::max(), true);
  gate.AfterWrite(EntryNumber(1), Clock::Instant::max());

  EXPECT_FALSE(gate.IsConfirmed(EntryNumber(1)));
}

}  // namespace
}  // namespace contextsync::resting_gate_test
