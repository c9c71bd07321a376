#include "tests/unit/mcp/session_fixture.h"

namespace contextsync::mcp::session_era_test {
namespace {

using SessionEraTest = SessionTest;

constexpr std::string_view kServerInfoKey = "io.modelcontextprotocol/serverInfo";

TEST_F(SessionEraTest, DiscoverSaysWhatIsSupported) {
  const Json result = Modern("server/discover")["result"];

  EXPECT_EQ(result["supportedVersions"], Json::parse(R"(["2026-07-28"])"));
  EXPECT_EQ(result["capabilities"], Json::parse(R"({"tools":{}})"));
  EXPECT_EQ(result["resultType"], "complete");
  EXPECT_EQ(result["instructions"], "I");
  EXPECT_EQ(result["ttlMs"], 3600000);
  EXPECT_EQ(result["cacheScope"], "private");
  EXPECT_EQ(result["_meta"][kServerInfoKey],
            Json::parse(R"({"name":"s","title":"S","version":"1"})"));
}

TEST_F(SessionEraTest, InitializeEchoesEveryKnownVersion) {
  for (const std::string version :
       {"2024-10-07", "2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"}) {
    const Json result = Legacy(
        "initialize", R"("protocolVersion":")" + version + R"(","capabilities":{})")["result"];
    EXPECT_EQ(result["protocolVersion"], version);
    EXPECT_EQ(result["serverInfo"]["websiteUrl"], "https://example.org/");
    EXPECT_EQ(result["instructions"], "I");
    EXPECT_FALSE(result.contains("resultType"));
    EXPECT_FALSE(result.contains("_meta"));
  }
}

TEST_F(SessionEraTest, InitializeNeverAgreesOnTheModernVersion) {
  for (const std::string_view version : {"2026-07-28", "2099-01-01", "1.0.0", ""}) {
    const Json answer =
        Legacy("initialize", R"("protocolVersion":")" + std::string(version) + R"(")");
    EXPECT_EQ(answer["result"]["protocolVersion"], "2025-11-25");
  }
}

TEST_F(SessionEraTest, InitializeWithoutVersionIsInvalid) {
  EXPECT_EQ(Code(Legacy("initialize")), -32602);
  EXPECT_EQ(Code(Legacy("initialize", R"("protocolVersion":5)")), -32602);
  EXPECT_EQ(Code(Legacy("initialize", R"("protocolVersion":"2025-11-25","clientInfo":1)")), -32602);
  EXPECT_EQ(Code(Legacy("initialize", R"("protocolVersion":"2025-11-25","capabilities":[])")),
            -32602);
}

TEST_F(SessionEraTest, ModernShapeIsOnlyForModernRequests) {
  Initialize("2025-11-25");

  const Json modern = Modern("tools/list")["result"];
  const Json legacy = Legacy("tools/list")["result"];

  EXPECT_EQ(modern["tools"], legacy["tools"]);
  EXPECT_EQ(modern["ttlMs"], 300000);
  EXPECT_EQ(modern["cacheScope"], "public");
  EXPECT_TRUE(modern["_meta"].contains(kServerInfoKey));
  EXPECT_EQ(legacy.size(), 1U);
}

TEST_F(SessionEraTest, UnsupportedVersionIsToldWhatIsSupported) {
  const Json answer =
      Legacy("tools/list", R"("_meta":{"io.modelcontextprotocol/protocolVersion":"2025-11-25"})");

  EXPECT_EQ(Code(answer), -32022);
  EXPECT_EQ(answer["error"]["data"],
            Json::parse(R"({"supported":["2026-07-28"],"requested":"2025-11-25"})"));
}

TEST_F(SessionEraTest, ClaimMustBeComplete) {
  const std::string version = R"("io.modelcontextprotocol/protocolVersion":"2026-07-28")";
  const std::string caps = R"("io.modelcontextprotocol/clientCapabilities":)";
  const std::vector<std::string> broken = {
      version,
      version + "," + caps + "[]",
      version + "," + caps + R"({},"io.modelcontextprotocol/clientInfo":{"name":"x"})",
      version + "," + caps + R"({},"io.modelcontextprotocol/clientInfo":"x")",
      version + "," + caps + R"({},"io.modelcontextprotocol/logLevel":"loud")",
      version + "," + caps + R"({},"io.modelcontextprotocol/logLevel":3)",
      R"("io.modelcontextprotocol/protocolVersion":20260728,)" + caps + "{}",
  };
  for (const std::string& meta : broken) {
    EXPECT_EQ(Code(Legacy("tools/list", R"("_meta":{)" + meta + "}")), -32602) << meta;
  }
  EXPECT_EQ(Code(Legacy("tools/list", R"("_meta":5)")), -32602);
}

TEST_F(SessionEraTest, ClientInfoIsOptionalAndLogLevelIsAllowed) {
  const Json answer =
      Legacy("tools/list",
             R"("_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","progressToken":1,)"
             R"("io.modelcontextprotocol/clientCapabilities":{"x":1},)"
             R"("io.modelcontextprotocol/logLevel":"info","traceparent":"00"})");

  EXPECT_TRUE(answer.contains("result"));
}

TEST_F(SessionEraTest, LegacyMethodsDoNotExistInModernShape) {
  for (const std::string_view method :
       {"initialize", "ping", "logging/setLevel", "resources/subscribe", "resources/unsubscribe"}) {
    EXPECT_EQ(Code(Modern(method, R"("protocolVersion":"2025-11-25")")), -32601) << method;
  }
}

TEST_F(SessionEraTest, MethodsWithoutCapabilityDoNotExist) {
  for (const std::string_view method :
       {"resources/list", "resources/read", "resources/templates/list", "prompts/list",
        "prompts/get", "completion/complete", "logging/setLevel", "roots/list", "no/such", ""}) {
    EXPECT_EQ(Code(Modern(method)), -32601) << method;
  }
  Initialize("2025-11-25");
  EXPECT_EQ(Code(Legacy("resources/list")), -32601);
  EXPECT_EQ(Code(Legacy("server/discover")), -32601);
  EXPECT_EQ(Code(Legacy("subscriptions/listen", R"("notifications":{})")), -32601);
}

TEST_F(SessionEraTest, FirstRequestWithoutClaimCountsAsLegacy) {
  EXPECT_EQ(Legacy("ping")["result"], Json::object());
  EXPECT_EQ(Legacy("tools/list")["result"].size(), 1U);
  EXPECT_EQ(Code(Legacy("server/discover")), -32602);
}

TEST_F(SessionEraTest, ClaimlessRequestAfterModernOnesIsInvalid) {
  Modern("server/discover");

  EXPECT_EQ(Code(Legacy("tools/list")), -32602);
  EXPECT_EQ(Code(Legacy("ping")), -32602);
}

TEST_F(SessionEraTest, InitializeIsWelcomeAfterModernRequestsAndTwice) {
  Modern("server/discover");

  Initialize("2025-06-18");
  EXPECT_TRUE(Legacy("tools/list").contains("result"));
  Initialize("2025-03-26");
  EXPECT_TRUE(Legacy("ping").contains("result"));
  EXPECT_TRUE(Modern("tools/list")["result"].contains("ttlMs"));
}

TEST_F(SessionEraTest, InitializedNotificationChangesNothing) {
  const std::string_view initialized = R"({"jsonrpc":"2.0","method":"notifications/initialized"})";

  EXPECT_TRUE(Exchange(initialized).empty());
  Initialize("2025-11-25");
  EXPECT_TRUE(Exchange(initialized).empty());
  EXPECT_TRUE(Exchange(initialized).empty());
  EXPECT_TRUE(Legacy("tools/list").contains("result"));
}

TEST_F(SessionEraTest, CursorIsAlwaysUnknown) {
  EXPECT_EQ(Code(Modern("tools/list", R"("cursor":"abc")")), -32602);
  EXPECT_EQ(Code(Modern("tools/list", R"("cursor":null)")), -32602);
}

TEST_F(SessionEraTest, ParamsMayBeAbsentButNothingElseThanAnObject) {
  EXPECT_TRUE(Ask(R"({"jsonrpc":"2.0","id":1,"method":"tools/list"})").contains("result"));
  for (const std::string params : {"null", "[]", "5", R"("x")"}) {
    EXPECT_EQ(
        Code(Ask(R"({"jsonrpc":"2.0","id":1,"method":"tools/list","params":)" + params + "}")),
        -32602);
  }
}

}  // namespace
}  // namespace contextsync::mcp::session_era_test
