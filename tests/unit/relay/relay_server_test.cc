// The server's side of a relay over a socket pair: real threads, a notebook in memory.

#include "server/relay/relay_server.h"

#include <sys/socket.h>

#include <array>
#include <atomic>
#include <future>
#include <thread>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/sync/local_gate.h"
#include "core/tools/waiting_room.h"
#include "server/app/system_clock.h"
#include "server/app/worker_pool.h"
#include "server/relay/relay_wire.h"
#include "storage/memory/memory_high_water_mark.h"
#include "storage/memory/memory_table_store.h"

namespace contextsync::relay_server_test {
namespace {

using std::chrono::seconds;

class MemoryWorkspace final : public Workspace {
 public:
  MemoryWorkspace(Clock& clock, Random& random)
      : store_(Notebook::TableNames().size()),
        notebook_(Notebook::Open(store_, mark_, clock, random,
                                 {.workspace = WorkspaceId("default"), .has_hub = false})
                      .value()),
        start_(notebook_->Latest()) {}

  Checked<OpenWorkspace> Acquire(Clock::Instant /*deadline*/) override {
    return OpenWorkspace{*notebook_, gate_, false, start_};
  }
  [[nodiscard]] NotebookHealth Health() const override { return NotebookHealth::kNormal; }
  [[nodiscard]] bool HasHub() const override { return false; }

 private:
  MemoryTableStore store_;
  MemoryHighWaterMark mark_;
  LocalGate gate_;
  std::unique_ptr<Notebook> notebook_;
  const ChangePosition start_;
};

/// One end of a connection, as a relay uses it; every wait has a deadline.
class Peer {
 public:
  explicit Peer(mcp::UniqueFd socket) : socket_(std::move(socket)) {
    const timeval patience{.tv_sec = 30, .tv_usec = 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  }

  void Send(const std::string& line) const {
    const std::string text = line + "\n";
    ASSERT_EQ(::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
  }

  /// The next line; nothing at the end.
  std::optional<std::string> Line() {
    while (received_.find('\n') == std::string::npos) {
      std::array<char, 4096> chunk{};
      const ssize_t count = ::recv(socket_.get(), chunk.data(), chunk.size(), 0);
      if (count <= 0) return std::nullopt;
      received_.append(chunk.data(), static_cast<std::size_t>(count));
    }
    std::string line = received_.substr(0, received_.find('\n'));
    received_.erase(0, line.size() + 1);
    return line;
  }

  template <typename Reply>
  Reply Take() {
    const auto line = Line();
    if (!line) ADD_FAILURE() << "the connection ended";
    auto reply = ReadRelayReply(line.value_or("{}"));
    if (!reply.ok() || !std::holds_alternative<Reply>(reply.value())) {
      ADD_FAILURE() << line.value_or("");
      return {};
    }
    return std::get<Reply>(std::move(reply).value());
  }

  void SendCall(std::uint64_t number, const Json& arguments) const {
    Send(Encode(RelayRequest(RelayCall{.number = number,
                                       .tool = "manage_context",
                                       .client_name = "client",
                                       .arguments = std::make_shared<const Json>(arguments),
                                       .defect = std::nullopt})));
  }

  Json Call(std::uint64_t number, const Json& arguments) {
    SendCall(number, arguments);
    const auto answer = Take<RelayAnswer>();
    EXPECT_EQ(answer.number, number);
    position = answer.position;
    return Json::parse(Line().value_or("{}"));
  }

  SessionPosition position;

 private:
  mcp::UniqueFd socket_;
  std::string received_;
};

class RelayServerTest : public ::testing::Test {
 protected:
  ~RelayServerTest() override {
    server_.Stop();
    workers_.Stop();
    workers_.WaitUntilIdle(clock_.Now() + seconds(30));
  }

  static RelayHello Hello(const std::string& session) {
    RelayHello hello;
    hello.build = "test";
    hello.session = session;
    hello.agent = "agent-" + session;
    hello.project = "p";
    hello.branch = "b";
    return hello;
  }

  /// A connection whose first line is `hello`, adopted as the socket in front would.
  std::unique_ptr<Peer> Connect(RelayServer& server, const RelayHello& hello) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    server.Adopt(mcp::UniqueFd(ends[0]), Encode(hello) + "\n");
    return std::make_unique<Peer>(mcp::UniqueFd(ends[1]));
  }

  std::unique_ptr<Peer> Welcomed(const RelayHello& hello) {
    auto peer = Connect(server_, hello);
    peer->position = peer->Take<RelayWelcome>().position;
    return peer;
  }

  RelayServer::Parts Parts(bool gives_way) {
    return {.workspace = workspace_,
            .clock = clock_,
            .random = random_,
            .workers = workers_,
            .waiting = waiting_,
            .workspace_name = "default",
            .hub = "",
            .build = "test",
            .gives_way = gives_way};
  }

  static Json Update(const std::string& task, const Json& data) {
    return {{"action", "update"}, {"context_id", task}, {"data", data}};
  }

  SystemClock clock_;
  SystemRandom random_;
  MemoryWorkspace workspace_{clock_, random_};
  WorkerPool workers_{{.name = "tool", .threads = 4}};
  WaitingRoom waiting_{clock_, [] {}};
  RelayServer server_{Parts(false)};
};

TEST_F(RelayServerTest, CallIsAnsweredForTheAgentThatRelays) {
  const auto peer = Welcomed(Hello("one"));
  EXPECT_TRUE(peer->Call(1, Update("t", {{"k", 1}})).at("success"));
  const Json read = peer->Call(2, {{"action", "get"}, {"context_id", "t"}});
  EXPECT_EQ(read.at("data").at("context").at("updated_by"), "agent-one");
}

TEST_F(RelayServerTest, SessionsNoticeEachOtherAndNotThemselves) {
  const auto one = Welcomed(Hello("one"));
  const auto two = Welcomed(Hello("two"));
  const Json wrote = one->Call(1, Update("t", {{"k", 1}}));
  EXPECT_TRUE(wrote.at("notices").empty());
  const Json read = two->Call(1, {{"action", "get"}, {"context_id", "t"}});
  EXPECT_FALSE(read.at("notices").empty());
  EXPECT_TRUE(two->Call(2, {{"action", "get"}, {"context_id", "t"}}).at("notices").empty());
}

TEST_F(RelayServerTest, SessionThatComesBackGoesOnWhereItWas) {
  auto one = Welcomed(Hello("one"));
  const auto two = Welcomed(Hello("two"));
  two->Call(1, Update("seen", {{"k", 1}}));
  one->Call(1, {{"action", "get"}, {"context_id", "seen"}});
  RelayHello again = Hello("one");
  again.position = one->position;
  one.reset();
  two->Call(2, Update("unseen", {{"k", 1}}));
  const auto back = Welcomed(again);
  const Json read = back->Call(1, {{"action", "get"}, {"context_id", "unseen"}});
  std::vector<std::string> tasks;
  for (const auto& notice : read.at("notices")) {
    if (notice.at("level") == "task") tasks.push_back(notice.at("context_id"));
  }
  EXPECT_EQ(tasks, std::vector<std::string>{"unseen"});
}

TEST_F(RelayServerTest, NewSessionIsNotToldOfWhatWasBefore) {
  Welcomed(Hello("one"))->Call(1, Update("t", {{"k", 1}}));
  const auto two = Welcomed(Hello("two"));
  EXPECT_TRUE(two->position.has_started);
  EXPECT_TRUE(two->Call(1, {{"action", "get"}, {"context_id", "t"}}).at("notices").empty());
}

TEST_F(RelayServerTest, PingIsAnsweredAtOnce) {
  const auto peer = Welcomed(Hello("one"));
  peer->Send(Encode(RelayRequest(RelayPing{})));
  peer->Take<RelayPing>();
}

TEST_F(RelayServerTest, OtherProtocolIsDeniedByName) {
  RelayHello hello = Hello("one");
  hello.protocol = 99;
  hello.build = "99.0";
  const auto peer = Connect(server_, hello);
  const auto denial = peer->Take<RelayDenial>();
  EXPECT_FALSE(denial.leaves);
  EXPECT_NE(denial.reason.find("99.0"), std::string::npos) << denial.reason;
  EXPECT_EQ(peer->Line(), std::nullopt) << "and the connection ends";
}

TEST_F(RelayServerTest, ProcessThatGivesWaySaysSo) {
  RelayServer server(Parts(true));
  EXPECT_FALSE(server.is_asked_to_leave());
  EXPECT_TRUE(Connect(server, Hello("one"))->Take<RelayDenial>().leaves);
  EXPECT_TRUE(server.is_asked_to_leave());
}

TEST_F(RelayServerTest, OthersAreNotMadeToLeave) {
  EXPECT_FALSE(server_.AskToLeave());
  EXPECT_FALSE(server_.is_asked_to_leave());
}

TEST_F(RelayServerTest, RubbishEndsItsConnectionAlone) {
  const auto good = Welcomed(Hello("good"));
  const auto bad = Welcomed(Hello("bad"));
  bad->Send("rubbish");
  EXPECT_EQ(bad->Line(), std::nullopt);
  EXPECT_TRUE(good->Call(1, Update("t", {{"k", 1}})).at("success"));
}

TEST_F(RelayServerTest, StopEndsEveryConnectionAndTakesNoMore) {
  const auto peer = Welcomed(Hello("one"));
  EXPECT_EQ(server_.guests(), 1U);
  server_.Stop();
  EXPECT_EQ(peer->Line(), std::nullopt);
  EXPECT_EQ(Connect(server_, Hello("two"))->Line(), std::nullopt);
}

/// Holds up who hands on work, until it is told to let go or a moment has passed.
class SlowExecutor final : public Executor {
 public:
  void Post(std::function<void()> work) override {
    entered_.set_value();
    was_stopped_ =
        stopped.get_future().wait_for(std::chrono::milliseconds(100)) == std::future_status::ready;
    work();
  }
  void WaitUntilEntered() { entered_.get_future().wait(); }
  [[nodiscard]] bool was_stopped() const { return was_stopped_; }

  std::promise<void> stopped;

 private:
  std::promise<void> entered_;
  std::atomic<bool> was_stopped_ = false;
};

TEST_F(RelayServerTest, StopReturnsOnlyWhenNobodyHandsOnACallAnyMore) {
  SlowExecutor slow;
  RelayServer server({.workspace = workspace_,
                      .clock = clock_,
                      .random = random_,
                      .workers = slow,
                      .waiting = waiting_,
                      .workspace_name = "default",
                      .hub = "",
                      .build = "test"});
  const auto peer = Connect(server, Hello("one"));
  peer->Take<RelayWelcome>();
  peer->SendCall(1, Update("t", {{"k", 1}}));
  slow.WaitUntilEntered();

  server.Stop();
  slow.stopped.set_value();

  EXPECT_FALSE(slow.was_stopped()) << "the workers may be gone after Stop";
}

TEST_F(RelayServerTest, AClientIsKnownByTheProcessesItBegan) {
  const auto hello = [](const std::string& session, std::string client) {
    RelayHello one = Hello(session);
    one.client = std::move(client);
    return one;
  };
  const auto one = Welcomed(hello("one", "7-100"));
  const auto two = Welcomed(hello("two", "8-100"));
  const auto three = Welcomed(hello("three", "8-100"));
  const auto none = Welcomed(Hello("none"));

  EXPECT_EQ(server_.SessionsOf("7-100"), std::vector<std::string>{"one"});
  EXPECT_EQ(server_.SessionsOf("8-100"), (std::vector<std::string>{"two", "three"}));
  EXPECT_TRUE(server_.SessionsOf("7-101").empty()) << "another process with a number used before";
}

TEST_F(RelayServerTest, ManyRelaysWriteAtOnceAndEachIsAnswered) {
  constexpr int kRelays = 8;
  constexpr int kCalls = 25;
  std::vector<std::jthread> threads;
  for (int n = 0; n < kRelays; ++n) {
    threads.emplace_back([this, n] {
      const auto peer = Welcomed(Hello("s" + std::to_string(n)));
      for (int call = 1; call <= kCalls; ++call) {
        const std::string key = std::to_string(n) + "." + std::to_string(call);
        const Json answer =
            peer->Call(static_cast<std::uint64_t>(call), Update("t", {{key, call}}));
        EXPECT_TRUE(answer.at("success"));
      }
    });
  }
  threads.clear();
  const auto reader = Welcomed(Hello("reader"));
  const Json read = reader->Call(1, {{"action", "get"}, {"context_id", "t"}});
  EXPECT_EQ(read.at("data").at("context").at("data").size(),
            static_cast<std::size_t>(kRelays * kCalls));
}

}  // namespace
}  // namespace contextsync::relay_server_test
