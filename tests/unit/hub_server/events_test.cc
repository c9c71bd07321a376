#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/document/json.h"
#include "tests/unit/hub_server/hub_server_fixture.h"

namespace contextsync::events_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class EventsTest : public HubServerFixture {
 protected:
  WsClient Connect() { return WsClient(server_->port(), kTarget, {Bearer(token_.secret)}); }

  /// "event" of a text frame; "close" or "end" of what is none.
  static std::string EventOf(const TestFrame& frame) {
    if (frame.opcode != 1) return frame.opcode == 8 ? "close" : "end";
    const auto json = ParseStrict(frame.payload);
    return json.ok() ? json.value().value("event", "none") : "malformed";
  }

  /// A slow run takes longer than a heartbeat's period: those in between are passed over.
  static TestFrame NextChange(WsClient& client) {
    TestFrame frame = client.Read();
    while (EventOf(frame) == "heartbeat")
      frame = client.Read();
    return frame;
  }

  /// The close code that ends the stream; 0 when it ends without one.
  static int CloseCodeOf(WsClient& client) {
    TestFrame frame = client.Read();
    while (frame.opcode == 1)
      frame = client.Read();
    return frame.close_code();
  }

  static constexpr const char* kTarget = "/v1/workspaces/w1/events?since=0&device=00000000000000aa";
  NewToken token_ = MakeToken(Role::kRead);
};

TEST_F(EventsTest, SendsReadyThenEventsThenHeartbeatsInOrder) {
  HubServerOptions options;
  options.tuning.heartbeat = milliseconds(500);
  Start(options);
  WsClient client = Connect();
  ASSERT_EQ(client.handshake().status, 101);
  EXPECT_EQ(EventOf(client.Read()), "ready");

  hub_.Broadcast(FakeHub::Event(2));
  hub_.Broadcast(FakeHub::Event(3));

  const TestFrame second = client.Read();
  const TestFrame third = client.Read();
  EXPECT_NE(second.payload.find("\"seq\":2"), std::string::npos) << second.payload;
  EXPECT_NE(third.payload.find("\"seq\":3"), std::string::npos) << third.payload;
  EXPECT_EQ(EventOf(client.Read()), "heartbeat");
  EXPECT_EQ(EventOf(client.Read()), "heartbeat");
}

TEST_F(EventsTest, RefusesBeforeTheUpgradeWithThePullsErrors) {
  Start();
  HubFailure failure;
  failure.fault = HubFault::kEpochChanged;
  failure.epoch = Epoch(std::string(32, 'a'));
  hub_.RefuseSubscribers(failure);

  WsClient client = Connect();

  EXPECT_EQ(client.handshake().status, 409);
  EXPECT_NE(client.handshake().body.find("epoch_changed"), std::string::npos);
}

TEST_F(EventsTest, RefusesTheUpgradeWithoutATokenOrFromAForeignPage) {
  Start();

  EXPECT_EQ(WsClient(server_->port(), kTarget, {}).handshake().status, 401);
  EXPECT_EQ(WsClient(server_->port(), kTarget,
                     {Bearer(token_.secret), {"Origin", "https://evil.example"}})
                .handshake()
                .status,
            403);
  EXPECT_EQ(hub_.AliveSubscribers(), 0U);
}

TEST_F(EventsTest, AnOrdinaryGetIsToldThatThisIsAWebSocket) {
  Start();

  EXPECT_EQ(Once({"GET", kTarget, {Bearer(token_.secret)}, ""}).status, 400);
}

TEST_F(EventsTest, AStoppedReaderLagsAndDelaysNobody) {
  HubServerOptions options;
  options.tuning.drain_deadline = std::chrono::minutes(10);  // a slow run is not a stuck reader
  Start(options);
  WsClient stopped = Connect();
  WsClient reading = Connect();
  ASSERT_TRUE(hub_.AwaitSubscribers(2));
  ASSERT_EQ(EventOf(reading.Read()), "ready");

  // More than the kernel's buffers and the outbox take together.
  constexpr std::uint64_t kEvents = 1'000;
  for (std::uint64_t seq = 2; seq < 2 + kEvents; ++seq) {
    hub_.Broadcast(FakeHub::Event(seq, 32 * limits::kKiB));
    ASSERT_NE(NextChange(reading).payload.find("\"seq\":" + std::to_string(seq)),
              std::string::npos);
  }

  EXPECT_EQ(EventOf(stopped.Read()), "ready");
  std::size_t events = 0;
  TestFrame frame = NextChange(stopped);
  while (EventOf(frame) == "context_changed") {
    ++events;
    frame = NextChange(stopped);
  }
  EXPECT_EQ(EventOf(frame), "lagged");
  EXPECT_LT(events, kEvents);
}

TEST_F(EventsTest, AReaderThatStaysBehindIsClosed) {
  HubServerOptions options;
  options.tuning.drain_deadline = milliseconds(300);
  options.tuning.linger_deadline = milliseconds(200);
  options.tuning.tick = milliseconds(20);
  Start(options);
  WsClient stopped = Connect();
  ASSERT_TRUE(hub_.AwaitSubscribers(1));

  for (std::uint64_t seq = 2; seq < 1'000; ++seq)
    hub_.Broadcast(FakeHub::Event(seq, 32 * limits::kKiB));

  EXPECT_TRUE(server_->WaitUntilIdle(std::chrono::steady_clock::now() + seconds(10)));
  EXPECT_EQ(hub_.AliveSubscribers(), 0U);
}

TEST_F(EventsTest, ARevokedTokenEndsTheStreamSoon) {
  HubServerOptions options;
  options.tuning.tick = milliseconds(20);
  Start(options);
  WsClient client = Connect();
  ASSERT_EQ(EventOf(client.Read()), "ready");

  ASSERT_TRUE(tokens_->Revoke(token_.info.id).ok());

  EXPECT_EQ(CloseCodeOf(client), 4401);
}

TEST_F(EventsTest, AnotherTokensRevocationDoesNot) {
  HubServerOptions options;
  options.tuning.tick = milliseconds(20);
  options.tuning.heartbeat = milliseconds(200);
  Start(options);
  WsClient client = Connect();
  ASSERT_EQ(EventOf(client.Read()), "ready");

  ASSERT_TRUE(tokens_->Revoke(MakeToken(Role::kRead).info.id).ok());

  EXPECT_EQ(EventOf(client.Read()), "heartbeat");
  EXPECT_EQ(EventOf(client.Read()), "heartbeat");
}

TEST_F(EventsTest, AnExpiredTokenEndsTheStream) {
  HubServerOptions options;
  options.tuning.tick = milliseconds(20);
  Start(options);
  WsClient client = Connect();
  ASSERT_EQ(EventOf(client.Read()), "ready");

  clock_.Advance(std::chrono::hours(24));

  EXPECT_EQ(CloseCodeOf(client), 4401);
}

TEST_F(EventsTest, WhatSubscribersSayIsIgnored) {
  Start();
  WsClient client = Connect();
  ASSERT_EQ(EventOf(client.Read()), "ready");

  ASSERT_TRUE(client.Send(1, "hello"));
  ASSERT_TRUE(client.Send(2, std::string(60 * 1024, 'x')));
  hub_.Broadcast(FakeHub::Event(2));

  EXPECT_EQ(EventOf(client.Read()), "context_changed");
}

TEST_F(EventsTest, AnnouncingAGigabyteIsRefused) {
  Start();
  WsClient client = Connect();

  ASSERT_TRUE(client.Announce(1ULL << 30U));

  EXPECT_EQ(CloseCodeOf(client), 1009);
}

TEST_F(EventsTest, ReservedBitsAreRefused) {
  Start();
  WsClient client = Connect();

  ASSERT_TRUE(client.socket().Send(std::string("\xF1\x80\0\0\0\0", 6)));

  EXPECT_EQ(CloseCodeOf(client), 1002);
}

TEST_F(EventsTest, AnUnmaskedFrameIsRefused) {
  Start();
  WsClient client = Connect();

  ASSERT_TRUE(client.socket().Send(std::string("\x81\x01x", 3)));

  EXPECT_EQ(CloseCodeOf(client), 1002);
}

TEST_F(EventsTest, ManyFragmentsAreRefusedAtTheLimit) {
  Start();
  WsClient client = Connect();
  std::string fragments = std::string("\x01\x8A\0\0\0\0", 6) + std::string(10, 'x');
  for (int i = 0; i < 10'000; ++i)
    fragments += std::string("\x00\x8A\0\0\0\0", 6) + std::string(10, 'x');

  client.socket().Send(fragments);

  EXPECT_EQ(CloseCodeOf(client), 1009);
}

TEST_F(EventsTest, AClosedSocketUnsubscribes) {
  Start();
  { WsClient client = Connect(); }

  EXPECT_TRUE(server_->WaitUntilIdle(std::chrono::steady_clock::now() + seconds(5)));
  EXPECT_EQ(hub_.AliveSubscribers(), 0U);
}

TEST_F(EventsTest, StoppingSaysGoodbye) {
  Start();
  WsClient client = Connect();
  ASSERT_EQ(EventOf(client.Read()), "ready");

  server_->Stop();

  EXPECT_EQ(CloseCodeOf(client), 1001);
}

}  // namespace
}  // namespace contextsync::events_test
