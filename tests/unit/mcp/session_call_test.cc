#include <string>
#include <utility>
#include <vector>

#include "server/mcp/tuning.h"
#include "tests/unit/mcp/session_fixture.h"

namespace contextsync::mcp::session_call_test {
namespace {

using SessionCallTest = SessionTest;

TEST_F(SessionCallTest, AnswerIsTextAndStructuredContent) {
  tools.answer.json = R"({"a":"line\nbreak \"quoted\" \\ ☃"})";

  const Json result = Legacy("tools/call", R"("name":"now")")["result"];

  ASSERT_EQ(result["content"].size(), 1U);
  EXPECT_EQ(result["content"][0]["type"], "text");
  EXPECT_EQ(result["content"][0]["text"], tools.answer.json);
  EXPECT_EQ(result["structuredContent"], Json::parse(tools.answer.json));
  EXPECT_EQ(result["isError"], false);
  EXPECT_EQ(result.size(), 3U);
}

TEST_F(SessionCallTest, ModernAnswerSaysItIsComplete) {
  const Json result = Modern("tools/call", R"("name":"now")")["result"];

  EXPECT_EQ(result["resultType"], "complete");
  EXPECT_EQ(result["_meta"].size(), 1U);
}

TEST_F(SessionCallTest, FailureOfAToolIsAResult) {
  tools.answer = {.json = R"({"success":false})", .is_error = true};

  const Json result = Modern("tools/call", R"("name":"now","arguments":{})")["result"];

  EXPECT_EQ(result["isError"], true);
  EXPECT_EQ(result["structuredContent"]["success"], false);
}

TEST_F(SessionCallTest, ToolSeesWhoCallsAndWithWhat) {
  Initialize("2025-11-25");
  Legacy("tools/call", R"("name":"now","arguments":{"x":[1,{"y":null}]})");
  Modern("tools/call", R"("name":"now")");

  ASSERT_EQ(tools.calls.size(), 2U);
  const ToolRequest& legacy = tools.calls[0].request;
  EXPECT_EQ(legacy.tool, "now");
  EXPECT_EQ(*legacy.arguments, Json::parse(R"({"x":[1,{"y":null}]})"));
  EXPECT_EQ(legacy.client_name, "old");
  EXPECT_EQ(legacy.session_id, "conn-1");
  EXPECT_FALSE(legacy.defect);
  EXPECT_EQ(*tools.calls[1].request.arguments, Json::object());
  EXPECT_EQ(tools.calls[1].request.client_name, "c");
}

TEST_F(SessionCallTest, DefectInsideArgumentsIsTheToolsBusiness) {
  Legacy("tools/call", R"("name":"now","arguments":{"data":{"k":1,"k":2}})");

  const auto& defect = tools.calls.at(0).request.defect;
  ASSERT_TRUE(defect);
  EXPECT_EQ(defect->kind, JsonDefectKind::kDuplicateKey);
  EXPECT_EQ(defect->pointer, "/data/k");
}

TEST_F(SessionCallTest, ArgumentsGivenTwiceAreRefused) {
  const Json answer =
      Legacy("tools/call", R"("name":"now","arguments":{"a":1},"arguments":{"a":2})");

  EXPECT_EQ(Code(answer), -32602);
  EXPECT_TRUE(tools.calls.empty());
}

TEST_F(SessionCallTest, MalformedCallsAreProtocolErrors) {
  for (const std::string_view params :
       {"", R"("name":5)", R"("name":"nope")", R"("name":"now","arguments":null)",
        R"("name":"now","arguments":[])", R"("name":"now","arguments":"{}")"}) {
    EXPECT_EQ(Code(Modern("tools/call", params)), -32602) << params;
  }
  EXPECT_EQ(Modern("tools/call", R"("name":"nope")")["error"]["message"], "Unknown tool: nope");
}

TEST_F(SessionCallTest, AnswersComeInAnyOrder) {
  StartCall("1");
  StartCall(R"("1")");

  tools.calls[1].done({.json = R"({"n":2})"});
  tools.calls[0].done({.json = R"({"n":1})"});

  const std::vector<std::string> sent = sink->Take();
  ASSERT_EQ(sent.size(), 2U);
  EXPECT_EQ(Json::parse(sent[0])["id"], "1");
  EXPECT_EQ(Json::parse(sent[1])["id"], 1);
}

TEST_F(SessionCallTest, SecondAnswerIsIgnored) {
  auto& call = StartCall("1");

  call.done({.json = R"({"n":1})"});
  call.done({.json = R"({"n":2})"});

  EXPECT_EQ(sink->Take().size(), 1U);
}

TEST_F(SessionCallTest, ForgottenAnswerIsAnInternalError) {
  EXPECT_EQ(Code(Legacy("tools/call", R"("name":"never")")), -32603);
  EXPECT_EQ(session.running_calls(), 0U);
}

TEST_F(SessionCallTest, AnswerThatWouldBreakTheFramingIsAnInternalError) {
  for (const std::string json : {"", "[]", "{\n}", "{\r}", "5", "{"}) {
    tools.answer.json = json;
    EXPECT_EQ(Code(Legacy("tools/call", R"("name":"now")")), -32603) << json;
  }
}

TEST_F(SessionCallTest, CancelledCallIsStoppedAndNotAnswered) {
  auto& call = StartCall("5");

  Cancel("5");

  EXPECT_TRUE(call.request.cancelled.stop_requested());
  EXPECT_EQ(session.running_calls(), 1U);
  call.done({.json = "{}"});
  EXPECT_TRUE(sink->Take().empty());
  EXPECT_EQ(session.running_calls(), 0U);
}

TEST_F(SessionCallTest, CancelComparesIdsByType) {
  auto& call = StartCall("5");

  Cancel(R"("5")");

  EXPECT_FALSE(call.request.cancelled.stop_requested());
}

TEST_F(SessionCallTest, CancelThatCrossesItsAnswerIsIgnored) {
  StartCall("5").done({.json = "{}"});
  EXPECT_EQ(sink->Take().size(), 1U);

  Cancel("5");

  EXPECT_EQ(session.running_calls(), 0U);
}

TEST_F(SessionCallTest, IdOfACancelledCallIsFreeAtOnce) {
  StartCall("5");
  Cancel("5");
  StartCall("5");

  tools.calls[0].done({.json = R"({"old":1})"});
  EXPECT_TRUE(sink->Take().empty());
  tools.calls[1].done({.json = R"({"new":1})"});
  EXPECT_EQ(sink->Take().size(), 1U);
}

TEST_F(SessionCallTest, DuplicateOfAnIdInFlightIsRefusedWithoutAnsweringTheFirst) {
  StartCall("5");

  const Json refused = Ask(R"({"jsonrpc":"2.0","id":5,"method":"ping"})");
  EXPECT_EQ(Code(refused), -32600);
  EXPECT_FALSE(refused.contains("id"));
  EXPECT_EQ(refused["error"]["data"]["requestId"], 5);

  tools.calls[0].done({.json = "{}"});
  EXPECT_EQ(sink->Take().size(), 1U);
  EXPECT_EQ(Ask(R"({"jsonrpc":"2.0","id":5,"method":"ping"})")["id"], 5);
}

TEST_F(SessionCallTest, CallsInFlightAreBoundedEvenWhenCancelled) {
  for (std::size_t i = 0; i < kCallsInFlight; ++i) {
    StartCall(std::to_string(i));
    Cancel(std::to_string(i));
  }

  const Json refused = Legacy("tools/call", R"("name":"later")");

  EXPECT_EQ(Code(refused), -32603);
  EXPECT_NE(refused["error"]["message"].get<std::string>().find("in flight"), std::string::npos);
  tools.calls[0].done({.json = "{}"});
  StartCall("99999");
}

TEST_F(SessionCallTest, BytesInFlightAreBounded) {
  const std::string padding(3 * limits::kMiB, 'x');
  const std::string params = R"("name":"later","arguments":{"a":")" + padding + R"("})";
  int started = 0;
  for (int i = 0; i < 6; ++i) {
    const std::string id = std::to_string(i);
    const auto sent = Exchange(R"({"jsonrpc":"2.0","id":)" + id +
                               R"(,"method":"tools/call","params":{)" + params + "}}");
    started += sent.empty() ? 1 : 0;
  }

  EXPECT_EQ(started, 5);
}

TEST_F(SessionCallTest, TellsWhenTheLastCallHasEnded) {
  StartCall("1");
  StartCall("2");

  tools.calls[0].done({.json = "{}"});
  EXPECT_EQ(sink->idle_count(), 0);
  tools.calls[1].done({.json = "{}"});
  EXPECT_EQ(sink->idle_count(), 1);
}

TEST_F(SessionCallTest, ListenIsAcknowledgedAndEndedWithAResult) {
  const Json acknowledged =
      Modern("subscriptions/listen", R"("notifications":{"toolsListChanged":true})");
  EXPECT_EQ(acknowledged["method"], "notifications/subscriptions/acknowledged");
  EXPECT_EQ(acknowledged["params"]["notifications"], Json::object());
  EXPECT_EQ(acknowledged["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"], 7);
  EXPECT_EQ(session.running_calls(), 0U);

  session.EndListens();
  session.EndListens();

  const std::vector<std::string> sent = sink->Take();
  ASSERT_EQ(sent.size(), 1U);
  const Json ended = Json::parse(sent[0]);
  EXPECT_EQ(ended["id"], 7);
  EXPECT_EQ(ended["result"]["resultType"], "complete");
  EXPECT_EQ(ended["result"]["_meta"]["io.modelcontextprotocol/subscriptionId"], 7);
}

TEST_F(SessionCallTest, CancelledListenIsNotAnswered) {
  Modern("subscriptions/listen", R"("notifications":{})");

  Cancel("7");
  session.EndListens();

  EXPECT_TRUE(sink->Take().empty());
}

TEST_F(SessionCallTest, ListenWithAMalformedFilterIsInvalid) {
  for (const std::string_view params :
       {"", R"("notifications":5)", R"("notifications":{"toolsListChanged":1})",
        R"("notifications":{"resourceSubscriptions":"x"})",
        R"("notifications":{"resourceSubscriptions":[1]})"}) {
    EXPECT_EQ(Code(Modern("subscriptions/listen", params)), -32602) << params;
  }
}

TEST_F(SessionCallTest, ClosingCancelsWhatRuns) {
  auto& call = StartCall("1");

  session.Close();

  EXPECT_TRUE(call.request.cancelled.stop_requested());
  call.done({.json = "{}"});
  EXPECT_TRUE(sink->Take().empty());
}

TEST(SessionLifetimeTest, AnswerAfterTheSessionIsGoneGoesNowhere) {
  FakeTools tools;
  const auto sink = std::make_shared<RecordingSink>();
  {
    Session session("s", {.codec = std::make_shared<const Codec>(FakeInfo(), tools.ToolsJson()),
                          .sink = sink,
                          .tools = tools});
    session.Receive(R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"later"}})");
  }

  tools.calls.at(0).done({.json = "{}"});

  EXPECT_TRUE(sink->Take().empty());
}

}  // namespace
}  // namespace contextsync::mcp::session_call_test
