// What calls across levels answer: resolve, get with include_inherited, delegate, and the ids and
// parents a call leaves out.

#include <gtest/gtest.h>

#include "tests/unit/tools/call_fixture.h"

namespace contextsync::levels_test {
namespace {

class LevelsTest : public ToolCallTest {
 protected:
  LevelsTest() : ToolCallTest(/*has_hub=*/false) {
    identity_.project = "github.com/acme/app";
    identity_.branch = "main";
  }

  void Write(const char* level, const Json& data) {
    Json arguments = {{"action", "update"}, {"level", level}, {"data", data}};
    if (std::string_view(level) == "task") arguments["context_id"] = "t1";
    ASSERT_TRUE(Call(arguments)["success"].get<bool>());
  }

  void WriteFourLevels() {
    Write("global", Json::parse(R"({"style":{"indent":4,"wrap":80},"labels":["all"]})"));
    Write("project", Json::parse(R"({"style":{"indent":2},"labels":["app"],"insights":["p"]})"));
    Write("branch", Json::parse(R"({"goal":"ship"})"));
    Write("task", Json::parse(R"({"style":{"wrap":100},"status":"open"})"));
  }

  Json ErrorOf(const char* arguments) {
    auto answer = Call(arguments);
    EXPECT_FALSE(answer["success"].get<bool>()) << answer;
    return answer.value("error", Json::object());
  }
};

// ── resolve ──────────────────────────────────────────────────────────────────────────────────

TEST_F(LevelsTest, ResolveMergesTheWholeChainAndListsIt) {
  WriteFourLevels();

  const auto data = Call(R"({"action":"resolve","context_id":"t1"})")["data"];

  EXPECT_EQ(data["context"]["data"],
            Json::parse(R"({"style":{"indent":2,"wrap":100},"labels":["all","app"],
                            "goal":"ship","status":"open"})"));
  EXPECT_EQ(data["context"]["level"], "task");
  EXPECT_EQ(data["context"]["parent"], Json::parse(R"({"level":"branch","context_id":"main"})"));
  ASSERT_EQ(data["chain"].size(), 4U);
  EXPECT_EQ(data["chain"][0],
            Json::parse(R"({"level":"global","context_id":"global","version":1})"));
  EXPECT_EQ(data["chain"][1]["context_id"], "github.com/acme/app");
  EXPECT_EQ(data["chain"][3]["context_id"], "t1");
  EXPECT_FALSE(data.contains("explain"));
}

TEST_F(LevelsTest, GetWithInheritedAnswersAsResolve) {
  WriteFourLevels();

  const auto get = Call(R"({"action":"get","context_id":"t1","include_inherited":"true"})");

  EXPECT_EQ(get["operation"], "manage_context.get");
  EXPECT_EQ(get["data"], Call(R"({"action":"resolve","context_id":"t1"})")["data"]);
  EXPECT_FALSE(Call(R"({"action":"get","context_id":"t1"})")["data"].contains("chain"));
}

TEST_F(LevelsTest, ResolveShowsAChangeOfAnyLevelInTheNextCall) {
  WriteFourLevels();
  const char* resolve = R"({"action":"resolve","context_id":"t1"})";

  for (const auto* level : {"global", "project", "branch", "task"}) {
    Call(resolve);
    Write(level, {{std::string("from_") + level, 1}});
    EXPECT_EQ(Call(resolve)["data"]["context"]["data"].value(std::string("from_") + level, 0), 1);
  }
  Call(R"({"action":"update","context_id":"t1","data":{},"parent_id":"other"})");
  EXPECT_FALSE(Call(resolve)["data"]["context"]["data"].contains("goal"));
}

TEST_F(LevelsTest, ResolveSkipsLevelsThatAreMissing) {
  Write("task", {{"status", "open"}});
  ASSERT_TRUE(
      Call(R"({"action":"delete","level":"global","cascade":true})")["success"].get<bool>());
  Write("project", {{"rules", 1}});

  const auto data = Call(R"({"action":"resolve","context_id":"another","level":"task"})")["data"];

  EXPECT_EQ(data["context"]["data"], Json::parse(R"({"rules":1})"));
  EXPECT_EQ(data["context"]["version"], 0);
  EXPECT_TRUE(data["context"]["updated_at"].is_null());
  EXPECT_EQ(data["context"]["parent"]["context_id"], "main");
  EXPECT_EQ(data["chain"].size(), 2U);
}

TEST_F(LevelsTest, ResolveOfAnEmptyChainIsNotFound) {
  const auto error = ErrorOf(R"({"action":"resolve","context_id":"t1"})");
  EXPECT_EQ(error["code"], "NOT_FOUND");
  EXPECT_EQ(error["context_id"], "t1");

  Write("task", {{"status", "open"}});
  Call(R"({"action":"delete","level":"global","cascade":true})");
  EXPECT_TRUE(ErrorOf(R"({"action":"resolve","context_id":"t1"})").contains("deleted_at"));
}

TEST_F(LevelsTest, ResolveEndsTheChainWhereAContextSaysSo) {
  WriteFourLevels();
  Write("branch", {{"inheritance_disabled", true}});

  const auto data = Call(R"({"action":"resolve","context_id":"t1"})")["data"];

  EXPECT_EQ(data["context"]["data"],
            Json::parse(R"({"goal":"ship","style":{"wrap":100},"status":"open"})"));
  EXPECT_EQ(data["chain"].size(), 2U);
}

TEST_F(LevelsTest, PolicyIsNeverInherited) {
  Call(R"({"action":"update","level":"global","context_id":"_policy",
           "data":{"conflict":{"workspace":"version"}}})");
  Write("task", {{"status", "open"}});

  EXPECT_FALSE(
      Call(R"({"action":"resolve","context_id":"t1"})")["data"]["context"]["data"].contains(
          "conflict"));
  const auto policy = Call(R"({"action":"resolve","level":"global","context_id":"_policy"})");
  EXPECT_EQ(policy["data"]["chain"].size(), 1U);
  EXPECT_EQ(ErrorOf(R"({"action":"update","level":"project","context_id":"p","data":{},
                        "parent_id":"_policy"})")["parameter"],
            "parent_id");
}

TEST_F(LevelsTest, ExplainNamesContextAndVersionOfEachLeafAndIsCutByFields) {
  WriteFourLevels();

  const auto data = Call(R"({"action":"resolve","context_id":"t1","explain":true})")["data"];
  EXPECT_EQ(data["explain"].size(), 5U);
  EXPECT_EQ(data["explain"]["/style/indent"],
            Json::parse(R"({"level":"project","context_id":"github.com/acme/app","version":1})"));
  EXPECT_EQ(data["explain"]["/style/wrap"]["level"], "task");
  EXPECT_EQ(data["explain"]["/labels"]["level"], "project");

  const auto cut = Call(
      R"({"action":"resolve","context_id":"t1","explain":true,"fields":["/style/wrap","goal"]})");
  EXPECT_EQ(cut["data"]["context"]["data"], Json::parse(R"({"style":{"wrap":100},"goal":"ship"})"));
  EXPECT_EQ(cut["data"]["explain"].size(), 2U);
}

TEST_F(LevelsTest, TooMuchLeavesOutTheFarthestLevelFirstThenTheLargest) {
  Write("global", {{"far_small", std::string(100, 'f')}, {"far_large", std::string(400, 'f')}});
  Write("project", {{"middle", std::string(300, 'm')}});
  Write("task", {{"near_large", std::string(500, 'n')}, {"near_small", "s"}});
  const auto omitted = [this](int tokens) {
    Json paths = Json::array();
    const auto data = Call({{"action", "resolve"},
                            {"context_id", "t1"},
                            {"max_tokens", tokens},
                            {"explain", true}})["data"];
    for (const auto& entry : data.value("omitted", Json::array())) {
      paths.push_back(entry["path"]);
      EXPECT_FALSE(data["explain"].contains(entry["path"]));
    }
    EXPECT_EQ(data.value("truncated", false), !paths.empty());
    EXPECT_LE(data["context"]["data"].dump().size(), static_cast<std::size_t>(tokens) * 4);
    return paths;
  };

  EXPECT_EQ(omitted(1'000), Json::array());
  EXPECT_EQ(omitted(300), Json::array({"/far_large"}));
  EXPECT_EQ(omitted(220), Json::array({"/far_large", "/far_small"}));
  EXPECT_EQ(omitted(150), Json::array({"/far_large", "/far_small", "/middle"}));
  EXPECT_EQ(omitted(100), Json::array({"/far_large", "/far_small", "/middle", "/near_large"}));
}

// ── delegate ─────────────────────────────────────────────────────────────────────────────────

TEST_F(LevelsTest, DelegateWritesToTheAncestorAndLeavesTheSource) {
  Write("task", {{"status", "open"}});
  const auto before = Call(R"({"action":"get","context_id":"t1"})")["data"];
  const Json call = {{"action", "delegate"},
                     {"context_id", "t1"},
                     {"delegate_to", "project"},
                     {"delegate_data", {{"decisions", {"Use UTC"}}, {"status", nullptr}}},
                     {"delegation_reason", "all tasks need it"},
                     {"op_id", "op-1"}};

  const auto answer = Call(call);

  const auto& data = answer["data"];
  EXPECT_EQ(data["level"], "project");
  EXPECT_EQ(data["context_id"], "github.com/acme/app");
  EXPECT_EQ(data["version"], 2);
  EXPECT_EQ(data["created"], false);
  EXPECT_EQ(data["changed"], true);
  EXPECT_EQ(data["source"], Json::parse(R"({"level":"task","context_id":"t1"})"));
  EXPECT_EQ(data["reason"], "all tasks need it");
  EXPECT_EQ(answer["stored_keys"], Json::array({"decisions"}));
  EXPECT_EQ(answer["ignored_keys"], Json::array({"status"}));
  EXPECT_EQ(Call(R"({"action":"get","context_id":"t1"})")["data"], before);
  EXPECT_EQ(Call(R"({"action":"get","level":"project"})")["data"]["context"]["data"],
            Json::parse(R"({"decisions":["Use UTC"]})"));

  EXPECT_EQ(Call(call)["data"], data);
  auto other = call;
  other["delegation_reason"] = "another";
  EXPECT_EQ(Call(other)["error"]["parameter"], "op_id");
}

TEST_F(LevelsTest, DelegationIsInTheHistoryOfTheTarget) {
  Write("task", {{"status", "open"}});
  Call(R"({"action":"delegate","context_id":"t1","delegate_to":"branch","agent":"a",
           "delegate_data":{"plan":"b"},"delegation_reason":"two\nlines"})");

  const auto newest = Call(R"({"action":"history","level":"branch"})")["data"]["versions"][0];

  EXPECT_EQ(newest["source"], "delegate");
  EXPECT_EQ(newest["reason"], "two\nlines");
  EXPECT_EQ(newest["delegated_from"], Json::parse(R"({"level":"task","context_id":"t1"})"));
  EXPECT_EQ(newest["agent"], "a");
}

TEST_F(LevelsTest, DelegateCreatesWhatIsMissingAboveTheSource) {
  Write("task", {{"status", "open"}});
  ASSERT_TRUE(
      Call(R"({"action":"delete","level":"global","cascade":true})")["success"].get<bool>());
  ASSERT_TRUE(
      Call(R"({"action":"update","level":"branch","context_id":"lone","data":{}})")["success"]
          .get<bool>());
  ASSERT_TRUE(
      Call(R"({"action":"delete","level":"global","cascade":true})")["success"].get<bool>());
  Write("task", {{"status", "again"}});

  const auto data = Call(R"({"action":"delegate","context_id":"t1","delegate_to":"global",
                             "delegate_data":{"k":1},"delegation_reason":"r"})")["data"];

  EXPECT_EQ(data["level"], "global");
  EXPECT_EQ(Call(R"({"action":"get","level":"global"})")["data"]["context"]["data"]["k"], 1);
}

TEST_F(LevelsTest, DelegateRefusesWhatItCannotDo) {
  const auto missing = ErrorOf(R"({"action":"delegate","context_id":"none","delegate_to":"branch",
                                   "delegate_data":{},"delegation_reason":"r"})");
  EXPECT_EQ(missing["code"], "NOT_FOUND");
  EXPECT_EQ(missing["context_id"], "none");
  EXPECT_EQ(ErrorOf(R"({"action":"get","level":"branch"})")["code"], "NOT_FOUND");

  Write("task", {{"status", "open"}});
  const auto below = ErrorOf(R"({"action":"delegate","level":"project","delegate_to":"branch",
                                 "delegate_data":{},"delegation_reason":"r"})");
  EXPECT_EQ(below["code"], "INVALID_ARGUMENT");
  EXPECT_EQ(below["parameter"], "delegate_to");
  EXPECT_EQ(below["allowed"], Json::array({"global"}));
  EXPECT_EQ(ErrorOf(R"({"action":"delegate","context_id":"t1","delegate_to":"task",
                        "delegate_data":{},"delegation_reason":"r"})")["parameter"],
            "delegate_to");
  EXPECT_EQ(ErrorOf(R"({"action":"delegate","context_id":"t1","delegate_to":"branch",
                        "delegation_reason":"r"})")["parameter"],
            "delegate_data");
  EXPECT_EQ(ErrorOf(R"({"action":"delegate","context_id":"t1","delegate_to":"branch",
                        "delegate_data":{}})")["parameter"],
            "delegation_reason");
  EXPECT_EQ(ErrorOf(R"({"action":"delegate","context_id":"t1","delegate_data":{},
                        "delegation_reason":"r"})")["code"],
            "MISSING_FIELD");

  Call(R"({"action":"delete","context_id":"t1"})");
  EXPECT_TRUE(ErrorOf(R"({"action":"delegate","context_id":"t1","delegate_to":"branch",
                          "delegate_data":{},"delegation_reason":"r"})")
                  .contains("deleted_at"));
}

// ── ids and parents left out ─────────────────────────────────────────────────────────────────

TEST_F(LevelsTest, BranchOfAnotherProjectGetsTheProjectInItsId) {
  Call(R"({"action":"update","level":"branch","context_id":"main","data":{},"parent_id":"other"})");

  const auto branch = Call(R"({"action":"update","level":"branch","data":{"a":1}})")["data"];
  EXPECT_EQ(branch["context_id"], "github.com/acme/app/main");

  const auto task = Call(R"({"action":"update","context_id":"t1","data":{}})");
  EXPECT_FALSE(task["data"].contains("parents_created"));
  const auto get = Call(R"({"action":"get","context_id":"t1"})")["data"]["context"];
  EXPECT_EQ(get["parent"]["context_id"], "github.com/acme/app/main");
}

TEST_F(LevelsTest, ParentsComeWithTheChildOrNotAtAll) {
  const std::string huge(300'000, 'x');
  const auto refused = Call({{"action", "update"}, {"context_id", "t1"}, {"data", {{"k", huge}}}});
  EXPECT_EQ(refused["error"]["code"], "TOO_LARGE");
  EXPECT_EQ(notebook_->Summary().contexts, 0U);

  const auto written = Call(R"({"action":"create","context_id":"t1","data":{}})")["data"];
  EXPECT_EQ(written["parents_created"], Json::parse(R"([{"level":"global","context_id":"global"},
                            {"level":"project","context_id":"github.com/acme/app"},
                            {"level":"branch","context_id":"main"}])"));
  EXPECT_EQ(notebook_->Summary().contexts, 4U);
}

TEST_F(LevelsTest, ParentIdMovesAContextAndItsInheritance) {
  Write("branch", {{"goal", "ship"}});
  Write("task", {{"status", "open"}});

  const auto moved = Call(R"({"action":"update","context_id":"t1","data":{},"parent_id":"next"})");

  EXPECT_EQ(moved["data"]["changed"], true);
  EXPECT_EQ(moved["data"]["parents_created"],
            Json::parse(R"([{"level":"branch","context_id":"next"}])"));
  const auto resolved = Call(R"({"action":"resolve","context_id":"t1"})")["data"];
  EXPECT_EQ(resolved["chain"][2]["context_id"], "next");
  EXPECT_FALSE(resolved["context"]["data"].contains("goal"));
}

TEST_F(LevelsTest, TaskComesFromTheEnvironmentOrIsMissing) {
  EXPECT_EQ(ErrorOf(R"({"action":"update","data":{}})")["code"], "MISSING_FIELD");

  identity_.task = "ENV-1";
  EXPECT_EQ(Call(R"({"action":"update","data":{}})")["data"]["context_id"], "ENV-1");
}

// ── the branch of the moment ────────────────────────────────────────────────────────────────

TEST_F(LevelsTest, ACallMaySayWhichBranchIsWorkedOn) {
  const Json update = {{"action", "update"}, {"context_id", "t1"}, {"data", {{"n", 1}}}};
  const Json get = {{"action", "get"}, {"level", "branch"}};

  synced_->Call({update, defect_, session_, "feature/jwt"});

  const auto shown = Json::parse(synced_->Call({get, defect_, session_, "feature/jwt"}).json);
  EXPECT_EQ(shown["data"]["context"]["context_id"], "feature/jwt");
  EXPECT_EQ(
      Call(R"({"action":"get","context_id":"t1"})")["data"]["context"]["parent"]["context_id"],
      "feature/jwt");
  EXPECT_EQ(Call(get)["error"]["context_id"], "main") << "as the identity says";
}

}  // namespace
}  // namespace contextsync::levels_test
