// The rows of the compile table, one behaviour each. Cells are checked through what they must do.

#include "core/document/compile.h"

#include <gtest/gtest.h>

#include "core/document/element_key.h"
#include "core/document/wire.h"
#include "tests/unit/document/replica.h"

namespace contextsync::compile_test {
namespace {

Update Atomic(std::string_view text) {
  Update update = Data(text);
  update.on_conflict = Strategy::kLastWriteWins;
  return update;
}

// A replica that starts with `text` and no strategy.
Replica Holding(std::string_view text) {
  Replica replica(1);
  replica.Write(text);
  return replica;
}

// The cells of a delta in their wire form, the short proof of which components were written.
std::string Cells(const Compiled& compiled) {
  return CanonicalBytes(DeltaToWire(compiled.delta)["cells"]);
}

TEST(CompileTest, FirstWriteWritesBothTrees) {
  Replica replica(1);
  Update update = Data(R"({"status":"done"})");
  update.parent = ContextRef{Level::kBranch, "main"};

  const Compiled compiled = replica.Write(update);

  EXPECT_EQ(Cells(compiled),
            R"({"d":{"h":[0,"obj"]},"d/status":{"h":[1,"atom","done"]},"m":{"h":[2,"obj"]},)"
            R"("m/created":{"e":[{"a":5,"v":1}],"h":[4,"list"]},)"
            R"("m/parent":{"h":[3,"atom",{"context_id":"main","level":"branch"}]}})");
  EXPECT_EQ(compiled.view.parent, (ContextRef{Level::kBranch, "main"}));
  EXPECT_EQ(compiled.view.created_at, 1'700'000'000'000);
}

TEST(CompileTest, EmptyDataCreatesTheContext) {
  Replica replica(1);

  EXPECT_TRUE(replica.Write("{}").changed);
  EXPECT_TRUE(replica.view().exists);
  EXPECT_FALSE(replica.Write("{}").changed);
}

TEST(CompileTest, NullOfNothingIsNothing) {
  Replica replica = Holding(R"({"a":1})");

  const Compiled compiled = replica.Write(R"({"b":null})");

  EXPECT_FALSE(compiled.changed);
  EXPECT_EQ(compiled.ignored_keys, std::vector<std::string>{"b"});
}

TEST(CompileTest, NullDeletesWithoutAsserting) {
  Replica replica = Holding(R"({"a":{"b":1}})");

  EXPECT_EQ(Cells(replica.Write(R"({"a":{"b":null}})")), R"({"d/a/b":{"c":0,"h":[1,"del"]}})");
  EXPECT_EQ(replica.Text(), R"({"a":{}})");
}

TEST(CompileTest, SameScalarIsNothing) {
  Replica replica = Holding(R"({"a":1.5})");

  EXPECT_FALSE(replica.Write(R"({"a":15e-1})").changed);
}

TEST(CompileTest, ScalarsDifferByBytesNotAsTrees) {
  Replica replica = Holding(R"({"a":18446744073709551615})");

  EXPECT_TRUE(replica.Write(R"({"a":18446744073709552e3})").changed);
  EXPECT_EQ(replica.Text(), R"({"a":1.8446744073709552e+19})");
}

TEST(CompileTest, ScalarOverObjectClears) {
  Replica replica = Holding(R"({"a":{"b":1}})");

  EXPECT_EQ(Cells(replica.Write(R"({"a":2})")),
            R"({"d":{"h":[0,"obj"]},"d/a":{"c":1,"h":[2,"atom",2]}})");
  EXPECT_EQ(replica.Text(), R"({"a":2})");
}

TEST(CompileTest, ObjectOverScalarAndListClears) {
  Replica replica = Holding(R"({"a":1,"b":[1]})");

  replica.Write(R"({"a":{"x":1},"b":{"y":2}})");

  EXPECT_EQ(replica.Text(), R"({"a":{"x":1},"b":{"y":2}})");
}

TEST(CompileTest, AssertionsRenewEveryEnclosingHead) {
  Replica replica = Holding(R"({"a":{"b":{"c":1}}})");

  EXPECT_EQ(
      Cells(replica.Write(R"({"a":{"b":{"c":2}}})")),
      R"({"d":{"h":[0,"obj"]},"d/a":{"h":[1,"obj"]},"d/a/b":{"h":[2,"obj"]},"d/a/b/c":{"h":[3,"atom",2]}})");
}

TEST(CompileTest, UnionAddsOnlyWhatIsNotShown) {
  Replica replica = Holding(R"({"files":["a","b"]})");

  const Compiled compiled = replica.Write(R"({"files":["b","c","c"]})");

  EXPECT_EQ(replica.Text(), R"({"files":["a","b","c"]})");
  EXPECT_EQ(Cells(compiled),
            R"({"d":{"h":[0,"obj"]},"d/files":{"e":[{"a":2,"v":"c"}],"h":[1,"list"]}})");
  EXPECT_FALSE(replica.Write(R"({"files":["c","a"]})").changed);
}

TEST(CompileTest, EmptyListChangesAUnionButCreatesOne) {
  Replica replica = Holding(R"({"files":["a"],"s":1})");

  const Compiled compiled = replica.Write(R"({"files":[],"s":[],"new":[]})");

  EXPECT_EQ(replica.Text(), R"({"files":["a"],"new":[],"s":1})");
  EXPECT_EQ(compiled.ignored_keys, (std::vector<std::string>{"files", "s"}));
  EXPECT_EQ(compiled.stored_keys, std::vector<std::string>{"new"});
}

TEST(CompileTest, AKeyBelowWhichAnEmptyListWasIgnoredIsNotStored) {
  Replica replica = Holding(R"({"a":{"s":1},"b":{"l":["x"]},"c":{"s":1}})");

  const Compiled compiled =
      replica.Write(R"({"a":{"s":[]},"b":{"l":[]},"c":{"s":[],"n":2},"d":{"s":[]}})");

  EXPECT_EQ(replica.Text(), R"({"a":{"s":1},"b":{"l":["x"]},"c":{"n":2,"s":1},"d":{"s":[]}})");
  EXPECT_EQ(compiled.ignored_keys, (std::vector<std::string>{"a", "c"}));
  EXPECT_EQ(compiled.stored_keys, (std::vector<std::string>{"b", "d"}));
}

TEST(CompileTest, ReplacedListShowsTheOrderSentWithRepetitions) {
  Replica replica = Holding(R"({"todo":["a","b"]})");

  replica.Write(R"({"todo":["c","a","c"]})");

  EXPECT_EQ(replica.Text(), R"({"todo":["c","a","c"]})");
  EXPECT_FALSE(replica.Write(R"({"todo":["c","a","c"]})").changed);
  replica.Write(R"({"todo":[]})");
  EXPECT_EQ(replica.Text(), R"({"todo":[]})");
}

TEST(CompileTest, LogKeepsRepetitionsButNotRepeatedRecords) {
  Replica replica = Holding(R"({"insights":["x",{"id":"1","n":1}]})");

  replica.Write(R"({"insights":["x",{"id":"1","n":1},{"id":"1","n":2}]})");

  EXPECT_EQ(replica.Text(), R"({"insights":["x",{"id":"1","n":1},"x",{"id":"1","n":2}]})");
}

TEST(CompileTest, AppendRecognisesARecordByItsId) {
  Replica replica = Holding(R"({"insights":[{"id":"1","at":"then"}]})");
  Update update = Data(R"({"insights":[{"id":"1","at":"now"}]})");
  update.is_append = true;

  EXPECT_FALSE(replica.Write(update).changed);
}

TEST(CompileTest, AtomHoldsTheMergedValue) {
  Replica replica = Holding(R"({"a":{"x":1,"l":["p"]}})");

  const Compiled compiled = replica.Write(Atomic(R"({"a":{"y":2,"l":["q"]}})"));

  EXPECT_EQ(replica.Text(), R"({"a":{"l":["p","q"],"x":1,"y":2}})");
  EXPECT_EQ(Cells(compiled),
            R"({"d":{"h":[0,"obj"]},"d/a":{"c":1,"h":[2,"atom",{"l":["p","q"],"x":1,"y":2}]}})");
  EXPECT_FALSE(replica.Write(Atomic(R"({"a":{"y":2}})")).changed);
}

TEST(CompileTest, OrdinaryUpdateExplodesAnAtom) {
  Replica replica(1);
  replica.Write(Atomic(R"({"a":{"x":1,"l":["p","p"],"o":{"z":1}}})"));

  const Compiled compiled = replica.Write(R"({"a":{"y":2}})");

  EXPECT_EQ(replica.Text(), R"({"a":{"l":["p"],"o":{"z":1},"x":1,"y":2}})");
  EXPECT_TRUE(FindCell(compiled.delta, "d/a")->clr.IsNever());
  EXPECT_NE(FindCell(replica.state(), "d/a/o/z"), nullptr);
}

TEST(CompileTest, ExplodingWithoutChangeIsNothing) {
  Replica replica(1);
  replica.Write(Atomic(R"({"a":{"x":1,"l":["p"]},"b":["q","q"]})"));

  EXPECT_FALSE(replica.Write(R"({"a":{"x":1,"l":["p"],"n":null},"b":["q"]})").changed);
}

TEST(CompileTest, ExplodedListKeepsRepetitions) {
  Replica replica(1);
  Update update = Atomic(R"({"b":["q","q"]})");
  update.replace = {"/b"};
  replica.Write(update);

  replica.Write(R"({"b":["r"]})");

  EXPECT_EQ(replica.Text(), R"({"b":["q","q","r"]})");
}

TEST(CompileTest, PathPolicyMakesTheOutermostPathAtomic) {
  Replica replica(1);
  replica.policy = PolicyOf(R"({"conflict":{"paths":{"/a/b/**":"last_write_wins"}}})");

  const Compiled compiled = replica.Write(R"({"a":{"b":{"c":{"d":1}}}})");

  EXPECT_EQ(FindCell(compiled.delta, "d/a/b")->head->bytes, R"({"c":{"d":1}})");
  EXPECT_EQ(FindCell(compiled.delta, "d/a")->head->kind, CellKind::kObj);
}

TEST(CompileTest, CallStrategyReplacesAtomsOfPathPolicies) {
  Replica replica(1);
  replica.policy = PolicyOf(R"({"conflict":{"workspace":"last_write_wins"}})");
  Update update = Data(R"({"a":{"b":1}})");
  update.on_conflict = Strategy::kMerge;

  EXPECT_NE(FindCell(replica.Write(update).delta, "d/a/b"), nullptr);
}

TEST(CompileTest, DeletingTheContextClearsBothTrees) {
  Replica replica = Holding(R"({"a":1})");
  Update update;
  update.erase_context = true;

  const Compiled compiled = replica.Write(update);

  EXPECT_EQ(Cells(compiled), R"({"d":{"c":0,"h":[1,"del"]},"m":{"c":2,"h":[3,"del"]}})");
  EXPECT_FALSE(replica.view().exists);
  EXPECT_EQ(compiled.changed_keys, std::vector<std::string>{"a"});
  EXPECT_FALSE(replica.Write(update).changed);
}

TEST(CompileTest, RevivalShowsOnlyTheLaterFieldsAndANewBirth) {
  Replica replica = Holding(R"({"a":1})");
  Update erase;
  erase.erase_context = true;
  replica.Write(erase);
  replica.set_now(1'700'000'005'000);

  replica.Write(R"({"b":2})");

  EXPECT_EQ(replica.Text(), R"({"b":2})");
  EXPECT_EQ(replica.view().created_at, 1'700'000'005'000);
}

TEST(CompileTest, MovingWritesTheParentAlone) {
  Replica replica = Holding(R"({"a":1})");
  Update move;
  move.parent = ContextRef{Level::kBranch, "dev"};

  EXPECT_EQ(
      Cells(replica.Write(move)),
      R"({"m":{"h":[0,"obj"]},"m/parent":{"h":[1,"atom",{"context_id":"dev","level":"branch"}]}})");
  EXPECT_FALSE(replica.Write(move).changed);
}

TEST(CompileTest, ReportsWhatWasStoredAndTouched) {
  Replica replica = Holding(R"({"a":1,"b":1})");

  const Compiled compiled = replica.Write(R"({"a":1,"b":{"c":2}})");

  EXPECT_EQ(compiled.stored_keys, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(compiled.changed_keys, std::vector<std::string>{"b"});
  EXPECT_TRUE(compiled.ignored_keys.empty());
}

TEST(CompileTest, KeysNeverCollideWithOurs) {
  Replica replica(1);

  replica.Write(R"({"m":{"parent":1},"":{"":2},"a/b":3,"~":4})");

  EXPECT_EQ(replica.Text(), R"({"":{"":2},"a/b":3,"m":{"parent":1},"~":4})");
  EXPECT_FALSE(replica.view().parent);
}

// Two clones of one device can leave content behind that nobody saw: a new object must not show it.
TEST(CompileTest, NothingHiddenSurfacesUnderANewObject) {
  Replica replica = Holding(R"({"x":1})");
  Delta hidden;
  hidden.cells["d/a/b"].head =
      Head{{Hlc::FromMillis(1'700'000'000'000), DeviceId(9), 0}, CellKind::kAtom, "1"};
  replica.Take(hidden);

  replica.Write(R"({"a":{"c":2}})");

  EXPECT_EQ(replica.Text(), R"({"a":{"c":2},"x":1})");
}

}  // namespace
}  // namespace contextsync::compile_test
