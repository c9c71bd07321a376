#include "core/tools/manage_context.h"

#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"

namespace contextsync::manage_context_test {
namespace {

class ManageContextTest : public ::testing::Test {
 protected:
  Checked<std::unique_ptr<Operation>> Prepare(const char* text) {
    arguments_ = Json::parse(text);
    return tool_.Prepare({arguments_, defect_, session_});
  }

  Refusal RefusalOf(const char* text) {
    auto prepared = Prepare(text);
    EXPECT_FALSE(prepared.ok()) << text;
    return prepared.ok() ? Refusal{} : std::move(prepared).failure();
  }

  Identity identity_;
  FakeClock clock_;
  SeededRandom random_;
  ManageContext tool_{identity_, clock_, random_};
  Session session_{"session", "client"};
  Json arguments_;
  std::optional<JsonDefect> defect_;
};

TEST_F(ManageContextTest, ManyFiltersAndRemovalsAreRead) {
  EXPECT_TRUE(
      Prepare(R"({"action":"list","filters":{"status":"open","/owner/name":"n","tags":["x"]}})")
          .ok());
  EXPECT_TRUE(Prepare(R"({"action":"update","context_id":"t","data":{},
                          "remove":{"/a":["x"],"/b":[1,2],"c":[{"k":1}]}})")
                  .ok());
  EXPECT_EQ(RefusalOf(R"({"action":"list","filters":{"ok":1,"/a~2":1}})").details["parameter"],
            "filters");
}

TEST_F(ManageContextTest, EveryActionIsExplainedOnOneLineWithAnExampleThatWorks) {
  for (const auto& action : Actions()) {
    const std::string summary(action.summary);
    const auto example = summary.find("{\"action\":\"" + std::string(action.name) + "\"");

    ASSERT_NE(example, std::string::npos) << action.name;
    EXPECT_GT(example, 10U) << action.name;
    EXPECT_EQ(summary.find('\n'), std::string::npos) << action.name;
    EXPECT_TRUE(Prepare(summary.substr(example).c_str()).ok()) << action.name;
  }
}

TEST_F(ManageContextTest, OperationIsNamedByItsActionIfThereIsOne) {
  EXPECT_EQ(tool_.OperationName({{"action", "update"}}), "manage_context.update");
  EXPECT_EQ(tool_.OperationName({{"action", "updat"}}), "manage_context");
  EXPECT_EQ(tool_.OperationName(Json::object()), "manage_context");
}

TEST_F(ManageContextTest, OnlyThePolicyOfTheReservedIdsMayBeWritten) {
  EXPECT_TRUE(
      Prepare(R"({"action":"update","level":"global","context_id":"_policy","data":{}})").ok());
  EXPECT_TRUE(Prepare(R"({"action":"get","level":"global","context_id":"_later"})").ok());
  EXPECT_TRUE(Prepare(R"({"action":"update","level":"task","context_id":"_mine","data":{}})").ok());

  const auto refusal =
      RefusalOf(R"({"action":"update","level":"global","context_id":"_mine","data":{}})");
  EXPECT_EQ(refusal.code, RefusalCode::kInvalidArgument);
  EXPECT_EQ(refusal.details["parameter"], "context_id");
}

TEST_F(ManageContextTest, DefectOfTheMessageIsPlacedInsideItsArgument) {
  defect_ = JsonDefect{JsonDefectKind::kNumberChanges, "/filters/a~1b/n", "would change"};

  const auto refusal = RefusalOf(R"({"action":"list","filters":{}})");
  EXPECT_EQ(refusal.code, RefusalCode::kInvalidArgument);
  EXPECT_EQ(refusal.details["parameter"], "filters");
  EXPECT_EQ(refusal.details["path"], "/a~1b/n");
}

TEST_F(ManageContextTest, ArgumentThatIsItselfTheDefectIsNamed) {
  defect_ = JsonDefect{JsonDefectKind::kNumberChanges, "/limit", "would change"};

  const auto refusal = RefusalOf(R"({"action":"list"})");
  EXPECT_EQ(refusal.code, RefusalCode::kInvalidArgument);
  EXPECT_EQ(refusal.details["parameter"], "limit");
  EXPECT_EQ(refusal.details["path"], "");
}

TEST_F(ManageContextTest, NameOfAnArgumentAboveTheKeyLimitIsNotRepeated) {
  defect_ = JsonDefect{JsonDefectKind::kKeyTooLong, "/" + std::string(300, 'k'), "too long"};

  const auto refusal = RefusalOf(R"({"action":"list"})");
  EXPECT_EQ(refusal.code, RefusalCode::kTooLarge);
  EXPECT_EQ(refusal.details["actual"], 300);
  EXPECT_EQ(refusal.details["path"], "");
}

}  // namespace
}  // namespace contextsync::manage_context_test
