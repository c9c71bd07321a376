// How fresh a notebook may claim to be, and what proves it, through the whole engine.

#include "tests/unit/sync/sync_fixture.h"

namespace contextsync::sync_freshness_test {
namespace {

class SyncFreshnessTest : public SyncFixture {
 protected:
  [[nodiscard]] std::size_t Pulls() const { return hub_.Count(Request::kChanges); }
  [[nodiscard]] std::uint64_t Cursor() const { return replica_.Position().cursor.value; }
};

TEST_F(SyncFreshnessTest, AHeartbeatProvesFreshnessAndSparesThePull) {
  Connect();
  channel_.Send(Frame(EventFrame::Type::kHeartbeat));
  Settle();

  EXPECT_TRUE(IsProvenFresh());
  clock_.Advance(7'600ms);
  EXPECT_FALSE(IsProvenFresh());
  EXPECT_DOUBLE_EQ(*engine_.Status().metrics.cache_hit_rate, 0.5);
}

TEST_F(SyncFreshnessTest, AForcedRefreshPullsEvenWhenFresh) {
  Connect();
  const std::size_t pulls = Pulls();

  engine_.BeforeCall(clock_.Now(), true);
  Settle();

  EXPECT_EQ(Pulls(), pulls + 1);
}

TEST_F(SyncFreshnessTest, ABrokenChannelVoidsTheProof) {
  Connect();
  channel_.Break();
  Settle();

  EXPECT_FALSE(IsProvenFresh());
}

TEST_F(SyncFreshnessTest, ASuspendVoidsTheProofAndReconnects) {
  Connect();
  const std::size_t opened = channel_.opened;

  clock_.Suspend(3s);
  Settle();

  EXPECT_FALSE(IsProvenFresh());
  EXPECT_EQ(channel_.opened, opened + 1);
}

TEST_F(SyncFreshnessTest, AnOldHeartbeatIsNoProofHoweverNewItLooks) {
  Connect();
  EventFrame stale = Frame(EventFrame::Type::kHeartbeat);
  clock_.Advance(10s);

  channel_.Send(stale);
  Settle();

  EXPECT_FALSE(IsProvenFresh());
}

TEST_F(SyncFreshnessTest, HeartbeatsKeepAnIdleNotebookYoung) {
  Connect();
  for (int i = 0; i < 60; ++i) {
    channel_.Send(Frame(EventFrame::Type::kHeartbeat));
    RunFor(5s);
  }

  ASSERT_TRUE(engine_.Status().age.has_value());
  EXPECT_LE(*engine_.Status().age, 6s);
}

TEST_F(SyncFreshnessTest, AgeGrowsWhileTheHubIsAway) {
  Connect();
  hub_.set_outage(Fault{});
  channel_.Break();

  RunFor(100s);

  EXPECT_GE(*engine_.Status().age, 99s);
  EXPECT_NE(engine_.Status().link, LinkState::kOnline);
}

TEST_F(SyncFreshnessTest, AnAnswerIsAsOldAsItsQuestion) {
  Connect();
  channel_.Break();
  Settle();
  hub_.WriteElsewhere();
  hub_.set_delay([this] { clock_.Advance(10s); });

  EXPECT_FALSE(IsProvenFresh());

  EXPECT_EQ(Cursor(), 1U);
  EXPECT_GE(engine_.Status().age, 10s);
}

TEST_F(SyncFreshnessTest, NobodyWaitsForAHubThatHasNotAnsweredForLong) {
  Connect();
  channel_.Break();
  Settle();
  Clock::Instant::duration waited{};
  hub_.set_delay([this, &waited] {
    clock_.Advance(1s);
    const auto begun = std::chrono::steady_clock::now();
    engine_.BeforeCall(clock_.Now() + 400ms, false);
    waited = std::chrono::steady_clock::now() - begun;
  });

  EXPECT_FALSE(IsProvenFresh());

  EXPECT_LT(waited, 300ms);
}

TEST_F(SyncFreshnessTest, WithoutAnySyncThereIsNoAge) {
  hub_.set_outage(Fault{});

  RunFor(10s);

  EXPECT_FALSE(engine_.Status().age.has_value());
}

TEST_F(SyncFreshnessTest, AnEarlierProcessSyncedOnlyWithTheHubItHad) {
  replica_.SyncedWith("https://former", clock_.WallMillis() - 20'000);
  const auto age_with = [this](const std::string& origin) {
    SyncOptions options;
    options.identity.origin = origin;
    return SyncEngine({replica_, hub_, &channel_, clock_, random_}, options).Status().age;
  };

  EXPECT_EQ(age_with("https://former"), 20s);
  EXPECT_EQ(age_with("https://hub"), std::nullopt);
}

TEST_F(SyncFreshnessTest, MetricsCountEveryExchange) {
  hub_.FailNext(Request::kHello, {});
  RunFor(2s);

  const SyncMetrics metrics = engine_.Status().metrics;

  EXPECT_EQ(metrics.total_syncs, hub_.calls().size());
  EXPECT_LT(*metrics.success_rate, 1.0);
  EXPECT_TRUE(metrics.p99_ms.has_value());
}

}  // namespace
}  // namespace contextsync::sync_freshness_test
