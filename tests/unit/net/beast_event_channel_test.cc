#include "server/net/beast_event_channel.h"

#include <chrono>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/base/mutex.h"
#include "core/ports/hub_wire.h"
#include "tests/support/fake_clock.h"
#include "tests/unit/net/stub_server.h"

namespace contextsync::beast_event_channel_test {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
namespace beast = boost::beast;
using ServerStream = beast::websocket::stream<asio::ip::tcp::socket>;

/// Accepts one WebSocket and lets the test talk through it.
class SocketServer {
 public:
  explicit SocketServer(std::function<void(ServerStream&)> talk)
      : acceptor_(context_, {asio::ip::address_v4::loopback(), 0}),
        thread_([this, talk = std::move(talk)] {
          boost::system::error_code error;
          ServerStream stream(acceptor_.accept(context_, error));
          beast::flat_buffer buffer;
          beast::http::request<beast::http::string_body> request;
          beast::http::read(stream.next_layer(), buffer, request, error);
          target = std::string(request.target());
          authorization = std::string(request[beast::http::field::authorization]);
          stream.accept(request, error);
          if (!error) talk(stream);
        }) {}

  [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  void Join() { thread_.join(); }

  std::string target;         // after Join
  std::string authorization;  // after Join

 private:
  asio::io_context context_;
  asio::ip::tcp::acceptor acceptor_;
  std::jthread thread_;
};

class Ear final : public EventListener {
 public:
  void OnFrame(EventFrame frame, std::chrono::milliseconds /*received_at*/) override {
    MutexLock lock(mu_);
    frames_.push_back(std::move(frame));
    changed_.NotifyAll();
  }
  void OnClosed(const HubFailure& failure) override {
    MutexLock lock(mu_);
    closed_ = failure;
    changed_.NotifyAll();
  }

  std::vector<EventFrame> WaitForFrames(std::size_t count) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    MutexLock lock(mu_);
    while (frames_.size() < count && changed_.WaitUntil(mu_, deadline)) {
    }
    return frames_;
  }

  std::optional<HubFailure> WaitForClose() {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    MutexLock lock(mu_);
    while (!closed_ && changed_.WaitUntil(mu_, deadline)) {
    }
    return closed_;
  }

 private:
  Mutex mu_;
  CondVar changed_;
  std::vector<EventFrame> frames_;
  std::optional<HubFailure> closed_;
};

std::string FrameText(EventFrame::Type type) {
  EventFrame frame;
  frame.type = type;
  frame.epoch = Epoch(std::string(32, 'a'));
  frame.check = FeedCheck(std::string(16, 'b'));
  frame.head = HubSequence(9);
  frame.server_time = 1;
  return ToJson(frame).dump();
}

void Say(ServerStream& stream, const std::string& text) {
  boost::system::error_code ignored;
  stream.write(asio::buffer(text), ignored);
}

/// Until the client hangs up.
void ReadToEnd(ServerStream& stream) {
  boost::system::error_code error;
  while (!error) {
    beast::flat_buffer buffer;
    stream.read(buffer, error);
  }
}

class BeastEventChannelTest : public testing::Test {
 protected:
  EventChannelOptions OptionsFor(std::uint16_t port) {
    return {.host = "127.0.0.1",
            .port = port,
            .is_tls = false,
            .path = "",
            .workspace = WorkspaceId("w"),
            .token = "cs_secret"};
  }

  RealClock clock_;
  IoThread io_{"test-events"};
  Ear ear_;
};

TEST_F(BeastEventChannelTest, HearsFramesInOrder) {
  SocketServer server([](ServerStream& stream) {
    Say(stream, FrameText(EventFrame::Type::kReady));
    Say(stream, FrameText(EventFrame::Type::kHeartbeat));
    ReadToEnd(stream);
  });
  BeastEventChannel channel(OptionsFor(server.port()), io_, clock_);

  channel.Open({}, ear_);
  const auto frames = ear_.WaitForFrames(2);
  channel.Close();
  server.Join();

  ASSERT_EQ(frames.size(), 2U);
  EXPECT_EQ(frames[0].type, EventFrame::Type::kReady);
  EXPECT_EQ(frames[1].type, EventFrame::Type::kHeartbeat);
  EXPECT_EQ(server.authorization, "Bearer cs_secret");
  EXPECT_EQ(server.target.rfind("/v1/workspaces/w/events?since=0", 0), 0U) << server.target;
  EXPECT_EQ(server.target.find("cs_secret"), std::string::npos);
}

TEST_F(BeastEventChannelTest, TellsThatTheOtherEndHungUp) {
  SocketServer server([](ServerStream& stream) {
    Say(stream, FrameText(EventFrame::Type::kReady));
    stream.next_layer().close();
  });
  BeastEventChannel channel(OptionsFor(server.port()), io_, clock_);

  channel.Open({}, ear_);

  const auto closed = ear_.WaitForClose();
  ASSERT_TRUE(closed.has_value());
  EXPECT_EQ(closed->fault, HubFault::kTransport);
}

TEST_F(BeastEventChannelTest, ClosesOnWhatIsNoFrame) {
  SocketServer server([](ServerStream& stream) {
    Say(stream, "{\"event\":");
    ReadToEnd(stream);
  });
  BeastEventChannel channel(OptionsFor(server.port()), io_, clock_);

  channel.Open({}, ear_);

  EXPECT_TRUE(ear_.WaitForClose().has_value());
}

TEST_F(BeastEventChannelTest, ClosesOnAFrameWithoutMeasure) {
  SocketServer server([](ServerStream& stream) {
    Say(stream, std::string(1 << 20, ' '));
    ReadToEnd(stream);
  });
  BeastEventChannel channel(OptionsFor(server.port()), io_, clock_);

  channel.Open({}, ear_);

  EXPECT_TRUE(ear_.WaitForClose().has_value());
}

TEST_F(BeastEventChannelTest, TellsWhyTheUpgradeWasRefused) {
  HubFailure refusal;
  refusal.fault = HubFault::kEpochChanged;
  refusal.epoch = Epoch(std::string(32, 'c'));
  const std::string body = ToJson(refusal).dump();
  const StubServer server([&](const std::string&) { return HttpAnswer(409, body); });
  BeastEventChannel channel(OptionsFor(server.port()), io_, clock_);

  channel.Open({}, ear_);

  const auto closed = ear_.WaitForClose();
  ASSERT_TRUE(closed.has_value());
  EXPECT_EQ(closed->fault, HubFault::kEpochChanged);
}

TEST_F(BeastEventChannelTest, TellsThatNobodyListens) {
  std::uint16_t port = 0;
  {
    const StubServer gone([](const std::string&) { return std::string(); });
    port = gone.port();
  }
  BeastEventChannel channel(OptionsFor(port), io_, clock_);

  channel.Open({}, ear_);

  EXPECT_TRUE(ear_.WaitForClose().has_value());
}

TEST_F(BeastEventChannelTest, SaysNothingAfterClose) {
  SocketServer server([](ServerStream& stream) {
    Say(stream, FrameText(EventFrame::Type::kReady));
    ReadToEnd(stream);
    Say(stream, FrameText(EventFrame::Type::kHeartbeat));
  });
  BeastEventChannel channel(OptionsFor(server.port()), io_, clock_);
  channel.Open({}, ear_);
  ear_.WaitForFrames(1);

  channel.Close();
  server.Join();
  io_.Run([] {});

  EXPECT_EQ(ear_.WaitForFrames(1).size(), 1U);
}

TEST_F(BeastEventChannelTest, CanBeDestroyedInTheMiddleOfAnAttempt) {
  const StubServer silent([](const std::string&) { return std::string(); });
  {
    BeastEventChannel channel(OptionsFor(silent.port()), io_, clock_);
    channel.Open({}, ear_);
  }
  io_.Run([] {});
}

}  // namespace
}  // namespace contextsync::beast_event_channel_test
