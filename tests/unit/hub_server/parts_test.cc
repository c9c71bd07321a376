// The parts of the listener that need no socket.

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/ports/hub_wire.h"
#include "server/hub/auth_failures.h"
#include "server/hub/event_feed.h"
#include "server/hub/guarded_clock.h"
#include "server/hub/head_scan.h"
#include "server/hub/outbox.h"
#include "server/hub/routes.h"
#include "server/hub/url_query.h"
#include "tests/unit/hub_server/fakes.h"

namespace contextsync::parts_test {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

TEST(HeadScanTest, FindsTheEndWhereverTheBytesAreCut) {
  const std::string head = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  for (std::size_t cut = 0; cut < head.size(); ++cut) {
    EXPECT_EQ(ScanHead(head.substr(0, cut)).state, HeadState::kIncomplete) << cut;
    const HeadScan whole = ScanHead(head + "body", cut);
    EXPECT_EQ(whole.state, HeadState::kComplete) << cut;
    EXPECT_EQ(whole.length, head.size()) << cut;
  }
}

TEST(HeadScanTest, RefusesWhatTwoParsersMayReadDifferently) {
  const std::string line = "POST / HTTP/1.1\r\n";
  for (const std::string& head : {
           std::string("GET / HTTP/1.1\n\n"),
           std::string("GET / HTTP/1.1\nHost: a\r\n\r\n"),
           std::string("\r\nGET / HTTP/1.1\r\n\r\n"),
           line + "A: b\rc\r\n\r\n",
           line + std::string("A: b\0c\r\n\r\n", 10),
           line + "A: b\r\n c\r\n\r\n",
           line + "A : b\r\n\r\n",
           line + " A: b\r\n\r\n",
           line + ": b\r\n\r\n",
           line + "A\r\n\r\n",
           line + "Content-Length: 1\r\ncontent-length: 1\r\n\r\n",
           line + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
           line + "Transfer-Encoding: identity\r\n\r\n",
           line + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
           line + "Host: a\r\nHost: b\r\n\r\n",
           line + "Authorization: a\r\nAuthorization: b\r\n\r\n",
       }) {
    EXPECT_EQ(ScanHead(head).state, HeadState::kMalformed) << head;
  }
}

TEST(UrlQueryTest, DecodesNamesAndValues) {
  const UrlQuery query = UrlQuery::Parse("a=1&b%20c=%C3%A4+x&empty=&flag&&").value();

  EXPECT_EQ(query.Text("a"), "1");
  EXPECT_EQ(query.Text("b c"), "ä+x");
  EXPECT_TRUE(query.Has("empty"));
  EXPECT_TRUE(query.Has("flag"));
  EXPECT_EQ(query.Text("absent"), "");
  EXPECT_EQ(query.Number("absent", 7).value(), 7U);
}

TEST(UrlQueryTest, RefusesWhatIsBroken) {
  for (const std::string text : {"a=%", "a=%4", "a=%zz", "a=%+1", "a=1&a=1"}) {
    EXPECT_FALSE(UrlQuery::Parse(text).ok()) << text;
  }
  for (const std::string number : {"-1", "+1", "1.5", "0x1", " 1", "18446744073709551616"}) {
    UrlQuery query = UrlQuery::Parse("n=" + number).value();
    EXPECT_FALSE(query.Number("n", 0).ok()) << number;
  }
}

TEST(RoutesTest, FindsEachOfItsOwnPathsAndNoOther) {
  for (const Route& route : Routes()) {
    const std::string prefix = route.in_workspace ? "/v1/workspaces/w/" : "";
    const std::string path = prefix + std::string(route.path);
    const auto match = MatchRoute(path);
    ASSERT_TRUE(match.has_value()) << route.path;
    EXPECT_EQ(match->route->id, route.id);
    EXPECT_EQ(match->workspace, route.in_workspace ? "w" : "");
  }
  for (const std::string path : {"", "/", "hello", "/hello", "/v1/workspaces/", "/v1/workspaces/w",
                                 "/v1/workspaces/w//healthz", "/v1/workspaces/w/x/push"}) {
    EXPECT_FALSE(MatchRoute(path).has_value()) << path;
  }
}

EventFrame Told(std::uint64_t head, std::string epoch = {}) {
  EventFrame frame;
  frame.type = EventFrame::Type::kHeartbeat;
  frame.epoch = Epoch(std::move(epoch));
  frame.head = HubSequence(head);
  return frame;
}

TEST(OutboxTest, KeepsOrderWithinItsBounds) {
  Outbox outbox(3, 100);
  for (std::uint64_t seq = 1; seq <= 3; ++seq)
    outbox.Push(std::to_string(seq), Told(seq));

  EXPECT_EQ(outbox.Pop(), "1");
  EXPECT_EQ(outbox.Pop(), "2");
  EXPECT_EQ(outbox.Pop(), "3");
  EXPECT_EQ(outbox.Pop(), std::nullopt);
  EXPECT_FALSE(outbox.overflowed());
}

TEST(OutboxTest, ForgetsAllForOneLaggedWithTheNewestHead) {
  Outbox by_count(2, 1'000);
  Outbox by_bytes(100, 5);
  for (std::uint64_t seq = 1; seq <= 3; ++seq) {
    by_count.Push("ab", Told(seq));
    by_bytes.Push("ab", Told(seq));
  }

  for (Outbox* outbox : {&by_count, &by_bytes}) {
    EXPECT_TRUE(outbox->overflowed());
    EXPECT_EQ(outbox->Pop(), R"({"event":"lagged","head":3})");
    EXPECT_TRUE(outbox->overflowed());  // until it is seen empty
    EXPECT_EQ(outbox->Pop(), std::nullopt);
    EXPECT_FALSE(outbox->overflowed());
  }
}

TEST(OutboxTest, GoesOnBehindTheLaggedFrame) {
  Outbox outbox(2, 1'000);
  for (std::uint64_t seq = 1; seq <= 4; ++seq)
    outbox.Push("frame", Told(seq));

  EXPECT_EQ(outbox.Pop(), R"({"event":"lagged","head":3})");
  EXPECT_EQ(outbox.Pop(), "frame");
}

TEST(OutboxTest, NeverDropsTheFirstFrameAndNamesTheEpochOfWhatItDropped) {
  const std::string epoch(32, 'a');
  Outbox outbox(2, 1'000);
  EventFrame ready = Told(9, epoch);
  ready.type = EventFrame::Type::kReady;
  outbox.Push("ready", ready);
  for (std::uint64_t seq = 10; seq <= 12; ++seq)
    outbox.Push("frame", Told(seq, epoch));

  EXPECT_EQ(outbox.Pop(), "ready");
  EXPECT_EQ(outbox.Pop(), R"({"epoch":")" + epoch + R"(","event":"lagged","head":12})");
  EXPECT_TRUE(outbox.empty() == !outbox.Pop().has_value());
}

TEST(OutboxTest, ABacklogOfAsManyFramesAsFitComesWholeBehindTheFirstFrame) {
  Outbox outbox(2, 1'000);
  EventFrame ready = Told(2);
  ready.type = EventFrame::Type::kReady;
  outbox.Push("ready", ready);
  outbox.Push("1", Told(1));
  outbox.Push("2", Told(2));

  EXPECT_EQ(outbox.Pop(), "ready");
  EXPECT_EQ(outbox.Pop(), "1");
  EXPECT_EQ(outbox.Pop(), "2");
  EXPECT_FALSE(outbox.overflowed());
}

TEST(EventFeedTest, EveryReaderGetsItsOwnFrames) {
  const FakeClock clock;
  EventFeed near(clock, HubTuning{});
  EventFeed far(clock, HubTuning{});
  EventFrame frame;
  frame.epoch = Epoch("e1");
  for (std::uint64_t head = 1; head <= 3; ++head) {
    frame.head = HubSequence(head);
    near.OnFrame(frame);
    far.OnFrame(frame);
  }

  for (std::uint64_t head = 1; head <= 3; ++head) {
    frame.head = HubSequence(head);
    const std::string expected = CompactText(ToJson(frame));
    EXPECT_EQ(near.Take(), expected);
    EXPECT_EQ(far.Take(), expected);
  }
}

TEST(EventFeedTest, WakesItsReaderOncePerWait) {
  FakeClock clock;
  EventFeed feed(clock, HubTuning{});
  int wakes = 0;
  feed.Open([&] { ++wakes; });

  feed.OnFrame(FakeHub::Event(1));
  feed.OnFrame(FakeHub::Event(2));
  EXPECT_EQ(wakes, 1);
  EXPECT_TRUE(feed.Take().has_value());
  EXPECT_TRUE(feed.Take().has_value());
  EXPECT_FALSE(feed.Take().has_value());
  feed.OnFrame(FakeHub::Event(3));

  EXPECT_EQ(wakes, 2);
}

TEST(EventFeedTest, WakesAtOnceForWhatCameBeforeTheReader) {
  FakeClock clock;
  EventFeed feed(clock, HubTuning{});
  int wakes = 0;
  feed.OnFrame(FakeHub::Event(1));

  feed.Open([&] { ++wakes; });

  EXPECT_EQ(wakes, 1);
}

TEST(EventFeedTest, KnowsSinceWhenItsReaderIsBehind) {
  FakeClock clock;
  HubTuning tuning;
  tuning.outbox_frames = 1;
  EventFeed feed(clock, tuning);
  feed.OnFrame(FakeHub::Event(1));
  EXPECT_FALSE(feed.BehindSince().has_value());
  const Clock::Instant before = clock.Now();
  feed.OnFrame(FakeHub::Event(2));
  clock.Advance(seconds(10));
  feed.OnFrame(FakeHub::Event(3));

  ASSERT_TRUE(feed.BehindSince().has_value());
  EXPECT_LT(*feed.BehindSince() - before, seconds(5));
  while (feed.Take()) {
  }
  EXPECT_FALSE(feed.BehindSince().has_value());
}

TEST(AuthFailuresTest, CountsEachAddressByItsMinute) {
  FakeClock clock;
  AuthFailures failures(clock, 2);
  EXPECT_FALSE(failures.Note("a").has_value());
  EXPECT_FALSE(failures.Note("a").has_value());

  const auto wait = failures.Note("a");

  ASSERT_TRUE(wait.has_value());
  EXPECT_LE(*wait, seconds(60));
  EXPECT_FALSE(failures.Note("b").has_value());
  clock.Advance(minutes(1));
  EXPECT_FALSE(failures.Note("a").has_value());
}

TEST(AuthFailuresTest, StaysBoundedAndStrictUnderAFloodOfAddresses) {
  FakeClock clock;
  AuthFailures failures(clock, 2);
  for (std::size_t i = 0; i < AuthFailures::kMaxAddresses; ++i)
    failures.Note(std::to_string(i));

  EXPECT_FALSE(failures.Note("new 1").has_value());
  EXPECT_FALSE(failures.Note("new 2").has_value());
  EXPECT_TRUE(failures.Note("new 3").has_value());
}

TEST(GuardedClockTest, FollowsCorrectionsButNotJumps) {
  FakeClock machine;
  GuardedClock clock(machine);
  machine.Jump(minutes(9));
  EXPECT_EQ(clock.WallMillis(), machine.WallMillis());

  machine.Jump(minutes(60));

  EXPECT_TRUE(clock.HasJumped());
  EXPECT_EQ(clock.WallMillis(),
            machine.WallMillis() - std::chrono::milliseconds(minutes(60)).count());
  machine.Advance(seconds(5));
  EXPECT_EQ(clock.WallMillis(),
            machine.WallMillis() - std::chrono::milliseconds(minutes(60)).count());
}

TEST(GuardedClockTest, TrustsTheMachineAgainWhenItComesBack) {
  FakeClock machine;
  GuardedClock clock(machine);
  machine.Jump(minutes(-60));
  ASSERT_TRUE(clock.HasJumped());

  machine.Jump(minutes(61));

  EXPECT_FALSE(clock.HasJumped());
  EXPECT_EQ(clock.WallMillis(), machine.WallMillis());
}

}  // namespace
}  // namespace contextsync::parts_test
