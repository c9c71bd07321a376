#include "server/relay/relay_wire.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "server/app/holder_link.h"

namespace contextsync::relay_wire_test {
namespace {

RelayHello SomeHello() {
  RelayHello hello;
  hello.build = "1.2.3";
  hello.session = "s-1";
  hello.position = {
      true, {HubSequence(9038), 17}, {HubSequence(9000), 12}, {{HubSequence(9040), 0}, {{}, 19}}};
  hello.agent = "agent \"a\"";
  hello.hub = "https://hub.example.com";
  hello.project = "p";
  hello.branch = "feature/jwt";
  hello.task = "t1";
  return hello;
}

TEST(RelayWireTest, HelloKeepsWhoRelaysAndWhereTheSessionStands) {
  const RelayHello sent = SomeHello();
  const std::string line = Encode(sent);
  EXPECT_TRUE(IsRelayHello(line));
  const auto read = ReadRelayHello(line);
  ASSERT_TRUE(read.ok()) << read.error().message();
  const RelayHello& got = read.value();
  EXPECT_EQ(got.protocol, kRelayProtocol);
  EXPECT_EQ(got.build, sent.build);
  EXPECT_EQ(got.session, sent.session);
  EXPECT_TRUE(got.position.has_started);
  EXPECT_EQ(got.position.noticed, sent.position.noticed);
  EXPECT_EQ(got.position.looked, sent.position.looked);
  EXPECT_EQ(got.position.shown, sent.position.shown);
  EXPECT_EQ(got.agent, sent.agent);
  EXPECT_EQ(got.hub, sent.hub);
  EXPECT_EQ(got.project, sent.project);
  EXPECT_EQ(got.branch, sent.branch);
  EXPECT_EQ(got.task, sent.task);
}

TEST(RelayWireTest, HelloWithoutTaskHasNone) {
  RelayHello hello = SomeHello();
  hello.task.reset();
  EXPECT_EQ(ReadRelayHello(Encode(hello)).value().task, std::nullopt);
}

TEST(RelayWireTest, HelloOfAnotherProtocolIsReadAsFarAsItsName) {
  const auto read = ReadRelayHello(R"({"relay":7,"build":"9.0.0","everything":"else"})");
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read.value().protocol, 7U);
  EXPECT_EQ(read.value().build, "9.0.0");
}

TEST(RelayWireTest, CommandIsNoHello) {
  EXPECT_FALSE(IsRelayHello(R"({"command":"sync"})"));
  EXPECT_FALSE(IsRelayHello(""));
}

TEST(RelayWireTest, BrokenHelloIsRefused) {
  for (const char* line :
       {"", "{", "[]", R"({"relay":"1"})", R"({"relay":1,"build":"b"})",
        R"({"relay":1,"build":"b","session":"s","noticed":"x","looked":"0.0"})",
        R"({"relay":1,"build":"b","session":"s","noticed":"0.0","looked":"0.0","shown":"0.1 x"})"})
    EXPECT_FALSE(ReadRelayHello(line).ok()) << line;
}

TEST(RelayWireTest, CallKeepsArgumentsAndDefect) {
  RelayCall call{.number = 7,
                 .tool = "manage_context",
                 .client_name = "claude",
                 .arguments = std::make_shared<const Json>(
                     Json{{"action", "update"}, {"data", {{"k", {1, 2.5, nullptr, "ü\u2028"}}}}}),
                 .defect = JsonDefect{JsonDefectKind::kNumberChanges, "/data/n", "too large"},
                 .branch = "feature/ü"};
  const Json arguments = *call.arguments;
  auto read = ReadRelayRequest(Encode(RelayRequest(std::move(call))));
  ASSERT_TRUE(read.ok()) << read.error().message();
  const auto& got = std::get<RelayCall>(read.value());
  EXPECT_EQ(got.number, 7U);
  EXPECT_EQ(got.tool, "manage_context");
  EXPECT_EQ(got.client_name, "claude");
  EXPECT_EQ(got.branch, "feature/ü");
  EXPECT_EQ(*got.arguments, arguments);
  ASSERT_TRUE(got.defect.has_value());
  EXPECT_EQ(got.defect->kind, JsonDefectKind::kNumberChanges);
  EXPECT_EQ(got.defect->pointer, "/data/n");
  EXPECT_EQ(got.defect->message, "too large");
}

TEST(RelayWireTest, EveryKindOfDefectArrivesAsItself) {
  for (const auto kind : {JsonDefectKind::kDuplicateKey, JsonDefectKind::kNumberChanges,
                          JsonDefectKind::kNulInKey, JsonDefectKind::kKeyTooLong}) {
    const RelayCall call{.number = 1,
                         .tool = "t",
                         .client_name = "",
                         .arguments = std::make_shared<const Json>(Json::object()),
                         .defect = JsonDefect{kind, "/a", "m"}};
    const auto read = ReadRelayRequest(Encode(RelayRequest(call)));
    ASSERT_TRUE(read.ok());
    EXPECT_EQ(std::get<RelayCall>(read.value()).defect->kind, kind);
  }
}

TEST(RelayWireTest, MessagesAreOneLine) {
  const RelayCall call{.number = 1,
                       .tool = "t\n",
                       .client_name = "\n",
                       .arguments = std::make_shared<const Json>(Json{{"k", "a\nb"}}),
                       .defect = std::nullopt};
  EXPECT_EQ(Encode(RelayRequest(call)).find('\n'), std::string::npos);
  EXPECT_EQ(Encode(RelayReply(RelayDenial{"a\nb", false})).find('\n'), std::string::npos);
}

TEST(RelayWireTest, CancelEndAndPingAreRead) {
  const auto cancel = ReadRelayRequest(Encode(RelayRequest(RelayCancel{9})));
  ASSERT_TRUE(cancel.ok());
  EXPECT_EQ(std::get<RelayCancel>(cancel.value()).number, 9U);
  const auto ping = ReadRelayRequest(Encode(RelayRequest(RelayPing{})));
  ASSERT_TRUE(ping.ok());
  EXPECT_TRUE(std::holds_alternative<RelayPing>(ping.value()));
  const auto end = ReadRelayRequest(Encode(RelayRequest(RelayEnd{})));
  ASSERT_TRUE(end.ok());
  EXPECT_TRUE(std::holds_alternative<RelayEnd>(end.value()));
}

TEST(RelayWireTest, RepliesAreRead) {
  const SessionPosition position{true, {HubSequence(3), 4}, {HubSequence(1), 2}};
  const auto welcome = ReadRelayReply(Encode(RelayReply(RelayWelcome{1, "b", 42, position})));
  ASSERT_TRUE(welcome.ok());
  EXPECT_EQ(std::get<RelayWelcome>(welcome.value()).pid, 42U);
  EXPECT_EQ(std::get<RelayWelcome>(welcome.value()).position.noticed, position.noticed);
  const auto answer = ReadRelayReply(Encode(RelayReply(RelayAnswer{5, true, position})));
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(std::get<RelayAnswer>(answer.value()).number, 5U);
  EXPECT_TRUE(std::get<RelayAnswer>(answer.value()).is_error);
  EXPECT_EQ(std::get<RelayAnswer>(answer.value()).position.looked, position.looked);
  const auto denial = ReadRelayReply(Encode(RelayReply(RelayDenial{"why", true})));
  ASSERT_TRUE(denial.ok());
  EXPECT_EQ(std::get<RelayDenial>(denial.value()).reason, "why");
  EXPECT_TRUE(std::get<RelayDenial>(denial.value()).leaves);
  EXPECT_TRUE(
      std::holds_alternative<RelayPing>(ReadRelayReply(Encode(RelayReply(RelayPing{}))).value()));
}

TEST(RelayWireTest, RubbishIsRefusedBothWays) {
  for (const char* line :
       {"", "x", "[]", "{}", R"({"call":"1"})", R"({"call":1,"tool":"t"})",
        R"({"call":1,"tool":"t","client":"","arguments":[]})", R"({"cancel":-1})"}) {
    EXPECT_FALSE(ReadRelayRequest(line).ok()) << line;
    EXPECT_FALSE(ReadRelayReply(line).ok()) << line;
  }
}

TEST(RelayWireTest, HolderNoteIsReadAndAPartOfItIsNot) {
  const std::string text = Encode(HolderNote{12, "/d/default.sock", "1.0.0"});
  const auto note = ReadHolderNote(text);
  ASSERT_TRUE(note.has_value());
  EXPECT_EQ(note->pid, 12U);
  EXPECT_EQ(note->socket, "/d/default.sock");
  EXPECT_EQ(note->build, "1.0.0");
  for (std::size_t length = 0; length < text.size(); ++length)
    EXPECT_FALSE(ReadHolderNote(text.substr(0, length)).has_value()) << length;
  EXPECT_FALSE(ReadHolderNote("[]").has_value());
}

}  // namespace
}  // namespace contextsync::relay_wire_test
