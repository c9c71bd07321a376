// What counts as a message, and how ids and errors travel.

#include <vector>

#include "tests/unit/mcp/session_fixture.h"

namespace contextsync::mcp::session_message_test {
namespace {

using SessionMessageTest = SessionTest;

std::string Ping(const std::string& id) {
  return R"({"jsonrpc":"2.0","id":)" + id + R"(,"method":"ping"})";
}

TEST_F(SessionMessageTest, EchoesIdsExactly) {
  const std::string long_id = '"' + std::string(10'000, 'x') + '"';
  for (const std::string& id : std::vector<std::string>{
           long_id, "0", "1", "-5", R"("")", R"("1")", R"("a\"b\\c\nd")", "9007199254740993",
           "-9223372036854775808", "18446744073709551615"}) {
    EXPECT_EQ(Exchange(Ping(id)),
              std::vector<std::string>{R"({"jsonrpc":"2.0","id":)" + id + R"(,"result":{}})"});
  }
}

TEST_F(SessionMessageTest, RefusesWhatIsNoId) {
  const std::string huge = '"' + std::string(20'000, 'x') + '"';
  for (const std::string& id :
       {std::string("null"), std::string("1.5"), std::string("true"), std::string("{}"),
        std::string("[1]"), huge, std::string("18446744073709551616"), std::string("1e300")}) {
    const Json answer = Ask(Ping(id));
    EXPECT_EQ(Code(answer), -32600) << id.substr(0, 20);
    EXPECT_FALSE(answer.contains("id"));
  }
}

TEST_F(SessionMessageTest, RefusesIdGivenTwice) {
  const Json answer = Ask(R"({"jsonrpc":"2.0","id":1,"method":"ping","id":2})");

  EXPECT_EQ(Code(answer), -32600);
  EXPECT_FALSE(answer.contains("id"));
}

TEST_F(SessionMessageTest, RefusesWhatIsNoRequest) {
  for (const std::string text :
       {"5", R"("x")", "null", "true", "{}", R"({"id":1})", "[]", "[[]]",
        R"({"jsonrpc":"2.0","id":1,"method":5})", R"({"jsonrpc":"1.0","id":1,"method":"ping"})",
        R"({"id":1,"method":"ping"})"}) {
    EXPECT_EQ(Code(Ask(text)), -32600) << text;
  }
  EXPECT_EQ(Ask(R"({"id":1,"method":"ping"})")["id"], 1);
}

TEST_F(SessionMessageTest, RefusesByItsIdWhatIsOnlyTooMuch) {
  std::string values = "[1";
  for (std::size_t i = 0; i < limits::kElements; ++i)
    values += ",1";
  for (const std::string& params : {values + "]", std::string(300, '[') + std::string(300, ']')}) {
    const Json answer =
        Ask(R"({"jsonrpc":"2.0","method":"ping","params":{"x":)" + params + R"(},"id":"mine"})");
    EXPECT_EQ(Code(answer), -32700);
    EXPECT_EQ(answer["id"], "mine");
  }
}

TEST_F(SessionMessageTest, AnswersTextThatIsNoJson) {
  using namespace std::string_literals;
  for (const std::string& text :
       {"nope"s, "{"s, Ping("1") + "x", Ping("1") + "\0"s, "{\"id\":\"\xFF\"}"s,
        "{\"id\":\"\xC0\xAF\"}"s, R"({"id":"\ud800"})"s,
        std::string(300, '[') + std::string(300, ']'), std::string(1'000'000, '[')}) {
    const Json answer = Ask(text);
    EXPECT_EQ(Code(answer), -32700) << text.substr(0, 30);
    EXPECT_FALSE(answer.contains("id"));
  }
}

TEST_F(SessionMessageTest, UnmatchedErrorHasNullIdWhereTheRevisionSaysSo) {
  EXPECT_FALSE(Ask("nope").contains("id"));
  for (const std::string version : {"2024-11-05", "2025-03-26", "2025-06-18"}) {
    Initialize(version);
    const Json answer = Ask("nope");
    EXPECT_TRUE(answer.contains("id") && answer["id"].is_null()) << version;
  }
  Initialize("2025-11-25");
  EXPECT_FALSE(Ask("nope").contains("id"));
}

TEST_F(SessionMessageTest, NeverAnswersNotifications) {
  for (const std::string text :
       {R"({"jsonrpc":"2.0","method":"ping"})", R"({"jsonrpc":"2.0","method":"no/such"})",
        R"({"jsonrpc":"1.0","method":"x"})",
        R"({"jsonrpc":"2.0","method":"tools/call","params":5})",
        R"({"jsonrpc":"2.0","method":"notifications/cancelled"})",
        R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":[]})",
        R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":{}}})",
        R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":99}})",
        R"({"jsonrpc":"2.0","method":"x","params":{"a":1,"a":2}})"}) {
    EXPECT_TRUE(Exchange(text).empty()) << text;
  }
}

TEST_F(SessionMessageTest, IgnoresResponses) {
  EXPECT_TRUE(Exchange(R"({"jsonrpc":"2.0","id":1,"result":{}})").empty());
  EXPECT_TRUE(Exchange(R"({"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"x"}})").empty());
}

TEST_F(SessionMessageTest, RefusesAmbiguousFrames) {
  EXPECT_EQ(Code(Ask(R"({"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/list"})")), -32600);
  EXPECT_EQ(Code(Ask(R"({"jsonrpc":"2.0","id":1,"method":"ping","params":{},"params":{}})")),
            -32600);
  EXPECT_EQ(
      Code(Ask(R"({"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"a":{"b":1,"b":2}}})")),
      -32602);
}

TEST_F(SessionMessageTest, OversizedMessageIsAnInvalidRequestUnlessItCannotBeJson) {
  const auto refuse = [&](std::string_view text) {
    OversizedLine line;
    line.Take(text);
    session.RefuseOversized(line);
    return Json::parse(sink->Take().at(0));
  };

  EXPECT_EQ(Code(refuse(R"({"jsonrpc":)")), -32600);
  EXPECT_EQ(Code(refuse(R"( [ {"jsonrpc":)")), -32600);
  EXPECT_EQ(Code(refuse("[[[[[[")), -32700);
  EXPECT_EQ(Code(refuse("aaaaaa")), -32700);
  EXPECT_EQ(Code(refuse("      ")), -32700);
  EXPECT_EQ(refuse(R"({"params":{"id":1},"id":"x"})")["id"], "x");
  EXPECT_FALSE(refuse(R"({"id":1.5})").contains("id"));
  EXPECT_FALSE(refuse(R"({"id":[[1]]})").contains("id"));
}

TEST_F(SessionMessageTest, OversizedMessageDoesNotAnswerACallInFlight) {
  StartCall("5");
  OversizedLine line;
  line.Take(R"({"id":5})");

  session.RefuseOversized(line);

  EXPECT_FALSE(Json::parse(sink->Take().at(0)).contains("id"));
}

TEST_F(SessionMessageTest, RubbishIsAnsweredOnlySoOften) {
  int answers = 0;
  for (int i = 0; i < 5'000; ++i)
    answers += static_cast<int>(Exchange("rubbish").size());

  EXPECT_GE(answers, 100);
  EXPECT_LT(answers, 400);
  EXPECT_EQ(Exchange(Ping("1")).size(), 1U);
}

TEST_F(SessionMessageTest, QuotesOnlyTheBeginningOfWhatThePeerWrote) {
  const Json answer = Legacy(std::string(100'000, 'x'));

  EXPECT_EQ(Code(answer), -32601);
  EXPECT_LT(answer.dump().size(), 1'000U);
}

}  // namespace
}  // namespace contextsync::mcp::session_message_test
