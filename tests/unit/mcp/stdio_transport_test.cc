#include "server/mcp/stdio_transport.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <future>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "core/base/mutex.h"
#include "tests/unit/mcp/session_fixture.h"

namespace contextsync::mcp::stdio_transport_test {
namespace {

using namespace std::chrono_literals;

struct Pipe {
  explicit Pipe(int flags = 0) {
    std::array<int, 2> fds = {-1, -1};
    EXPECT_EQ(::pipe2(fds.data(), O_CLOEXEC | flags), 0);
    reader = UniqueFd(fds[0]);
    writer = UniqueFd(fds[1]);
  }

  UniqueFd reader;
  UniqueFd writer;
};

void Close(UniqueFd& fd) {
  const UniqueFd closed(std::move(fd));
}

// Answers on a thread of its own, so that nothing here depends on answers coming from the reader.
class SlowTools final : public ToolHandler {
 public:
  std::string_view ToolsJson() const override { return "[]"; }
  bool HasTool(std::string_view /*name*/) const override { return true; }

  void Call(ToolRequest request, std::function<void(ToolAnswer)> done) override {
    const MutexLock lock(mu_);
    if (request.tool == "held") {
      held_.push_back(std::move(done));
      changed_.NotifyAll();
      return;
    }
    threads_.emplace_back([done = std::move(done)] { done({.json = R"({"ok":true})"}); });
  }

  void WaitForHeld(std::size_t count) {
    const MutexLock lock(mu_);
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    while (held_.size() < count && changed_.WaitUntil(mu_, deadline)) {
    }
  }

  /// Waits until `count` calls are held, then lets go of them.
  void ReleaseAfter(std::size_t count) {
    WaitForHeld(count);
    std::vector<std::function<void(ToolAnswer)>> held;
    {
      const MutexLock lock(mu_);
      held.swap(held_);
    }
    for (const auto& done : held)
      done({.json = R"({"held":true})"});
  }

 private:
  Mutex mu_;
  CondVar changed_;
  std::vector<std::function<void(ToolAnswer)>> held_ GUARDED_BY(mu_);
  std::vector<std::jthread> threads_ GUARDED_BY(mu_);
};

class StdioTransportTest : public ::testing::Test {
 protected:
  StdioTransportTest() { std::signal(SIGPIPE, SIG_IGN); }
  ~StdioTransportTest() override {
    Close(input_.writer);
    Close(output_.reader);
  }

  void Start() {
    transport_ = StdioTransport::Open({.input = input_.reader.get(),
                                       .output = std::move(output_.writer),
                                       .stop = stop_.reader.get(),
                                       .session_id = "stdio",
                                       .parent = parent_.reader.get(),
                                       .orphan_patience = orphan_patience_},
                                      FakeInfo(), tools_)
                     .value();
    ended_ = std::async(std::launch::async, [this] { return transport_->Run(); });
  }

  void Write(std::string_view text) {
    while (!text.empty()) {
      const ssize_t count = ::write(input_.writer.get(), text.data(), text.size());
      ASSERT_GT(count, 0);
      text.remove_prefix(static_cast<std::size_t>(count));
    }
  }

  void Stop() { ASSERT_EQ(::write(stop_.writer.get(), "x", 1), 1); }

  /// The next message; a null value at the end of the output.
  Json ReadMessage() {
    std::size_t end = received_.find('\n');
    while (end == std::string::npos) {
      std::array<char, 65536> chunk = {};
      const ssize_t count = ::read(output_.reader.get(), chunk.data(), chunk.size());
      if (count <= 0) return {};
      received_.append(chunk.data(), static_cast<std::size_t>(count));
      end = received_.find('\n');
    }
    Json message = Json::parse(received_.substr(0, end), nullptr, false);
    received_.erase(0, end + 1);
    return message;
  }

  StdioEnd End() {
    EXPECT_EQ(ended_.wait_for(20s), std::future_status::ready);
    const StdioEnd end = ended_.get();
    transport_.reset();
    return end;
  }

  static std::string Call(int id, std::string_view tool) {
    return R"({"jsonrpc":"2.0","id":)" + std::to_string(id) +
           R"(,"method":"tools/call","params":{"name":")" + std::string(tool) + "\"}}\n";
  }

  Pipe input_;
  Pipe output_;
  Pipe stop_{O_DIRECT};  // one read takes one write, as with a signalfd
  Pipe parent_;          // ends when the process that began us would
  std::chrono::milliseconds orphan_patience_{50};
  SlowTools tools_;
  std::unique_ptr<StdioTransport> transport_;
  std::future<StdioEnd> ended_;
  std::string received_;
};

TEST_F(StdioTransportTest, AnswersEverythingBeforeItLeavesAtTheEndOfInput) {
  for (int id = 0; id < 100; ++id)
    Write(Call(id, "quick"));
  Close(input_.writer);
  Start();

  EXPECT_EQ(End(), StdioEnd::kEndOfInput);

  std::vector<bool> seen(100, false);
  for (Json message = ReadMessage(); !message.is_null(); message = ReadMessage()) {
    seen.at(message["id"].get<std::size_t>()) = true;
  }
  EXPECT_EQ(seen, std::vector<bool>(100, true));
}

TEST_F(StdioTransportTest, ThousandRequestsBeforeTheFirstReadAreAllAnswered) {
  Start();
  std::jthread writer([this] {
    for (int id = 0; id < 1000; ++id)
      Write(Call(id, "held"));
  });
  tools_.ReleaseAfter(1000);

  for (int i = 0; i < 1000; ++i)
    ASSERT_TRUE(ReadMessage().contains("result"));
  writer.join();
  Close(input_.writer);
  EXPECT_EQ(End(), StdioEnd::kEndOfInput);
}

TEST_F(StdioTransportTest, WaitsForARunningCallAtTheEndOfInput) {
  Start();
  Write(Call(1, "held"));
  Close(input_.writer);
  tools_.ReleaseAfter(1);

  EXPECT_EQ(ReadMessage()["result"]["structuredContent"]["held"], true);
  EXPECT_EQ(End(), StdioEnd::kEndOfInput);
}

TEST_F(StdioTransportTest, LeavesACallBehindThatTakesTooLong) {
  Start();
  const auto start = std::chrono::steady_clock::now();
  Write(Call(1, "held"));
  Close(input_.writer);

  EXPECT_EQ(End(), StdioEnd::kEndOfInput);

  EXPECT_LT(std::chrono::steady_clock::now() - start, 5s);
  tools_.ReleaseAfter(1);
  EXPECT_TRUE(ReadMessage().is_null());
}

TEST_F(StdioTransportTest, StopsWhenToldTo) {
  Start();
  Write(Call(1, "held"));
  Write(R"({"jsonrpc":"2.0","id":2,"method":"ping"})"
        "\n");
  EXPECT_EQ(ReadMessage()["id"], 2);

  Stop();

  EXPECT_EQ(End(), StdioEnd::kStopped);
}

TEST_F(StdioTransportTest, SecondStopEndsTheWaiting) {
  Start();
  Write(Call(1, "held"));
  tools_.WaitForHeld(1);

  Stop();
  Stop();

  EXPECT_EQ(End(), StdioEnd::kStoppedTwice);
}

TEST_F(StdioTransportTest, EndsWhenNobodyReads) {
  Close(output_.reader);
  Start();
  Write(R"({"jsonrpc":"2.0","id":2,"method":"ping"})"
        "\n");

  EXPECT_EQ(End(), StdioEnd::kPeerGone);
}

TEST_F(StdioTransportTest, StopsThoughThePeerReadsNothing) {
  Start();
  for (int id = 0; id < 400; ++id)
    Write(Call(id, "held"));
  tools_.ReleaseAfter(400);

  Stop();

  EXPECT_EQ(End(), StdioEnd::kStopped);
}

TEST_F(StdioTransportTest, ResynchronisesAfterAnOversizedLine) {
  Start();
  std::jthread writer([this] {
    Write("{\"a\":\"");
    const std::string block(limits::kMiB, 'x');
    for (int i = 0; i < 10; ++i)
      Write(block);
    Write(
        "\"}\n"
        R"({"jsonrpc":"2.0","id":2,"method":"ping"})"
        "\n");
  });

  EXPECT_EQ(ReadMessage()["error"]["code"], -32600);
  EXPECT_EQ(ReadMessage()["id"], 2);
  writer.join();
  Close(input_.writer);
  EXPECT_EQ(End(), StdioEnd::kEndOfInput);
}

TEST_F(StdioTransportTest, EndInTheMiddleOfALineIsNoRequest) {
  Start();
  Write(R"({"jsonrpc":"2.0","id":2,"met)");
  Close(input_.writer);

  EXPECT_EQ(ReadMessage()["error"]["code"], -32700);
  EXPECT_EQ(End(), StdioEnd::kEndOfInput);
}

TEST_F(StdioTransportTest, EndsListensWithAResult) {
  Start();
  Write(R"({"jsonrpc":"2.0","id":"l","method":"subscriptions/listen","params":{)" +
        std::string(kMeta) +
        R"(,"notifications":{}}})"
        "\n");
  EXPECT_TRUE(ReadMessage().contains("method"));
  Close(input_.writer);

  EXPECT_EQ(ReadMessage()["id"], "l");
  EXPECT_EQ(End(), StdioEnd::kEndOfInput);
}

TEST_F(StdioTransportTest, AnOrphanThatNobodyAsksAnythingEnds) {
  Start();
  Close(parent_.writer);
  EXPECT_EQ(End(), StdioEnd::kEndOfInput) << "although the input is open";
}

TEST_F(StdioTransportTest, AnOrphanThatIsAskedAnswersAll) {
  orphan_patience_ = 20s;
  Start();
  Close(parent_.writer);
  Write(Call(1, "quick"));
  EXPECT_EQ(ReadMessage()["id"], 1);
  Close(input_.writer);
  EXPECT_EQ(End(), StdioEnd::kEndOfInput);
}

}  // namespace
}  // namespace contextsync::mcp::stdio_transport_test
