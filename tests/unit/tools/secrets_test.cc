// Secrets stay at home: what a write that holds one comes to, by policy and action.

#include "core/document/json.h"
#include "tests/unit/tools/call_fixture.h"

namespace contextsync::secrets_test {
namespace {

const std::string kToken = std::string("gh") + "p_" + "a1B2c3D4e5F6a1B2c3D4e5F6a1B2c3D4e5F6";
const std::string kRedacted = "[redacted:github-token]";

class SecretsTest : public ToolCallTest {
 protected:
  Json Update(Json data, Json beside = Json::object()) {
    beside.update({{"action", "update"}, {"context_id", "t1"}});
    beside["data"] = std::move(data);
    return Call(beside);
  }

  void SetPolicy(Json secrets) {
    const Json answer = Call({{"action", "update"},
                              {"level", "global"},
                              {"context_id", "_policy"},
                              {"data", {{"secrets", std::move(secrets)}}}});
    ASSERT_TRUE(answer["success"].get<bool>()) << answer;
  }

  void ExpectBlocked(const Json& answer, const std::string& path) {
    ASSERT_FALSE(answer["success"].get<bool>()) << answer;
    EXPECT_EQ(answer["error"]["code"], "SECRET_BLOCKED");
    EXPECT_EQ(answer["error"]["path"], path);
    EXPECT_EQ(answer["error"]["kind"], "github-token");
    EXPECT_EQ(answer["sync"]["durable"], false);
    EXPECT_EQ(answer.dump().find(kToken), std::string::npos) << "the answer repeats it";
    EXPECT_EQ(JournalText().find(kToken), std::string::npos);
  }

  Json Data() {
    const Json answer = Call({{"action", "get"}, {"context_id", "t1"}});
    return answer["success"].get<bool>() ? answer["data"]["context"]["data"] : Json();
  }

  /// Everything that would leave the machine.
  std::string JournalText() {
    std::string text;
    for (const auto& entry : notebook_->NextPush(256, 1 << 20).value()) {
      text += entry.context.id + entry.reason + entry.agent;
      for (const auto& [path, cell] : entry.delta.cells)
        text += path;
    }
    return text + Data().dump();
  }
};

TEST_F(SecretsTest, ABlockedWriteSaysWhereAndChangesNothing) {
  ExpectBlocked(Update({{"n", 1}, {"notes", {{"list", {"a", "use " + kToken}}}}}), "/notes/list/1");
  EXPECT_TRUE(Data().is_null());
  ExpectBlocked(Update({{"env", {{kToken, 1}}}}), "/env");
  EXPECT_TRUE(Update({{"notes", "the token is in the vault"}})["success"].get<bool>());
}

TEST_F(SecretsTest, EveryActionThatWritesIsScreened) {
  ExpectBlocked(Call({{"action", "create"}, {"context_id", "t1"}, {"data", {{"k", kToken}}}}),
                "/k");
  ExpectBlocked(Call({{"action", "add_insight"}, {"context_id", "t1"}, {"content", kToken}}),
                "/insights/0/content");
  ExpectBlocked(Call({{"action", "add_progress"}, {"context_id", "t1"}, {"content", kToken}}),
                "/progress_updates/0/content");
  ExpectBlocked(Call({{"action", "update"}, {"context_id", kToken}, {"data", {{"n", 1}}}}),
                "@context_id");
  ExpectBlocked(
      Call({{"action", "update"}, {"context_id", "t1"}, {"op_id", kToken}, {"data", {{"n", 1}}}}),
      "@op_id");
  ExpectBlocked(Update({{"n", 1}}, {{"parent_id", kToken}}), "@parent");
  const Json batch =
      Call({{"action", "batch"},
            {"operations",
             {{{"action", "update"}, {"context_id", "t1"}, {"data", {{"n", 1}}}},
              {{"action", "update"}, {"context_id", "t1"}, {"data", {{"k", kToken}}}}}}});
  ExpectBlocked(batch, "/k");
  EXPECT_EQ(batch["error"]["index"], 1);
  EXPECT_TRUE(Data().is_null());
}

TEST_F(SecretsTest, AChosenValueIsScreenedWhereItWillStand) {
  Update({{"status", "done"}});
  const std::string dispute = BringDispute();
  const Json resolve = {{"action", "resolve_conflict"},
                        {"conflict_id", dispute},
                        {"choose", "value"},
                        {"value", {{"why", kToken}}}};

  ExpectBlocked(Call(resolve), "/status/why");

  SetPolicy({{"mode", "redact"}});
  EXPECT_TRUE(Call(resolve)["success"].get<bool>());
  EXPECT_EQ(Data()["status"]["why"], kRedacted);
}

TEST_F(SecretsTest, WhatThePolicyAllowsMayStay) {
  SetPolicy({{"mode", "block"}, {"allow", {"/docs/example_key", "task:/samples/**"}}});
  EXPECT_TRUE(
      Update({{"docs", {{"example_key", kToken}}}, {"samples", {kToken}}})["success"].get<bool>());
  const Json blocked = Update({{"docs", {{"other", kToken}}}});
  EXPECT_EQ(blocked["error"]["code"], "SECRET_BLOCKED");
  EXPECT_EQ(blocked["error"]["path"], "/docs/other");
}

TEST_F(SecretsTest, ARedactedSecretIsToldAndStoredNowhere) {
  SetPolicy({{"mode", "redact"}});
  const Json arguments = {{"op_id", "mine"}};
  const Json answer = Update({{"notes", "use " + kToken}, {"n", 1}}, arguments);

  ASSERT_TRUE(answer["success"].get<bool>()) << answer;
  EXPECT_EQ(answer["data"]["redacted"], Json({{{"path", "/notes"}, {"kind", "github-token"}}}));
  EXPECT_EQ(Data()["notes"], "use " + kRedacted);
  EXPECT_EQ(answer["stored_keys"], Json({"n"})) << "the other does not read as asked";
  EXPECT_EQ(answer["ignored_keys"], Json({"notes"}));
  EXPECT_EQ(JournalText().find(kToken), std::string::npos);
  const Json again = Update({{"notes", "use " + kToken}, {"n", 1}}, arguments);
  EXPECT_EQ(again["data"]["redacted"], answer["data"]["redacted"]) << "the first answer again";
  ExpectBlocked(Update({{"n", 2}}, {{"parent_id", kToken}}), "@parent");
}

TEST_F(SecretsTest, AKeyThatIsASecretIsNotCalledStored) {
  SetPolicy({{"mode", "redact"}});
  const Json answer = Update({{kToken, 1}, {"n", 1}});
  EXPECT_EQ(answer["stored_keys"], Json({"n"}));
  EXPECT_EQ(answer["ignored_keys"], Json({kRedacted}));
}

TEST_F(SecretsTest, ABlockedWriteNamesThePurge) {
  const Json answer = Update({{"notes", kToken}});
  EXPECT_NE(answer["error"]["hint"].get<std::string>().find("contextsync purge"),
            std::string::npos);
}

TEST_F(SecretsTest, TheEntryAnsweredIsTheOneThatIsStored) {
  SetPolicy({{"mode", "redact"}});
  const Json answer =
      Call({{"action", "add_insight"}, {"context_id", "t1"}, {"content", "use " + kToken}});
  EXPECT_EQ(answer["data"]["entry"]["content"], "use " + kRedacted);
  EXPECT_EQ(Data()["insights"][0]["content"], "use " + kRedacted);
}

TEST_F(SecretsTest, AWarningStoresAndTells) {
  SetPolicy({{"mode", "warn"}});
  const Json answer = Update({{"notes", kToken}});
  ASSERT_TRUE(answer["success"].get<bool>());
  EXPECT_EQ(answer["data"]["warned"], Json({{{"path", "/notes"}, {"kind", "github-token"}}}));
  EXPECT_EQ(Data()["notes"], kToken);
  EXPECT_FALSE(Update({{"n", 1}})["data"].contains("warned"));
}

TEST_F(SecretsTest, NamesOfACallAreNeverRedactedAndStoredOnlyWithAWarning) {
  SetPolicy({{"mode", "redact"}});
  ExpectBlocked(Update({{"n", 1}}, {{"op_id", kToken}}), "@op_id");
  ExpectBlocked(Update({{"n", 1}}, {{"agent", kToken}}), "@agent");
  EXPECT_TRUE(Data().is_null());

  SetPolicy({{"mode", "warn"}});
  const Json answer = Update({{"n", 1}}, {{"op_id", kToken}});
  EXPECT_EQ(answer["data"]["warned"], Json({{{"path", "@op_id"}, {"kind", "github-token"}}}));
}

TEST_F(SecretsTest, WhatLeakedBeforeCanBeTakenOut) {
  SetPolicy({{"mode", "warn"}});
  Update({{"tags", {"a", kToken}}, {"notes", kToken}});
  SetPolicy({{"mode", "block"}});

  const Json answer = Update({{"notes", nullptr}}, {{"remove", {{"/tags", {kToken}}}}});

  EXPECT_TRUE(answer["success"].get<bool>()) << answer;
  EXPECT_EQ(Data(), Json({{"tags", {"a"}}}));
}

}  // namespace
}  // namespace contextsync::secrets_test
