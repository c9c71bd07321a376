#include "core/tools/parameters.h"

#include <gtest/gtest.h>

#include "core/document/json.h"
#include "core/tools/schema.h"

namespace contextsync::parameters_test {
namespace {

Checked<NormalArguments> Normalise(const char* text) {
  return NormaliseArguments(Json::parse(text));
}

Refusal RefusalOf(const char* text) {
  auto arguments = Normalise(text);
  EXPECT_FALSE(arguments.ok()) << text;
  return arguments.ok() ? Refusal{} : std::move(arguments).failure();
}

TEST(NormaliseArgumentsTest, MissingActionListsAllActions) {
  const auto refusal = RefusalOf("{}");

  EXPECT_EQ(refusal.code, RefusalCode::kMissingField);
  EXPECT_EQ(refusal.details["parameter"], "action");
  EXPECT_EQ(refusal.details["allowed"].size(), Actions().size());
}

TEST(NormaliseArgumentsTest, MisspelledActionNamesTheClosest) {
  const auto refusal = RefusalOf(R"({"action":"updaet"})");

  EXPECT_EQ(refusal.code, RefusalCode::kInvalidArgument);
  EXPECT_NE(refusal.hint.find("`update`"), std::string::npos);
}

TEST(NormaliseArgumentsTest, UnknownParameterNamesItAndTheClosest) {
  const auto refusal = RefusalOf(R"({"action":"get","contex_id":"t1"})");

  EXPECT_EQ(refusal.code, RefusalCode::kUnknownParameter);
  EXPECT_EQ(refusal.details["parameter"], "contex_id");
  EXPECT_EQ(refusal.details["did_you_mean"], "context_id");
}

TEST(NormaliseArgumentsTest, FarOffParameterSuggestsNothing) {
  const auto refusal = RefusalOf(R"({"action":"get","zzzzzzzzzzzz":1})");

  EXPECT_TRUE(refusal.details["did_you_mean"].is_null());
}

TEST(NormaliseArgumentsTest, KnownParameterOfAnotherActionNamesItsUsers) {
  const auto refusal = RefusalOf(R"({"action":"get","cascade":true})");

  EXPECT_EQ(refusal.code, RefusalCode::kInvalidArgument);
  EXPECT_EQ(refusal.details["parameter"], "cascade");
  EXPECT_EQ(refusal.details["allowed"], Json::array({"delete"}));
}

TEST(NormaliseArgumentsTest, NullAndEmptyMeanNotGivenButNotForContentAndData) {
  const auto get = Normalise(R"({"action":"get","context_id":"","fields":null})").value();
  EXPECT_TRUE(get.values.empty());

  const auto note = Normalise(R"({"action":"add_progress","content":""})").value();
  EXPECT_EQ(note.values["content"], "");
}

TEST(NormaliseArgumentsTest, NotGivenParameterOfAnotherActionIsNoFault) {
  EXPECT_TRUE(Normalise(R"({"action":"get","cascade":null,"context_id":"t1"})").ok());
}

TEST(NormaliseArgumentsTest, AliasesNameContextAndLevelAndNeverWin) {
  const auto alias = Normalise(R"({"action":"get","branch_context_id":"main"})").value();
  EXPECT_EQ(alias.values["context_id"], "main");
  EXPECT_EQ(alias.values["level"], "branch");

  const auto both = Normalise(R"({"action":"get","task_id":"old","context_id":"new"})").value();
  EXPECT_EQ(both.values["context_id"], "new");
}

TEST(NormaliseArgumentsTest, DataAliasesMergeIntoData) {
  const auto update =
      Normalise(
          R"({"action":"update","data":{"title":"kept"},"data_title":"lost","data_status":"open"})")
          .value();

  EXPECT_EQ(update.values["data"], Json::parse(R"({"title":"kept","status":"open"})"));
}

TEST(NormaliseArgumentsTest, ParentAliasesBecomeTheParent) {
  const auto task =
      Normalise(R"({"action":"update","git_branch_id":"main","project_id":"p","data":{}})").value();
  EXPECT_EQ(task.values["parent_id"], "main");
  EXPECT_EQ(task.parent_project, "p");

  const auto branch =
      Normalise(R"({"action":"update","level":"branch","project_id":"p","data":{}})").value();
  EXPECT_EQ(branch.values["parent_id"], "p");
}

TEST(NormaliseArgumentsTest, ArgumentsWithoutEffectAreNamed) {
  const auto arguments =
      Normalise(R"({"action":"get","user_id":"u","propagate_changes":true})").value();

  EXPECT_EQ(arguments.ignored, (std::vector<std::string>{"propagate_changes", "user_id"}));
}

TEST(ClosestTest, FindsTheNearestWithinAThirdOfTheLength) {
  const std::string_view names[] = {"update", "delete"};

  EXPECT_EQ(Closest("updat", names), "update");
  EXPECT_EQ(Closest("xyz", names), "");
  EXPECT_EQ(Closest(std::string(10'000, 'u'), names), "");
}

TEST(NormaliseArgumentsTest, AliasesReachDataThatCameAsText) {
  const auto normal =
      Normalise(R"({"action":"update","context_id":"t","data":"{\"k\":1}","data_status":"done"})");

  ASSERT_TRUE(normal.ok());
  EXPECT_EQ(normal.value().values["data"], Json::parse(R"({"k":1,"status":"done"})"));
}

TEST(NormaliseArgumentsTest, AliasWithoutEffectIsTold) {
  const auto update = Normalise(
      R"({"action":"update","context_id":"a","task_id":"b","data":{"status":1},"data_status":2})");
  ASSERT_TRUE(update.ok());
  EXPECT_EQ(update.value().values["data"], Json::parse(R"({"status":1})"));
  EXPECT_EQ(update.value().values["context_id"], "a");
  EXPECT_EQ(update.value().ignored, std::vector<std::string>({"data_status", "task_id"}));

  for (const auto* text : {R"({"action":"list","task_id":"t"})",
                           R"({"action":"get","context_id":"t","data_title":"x"})",
                           R"({"action":"delete","context_id":"t","data_title":"x"})"}) {
    const auto other = Normalise(text);
    ASSERT_TRUE(other.ok()) << text;
    EXPECT_EQ(other.value().ignored.size(), 1U) << text;
    EXPECT_FALSE(other.value().values.contains("data")) << text;
  }
}

TEST(NormaliseArgumentsTest, ParentThatIsNoTextIsRefusedUnderItsName) {
  for (const auto* name : {"project_id", "git_branch_id"}) {
    const auto text =
        R"({"action":"update","context_id":"t","data":{},")" + std::string(name) + R"(":5})";
    const auto refusal = RefusalOf(text.c_str());

    EXPECT_EQ(refusal.code, RefusalCode::kInvalidArgument);
    EXPECT_EQ(refusal.details["parameter"], name);
  }
}

TEST(FindActionTest, KnowsOnlyNamesOfActions) {
  ASSERT_NE(FindAction({{"action", "get"}}), nullptr);
  EXPECT_EQ(FindAction({{"action", "get"}})->action, Action::kGet);
  EXPECT_EQ(FindAction({{"action", "gets"}}), nullptr);
  EXPECT_EQ(FindAction({{"action", 5}}), nullptr);
  EXPECT_EQ(FindAction(Json::object()), nullptr);
}

TEST(SchemaTest, BothToolsFitTheirTokenBudget) {
  constexpr std::size_t kTokens = 2'500;
  constexpr std::size_t kBytesPerToken = 4;

  const auto bytes =
      CompactText(DescribeManageContext()).size() + CompactText(DescribeStatus()).size();

  EXPECT_LE(bytes, kTokens * kBytesPerToken);
}

TEST(SchemaTest, EveryParameterIsDescribedAndEveryActionExplained) {
  const auto tool = DescribeManageContext();
  const auto& properties = tool["inputSchema"]["properties"];

  for (const auto& parameter : Parameters()) {
    ASSERT_TRUE(properties.contains(parameter.name)) << parameter.name;
    EXPECT_FALSE(properties[parameter.name]["description"].get<std::string>().empty())
        << parameter.name;
  }
  const auto actions = properties["action"]["description"].get<std::string>();
  for (const auto& action : Actions()) {
    EXPECT_NE(actions.find(std::string(action.name) + ": "), std::string::npos) << action.name;
  }
  EXPECT_EQ(properties["action"]["enum"].size(), Actions().size());
}

}  // namespace
}  // namespace contextsync::parameters_test
