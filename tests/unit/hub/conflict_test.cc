// Every row of the conflict table, and the cases that go wrong easily.

#include <gtest/gtest.h>

#include "tests/unit/hub/conflict_fixture.h"

namespace contextsync::conflict_test {
namespace {

class ConflictTest : public ConflictFixture {};

// ── the table ──

TEST_F(ConflictTest, DifferentFieldsDoNotClash) {
  Begin(R"({"x":1})");
  EXPECT_EQ(Cross(R"({"y":1})", R"({"z":1})").status, PushStatus::kMerged);
}

TEST_F(ConflictTest, EqualValuesClashWithNothing) {
  Begin(R"({"x":1})");
  EXPECT_EQ(Cross(R"({"x":2})", R"({"x":2})").status, PushStatus::kMerged);
}

TEST_F(ConflictTest, CreatingTheSameContextIsNoConflict) {
  EXPECT_EQ(Cross(R"({"x":1})", R"({"y":1})").status, PushStatus::kMerged);
}

TEST_F(ConflictTest, TwoScalars) {
  Begin(R"({"x":1})");

  const PushResult result = Cross(R"({"x":2})", R"({"x":3})");

  EXPECT_EQ(result.status, PushStatus::kConflict);
  const ConflictRecord record = Only();
  EXPECT_EQ(result.conflicts, std::vector{record.id});
  EXPECT_EQ(record.kind, ConflictKind::kScalar);
  EXPECT_EQ(record.path, "/x");
  EXPECT_EQ(record.status, ConflictStatus::kAuto);
  EXPECT_EQ(record.strategy, Strategy::kMerge);
  EXPECT_EQ(record.rev, HubSequence(3));
  EXPECT_EQ(record.seq, HubSequence(3));
  EXPECT_EQ(record.current.value, Value("3"));
  EXPECT_EQ(record.current.device, b_.device);
  EXPECT_EQ(record.current.agent, "agent-11");
  EXPECT_EQ(record.current.seq, HubSequence(3));
  EXPECT_EQ(record.incoming.value, Value("2"));
  EXPECT_EQ(record.incoming.device, a_.device);
  EXPECT_EQ(record.incoming.agent, "agent-10");
  EXPECT_EQ(record.incoming.seq, HubSequence(2));
  EXPECT_EQ(record.incoming.n, EntryNumber(2));
  EXPECT_EQ(hub_.Feed().at(2).conflicts, std::vector{record});
}

TEST_F(ConflictTest, TheLargerStampIsCurrentWhoeverIsNumberedFirst) {
  Begin(R"({"x":1})");

  EXPECT_EQ(CrossLosing(Data(R"({"x":2})"), Data(R"({"x":3})")).status, PushStatus::kConflict);

  EXPECT_EQ(Only().current.value, Value("2"));
  EXPECT_EQ(Only().current.device, a_.device);
  EXPECT_EQ(Only().incoming.value, Value("3"));
}

TEST_F(ConflictTest, ScalarOverAnObjectIsAType) {
  Begin(R"({"x":1})");

  Cross(R"({"x":{"k":1}})", R"({"x":3})");

  EXPECT_EQ(Only().kind, ConflictKind::kType);
  EXPECT_EQ(Only().incoming.value, Value(R"({"k":1})"));
}

TEST_F(ConflictTest, ObjectOverAScalarIsATypeAtTheOutermostPathOnly) {
  Begin(R"({"x":{"p":1}})");

  Cross(R"({"x":5})", R"({"x":{"k":1,"l":[2]}})");

  EXPECT_EQ(Only().kind, ConflictKind::kType);
  EXPECT_EQ(Only().path, "/x");
  EXPECT_EQ(Only().incoming.value, Value("5"));
}

TEST_F(ConflictTest, EditMeetsADeletedField) {
  Begin(R"({"x":1,"y":1})");

  Cross(R"({"x":null})", R"({"x":3})");

  EXPECT_EQ(Only().kind, ConflictKind::kDeleteUpdate);
  EXPECT_EQ(Only().current.value, Value("3"));
  EXPECT_EQ(Only().incoming.value, kDeleted);
}

TEST_F(ConflictTest, DeleteMeetsAnEditedField) {
  Begin(R"({"x":{"k":1},"y":1})");

  Cross(R"({"x":{"k":2}})", R"({"x":null})");

  EXPECT_EQ(Only().kind, ConflictKind::kDeleteUpdate);
  EXPECT_EQ(Only().path, "/x");
  EXPECT_EQ(Only().current.value, kDeleted);
  EXPECT_EQ(Only().incoming.value, Value(R"({"k":2})"));
}

TEST_F(ConflictTest, DeleteMeetsAnAppendedElement) {
  Begin(R"({"l":["a"],"y":1})");

  Cross(R"({"l":["b"]})", R"({"l":null})");

  EXPECT_EQ(Only().kind, ConflictKind::kDeleteUpdate);
  EXPECT_EQ(Only().incoming.value, Value(R"(["a","b"])"));
}

TEST_F(ConflictTest, DeletingWhatNobodyTouchedIsNoConflict) {
  Begin(R"({"x":1,"y":1})");
  EXPECT_EQ(Cross(R"({"y":2})", R"({"x":null})").status, PushStatus::kMerged);
}

TEST_F(ConflictTest, EditMeetsADeletedContext) {
  Begin(R"({"x":1})");

  Cross(Erase(), Data(R"({"x":2})"));

  EXPECT_EQ(Only().kind, ConflictKind::kDeleteUpdate);
  EXPECT_EQ(Only().path, "");
  EXPECT_EQ(Only().current.value, Value(R"({"x":2})"));
  EXPECT_EQ(Only().incoming.value, kDeleted);
}

TEST_F(ConflictTest, DeletedContextMeetsAnEdit) {
  Begin(R"({"x":1})");

  Cross(Data(R"({"x":2})"), Erase());

  EXPECT_EQ(Only().kind, ConflictKind::kDeleteUpdate);
  EXPECT_EQ(Only().path, "");
  EXPECT_EQ(Only().current.value, kDeleted);
  EXPECT_EQ(Only().incoming.value, Value(R"({"x":2})"));
}

TEST_F(ConflictTest, EditBelowADeletedParentRecordsTheParent) {
  Begin(R"({"p":{"x":1},"y":1})");

  Cross(R"({"p":null})", R"({"p":{"x":2}})");

  EXPECT_EQ(Only().path, "/p");
  EXPECT_EQ(Only().kind, ConflictKind::kDeleteUpdate);
}

TEST_F(ConflictTest, TwoDeletesAgree) {
  Begin(R"({"x":1,"y":1})");
  EXPECT_EQ(Cross(R"({"x":null})", R"({"x":null})").status, PushStatus::kMerged);
}

TEST_F(ConflictTest, ReplacedListLosesAnUnseenAppend) {
  Begin(R"({"l":["a"]})");

  Cross(Data(R"({"l":["b"]})"), Replace(R"({"l":["c"]})", "/l"));

  EXPECT_EQ(Only().kind, ConflictKind::kDeleteUpdate);
  EXPECT_EQ(Only().current.value, Value(R"(["c"])"));
  EXPECT_EQ(Only().incoming.value, Value(R"(["a","b"])"));
}

TEST_F(ConflictTest, ReplacedListThatKeepsTheUnseenAppendLosesNothing) {
  Begin(R"({"l":["a"]})");
  EXPECT_EQ(Cross(Data(R"({"l":["b"]})"), Replace(R"({"l":["c","b"]})", "/l")).status,
            PushStatus::kMerged);
}

TEST_F(ConflictTest, TwoReplacedListsThatDiffer) {
  Begin(R"({"l":["a"]})");

  Cross(Replace(R"({"l":["b"]})", "/l"), Replace(R"({"l":["c"]})", "/l"));

  EXPECT_EQ(Only().kind, ConflictKind::kScalar);
}

TEST_F(ConflictTest, TwoReplacedListsThatAgree) {
  Begin(R"({"l":["a"]})");
  EXPECT_EQ(Cross(Replace(R"({"l":["b"]})", "/l"), Replace(R"({"l":["b"]})", "/l")).status,
            PushStatus::kMerged);
}

TEST_F(ConflictTest, AppendKilledByAnUnseenReplaceMakesOneRecordPerList) {
  Begin(R"({"l":["a"]})");

  CrossLosing(Replace(R"({"l":["b"]})", "/l"), Data(R"({"l":["c","d"]})"));

  EXPECT_EQ(Only().kind, ConflictKind::kDeleteUpdate);
  EXPECT_EQ(Only().path, "/l");
  EXPECT_EQ(Only().current.value, Value(R"(["b"])"));
  EXPECT_EQ(Only().incoming.value, Value(R"(["c","d"])"));
}

TEST_F(ConflictTest, AppendAfterAnUnseenReplaceSurvives) {
  Begin(R"({"l":["a"]})");
  EXPECT_EQ(Cross(Replace(R"({"l":["b"]})", "/l"), Data(R"({"l":["c"]})")).status,
            PushStatus::kMerged);
}

TEST_F(ConflictTest, AppendsNeverClash) {
  Begin(R"({"l":["a"]})");
  EXPECT_EQ(Cross(R"({"l":["b"]})", R"({"l":["c"]})").status, PushStatus::kMerged);
}

TEST_F(ConflictTest, RemovalsNeverClash) {
  Begin(R"({"l":["a"]})");
  Update remove;
  remove.data = Json::object();
  remove.remove = {{"/l", {Json("a")}}};
  EXPECT_EQ(Cross(Data(R"({"l":["b"]})"), std::move(remove)).status, PushStatus::kMerged);
}

TEST_F(ConflictTest, ReplacedObjectLosesAnUnseenMember) {
  Begin(R"({"o":{"a":1}})");

  Cross(Data(R"({"o":{"b":2}})"), Replace(R"({"o":{"c":3}})", "/o"));

  EXPECT_EQ(Only().kind, ConflictKind::kDeleteUpdate);
  EXPECT_EQ(Only().incoming.value, Value(R"({"a":1,"b":2})"));
}

TEST_F(ConflictTest, TwoMovesClashAtTheParentLink) {
  Begin(R"({"x":1})");
  Update first;
  first.parent = ContextRef{Level::kBranch, "main"};
  Update second;
  second.parent = ContextRef{Level::kBranch, "dev"};

  Cross(std::move(first), std::move(second));

  EXPECT_EQ(Only().path, "@parent");
  EXPECT_EQ(Only().kind, ConflictKind::kScalar);
}

// ── strategies ──

TEST_F(ConflictTest, CallChoosesTheStrategy) {
  Begin(R"({"x":1})");
  const PushEntry entry = Under(Strategy::kLastWriteWins, b_.Set(R"({"x":3})"));
  a_.PushOne(a_.Set(R"({"x":2})"));

  b_.PushOne(entry);

  EXPECT_EQ(Only().strategy, Strategy::kLastWriteWins);
}

TEST_F(ConflictTest, PolicyOfTheHubChoosesForWritersWhoWereOffline) {
  Begin(R"({"x":1,"y":1})");
  const PushEntry offline = b_.Set(R"({"x":3,"y":3})");
  a_.PushOne(a_.Set(R"({"conflict":{"paths":{"/x":"version"},"levels":{"task":"manual"}}})",
                    {Level::kGlobal, "_policy"}));
  a_.PushOne(a_.Set(R"({"x":2,"y":2})"));

  b_.PushOne(offline);

  std::map<std::string, Strategy> strategies;
  for (const ConflictRecord& record : hub_.Records())
    strategies[record.path] = record.strategy;
  const std::map<std::string, Strategy> expected = {{"/x", Strategy::kVersion},
                                                    {"/y", Strategy::kManual}};
  EXPECT_EQ(strategies, expected);
}

TEST_F(ConflictTest, UnreadablePolicyCountsAsNone) {
  Begin(R"({"x":1})");
  a_.PushOne(a_.Set(R"({"conflict":{"workspace":"nonsense"}})", {Level::kGlobal, "_policy"}));

  Cross(R"({"x":2})", R"({"x":3})");

  EXPECT_EQ(Only().strategy, Strategy::kMerge);
}

TEST_F(ConflictTest, ScalarsAtProjectLevelKeepVersions) {
  const ContextRef project = {Level::kProject, "p"};
  a_.PushOne(a_.Set(R"({"x":1})", project));

  b_.PushOne(b_.Set(R"({"x":2})", project));

  EXPECT_EQ(Only().strategy, Strategy::kVersion);
  EXPECT_EQ(Only().status, ConflictStatus::kAuto);
}

TEST_F(ConflictTest, ManualIsRecordedOpen) {
  Begin(R"({"x":1})");
  a_.PushOne(a_.Set(R"({"x":2})"));

  b_.PushOne(Under(Strategy::kManual, b_.Set(R"({"x":3})")));

  EXPECT_EQ(Only().strategy, Strategy::kManual);
  EXPECT_EQ(Only().status, ConflictStatus::kOpen);
}

TEST_F(ConflictTest, OpenRecordFollowsWhatIsShown) {
  TestNotebook c(hub_, 0xC);
  Begin(R"({"x":1})");
  a_.PushOne(a_.Set(R"({"x":2})"));
  Later();
  b_.PushOne(Under(Strategy::kManual, b_.Set(R"({"x":3})")));
  c.Pull();
  Later();

  c.PushOne(c.Set(R"({"x":7})"));

  EXPECT_EQ(Only().status, ConflictStatus::kOpen);
  EXPECT_EQ(Only().current.value, Value("7"));
  EXPECT_EQ(Only().rev, HubSequence(4));
}

// ── repair ──

TEST_F(ConflictTest, RepairClashesByTheDevicesOfItsStamps) {
  TestHub lost;
  TestNotebook old(lost, 0xA);
  lost.clock.Advance(5'000);
  old.PushOne(old.Set(R"({"x":"old"})"));
  old.Pull();
  a_.PushOne(a_.Set(R"({"y":1})"));
  b_.Pull();
  Later();
  b_.PushOne(b_.Set(R"({"x":"new"})"));
  PushEntry repair = a_.Enter(old.See());
  repair.op = EntryOp::kRepair;
  repair.base = HubSequence();
  TestNotebook::Seal(repair);

  EXPECT_EQ(a_.PushOne(repair).status, PushStatus::kConflict);

  EXPECT_EQ(Only().path, "/x");
  EXPECT_EQ(Only().current.value, Value(R"("old")"));
  EXPECT_EQ(Only().incoming.value, Value(R"("new")"));
}

}  // namespace
}  // namespace contextsync::conflict_test
