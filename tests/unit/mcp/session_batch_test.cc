#include <string>
#include <vector>

#include "tests/unit/mcp/session_fixture.h"

namespace contextsync::mcp::session_batch_test {
namespace {

using SessionBatchTest = SessionTest;

constexpr std::string_view kPing1 = R"({"jsonrpc":"2.0","id":1,"method":"ping"})";
constexpr std::string_view kCall2 =
    R"({"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"later"}})";
constexpr std::string_view kNote = R"({"jsonrpc":"2.0","method":"notifications/initialized"})";

std::string Array(const std::vector<std::string_view>& items) {
  std::string out = "[";
  for (const std::string_view item : items)
    out.append(out.size() > 1 ? "," : "").append(item);
  return out + "]";
}

TEST_F(SessionBatchTest, BelongsToTheOldRevisionsOnly) {
  EXPECT_EQ(Code(Ask(Array({kPing1}))), -32600);
  for (const std::string version : {"2025-06-18", "2025-11-25"}) {
    Initialize(version);
    EXPECT_EQ(Code(Ask(Array({kPing1}))), -32600) << version;
  }
  for (const std::string version : {"2024-11-05", "2025-03-26"}) {
    Initialize(version);
    EXPECT_EQ(Ask(Array({kPing1})), Json::parse(R"([{"jsonrpc":"2.0","id":1,"result":{}}])"));
  }
}

TEST_F(SessionBatchTest, IsAnsweredAsOneArrayWhenTheLastPartIsDone) {
  Initialize("2025-03-26");

  EXPECT_TRUE(Exchange(Array({kPing1, kNote, kCall2})).empty());
  tools.calls.at(0).done({.json = "{}"});

  const std::vector<std::string> sent = sink->Take();
  ASSERT_EQ(sent.size(), 1U);
  const Json answers = Json::parse(sent[0]);
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_EQ(answers[0]["id"], 1);
  EXPECT_EQ(answers[1]["id"], 2);
}

TEST_F(SessionBatchTest, OfNotificationsIsNotAnswered) {
  Initialize("2025-03-26");

  EXPECT_TRUE(Exchange(Array({kNote, kNote})).empty());
}

TEST_F(SessionBatchTest, WithoutItsCancelledPartsIsAnswered) {
  Initialize("2025-03-26");
  Exchange(Array({kPing1, kCall2}));

  Cancel("2");
  tools.calls.at(0).done({.json = "{}"});

  const std::vector<std::string> sent = sink->Take();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(Json::parse(sent[0]).size(), 1U);
}

TEST_F(SessionBatchTest, RefusesEachPartThatIsNoRequest) {
  Initialize("2025-03-26");

  const Json answers =
      Ask(Array({"5", "[]", kPing1, R"({"jsonrpc":"2.0","id":null,"method":"ping"})"}));

  ASSERT_EQ(answers.size(), 4U);
  EXPECT_EQ(Code(answers[0]), -32600);
  EXPECT_TRUE(answers[0]["id"].is_null());
  EXPECT_EQ(Code(answers[1]), -32600);
  EXPECT_EQ(answers[2]["id"], 1);
  EXPECT_EQ(Code(answers[3]), -32600);
}

TEST_F(SessionBatchTest, EmptyOneIsInvalid) {
  Initialize("2025-03-26");

  EXPECT_EQ(Code(Ask("[]")), -32600);
}

TEST_F(SessionBatchTest, HoldsNoHandshakeAndNoModernRequest) {
  Initialize("2025-03-26");

  const Json answers = Ask(
      Array({Text("initialize", R"("protocolVersion":"2025-03-26")"), ModernText("tools/list")}));

  EXPECT_EQ(Code(answers[0]), -32600);
  EXPECT_EQ(Code(answers[1]), -32600);
}

TEST_F(SessionBatchTest, IsRefusedWholeWhenItsTextIsAmbiguous) {
  Initialize("2025-03-26");

  const Json answer =
      Ask(Array({kPing1, R"({"jsonrpc":"2.0","id":3,"method":"ping","x":1,"x":2})"}));

  EXPECT_EQ(Code(answer), -32600);
}

TEST_F(SessionBatchTest, RefusesAnIdThatIsInFlightInTheSameBatch) {
  Initialize("2025-03-26");

  EXPECT_TRUE(Exchange(Array({kCall2, kCall2})).empty());
  ASSERT_EQ(tools.calls.size(), 1U);
  tools.calls[0].done({.json = "{}"});

  EXPECT_EQ(Json::parse(sink->Take().at(0)).size(), 2U);
}

}  // namespace
}  // namespace contextsync::mcp::session_batch_test
