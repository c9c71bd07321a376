#include <gtest/gtest.h>

#include "server/hub/routes.h"
#include "tests/unit/hub_server/hub_server_fixture.h"

namespace contextsync::request_gate_test {
namespace {

std::string PathOf(const Route& route, const std::string& workspace = "w1") {
  if (!route.in_workspace) return std::string(route.path);
  return "/v1/workspaces/" + workspace + "/" + std::string(route.path);
}

TestRequest RequestTo(const Route& route, const std::string& workspace = "w1") {
  TestRequest request{std::string(route.method), PathOf(route, workspace), {}, ""};
  if (route.method == "POST") {
    request.headers.emplace_back("Content-Type", "application/json");
    request.body = "{}";
  }
  return request;
}

/// Every route is asked with every kind of token that must not pass.
class RouteAccessTest : public HubServerFixture, public ::testing::WithParamInterface<Route> {
 protected:
  TestResponse Ask(const std::string& secret) {
    TestRequest request = RequestTo(GetParam());
    request.headers.push_back(Bearer(secret));
    return Once(request);
  }

  void ExpectUnauthorized(const TestResponse& response) {
    EXPECT_EQ(response.status, 401);
    EXPECT_TRUE(response.headers.at("www-authenticate").starts_with("Bearer"));
    EXPECT_EQ(response.headers.at("cache-control"), "no-store");
    EXPECT_NE(response.body.find("\"server_time\":" + std::to_string(clock_.WallMillis())),
              std::string::npos);
  }
};

TEST_P(RouteAccessTest, RefusesNoToken) {
  Start();

  ExpectUnauthorized(Once(RequestTo(GetParam())));
}

TEST_P(RouteAccessTest, RefusesGarbage) {
  Start();

  ExpectUnauthorized(Ask("garbage"));
}

TEST_P(RouteAccessTest, RefusesAnExpiredToken) {
  Start();
  const NewToken token = MakeToken(Role::kAdmin, "w1", std::chrono::hours(1));

  clock_.Advance(std::chrono::hours(1));

  ExpectUnauthorized(Ask(token.secret));
}

TEST_P(RouteAccessTest, RefusesARevokedToken) {
  Start();
  const NewToken token = MakeToken(Role::kAdmin);
  ASSERT_TRUE(tokens_->Revoke(token.info.id).ok());

  ExpectUnauthorized(Ask(token.secret));
}

TEST_P(RouteAccessTest, RefusesATokenInTheQuery) {
  Start();
  TestRequest request = RequestTo(GetParam());
  request.target += "?access_token=" + MakeToken(Role::kAdmin).secret;

  ExpectUnauthorized(Once(request));
}

TEST_P(RouteAccessTest, RefusesAForeignTokenAsIfTheWorkspaceDidNotExist) {
  Start();
  const std::string foreign = MakeToken(Role::kAdmin, "w2").secret;
  TestRequest unknown = RequestTo(GetParam(), "nobody-has-this");
  unknown.headers.push_back(Bearer(foreign));

  const TestResponse of_foreign = Ask(foreign);
  const TestResponse of_unknown = Once(unknown);

  EXPECT_EQ(of_foreign.status, 403);
  EXPECT_EQ(of_unknown.status, of_foreign.status);
  EXPECT_EQ(of_unknown.body, of_foreign.body);
}

TEST_P(RouteAccessTest, RefusesAMalformedHeader) {
  Start();
  TestRequest request = RequestTo(GetParam());
  request.headers.emplace_back("Authorization", "Bearer two words");

  EXPECT_EQ(Once(request).status, 400);
}

std::vector<Route> RoutesThatNeedAToken() {
  std::vector<Route> routes;
  for (const Route& route : Routes()) {
    if (route.role) routes.push_back(route);
  }
  return routes;
}

INSTANTIATE_TEST_SUITE_P(EveryRoute, RouteAccessTest, ::testing::ValuesIn(RoutesThatNeedAToken()),
                         [](const auto& row) { return std::string(row.param.path); });

class AnyRouteTest : public HubServerFixture, public ::testing::WithParamInterface<Route> {};

TEST_P(AnyRouteTest, RefusesAnotherMethodAndNamesItsOwn) {
  Start();
  TestRequest request = RequestTo(GetParam());
  request.method = "DELETE";

  const TestResponse response = Once(request);

  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(response.headers.at("allow"), GetParam().method);
}

TEST_P(AnyRouteTest, RefusesForeignHostsAndOriginsWithoutAnyCorsHeader) {
  Start();
  for (const auto& header : std::vector<std::pair<std::string, std::string>>{
           {"Host", "evil.example"},
           {"Host", "localhost.evil.example"},
           {"Origin", "https://evil.example"},
           {"Origin", "null"},
           {"Origin", "http://localhost.evil.example"}}) {
    TestRequest request = RequestTo(GetParam());
    request.headers.push_back(header);

    const TestResponse response = Once(request);

    EXPECT_EQ(response.status, 403) << header.first << ": " << header.second;
    for (const auto& [name, value] : response.headers)
      EXPECT_FALSE(name.starts_with("access-control")) << name;
  }
}

TEST_P(AnyRouteTest, RefusesCompressedBodies) {
  Start();
  TestRequest request = RequestTo(GetParam());
  request.headers.push_back(Bearer(MakeToken(Role::kAdmin).secret));
  request.headers.emplace_back("Content-Encoding", "gzip");

  EXPECT_EQ(Once(request).status, 415);
}

INSTANTIATE_TEST_SUITE_P(EveryRoute, AnyRouteTest,
                         ::testing::ValuesIn(Routes().begin(), Routes().end()),
                         [](const auto& row) {
                           std::string name(row.param.path);
                           std::erase(name, '/');
                           return name;
                         });

class RequestGateTest : public HubServerFixture {};

TEST_F(RequestGateTest, OnlyHealthAndReadinessAreOpen) {
  std::vector<std::string> open;
  for (const Route& route : Routes()) {
    if (!route.role) open.emplace_back(route.path);
  }

  EXPECT_EQ(open, (std::vector<std::string>{"/healthz", "/readyz"}));
}

TEST_F(RequestGateTest, AReaderMayReadButNotPush) {
  Start();
  const std::string reader = MakeToken(Role::kRead).secret;

  const TestResponse push = Once(PushRequestWith(reader));
  const TestResponse read = Once({"GET", "/v1/workspaces/w1/changes", {Bearer(reader)}, ""});

  EXPECT_EQ(push.status, 403);
  EXPECT_NE(push.body.find("insufficient_scope"), std::string::npos);
  EXPECT_EQ(read.status, 200);
  EXPECT_EQ(hub_.pushes(), 0U);
}

TEST_F(RequestGateTest, TheAuthorIsTheTokensName) {
  Start();
  const std::string body =
      R"({"protocol":{"min":1,"max":1},"build":"x","device":"00000000000000aa","former":[],"next_n":1,"acked_n":0,)"
      R"("low_base":0,"cursor":0,"known":0,"check":null,"epoch":null,"agent":"mallory"})";

  const TestResponse response = Once(
      {"POST", "/v1/workspaces/w1/hello", {Bearer(MakeToken(Role::kWrite).secret), Json()}, body});

  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(hub_.last_principal().name, "alice");
  EXPECT_EQ(hub_.last_workspace(), WorkspaceId("w1"));
}

TEST_F(RequestGateTest, ManyWrongTokensAreSlowedDownButRightOnesNot) {
  HubServerOptions options;
  options.tuning.failed_auth_per_minute = 3;
  Start(options);
  const auto guess = [&] { return Once(PushRequestWith("garbage")); };
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(guess().status, 401);

  const TestResponse slowed = guess();

  EXPECT_EQ(slowed.status, 429);
  const int wait = std::stoi(slowed.headers.at("retry-after"));
  EXPECT_GT(wait, 0);
  EXPECT_LE(wait, 60);
  EXPECT_EQ(Once(PushRequestWith(MakeToken(Role::kWrite).secret)).status, 200);
  clock_.Advance(std::chrono::minutes(1));
  EXPECT_EQ(guess().status, 401);
}

TEST_F(RequestGateTest, AnswersToItsOwnNamesWithAnyPort) {
  HubServerOptions options;
  options.allowed_hosts = {"Hub.Example"};
  Start(options);
  for (const std::string host :
       {"localhost", "LOCALHOST:1", "127.0.0.1:8787", "[::1]:80", "hub.example:8787"}) {
    EXPECT_EQ(Once({"GET", "/healthz", {{"Host", host}, {"Origin", "http://" + host}}, ""}).status,
              200)
        << host;
  }
}

TEST_F(RequestGateTest, RefusesWorkspacesThatAreNone) {
  Start();
  const auto token = Bearer(MakeToken(Role::kWrite).secret);
  for (const std::string workspace : {"%00", "a%2Fb", "..", "%ff", "%zz", ""}) {
    EXPECT_EQ(Once({"GET", "/v1/workspaces/" + workspace + "/changes", {token}, ""}).status, 400)
        << workspace;
  }
}

TEST_F(RequestGateTest, KnowsNoOtherPath) {
  Start();
  for (const std::string path :
       {"/", "/v1", "/v1/workspaces/w1", "/v1/workspaces/w1/push/", "/healthz/x"}) {
    EXPECT_EQ(Once({"GET", path, {}, ""}).status, 404) << path;
  }
}

TEST_F(RequestGateTest, WantsJson) {
  Start();
  const std::string secret = MakeToken(Role::kWrite).secret;
  TestRequest plain = PushRequestWith(secret);
  plain.headers.back().second = "text/plain";
  TestRequest with_charset = PushRequestWith(secret);
  with_charset.headers.back().second = "Application/JSON; charset=utf-8";

  EXPECT_EQ(Once(plain).status, 415);
  EXPECT_EQ(Once(with_charset).status, 200);
}

TEST_F(RequestGateTest, WithoutTokensEverybodyOnThisMachineIsAdmin) {
  Start({}, false);

  const TestResponse response = Once({"POST", "/v1/workspaces/any/push", {Json()}, PushBody()});

  EXPECT_EQ(response.status, 200) << response.body;
}

TEST_F(RequestGateTest, DoesNotListenBeyondLoopbackWithoutTokens) {
  HubServerOptions options;
  options.host = "0.0.0.0";

  const auto server =
      HubServer::Start(options, {.io = io_, .backend = hub_, .tokens = nullptr, .clock = clock_});

  ASSERT_FALSE(server.ok());
  EXPECT_EQ(server.error().code(), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace contextsync::request_gate_test
