// The action batch: what its operations see of each other, and that all of them happen or none.

#include <set>

#include "tests/unit/tools/call_fixture.h"

namespace contextsync::batch_test {
namespace {

class BatchTest : public ToolCallTest {
 protected:
  explicit BatchTest(bool has_hub = true) : ToolCallTest(has_hub) {}

  Json Batch(Json operations, Json beside = Json::object()) {
    beside["action"] = "batch";
    beside["operations"] = std::move(operations);
    return Call(beside);
  }

  /// Of a batch that must succeed.
  Json Results(Json operations, Json beside = Json::object()) {
    const Json answer = Batch(std::move(operations), std::move(beside));
    EXPECT_TRUE(answer["success"].get<bool>()) << answer;
    return answer["success"].get<bool>() ? answer["data"]["results"] : Json::array();
  }

  Json Error(Json operations, Json beside = Json::object()) {
    const Json answer = Batch(std::move(operations), std::move(beside));
    EXPECT_FALSE(answer["success"].get<bool>()) << answer;
    return answer.value("error", Json::object());
  }

  /// The data of a task; null when there is none.
  Json Data(const char* id, const char* level = "task") {
    const Json answer = Call({{"action", "get"}, {"level", level}, {"context_id", id}});
    return answer["success"].get<bool>() ? answer["data"]["context"]["data"] : Json();
  }

  std::vector<PushEntry> Journal() { return notebook_->NextPush(256, 1 << 20).value(); }

  /// What the sync engine does after the hub refused something: the hub has none of it.
  void Rebuild() {
    for (const auto& ref : notebook_->Position().rebuild) {
      SnapshotPage page;
      page.start = page.head = HubSequence(1);
      page.check = FeedCheck("0123456789abcdef");
      ASSERT_TRUE(notebook_->InstallContext(ref, page).ok());
    }
  }

  static Json Update(const char* id, Json data) {
    return {{"action", "update"}, {"context_id", id}, {"data", std::move(data)}};
  }
};

class LocalBatchTest : public BatchTest {
 protected:
  LocalBatchTest() : BatchTest(/*has_hub=*/false) {}
};

TEST_F(BatchTest, EachResultIsWhatItsActionWouldAnswer) {
  const Json answer = Batch({Update("t1", {{"status", "started"}, {"gone", nullptr}}),
                             {{"action", "add_insight"}, {"context_id", "t1"}, {"content", "x"}},
                             {{"action", "create"}, {"context_id", "t2"}, {"data", {{"n", 1}}}},
                             {{"action", "delete"}, {"context_id", "t2"}}});

  ASSERT_TRUE(answer["success"].get<bool>()) << answer;
  EXPECT_EQ(answer["operation"], "manage_context.batch");
  EXPECT_EQ(answer["sync"]["durable"], true);
  EXPECT_FALSE(answer.contains("stored_keys"));
  EXPECT_EQ(answer["data"]["count"], 4);
  const Json& results = answer["data"]["results"];
  ASSERT_EQ(results.size(), 4U);
  EXPECT_EQ(results[0]["operation"], "update");
  EXPECT_EQ(results[0]["created"], true);
  EXPECT_EQ(results[0]["parents_created"].size(), 3U);
  EXPECT_EQ(results[0]["stored_keys"], Json({"status"}));
  EXPECT_EQ(results[0]["ignored_keys"], Json({"gone"}));
  EXPECT_EQ(results[1]["operation"], "add_insight");
  EXPECT_EQ(results[1]["created"], false);
  EXPECT_EQ(results[1]["entry"]["content"], "x");
  EXPECT_EQ(results[2]["operation"], "create");
  EXPECT_EQ(results[3]["deleted_count"], 1);
  EXPECT_EQ(Data("t1")["status"], "started");
  EXPECT_TRUE(Data("t2").is_null());
}

TEST_F(BatchTest, AllOfItIsOneTransaction) {
  Results({Update("t1", {{"n", 1}}), Update("t2", {{"n", 1}})});

  const auto entries = Journal();
  ASSERT_EQ(entries.size(), 5U) << "three parents and two tasks";
  for (const auto& entry : entries) {
    ASSERT_TRUE(entry.tx.has_value());
    EXPECT_EQ(entry.tx->id, entries.front().tx->id);
    EXPECT_EQ(entry.tx->count, 5U);
  }
}

TEST_F(LocalBatchTest, EachOperationSeesTheOnesBefore) {
  Call(Update("t1", {{"n", 0}}));
  Json with_version = Update("t1", {{"n", 2}});
  with_version["expected_version"] = 2;

  const Json results = Results({Update("t1", {{"n", 1}}),
                                with_version,
                                {{"action", "delete"}, {"context_id", "t1"}},
                                {{"action", "create"}, {"context_id", "t1"}, {"data", {{"m", 1}}}},
                                Update("t1", {{"m", 1}})});

  EXPECT_EQ(results[0]["version"], 2);
  EXPECT_EQ(results[1]["version"], 3);
  EXPECT_EQ(results[2]["version"], 4);
  EXPECT_EQ(results[3]["version"], 5);
  EXPECT_EQ(results[3]["created"], true);
  EXPECT_EQ(results[4]["changed"], false);
  EXPECT_EQ(Data("t1"), (Json{{"m", 1}}));
}

TEST_F(LocalBatchTest, AVersionMadeInsideIsTheOneToExpect) {
  Call(Update("t1", {{"n", 0}}));
  Json with_version = Update("t1", {{"n", 2}});
  with_version["expected_version"] = 1;

  const Json error = Error({Update("t1", {{"k", 1}}), with_version});

  EXPECT_EQ(error["code"], "VERSION_MISMATCH");
  EXPECT_EQ(error["index"], 1);
  EXPECT_EQ(error["version"], 2);
  EXPECT_EQ(error["changed_keys"], Json({"k"}));
}

void RevertInside(const std::function<Json(Json)>& results, std::uint64_t before) {
  const Json answers = results({{{"action", "update"}, {"context_id", "t1"}, {"data", {{"n", 1}}}},
                                {{"action", "update"}, {"context_id", "t1"}, {"data", {{"n", 2}}}},
                                {{"action", "revert"}, {"context_id", "t1"}, {"version", before}}});
  EXPECT_EQ(answers[2]["reverted_to"], before);
  EXPECT_EQ(answers[2]["changed"], true);
}

TEST_F(LocalBatchTest, ARevertSeesTheWritesBeforeIt) {
  Call(Update("t1", {{"n", 0}}));
  RevertInside([this](Json operations) { return Results(std::move(operations)); }, 1);
  EXPECT_EQ(Data("t1"), (Json{{"n", 0}}));
  RevertInside([this](Json operations) { return Results(std::move(operations)); }, 5);
  EXPECT_EQ(Data("t1"), (Json{{"n", 1}})) << "to a version of this very batch";
}

TEST_F(BatchTest, ARevertSeesTheWritesBeforeIt) {
  Call(Update("t1", {{"n", 0}}));
  RevertInside([this](Json operations) { return Results(std::move(operations)); }, 1);
  EXPECT_EQ(Data("t1"), (Json{{"n", 0}}));
  RevertInside([this](Json operations) { return Results(std::move(operations)); }, 5);
  EXPECT_EQ(Data("t1"), (Json{{"n", 1}}));
}

TEST_F(BatchTest, OneRefusedMeansThatNothingIsWritten) {
  Call(Update("t1", {{"n", 0}}));
  const auto before = Journal().size();

  const Json error = Error({Update("t1", {{"n", 1}}),
                            {{"action", "create"}, {"context_id", "t1"}, {"data", {{"n", 2}}}},
                            Update("t3", {{"n", 1}})});

  EXPECT_EQ(error["code"], "ALREADY_EXISTS");
  EXPECT_EQ(error["index"], 1);
  EXPECT_EQ(error["version"], 2) << "as it was seen inside";
  EXPECT_EQ(Data("t1"), (Json{{"n", 0}}));
  EXPECT_TRUE(Data("t3").is_null());
  EXPECT_EQ(Journal().size(), before);
}

TEST_F(BatchTest, FaultsOfArgumentsNameTheOperation) {
  EXPECT_EQ(
      Error({Update("t1", Json::object()), {{"action", "update"}, {"context_id", "t"}}})["index"],
      1);
  EXPECT_EQ(Error({{{"action", "update"}, {"context_id", "t"}, {"dat", 1}}})["did_you_mean"],
            "data");
  EXPECT_EQ(Error({{{"action", "delete"}, {"context_id", "t"}}})["index"], 0);
  EXPECT_EQ(Error({1})["parameter"], "operations");
  EXPECT_EQ(Error({{{"context_id", "t"}}})["code"], "MISSING_FIELD");
  for (const char* action : {"get", "list", "batch", "conflicts", "nonsense"}) {
    const Json error = Error({{{"action", action}, {"context_id", "t"}}});
    EXPECT_EQ(error["code"], "INVALID_ARGUMENT") << action;
    EXPECT_EQ(error["parameter"], "action") << action;
    EXPECT_EQ(error["index"], 0) << action;
  }
  EXPECT_TRUE(Journal().empty());
}

TEST_F(BatchTest, WhatIsTheSameForAllStandsOutside) {
  for (const char* name : {"op_id", "require", "agent"}) {
    Json operation = Update("t1", {{"n", 1}});
    operation[name] = "durable";
    EXPECT_EQ(Error({operation})["parameter"], name);
  }
  Results({{{"action", "add_progress"}, {"context_id", "t1"}, {"content", "x"}}},
          {{"agent", "me"}});
  EXPECT_EQ(Data("t1")["progress_updates"][0]["agent"], "me");
  EXPECT_EQ(Journal().back().agent, "me");
  EXPECT_EQ(Call({{"action", "batch"},
                  {"operations", Json::array()},
                  {"level", "task"}})["error"]["parameter"],
            "level");
}

TEST_F(BatchTest, ThereAreOneToAHundredOperationsInOneMebibyte) {
  EXPECT_EQ(Call(R"({"action":"batch"})")["error"]["code"], "MISSING_FIELD");
  EXPECT_EQ(Error(Json::array())["parameter"], "operations");
  Json many = Json::array();
  for (int i = 0; i < 100; ++i)
    many.push_back(Update("t1", {{"key" + std::to_string(i), i}}));
  EXPECT_EQ(Results(many).size(), 100U);
  many.push_back(Update("t1", Json::object()));
  EXPECT_EQ(Error(many)["limit"]["max"], 100);

  Json large = Json::array();
  for (int i = 0; i < 5; ++i)
    large.push_back(
        Update(("big" + std::to_string(i)).c_str(), {{"text", std::string(250'000, 'x')}}));
  const Json error = Error(large);
  EXPECT_EQ(error["code"], "TOO_LARGE");
  EXPECT_EQ(error["limit"], 1'048'576);
  large.erase(4);
  EXPECT_EQ(Results(large).size(), 4U);
}

TEST_F(BatchTest, OperationsMayComeAsText) {
  const Json answer =
      Call({{"action", "batch"},
            {"operations", R"([{"action":"update","context_id":"t1","data":"{\"n\":1}"}])"}});
  EXPECT_TRUE(answer["success"].get<bool>()) << answer;
  EXPECT_EQ(Data("t1"), (Json{{"n", 1}}));
}

TEST_F(BatchTest, ARepeatedBatchAnswersTheFirstReceipt) {
  const Json operations = {Update("t1", {{"n", 1}}),
                           {{"action", "add_insight"}, {"context_id", "t1"}, {"content", "a"}},
                           {{"action", "add_insight"}, {"context_id", "t1"}, {"content", "a"}}};
  const Json first = Results(operations, {{"op_id", "mine"}});
  const auto entries = Journal().size();
  clock_.Advance(std::chrono::seconds(5));

  EXPECT_EQ(Results(operations, {{"op_id", "mine"}}), first);

  EXPECT_EQ(Journal().size(), entries);
  EXPECT_NE(first[1]["entry"]["id"], first[2]["entry"]["id"]);
  EXPECT_EQ(Data("t1")["insights"].size(), 2U);
  const Json error = Error({Update("t1", {{"n", 2}})}, {{"op_id", "mine"}});
  EXPECT_EQ(error["parameter"], "op_id");
  EXPECT_FALSE(error.contains("index"));
}

TEST_F(BatchTest, WhatTheHubFindsConcurrentIsTakenBackWhole) {
  Call(Update("t0", Json::object()));
  Json expecting = Update("t2", {{"n", 1}});
  expecting["expected_version"] = 0;
  gate_.after_write = [this](EntryNumber) {
    PushResponse response;
    for (const auto& entry : Journal()) {
      PushResult result;
      result.n = entry.n;
      result.status = entry.tx->count == 2 ? PushStatus::kRejected : PushStatus::kRetry;
      result.code = entry.fail ? "VERSION_MISMATCH" : "TX_REJECTED";
      response.results.push_back(std::move(result));
    }
    ASSERT_TRUE(notebook_->NoteResults(response).ok());
  };

  const Json answer = Batch({Update("t1", {{"n", 1}}), expecting});

  ASSERT_FALSE(answer["success"].get<bool>());
  EXPECT_EQ(answer["error"]["code"], "VERSION_MISMATCH");
  EXPECT_EQ(answer["error"]["index"], 1);
  EXPECT_EQ(answer["error"]["expected"], 0);
  EXPECT_EQ(answer["sync"]["durable"], false);
  Rebuild();
  EXPECT_TRUE(Data("t1").is_null());
  EXPECT_TRUE(Data("t2").is_null());
  EXPECT_EQ(notebook_->Summary().parked, 0U);
}

TEST_F(BatchTest, ARefusedBatchWithoutAnExpectationIsParkedWhole) {
  Call(Update("t0", Json::object()));
  gate_.after_write = [this](EntryNumber) {
    PushResponse response;
    for (const auto& entry : Journal()) {
      PushResult result;
      result.n = entry.n;
      result.status = entry.tx->count == 2 ? PushStatus::kRejected : PushStatus::kRetry;
      result.code = "TOO_LARGE";
      response.results.push_back(std::move(result));
    }
    ASSERT_TRUE(notebook_->NoteResults(response).ok());
  };

  const Json answer = Batch({Update("t1", {{"n", 1}}), Update("t2", {{"n", 1}})});

  EXPECT_TRUE(answer["success"].get<bool>());
  EXPECT_EQ(answer["sync"]["state"], "pending");
  EXPECT_EQ(answer["sync"]["parked"], 2);
  EXPECT_EQ(Data("t1"), (Json{{"n", 1}})) << "shown here although nobody else will see it";
  for (const auto& parked : notebook_->Parked().value())
    ASSERT_TRUE(notebook_->DiscardParked(parked.n).ok());
  Rebuild();
  EXPECT_TRUE(Data("t1").is_null());
  EXPECT_TRUE(Data("t2").is_null());
}

TEST_F(BatchTest, AParentMadeInsideIsKnownToItsChildren) {
  const Json results = Results(
      {{{"action", "update"},
        {"level", "branch"},
        {"context_id", "b"},
        {"parent_id", "p"},
        {"data", Json::object()}},
       {{"action", "update"}, {"context_id", "t"}, {"parent_id", "b"}, {"data", Json::object()}}});

  EXPECT_FALSE(results[1].contains("parents_created")) << results[1];
  std::set<std::string> ids;
  for (const auto& entry : Journal())
    ids.insert(entry.context.id);
  EXPECT_EQ(ids, (std::set<std::string>{"global", "p", "b", "t"}));
}

TEST_F(BatchTest, WhatWasDeletedInsideIsNoParentAnyMore) {
  identity_.branch = "main";
  identity_.project = "default";
  const Json branch = {{"level", "branch"}, {"context_id", "b"}};
  Results({{{"action", "update"}, {"context_id", "t"}, {"parent_id", "b"}, {"data", {{"n", 1}}}}});
  Json deletion = branch;
  deletion["action"] = "delete";
  deletion["cascade"] = true;

  const Json results = Results({deletion, Update("t", {{"m", 1}})});

  EXPECT_EQ(results[0]["deleted_count"], 2);
  EXPECT_EQ(results[1]["created"], true);
  EXPECT_EQ(results[1]["parents_created"], Json({{{"level", "branch"}, {"context_id", "main"}}}));
  EXPECT_EQ(Data("t"), (Json{{"m", 1}}));
  EXPECT_TRUE(Data("b", "branch").is_null());
}

TEST_F(BatchTest, AConflictIsDecidedAmongOtherWrites) {
  Call(Update("t1", {{"status", "done"}}));
  const std::string dispute = BringDispute();
  const Json resolve = {
      {"action", "resolve_conflict"}, {"conflict_id", dispute}, {"choose", "incoming"}};

  const Json results = Results({Update("t2", {{"n", 1}}), resolve});

  EXPECT_EQ(results[1]["operation"], "resolve_conflict");
  EXPECT_EQ(results[1]["changed"], true);
  EXPECT_EQ(results[1]["conflict"]["id"], dispute);
  EXPECT_EQ(Data("t1")["status"], "blocked");
  Json unknown = resolve;
  unknown["conflict_id"] = "c-0";
  EXPECT_EQ(Error({Update("t3", Json::object()), unknown})["index"], 1);
}

TEST_F(BatchTest, DelegationIsOneOfThem) {
  const Json results = Results({Update("t1", {{"n", 1}}),
                                {{"action", "delegate"},
                                 {"context_id", "t1"},
                                 {"delegate_to", "branch"},
                                 {"delegate_data", {{"decisions", {"use UTC"}}}},
                                 {"delegation_reason", "all need it"}}});

  EXPECT_EQ(results[1]["operation"], "delegate");
  EXPECT_EQ(results[1]["level"], "branch");
  EXPECT_EQ(results[1]["source"]["context_id"], "t1") << "which the batch itself made";
  EXPECT_EQ(results[1]["stored_keys"], Json({"decisions"}));
}

TEST_F(BatchTest, WhatAnOperationSentWithoutEffectIsToldInItsResult) {
  Json operation = Update("t1", {{"n", 1}});
  operation["user_id"] = "u";
  EXPECT_EQ(Results({operation})[0]["ignored_keys"], Json({"user_id"}));
}

}  // namespace
}  // namespace contextsync::batch_test
