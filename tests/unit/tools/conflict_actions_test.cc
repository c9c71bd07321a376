// What calls say about conflicts: the actions conflicts and resolve_conflict, `_versions`, and a
// write that fails because the hub found it concurrent.

#include "tests/unit/tools/call_fixture.h"

namespace contextsync::conflict_actions_test {
namespace {

constexpr const char* kRecordId = "c-0123456789abcdef";

ConflictSide Written(const char* value, std::uint64_t seq) {
  ConflictSide side;
  side.value = value;
  side.agent = "b";
  side.device = DeviceId(9);
  side.n = EntryNumber(seq);
  side.seq = HubSequence(seq);
  return side;
}

class ConflictActionsTest : public ToolCallTest {
 protected:
  /// Another notebook's item brings `record` along.
  void Bring(ConflictRecord record) {
    const auto position = notebook_->Position();
    FeedItem item;
    item.seq = item.rev = position.cursor.Next();
    item.kind = "delta";
    item.change_type = "update";
    item.context = record.context;
    item.device = DeviceId(9);
    item.n = EntryNumber(item.seq.value);
    item.conflicts = {std::move(record)};
    ChangesPage page;
    page.changes = {item};
    page.next = page.head = item.seq;
    page.check = FeedCheck("0123456789abcdef");
    ASSERT_EQ(notebook_->ApplyPage(page).value().applied, 1U);
  }

  static ConflictRecord Record(Strategy strategy) {
    ConflictRecord record;
    record.id = kRecordId;
    record.seq = record.rev = HubSequence(1);
    record.context = {Level::kTask, "t1"};
    record.path = "/status";
    record.current = Written("\"done\"", 1);
    record.incoming = Written("\"blocked\"", 2);
    record.strategy = strategy;
    if (strategy == Strategy::kManual) record.status = ConflictStatus::kOpen;
    return record;
  }
};

TEST_F(ConflictActionsTest, OpenRecordsAreListedUnlessOthersAreAskedFor) {
  Bring(Record(Strategy::kManual));

  const Json open = Call(R"({"action":"conflicts"})");
  ASSERT_EQ(open["data"]["conflicts"].size(), 1U);
  EXPECT_EQ(open["sync"]["state"], "conflict");
  ASSERT_EQ(open["conflicts"].size(), 1U);
  const Json& record = open["data"]["conflicts"][0];
  EXPECT_EQ(record["id"], kRecordId);
  EXPECT_EQ(record["status"], "open");
  EXPECT_EQ(record["current"]["value"], "done");
  EXPECT_EQ(record["incoming"]["value"], "blocked");
  EXPECT_TRUE(open["data"]["next_cursor"].is_null());

  const auto count = [this](const char* arguments) {
    return Call(arguments)["data"]["conflicts"].size();
  };
  EXPECT_EQ(count(R"({"action":"conflicts","status":"auto"})"), 0U);
  EXPECT_EQ(count(R"({"action":"conflicts","status":"all","level":"task","context_id":"t1"})"), 1U);
  EXPECT_EQ(count(R"({"action":"conflicts","context_id":"t2"})"), 0U);
  EXPECT_EQ(count(R"({"action":"conflicts","level":"branch"})"), 0U);
}

TEST_F(ConflictActionsTest, AnOpenRecordIsToldWhereverItsContextIsNamed) {
  Call(R"({"action":"update","context_id":"t1","data":{"status":"done"}})");
  Bring(Record(Strategy::kManual));

  const Json answer = Call(R"({"action":"get","context_id":"t1"})");

  EXPECT_EQ(answer["sync"]["state"], "conflict");
  ASSERT_EQ(answer["conflicts"].size(), 1U);
  EXPECT_EQ(answer["conflicts"][0]["id"], kRecordId);
  EXPECT_EQ(Call(R"({"action":"get","context_id":"t2"})")["conflicts"], Json::array());
}

TEST_F(ConflictActionsTest, AResolutionAnswersTheRecordAndTheVersion) {
  Call(R"({"action":"update","context_id":"t1","data":{"status":"done"}})");
  Bring(Record(Strategy::kManual));

  const Json answer =
      Call({{"action", "resolve_conflict"}, {"conflict_id", kRecordId}, {"choose", "incoming"}});

  ASSERT_TRUE(answer["success"].get<bool>()) << answer;
  EXPECT_EQ(answer["operation"], "manage_context.resolve_conflict");
  EXPECT_EQ(answer["data"]["conflict"]["id"], kRecordId);
  EXPECT_EQ(answer["data"]["conflict"]["status"], "open") << "the hub has not closed it yet";
  EXPECT_EQ(answer["data"]["pending"], true);
  EXPECT_EQ(answer["data"]["changed"], true);
  EXPECT_EQ(answer["data"]["level"], "task");
  EXPECT_EQ(answer["data"]["context_id"], "t1");
  EXPECT_EQ(answer["sync"]["durable"], true);
  EXPECT_EQ(Call(R"({"action":"get","context_id":"t1"})")["data"]["context"]["data"]["status"],
            "blocked");
}

TEST_F(ConflictActionsTest, ArgumentsThatDoNotFitTogetherAreRefused) {
  Bring(Record(Strategy::kManual));
  const auto error = [this](Json arguments) {
    arguments["action"] = "resolve_conflict";
    return Call(arguments)["error"];
  };

  EXPECT_EQ(error({{"choose", "current"}})["parameter"], "conflict_id");
  EXPECT_EQ(error({{"conflict_id", kRecordId}})["parameter"], "choose");
  EXPECT_EQ(error({{"conflict_id", kRecordId}, {"choose", "both"}})["code"], "INVALID_ARGUMENT");
  EXPECT_EQ(error({{"conflict_id", kRecordId}, {"choose", "value"}})["parameter"], "value");
  EXPECT_EQ(error({{"conflict_id", kRecordId}, {"choose", "current"}, {"value", 1}})["parameter"],
            "value");
  EXPECT_EQ(error({{"conflict_id", "c-0"}, {"choose", "current"}})["code"], "NOT_FOUND");
  EXPECT_EQ(error({{"conflict_id", kRecordId}, {"choose", "current"}, {"level", "task"}})["code"],
            "INVALID_ARGUMENT");
}

TEST_F(ConflictActionsTest, ANullIsAValueThatDeletes) {
  Call(R"({"action":"update","context_id":"t1","data":{"status":"done","n":1}})");
  Bring(Record(Strategy::kManual));

  const Json answer = Call({{"action", "resolve_conflict"},
                            {"conflict_id", kRecordId},
                            {"choose", "value"},
                            {"value", nullptr}});

  ASSERT_TRUE(answer["success"].get<bool>()) << answer;
  EXPECT_EQ(Call(R"({"action":"get","context_id":"t1"})")["data"]["context"]["data"],
            (Json{{"n", 1}}));
}

TEST_F(ConflictActionsTest, VersionsStandBesideTheData) {
  Call(R"({"action":"update","context_id":"t1","data":{"status":"done","n":1}})");
  EXPECT_FALSE(
      Call(R"({"action":"get","context_id":"t1"})")["data"]["context"].contains("_versions"));
  Bring(Record(Strategy::kVersion));

  const Json context = Call(R"({"action":"get","context_id":"t1"})")["data"]["context"];

  const Json& sides = context["_versions"]["/status"];
  ASSERT_EQ(sides.size(), 2U);
  EXPECT_EQ(sides[0]["value"], "done");
  EXPECT_EQ(sides[0]["agent"], "b");
  EXPECT_EQ(sides[0]["seq"], 1);
  EXPECT_TRUE(sides[0].contains("at"));
  EXPECT_EQ(sides[1]["value"], "blocked");
  EXPECT_TRUE(
      Call(R"({"action":"get","context_id":"t1","fields":["status"]})")["data"]["context"].contains(
          "_versions"));
  EXPECT_FALSE(
      Call(R"({"action":"get","context_id":"t1","fields":["n"]})")["data"]["context"].contains(
          "_versions"));
}

TEST_F(ConflictActionsTest, VersionsThatDoNotFitAreToldByTheirSize) {
  Call(R"({"action":"update","context_id":"t1","data":{"status":"done"}})");
  ConflictRecord record = Record(Strategy::kVersion);
  record.incoming.value = "\"" + std::string(2'000, 'x') + "\"";
  Bring(record);

  const Json context =
      Call(R"({"action":"get","context_id":"t1","max_tokens":100})")["data"]["context"];

  EXPECT_EQ(context["_versions"]["/status"][1]["bytes"], 2'002);
}

TEST_F(ConflictActionsTest, EveryStrategyMayBeNamed) {
  for (const char* strategy : {"merge", "last_write_wins", "version", "manual", "fail"}) {
    Json arguments = {{"action", "update"}, {"context_id", strategy}, {"on_conflict", strategy}};
    arguments["data"] = {{"n", 1}};
    EXPECT_TRUE(Call(arguments)["success"].get<bool>()) << strategy;
  }
  const auto entries = notebook_->NextPush(256, 1 << 20).value();
  EXPECT_TRUE(entries.back().fail);
  EXPECT_FALSE(entries.back().on_conflict.has_value());
}

TEST_F(ConflictActionsTest, AnExpectationStandsAlone) {
  const auto refused = [this](const char* strategy) {
    const Json arguments = {{"action", "update"},
                            {"context_id", "t1"},
                            {"data", Json::object()},
                            {"expected_version", 0},
                            {"on_conflict", strategy}};
    return Call(arguments).contains("error");
  };

  EXPECT_TRUE(refused("manual"));
  EXPECT_TRUE(refused("merge"));
  EXPECT_FALSE(refused("fail"));
}

TEST_F(ConflictActionsTest, AWriteTheHubFindsConcurrentFailsAndLeavesNothing) {
  Call(R"({"action":"update","context_id":"t1","data":{"status":"done"}})");
  const auto shown = Call(R"({"action":"get","context_id":"t1"})")["data"]["context"]["version"];
  Refuse();

  const Json answer = Call({{"action", "update"},
                            {"context_id", "t9"},
                            {"data", {{"status", "mine"}}},
                            {"expected_version", 0},
                            {"op_id", "op"}});

  EXPECT_FALSE(answer["success"].get<bool>());
  EXPECT_EQ(answer["error"]["code"], "VERSION_MISMATCH");
  EXPECT_EQ(answer["error"]["expected"], 0);
  EXPECT_EQ(answer["sync"]["durable"], false);
  EXPECT_EQ(answer["notices"], Json::array());
  EXPECT_FALSE(shown.is_null());
}

TEST_F(ConflictActionsTest, AChallengerIsToldInTheSameAnswer) {
  Call(R"({"action":"update","context_id":"t1","data":{"status":"open"}})");
  gate_.after_write = [this](EntryNumber last) {
    PushResult result;
    result.n = last;
    result.status = PushStatus::kConflict;
    result.seq = result.rev = HubSequence(2);
    result.hash = "what was left of it";
    result.conflicts = {kRecordId};
    PushResponse response;
    response.results = {result};
    ASSERT_TRUE(notebook_->NoteResults(response).ok());
    SnapshotPage page;
    page.start = page.head = HubSequence(2);
    page.check = FeedCheck("0123456789abcdef");
    page.conflicts = {Record(Strategy::kManual)};
    ASSERT_TRUE(notebook_->InstallContext({Level::kTask, "t1"}, page).ok());
  };

  const Json answer = Call(R"({"action":"update","context_id":"t1","data":{"status":"mine"}})");

  EXPECT_TRUE(answer["success"].get<bool>());
  EXPECT_EQ(answer["sync"]["durable"], true);
  EXPECT_EQ(answer["sync"]["state"], "conflict");
  ASSERT_EQ(answer["conflicts"].size(), 1U);
  EXPECT_EQ(answer["conflicts"][0]["id"], kRecordId);
  EXPECT_EQ(answer["conflicts"][0]["status"], "open");
  EXPECT_EQ(answer["notices"], Json::array()) << "nobody is noticed of what they did";
}

TEST_F(ConflictActionsTest, AWriteThatDidNotAskToFailStaysWritten) {
  Refuse();

  const Json answer = Call(R"({"action":"update","context_id":"t1","data":{"status":"mine"}})");

  EXPECT_TRUE(answer["success"].get<bool>());
  EXPECT_EQ(answer["sync"]["state"], "pending");
  EXPECT_EQ(answer["sync"]["durable"], true);
}

}  // namespace
}  // namespace contextsync::conflict_actions_test
