#include "core/document/policy.h"

#include <gtest/gtest.h>

#include "tests/unit/document/replica.h"

namespace contextsync::policy_test {
namespace {

Strategy StrategyOf(const Policy& policy, std::string_view pointer, Level level = Level::kTask) {
  return policy.StrategyFor(level, pointer, ClashKind::kScalar);
}

bool IsRefused(std::string_view text) {
  return !Policy::FromJson(J(text)).ok();
}

TEST(PolicyTest, BuiltInStrategyFollowsLevelAndKind) {
  const Policy policy = Policy::BuiltIn();

  EXPECT_EQ(policy.StrategyFor(Level::kTask, "/a", ClashKind::kScalar), Strategy::kMerge);
  EXPECT_EQ(policy.StrategyFor(Level::kBranch, "/a", ClashKind::kScalar), Strategy::kMerge);
  EXPECT_EQ(policy.StrategyFor(Level::kProject, "/a", ClashKind::kScalar), Strategy::kVersion);
  EXPECT_EQ(policy.StrategyFor(Level::kGlobal, "/a", ClashKind::kType), Strategy::kMerge);
}

TEST(PolicyTest, BuiltInListRulesGoByTheLastName) {
  const Policy policy = Policy::BuiltIn();

  for (const char* name : {"failures", "errors", "todo", "next_steps", "blockers", "open_questions",
                           "current_files", "remaining_work"}) {
    EXPECT_EQ(policy.ListPolicyFor(Level::kTask, AppendSegment("/x", name)), ListPolicy::kReplace)
        << name;
  }
  EXPECT_EQ(policy.ListPolicyFor(Level::kTask, "/insights"), ListPolicy::kLog);
  EXPECT_EQ(policy.ListPolicyFor(Level::kTask, "/progress_updates"), ListPolicy::kLog);
  EXPECT_EQ(policy.ListPolicyFor(Level::kTask, "/files_read"), ListPolicy::kUnion);
  EXPECT_EQ(policy.ListPolicyFor(Level::kTask, "/todo/x"), ListPolicy::kUnion);
}

TEST(PolicyTest, PathBeatsLevelBeatsWorkspace) {
  const Policy policy = PolicyOf(
      R"({"conflict":{"workspace":"manual","levels":{"task":"version"},"paths":{"/status":"last_write_wins"}}})");

  EXPECT_EQ(StrategyOf(policy, "/status"), Strategy::kLastWriteWins);
  EXPECT_EQ(StrategyOf(policy, "/other"), Strategy::kVersion);
  EXPECT_EQ(StrategyOf(policy, "/other", Level::kProject), Strategy::kManual);
}

TEST(PolicyTest, StarIsOneSegmentAndDoubleStarTheRest) {
  const Policy policy = PolicyOf(
      R"({"conflict":{"paths":{"/a/*/c":"manual","/d/**":"version","branch:/e":"manual"}}})");

  EXPECT_EQ(StrategyOf(policy, "/a/b/c"), Strategy::kManual);
  EXPECT_EQ(StrategyOf(policy, "/a/c"), Strategy::kMerge);
  EXPECT_EQ(StrategyOf(policy, "/d"), Strategy::kVersion);
  EXPECT_EQ(StrategyOf(policy, "/d/x/y"), Strategy::kVersion);
  EXPECT_EQ(StrategyOf(policy, "/e"), Strategy::kMerge);
  EXPECT_EQ(StrategyOf(policy, "/e", Level::kBranch), Strategy::kManual);
}

TEST(PolicyTest, MoreLiteralsThenALevelThenLengthThenBytesDecide) {
  EXPECT_TRUE(PathPattern::Parse("/a/b").value().Beats(PathPattern::Parse("task:/a/**").value()));
  EXPECT_TRUE(PathPattern::Parse("task:/a").value().Beats(PathPattern::Parse("/a/*").value()));
  EXPECT_TRUE(PathPattern::Parse("/a/*").value().Beats(PathPattern::Parse("/a").value()));
  EXPECT_TRUE(PathPattern::Parse("/a/*/c").value().Beats(PathPattern::Parse("/a/c/*").value()));
}

TEST(PolicyTest, ListsAndSecretsAreReadToo) {
  const Policy policy = PolicyOf(
      R"({"lists":{"/labels":"replace","/audit":"log"},"secrets":{"mode":"warn","allow":["/docs/*"]},"x":1})");

  EXPECT_EQ(policy.ListPolicyFor(Level::kTask, "/labels"), ListPolicy::kReplace);
  EXPECT_EQ(policy.ListPolicyFor(Level::kTask, "/audit"), ListPolicy::kLog);
  EXPECT_EQ(policy.ListPolicyFor(Level::kTask, "/todo"), ListPolicy::kReplace);
  EXPECT_EQ(policy.secret_mode(), SecretMode::kWarn);
  EXPECT_TRUE(policy.IsSecretAllowed(Level::kTask, "/docs/key"));
  EXPECT_FALSE(policy.IsSecretAllowed(Level::kTask, "/key"));
}

TEST(PolicyTest, RefusesWhatItWouldHaveToGuess) {
  for (const char* text :
       {R"([])", R"({"conflict":1})", R"({"conflict":{"workspace":"fail"}})",
        R"({"conflict":{"levels":{"tasks":"merge"}}})", R"({"conflict":{"paths":{"a":"merge"}}})",
        R"({"conflict":{"paths":{"/**/a":"merge"}}})",
        R"({"conflict":{"paths":{"tasks:/a":"merge"}}})", R"({"conflict":{"paths":{"/a":1}}})",
        R"({"lists":{"/a":"set"}})", R"({"secrets":{"mode":"off"}})",
        R"({"secrets":{"allow":"/a"}})", R"({"secrets":{"allow":[1]}})"}) {
    EXPECT_TRUE(IsRefused(text)) << text;
  }
}

TEST(PolicyTest, NamesGoBothWays) {
  for (const char* name : {"merge", "last_write_wins", "version", "manual"}) {
    EXPECT_EQ(ToString(ParseStrategy(name).value()), name);
  }
  for (const char* name : {"scalar", "type", "delete_update"})
    EXPECT_EQ(ToString(ParseClashKind(name).value()), name);
  EXPECT_FALSE(ParseStrategy("fail"));
}

}  // namespace
}  // namespace contextsync::policy_test
