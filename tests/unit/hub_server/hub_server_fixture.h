// A listener on a free port before a scripted hub, with tokens of every kind.

#pragma once

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "core/hub/token_registry.h"
#include "server/hub/hub_server.h"
#include "server/net/io_thread.h"
#include "storage/memory/memory_table_store.h"
#include "tests/support/http_client.h"
#include "tests/unit/hub_server/fakes.h"

namespace contextsync {

class HubServerFixture : public ::testing::Test {
 protected:
  HubServerFixture() {
    auto registry =
        TokenRegistry::Open({.store = store_, .table = 0, .clock = clock_, .random = random_});
    EXPECT_TRUE(registry.ok());
    tokens_ = std::move(registry).value();
  }

  void Start(HubServerOptions options = {}, bool with_tokens = true) {
    auto server =
        HubServer::Start(std::move(options), {.io = io_,
                                              .backend = hub_,
                                              .tokens = with_tokens ? tokens_.get() : nullptr,
                                              .clock = clock_});
    ASSERT_TRUE(server.ok()) << server.error().message();
    server_ = std::move(server).value();
  }

  NewToken MakeToken(Role role, const std::string& workspace = "w1",
                     std::chrono::hours lifetime = std::chrono::hours(24)) {
    auto token = tokens_->Create(
        {.name = "alice", .workspace = WorkspaceId(workspace), .role = role, .lifetime = lifetime});
    EXPECT_TRUE(token.ok());
    return std::move(token).value();
  }

  static std::pair<std::string, std::string> Bearer(const std::string& secret) {
    return {"Authorization", "Bearer " + secret};
  }

  static std::pair<std::string, std::string> Json() { return {"Content-Type", "application/json"}; }

  /// A push of nothing that the codec accepts.
  static std::string PushBody() {
    return R"({"epoch":"eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee","device":"00000000000000aa","acked_n":0,"low_base":0,"cursor":0,"known":0,"check":null,)"
           R"("entries":[]})";
  }

  TestRequest PushRequestWith(const std::string& secret) const {
    return {"POST", "/v1/workspaces/w1/push", {Bearer(secret), Json()}, PushBody()};
  }

  TestResponse Once(const TestRequest& request) { return HttpClient(server_->port()).Do(request); }

  FakeClock clock_;
  CountingRandom random_;
  MemoryTableStore store_{1};
  std::unique_ptr<TokenRegistry> tokens_;
  FakeHub hub_;
  IoThread io_{"test-io"};
  std::unique_ptr<HubServer> server_;
};

}  // namespace contextsync
