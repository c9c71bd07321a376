#include <gtest/gtest.h>

#include "tests/unit/hub_server/hub_server_fixture.h"

namespace contextsync::http_session_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class HttpSessionTest : public HubServerFixture {
 protected:
  std::string secret_ = MakeToken(Role::kWrite).secret;
};

TEST_F(HttpSessionTest, ServesManyRequestsOnOneConnection) {
  Start();
  HttpClient client(server_->port());

  for (int i = 0; i < 50; ++i)
    ASSERT_EQ(client.Do(PushRequestWith(secret_)).status, 200);

  EXPECT_EQ(hub_.pushes(), 50U);
}

TEST_F(HttpSessionTest, AnswersPipelinedRequestsInOrder) {
  Start();
  HttpClient client(server_->port());
  const std::string push = HttpClient::Render(PushRequestWith(secret_));
  const std::string missing = HttpClient::Render({"GET", "/nothing", {}, ""});

  ASSERT_TRUE(client.socket().Send(push + missing + push));

  EXPECT_EQ(client.ReadResponse().status, 200);
  EXPECT_EQ(client.ReadResponse().status, 404);
  EXPECT_EQ(client.ReadResponse().status, 200);
}

TEST_F(HttpSessionTest, TakesARequestInSinglePieces) {
  Start();
  HttpClient client(server_->port());

  for (const char c : HttpClient::Render(PushRequestWith(secret_))) {
    ASSERT_TRUE(client.socket().Send({&c, 1}));
  }

  EXPECT_EQ(client.ReadResponse().status, 200);
}

TEST_F(HttpSessionTest, AnswersFromAnotherThreadLater) {
  Start();
  hub_.HoldPushes();
  HttpClient client(server_->port());
  ASSERT_TRUE(client.socket().Send(HttpClient::Render(PushRequestWith(secret_))));
  ASSERT_TRUE(hub_.AwaitHeldPushes(1));

  EXPECT_EQ(Once({"GET", "/healthz", {}, ""}).status, 200);
  hub_.AnswerHeldPushes();

  EXPECT_EQ(client.ReadResponse().status, 200);
}

TEST_F(HttpSessionTest, SurvivesAClientThatLeavesBeforeItsAnswer) {
  Start();
  hub_.HoldPushes();
  {
    HttpClient client(server_->port());
    ASSERT_TRUE(client.socket().Send(HttpClient::Render(PushRequestWith(secret_))));
    ASSERT_TRUE(hub_.AwaitHeldPushes(1));
  }

  hub_.AnswerHeldPushes();

  EXPECT_EQ(Once({"GET", "/healthz", {}, ""}).status, 200);
}

TEST_F(HttpSessionTest, TakesAChunkedBody) {
  Start();
  TestRequest request = PushRequestWith(secret_);
  request.headers.emplace_back("Transfer-Encoding", "chunked");
  std::string chunks;
  for (const char c : PushBody())
    chunks += std::string("1\r\n") + c + "\r\n";
  request.body = chunks + "0\r\n\r\n";

  EXPECT_EQ(Once(request).status, 200);
}

TEST_F(HttpSessionTest, InvitesABodyThatWaitsForIt) {
  Start();
  HttpClient client(server_->port());
  TestRequest request = PushRequestWith(secret_);
  request.headers.emplace_back("Expect", "100-continue");
  const std::string text = HttpClient::Render(request);
  const std::size_t head = text.find("\r\n\r\n") + 4;

  ASSERT_TRUE(client.socket().Send(text.substr(0, head)));
  EXPECT_EQ(client.ReadResponse().status, 100);
  ASSERT_TRUE(client.socket().Send(text.substr(head)));

  EXPECT_EQ(client.ReadResponse().status, 200);
}

TEST_F(HttpSessionTest, RefusesAnAnnouncedBodyAboveTheRoutesLimitBeforeItIsSent) {
  Start();
  TestRequest push = PushRequestWith(secret_);
  push.headers.emplace_back("Content-Length", std::to_string(limits::kPushBodyBytes + 1));
  TestRequest hello = push;
  hello.target = "/v1/workspaces/w1/hello";
  hello.headers.back().second = std::to_string(64 * 1024 + 1);
  push.body.clear();
  hello.body.clear();

  EXPECT_EQ(Once(push).status, 413);
  EXPECT_EQ(Once(hello).status, 413);
}

TEST_F(HttpSessionTest, RefusesAChunkedBodyThatGrowsAboveTheLimit) {
  Start();
  TestRequest request{"POST", "/v1/workspaces/w1/hello", {Bearer(secret_), Json()}, ""};
  request.headers.emplace_back("Transfer-Encoding", "chunked");
  const std::string kilobyte = "400\r\n" + std::string(1024, ' ') + "\r\n";
  for (int i = 0; i < 80; ++i)
    request.body += kilobyte;

  EXPECT_EQ(Once(request).status, 413);
}

TEST_F(HttpSessionTest, TakesABodyOfTheFullLimit) {
  Start();
  TestRequest request = PushRequestWith(secret_);
  request.body.append(limits::kPushBodyBytes - request.body.size(), ' ');

  EXPECT_EQ(Once(request).status, 200);
}

TEST_F(HttpSessionTest, RefusesALargeBodyWhenItsWorkersAreBusy) {
  Start();
  hub_.set_overloaded(true);
  TestRequest request = PushRequestWith(secret_);
  request.body.append(limits::kMiB, ' ');

  const TestResponse response = Once(request);

  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.headers.at("retry-after"), "1");
}

TEST_F(HttpSessionTest, RefusesAHeaderAboveItsLimit) {
  Start();
  TestRequest request{"GET", "/healthz", {{"X-Long", std::string(17 * 1024, 'x')}}, ""};

  EXPECT_EQ(Once(request).status, 431);
}

TEST_F(HttpSessionTest, RefusesBodiesThatAreNotWhatTheRouteTakes) {
  Start();
  for (const std::string body : {"{", "[]", "{}", "\x01", R"({"a":1,"a":2})", "\xff\xfe"}) {
    TestRequest request = PushRequestWith(secret_);
    request.body = body;

    const TestResponse response = Once(request);

    EXPECT_EQ(response.status, 400) << body;
    EXPECT_NE(response.body.find("\"error\""), std::string::npos);
  }
  EXPECT_EQ(hub_.pushes(), 0U);
}

TEST_F(HttpSessionTest, ClosesOnAmbiguousFraming) {
  Start();
  const std::string line = "POST /v1/workspaces/w1/push HTTP/1.1\r\nHost: localhost\r\n";
  for (const std::string& head : {
           line + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n",
           line + "Content-Length: 2\r\nContent-Length: 2\r\n\r\n",
           line + "Transfer-Encoding: gzip, chunked\r\n\r\n",
           line + "X-Folded: a\r\n b\r\n\r\n",
           line + "Host: localhost\r\n\r\n",
           std::string("GET /healthz HTTP/1.1\nHost: localhost\n\n"),
           std::string("\x16\x03\x01\x02 TLS?\r\n\r\n"),
       }) {
    HttpClient client(server_->port());
    ASSERT_TRUE(client.socket().Send(head));

    EXPECT_EQ(client.ReadResponse().status, 400) << head;
    EXPECT_TRUE(client.socket().IsClosedWithin(seconds(5))) << head;
  }
}

TEST_F(HttpSessionTest, ASlowHeaderIsCutOffWhateverTricklesIn) {
  HubServerOptions options;
  options.tuning.header_deadline = milliseconds(200);
  Start(options);
  HttpClient client(server_->port());
  const auto began = std::chrono::steady_clock::now();

  ASSERT_TRUE(client.socket().Send("GET /healthz HTTP/1.1\r\nX: "));
  while (!client.socket().IsClosedWithin(milliseconds(20)))
    client.socket().Send("x");

  EXPECT_LT(std::chrono::steady_clock::now() - began, seconds(5));
}

TEST_F(HttpSessionTest, ASlowBodyIsCutOff) {
  HubServerOptions options;
  options.tuning.body_deadline = milliseconds(200);
  Start(options);
  HttpClient client(server_->port());
  TestRequest request = PushRequestWith(secret_);
  request.headers.emplace_back("Content-Length", "1000");

  ASSERT_TRUE(client.socket().Send(HttpClient::Render(request)));

  EXPECT_TRUE(client.socket().IsClosedWithin(seconds(5)));
}

TEST_F(HttpSessionTest, AnIdleConnectionIsClosed) {
  HubServerOptions options;
  options.tuning.idle_deadline = milliseconds(100);
  Start(options);
  HttpClient client(server_->port());
  ASSERT_EQ(client.Do({"GET", "/healthz", {}, ""}).status, 200);

  EXPECT_TRUE(client.socket().IsClosedWithin(seconds(5)));
}

TEST_F(HttpSessionTest, AReaderThatTakesNothingIsCutOff) {
  HubServerOptions options;
  options.tuning.write_deadline = milliseconds(200);
  Start(options);
  HttpClient client(server_->port());
  ChangesPage page = FakeHub::PageWithOneItem();
  page.changes[0].reason.assign(16 * limits::kMiB, 'x');  // more than the kernel's buffers take
  hub_.AnswerChanges(page);

  ASSERT_TRUE(client.socket().Send(
      HttpClient::Render({"GET", "/v1/workspaces/w1/changes", {Bearer(secret_)}, ""})));

  EXPECT_FALSE(server_->WaitUntilIdle(std::chrono::steady_clock::now()));
  EXPECT_TRUE(server_->WaitUntilIdle(std::chrono::steady_clock::now() + seconds(5)));
}

TEST_F(HttpSessionTest, RefusesConnectionsAboveTheCap) {
  HubServerOptions options;
  options.tuning.connections = 2;
  Start(options);
  HttpClient first(server_->port());
  HttpClient second(server_->port());
  ASSERT_EQ(first.Do({"GET", "/healthz", {}, ""}).status, 200);
  ASSERT_EQ(second.Do({"GET", "/healthz", {}, ""}).status, 200);

  HttpClient third(server_->port());

  EXPECT_TRUE(third.socket().IsClosedWithin(seconds(5)));
  EXPECT_EQ(first.Do({"GET", "/healthz", {}, ""}).status, 200);
}

TEST_F(HttpSessionTest, StoppingFinishesWhatRunsAndClosesWhatIsIdle) {
  Start();
  hub_.HoldPushes();
  HttpClient idle(server_->port());
  ASSERT_EQ(idle.Do({"GET", "/healthz", {}, ""}).status, 200);
  HttpClient busy(server_->port());
  ASSERT_TRUE(busy.socket().Send(HttpClient::Render(PushRequestWith(secret_))));
  ASSERT_TRUE(hub_.AwaitHeldPushes(1));

  server_->Stop();
  EXPECT_TRUE(idle.socket().IsClosedWithin(seconds(5)));
  EXPECT_FALSE(HttpClient(server_->port()).socket().is_connected());
  hub_.AnswerHeldPushes();

  const TestResponse answer = busy.ReadResponse();
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.headers.at("connection"), "close");
  busy.socket().Close();
  EXPECT_TRUE(server_->WaitUntilIdle(std::chrono::steady_clock::now() + seconds(5)));
}

TEST_F(HttpSessionTest, AnAnswerThatComesAfterTheServerIsGoneIsDropped) {
  Start();
  hub_.HoldPushes();
  HttpClient client(server_->port());
  ASSERT_TRUE(client.socket().Send(HttpClient::Render(PushRequestWith(secret_))));
  ASSERT_TRUE(hub_.AwaitHeldPushes(1));

  server_.reset();
  hub_.AnswerHeldPushes();

  EXPECT_TRUE(client.socket().IsClosedWithin(seconds(5)));
}

TEST_F(HttpSessionTest, SaysWhetherItIsReady) {
  Start();
  EXPECT_EQ(Once({"GET", "/readyz", {}, ""}).status, 200);

  hub_.set_ready(false);

  const TestResponse response = Once({"GET", "/readyz", {}, ""});
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.body.find("disk"), std::string::npos);  // the reason is nobody's business
  EXPECT_EQ(Once({"GET", "/healthz", {}, ""}).status, 200);
}

TEST_F(HttpSessionTest, AHubsFailureKeepsItsStatusAndItsWords) {
  Start();
  HubFailure failure;
  failure.fault = HubFault::kCursorGone;
  failure.gc_floor = HubSequence(17);
  failure.epoch = Epoch(std::string(32, 'a'));
  failure.head = HubSequence(20);
  hub_.AnswerChanges(failure);

  const TestResponse response =
      Once({"GET", "/v1/workspaces/w1/changes?since=1", {Bearer(secret_)}, ""});

  EXPECT_EQ(response.status, 410);
  EXPECT_NE(response.body.find("\"gc_floor\":17"), std::string::npos);
  EXPECT_NE(response.body.find("\"head\":20"), std::string::npos);
  EXPECT_NE(response.body.find("\"server_time\":"), std::string::npos);
}

}  // namespace
}  // namespace contextsync::http_session_test
