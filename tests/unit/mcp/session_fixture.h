// A session with nothing behind it: tools the test answers by hand, and a sink that keeps what is
// sent.

#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include <nlohmann/json.hpp>

#include "core/base/mutex.h"
#include "server/mcp/session.h"

namespace contextsync::mcp {

/// "now" answers {"ok":true} before Call returns, "later" when the test says so, "never" drops its
/// callback.
class FakeTools final : public ToolHandler {
 public:
  struct Pending {
    ToolRequest request;
    std::function<void(ToolAnswer)> done;
  };

  std::string_view ToolsJson() const override {
    return R"([{"name":"now","inputSchema":{"type":"object"}}])";
  }

  bool HasTool(std::string_view name) const override {
    return name == "now" || name == "later" || name == "never";
  }

  void Call(ToolRequest request, std::function<void(ToolAnswer)> done) override {
    const std::string tool = request.tool;
    if (tool == "now") done(answer);
    if (tool == "later") {
      calls.push_back({std::move(request), std::move(done)});
    } else {
      calls.push_back({std::move(request), nullptr});
    }
  }

  ToolAnswer answer = {.json = R"({"ok":true})"};
  std::vector<Pending> calls;  // every call, in order
};

class RecordingSink final : public MessageSink {
 public:
  void Send(std::string message) override {
    const MutexLock lock(mu_);
    sent_.push_back(std::move(message));
  }
  void OnIdle() override {
    const MutexLock lock(mu_);
    ++idle_;
  }

  /// The texts sent since the last call.
  std::vector<std::string> Take() {
    const MutexLock lock(mu_);
    return std::exchange(sent_, {});
  }
  int idle_count() {
    const MutexLock lock(mu_);
    return idle_;
  }

 private:
  Mutex mu_;
  std::vector<std::string> sent_ GUARDED_BY(mu_);
  int idle_ GUARDED_BY(mu_) = 0;
};

inline ServerInfo FakeInfo() {
  return {.name = "s",
          .title = "S",
          .version = "1",
          .description = "D",
          .website_url = "https://example.org/",
          .instructions = "I"};
}

inline constexpr std::string_view kMeta =
    R"("_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",)"
    R"("io.modelcontextprotocol/clientInfo":{"name":"c","version":"1"},)"
    R"("io.modelcontextprotocol/clientCapabilities":{}})";

class SessionTest : public ::testing::Test {
 protected:
  /// What the session sends while it handles `text`.
  std::vector<std::string> Exchange(std::string_view text) {
    session.Receive(text);
    return sink->Take();
  }

  /// The one message the session sends for `text`.
  Json Ask(std::string_view text) {
    const std::vector<std::string> sent = Exchange(text);
    EXPECT_EQ(sent.size(), 1U) << text;
    return sent.empty() ? Json() : Json::parse(sent.front(), nullptr, false);
  }

  /// As Ask, for a request put together from its parts; `params` is the inside of an object.
  Json Legacy(std::string_view method, std::string_view params = "") {
    return Ask(Text(method, std::string(params)));
  }
  Json Modern(std::string_view method, std::string_view params = "") {
    return Ask(ModernText(method, params));
  }

  static std::string Text(std::string_view method, const std::string& params) {
    return R"({"jsonrpc":"2.0","id":7,"method":")" + std::string(method) + R"(","params":{)" +
           params + "}}";
  }
  static std::string ModernText(std::string_view method, std::string_view params = "") {
    std::string all(kMeta);
    if (!params.empty()) all.append(",").append(params);
    return Text(method, all);
  }

  void Initialize(const std::string& version) {
    Legacy("initialize", R"("protocolVersion":")" + version +
                             R"(","capabilities":{},"clientInfo":{"name":"old","version":"1"})");
  }

  /// Starts a call of "later" with `id` as on the wire; returns the tool's side of it.
  FakeTools::Pending& StartCall(const std::string& id) {
    EXPECT_EQ(Exchange(R"({"jsonrpc":"2.0","id":)" + id +
                       R"(,"method":"tools/call","params":{"name":"later"}})"),
              std::vector<std::string>{});
    return tools.calls.back();
  }

  void Cancel(const std::string& id) {
    EXPECT_TRUE(Exchange(R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":)"
                         R"({"requestId":)" +
                         id + "}}")
                    .empty());
  }

  static int Code(const Json& message) {
    return message.contains("error") ? message["error"].value("code", 0) : 0;
  }

  FakeTools tools;
  std::shared_ptr<RecordingSink> sink = std::make_shared<RecordingSink>();
  Session session{"conn-1",
                  {.codec = std::make_shared<const Codec>(FakeInfo(), tools.ToolsJson()),
                   .sink = sink,
                   .tools = tools}};
};

}  // namespace contextsync::mcp
