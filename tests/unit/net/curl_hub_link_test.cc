#include "server/net/curl_hub_link.h"

#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/ports/hub_wire.h"
#include "tests/unit/net/stub_server.h"

namespace contextsync::curl_hub_link_test {
namespace {

using namespace std::chrono_literals;

const std::string kToken = "cs_secret";

class CurlHubLinkTest : public testing::Test {
 protected:
  static std::unique_ptr<CurlHubLink> LinkTo(const std::string& hub) {
    auto link =
        CurlHubLink::Open({.hub = hub, .workspace = WorkspaceId("team:a"), .token = kToken});
    EXPECT_TRUE(link.ok());
    return std::move(link).value();
  }

  static Clock::Instant In(std::chrono::milliseconds time) {
    return std::chrono::steady_clock::now() + time;
  }

  static std::string Hello() {
    HelloResponse hello;
    hello.epoch = Epoch(std::string(32, 'a'));
    hello.check = FeedCheck(std::string(16, 'b'));
    hello.hub_device = DeviceId(5);
    hello.role = "write";
    hello.head = HubSequence(12);
    return ToJson(hello).dump();
  }

  static HelloRequest Request() {
    HelloRequest request;
    request.device = DeviceId(7);
    request.agent = "a";
    return request;
  }

  /// The failure of one hello against a server that answers `answer`.
  static HubFailure FailureOf(const std::string& answer, std::chrono::milliseconds deadline = 10s) {
    const StubServer server([&](const std::string&) { return answer; });
    auto reply = LinkTo(server.url())->Hello(Request(), In(deadline));
    EXPECT_FALSE(reply.ok());
    return reply.ok() ? HubFailure{} : std::move(reply).failure();
  }
};

TEST_F(CurlHubLinkTest, SendsAndReadsHello) {
  const StubServer server([](const std::string&) { return HttpAnswer(200, Hello()); });

  const auto reply = LinkTo(server.url())->Hello(Request(), In(10s));

  ASSERT_TRUE(reply.ok()) << reply.failure().message;
  EXPECT_EQ(reply.value().head, HubSequence(12));
  ASSERT_EQ(server.requests().size(), 1U);
  const std::string request = server.requests().front();
  EXPECT_EQ(request.rfind("POST /v1/workspaces/team%3aa/hello HTTP/1.1\r\n", 0), 0U) << request;
  EXPECT_NE(request.find("Authorization: Bearer " + kToken), std::string::npos);
  EXPECT_EQ(request.find("Expect:"), std::string::npos);
  EXPECT_EQ(request.find("Accept-Encoding:"), std::string::npos);
}

TEST_F(CurlHubLinkTest, KeepsItsConnection) {
  const StubServer server([](const std::string&) { return HttpAnswer(200, Hello()); });
  const auto link = LinkTo(server.url());

  for (int i = 0; i < 3; ++i)
    ASSERT_TRUE(link->Hello(Request(), In(10s)).ok());

  EXPECT_EQ(server.connections(), 1);
}

TEST_F(CurlHubLinkTest, FollowsNoRedirectAndTakesTheTokenNowhere) {
  const StubServer other([](const std::string&) { return HttpAnswer(200, Hello()); });
  const std::string location = "Location: " + other.url() + "/elsewhere\r\n";

  const HubFailure failure = FailureOf(HttpAnswer(302, "{}", location));

  EXPECT_EQ(failure.fault, HubFault::kTransport);
  EXPECT_TRUE(other.requests().empty());
}

TEST_F(CurlHubLinkTest, UsesNoProxyFromTheEnvironment) {
  const StubServer proxy([](const std::string&) { return HttpAnswer(200, Hello()); });
  const StubServer server([](const std::string&) { return HttpAnswer(200, Hello()); });
  // NOLINTNEXTLINE(concurrency-mt-unsafe): before the link's first request, nobody reads it.
  setenv("http_proxy", proxy.url().c_str(), 1);

  const auto reply = LinkTo(server.url())->Hello(Request(), In(10s));

  // NOLINTNEXTLINE(concurrency-mt-unsafe): as above.
  unsetenv("http_proxy");
  EXPECT_TRUE(reply.ok());
  EXPECT_TRUE(proxy.requests().empty());
}

TEST_F(CurlHubLinkTest, GivesUpAtTheDeadline) {
  const auto begun = std::chrono::steady_clock::now();

  const HubFailure failure = FailureOf("", 100ms);

  EXPECT_EQ(failure.fault, HubFault::kTimeout);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 5s);
}

TEST_F(CurlHubLinkTest, ADeadlineThatHasPassedIsATimeout) {
  EXPECT_EQ(FailureOf("", -1s).fault, HubFault::kTimeout);
}

TEST_F(CurlHubLinkTest, AClosedPortIsATransportFailure) {
  std::string url;
  {
    const StubServer gone([](const std::string&) { return std::string(); });
    url = gone.url();
  }

  const auto reply = LinkTo(url)->Hello(Request(), In(10s));

  ASSERT_FALSE(reply.ok());
  EXPECT_EQ(reply.failure().fault, HubFault::kTransport);
}

TEST_F(CurlHubLinkTest, StopsReadingABodyWithoutEnd) {
  const std::string body(33 * limits::kMiB, ' ');

  const HubFailure failure = FailureOf(HttpAnswer(200, body));

  EXPECT_EQ(failure.fault, HubFault::kTransport);
  EXPECT_NE(failure.message.find("too large"), std::string::npos) << failure.message;
}

TEST_F(CurlHubLinkTest, AnAnswerThatIsNoJsonIsATransportFailure) {
  EXPECT_EQ(FailureOf(HttpAnswer(200, "<html>welcome to the hotel</html>")).fault,
            HubFault::kTransport);
  EXPECT_EQ(FailureOf(HttpAnswer(200, "{}")).fault, HubFault::kTransport);
  EXPECT_EQ(FailureOf("HTTP/9 what\r\n\r\n").fault, HubFault::kTransport);
}

TEST_F(CurlHubLinkTest, ReadsWhatTheHubRefuses) {
  EXPECT_EQ(FailureOf(HttpAnswer(401, "{}")).fault, HubFault::kUnauthorized);
  EXPECT_EQ(FailureOf(HttpAnswer(413, "")).fault, HubFault::kTooLarge);
  EXPECT_EQ(FailureOf(HttpAnswer(426, "")).fault, HubFault::kUpgradeRequired);
  EXPECT_EQ(FailureOf(HttpAnswer(500, "oops")).fault, HubFault::kRetryLater);
}

TEST_F(CurlHubLinkTest, ReadsAnotherEpoch) {
  HubFailure sent;
  sent.fault = HubFault::kEpochChanged;
  sent.epoch = Epoch(std::string(32, 'c'));
  sent.fork_seq = HubSequence(4);

  const HubFailure failure = FailureOf(HttpAnswer(409, ToJson(sent).dump()));

  EXPECT_EQ(failure.fault, HubFault::kEpochChanged);
  EXPECT_EQ(failure.fork_seq, HubSequence(4));
}

TEST_F(CurlHubLinkTest, ReadsRetryAfter) {
  const HubFailure failure = FailureOf(HttpAnswer(503, "{}", "Retry-After: 30\r\n"));

  EXPECT_EQ(failure.fault, HubFault::kRetryLater);
  EXPECT_EQ(failure.retry_after, 30s);
}

TEST_F(CurlHubLinkTest, CancelEndsARunningCall) {
  const StubServer server([](const std::string&) { return std::string(); });
  const auto link = LinkTo(server.url());
  std::jthread canceller([&] {
    while (server.requests().empty())
      std::this_thread::yield();
    link->Cancel();
  });

  const auto reply = link->Hello(Request(), In(20s));

  ASSERT_FALSE(reply.ok());
  EXPECT_EQ(reply.failure().fault, HubFault::kTransport);
}

TEST_F(CurlHubLinkTest, AsksForPagesByQuery) {
  const StubServer server([](const std::string&) { return HttpAnswer(500, ""); });
  const auto link = LinkTo(server.url());
  ChangesRequest changes;
  changes.device = DeviceId(7);
  changes.since = HubSequence(41);
  changes.claim = {Epoch(std::string(32, 'a')), HubSequence(42), FeedCheck(std::string(16, 'b')),
                   HubSequence(41), FeedCheck(std::string(16, 'c'))};
  SnapshotRequest snapshot;
  snapshot.context = ContextRef{Level::kBranch, "feature/jwt & more"};

  static_cast<void>(link->Changes(changes, In(10s)));
  static_cast<void>(link->Snapshot(snapshot, In(10s)));

  ASSERT_EQ(server.requests().size(), 2U);
  EXPECT_NE(server.requests()[0].find("since=41"), std::string::npos);
  EXPECT_NE(server.requests()[0].find("known=42"), std::string::npos);
  EXPECT_NE(server.requests()[0].find("at=41&at_check=cccccccccccccccc"), std::string::npos);
  EXPECT_NE(server.requests()[1].find("context_id=feature%2fjwt%20%26%20more"), std::string::npos)
      << server.requests()[1];
}

}  // namespace
}  // namespace contextsync::curl_hub_link_test
