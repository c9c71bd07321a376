// Clocks that are wrong: own writes the hub refuses as ahead of its time get fresh stamps.

#include "tests/unit/corners/seat.h"

namespace contextsync::clock_skew_test {
namespace {

constexpr std::int64_t kHour = 3'600'000;
constexpr std::int64_t kYear = 8'766 * kHour;

class ClockSkewTest : public CornerFixture {
 protected:
  /// Offline work with a clock that is `skew_ms` off: scalars, a log element, its removal, a second
  /// context, a deletion.
  void WorkOffline(std::int64_t skew_ms) {
    a_.link.faults.is_cut = true;
    a_.clock.skew_ms = skew_ms;
    a_.Set("t1", {{"status", "first"}, {"insights", {{{"id", "i1"}}, {{"id", "i2"}}}}});
    a_.Set("t1", {{"status", "second"}});
    a_.Remove("t1", "/insights", {{"id", "i1"}});
    a_.Set("t2", {{"files_read", {"x.cc"}}});
    a_.Set("t2", {{"gone", 1}});
    a_.Set("t2", {{"gone", nullptr}});
  }

  void ExpectTheWork() {
    for (const Seat* seat : {&a_, &b_}) {
      EXPECT_EQ(seat->Data("t1"), (Json{{"status", "second"}, {"insights", {{{"id", "i2"}}}}}));
      EXPECT_EQ(seat->Data("t2"), (Json{{"files_read", {"x.cc"}}}));
    }
  }

  /// Stamps and times of the next write are of now.
  void ExpectTheClockToBeRight() {
    EXPECT_LE(a_.notebook->Position().hlc.millis(), world_.WallMillis() + 1'000);
    const auto info = a_.notebook->Read({Level::kTask, "t1"}).value().found->info;
    EXPECT_LE(info.created_at, world_.WallMillis() + 1'000);
    EXPECT_LE(info.updated_at, world_.WallMillis() + 1'000);
  }

  void Reconnect() { a_.link.faults.is_cut = false; }
};

TEST_F(ClockSkewTest, TwoDaysAheadEndsRightEverywhereAndTheClockGoesBack) {
  Converge();
  WorkOffline(48 * kHour);
  Reconnect();

  Converge();

  ExpectTheWork();
  ExpectTheClockToBeRight();
}

TEST_F(ClockSkewTest, TenYearsAheadEndsRightEverywhereAndTheClockGoesBack) {
  Converge();
  WorkOffline(10 * kYear);
  Reconnect();

  Converge();

  ExpectTheWork();
  ExpectTheClockToBeRight();
}

TEST_F(ClockSkewTest, AClockThatIsBehindNeedsNothing) {
  Converge();
  WorkOffline(-48 * kHour);
  Reconnect();

  Converge();

  ExpectTheWork();
}

TEST_F(ClockSkewTest, ANotebookThatNeverMetAHubIsRestampedAtTheFirstMeeting) {
  WorkOffline(10 * kYear);
  b_.Set("t1", {{"other", 1}});
  RunFor(10s);
  Reconnect();

  Converge();

  EXPECT_EQ(a_.Data("t1")["other"], 1);
  EXPECT_EQ(a_.Data("t1")["status"], "second");
  ExpectTheClockToBeRight();
}

TEST_F(ClockSkewTest, LaterWritesOfOthersWinOverARestampedPast) {
  Converge();
  WorkOffline(10 * kYear);
  Reconnect();
  Converge();

  b_.Set("t1", {{"status", "third"}});
  Converge();

  EXPECT_EQ(a_.Data("t1")["status"], "third");
}

TEST_F(ClockSkewTest, TheOffsetIsRememberedAcrossARestart) {
  a_.clock.skew_ms = 48 * kHour;
  Converge();
  a_.Restart(true);
  a_.link.faults.is_cut = true;

  a_.Set("t1", {{"a", 1}});

  EXPECT_LE(a_.notebook->Position().hlc.millis(), world_.WallMillis() + 1'000);
}

TEST_F(ClockSkewTest, WritersGoOnWhileContextsAreFetched) {
  Converge();
  WorkOffline(10 * kYear);
  Reconnect();
  for (int i = 0; i < 40; ++i) {
    a_.engine->Step();
    a_.Set("late" + std::to_string(i % 4), {{"k" + std::to_string(i), i}});
    world_.Advance(50ms);
  }

  Converge();

  ExpectTheWork();
  ExpectTheClockToBeRight();
  for (int i = 0; i < 40; ++i)
    EXPECT_EQ(b_.Data("late" + std::to_string(i % 4))["k" + std::to_string(i)], i);
}

TEST_F(ClockSkewTest, KilledAtEachStepNothingIsLostOrDoubled) {
  Converge();
  for (int steps = 0; steps < 14; ++steps) {
    SCOPED_TRACE(steps);
    const std::string task = "k" + std::to_string(steps);
    a_.link.faults.is_cut = true;
    a_.clock.skew_ms = 10 * kYear;
    a_.Set(task, {{"status", "one"}, {"insights", {{{"id", "i1"}}, {{"id", "i2"}}}}});
    a_.Remove(task, "/insights", {{"id", "i1"}});
    a_.Set(task, {{"status", "two"}});
    Reconnect();
    for (int i = 0; i < steps; ++i)
      a_.engine->Step();

    a_.Restart(steps % 2 == 0);
    a_.clock.skew_ms = 0;
    Converge();

    EXPECT_EQ(b_.Data(task), (Json{{"status", "two"}, {"insights", {{{"id", "i2"}}}}}));
    EXPECT_LE(a_.notebook->Position().hlc.millis(), world_.WallMillis() + 1'000);
  }
}

TEST_F(ClockSkewTest, ADelayedFirstRequestThatComesInAfterAllDoesNotBeatItsSuccessors) {
  Converge();
  a_.clock.skew_ms = 90'000;
  a_.link.faults.is_cut = true;
  a_.Set("t1", {{"status", "first"}, {"insights", {{{"id", "i1"}}}}});
  a_.Set("t1", {{"status", "second"}});
  a_.Remove("t1", "/insights", {{"id", "i1"}});
  a_.Set("t2", {{"status", "other"}});
  const auto before = a_.notebook->NextPush(16, 1 << 20).value();
  const auto position = a_.notebook->Position();
  const PushRequest late{.device = position.device,
                         .former = position.former,
                         .acked_n = position.acked_n,
                         .low_base = position.low_base,
                         .cursor = position.durable_cursor,
                         .claim = position.claim,
                         .entries = {before.front()}};
  Reconnect();
  for (int i = 0; i < 100; ++i) {
    const auto next = a_.notebook->NextPush(1, 1).value();
    if (next.front().hash != before.front().hash) break;
    a_.engine->Step();
    world_.Advance(50ms);
  }
  ASSERT_NE(a_.notebook->NextPush(1, 1).value().front().hash, before.front().hash);

  world_.Advance(2min);
  hub_.service().Push(hub_.workspace(), {}, late, [](const auto& reply) {
    ASSERT_TRUE(reply.ok());
    ASSERT_EQ(reply.value().results.front().status, PushStatus::kAccepted);
  });
  hub_.RunAll();
  Converge();

  for (const Seat* seat : {&a_, &b_}) {
    EXPECT_EQ(seat->Data("t1"), (Json{{"status", "second"}, {"insights", Json::array()}}));
    EXPECT_EQ(seat->Data("t2"), (Json{{"status", "other"}}));
  }
}

}  // namespace
}  // namespace contextsync::clock_skew_test
