// The operators beside `data`, and the limits on a writer.

#include <gtest/gtest.h>

#include "core/base/limits.h"
#include "tests/unit/document/replica.h"

namespace contextsync::operators_test {
namespace {

Update Replacing(std::string_view text, std::vector<std::string> pointers) {
  Update update = Data(text);
  update.replace = std::move(pointers);
  return update;
}

Update Removing(const std::string& pointer, std::string_view values, std::string_view data = "{}") {
  Update update = Data(data);
  update.remove.emplace_back(pointer, J(values).get<std::vector<Json>>());
  return update;
}

Replica Holding(std::string_view text, std::optional<Strategy> strategy = std::nullopt) {
  Replica replica(1);
  Update update = Data(text);
  update.on_conflict = strategy;
  replica.Write(update);
  return replica;
}

CompileFault FaultOf(Replica& replica, const Update& update) {
  return replica.Try(update).failure().fault;
}

TEST(OperatorsTest, ReplaceTakesAListAsItIs) {
  Replica replica = Holding(R"({"files":["a","b"]})");

  replica.Write(Replacing(R"({"files":["c","c"]})", {"/files"}));

  EXPECT_EQ(replica.Text(), R"({"files":["c","c"]})");
}

TEST(OperatorsTest, ReplaceTakesAnObjectWithoutItsOldMembers) {
  Replica replica = Holding(R"({"a":{"b":{"x":1,"y":2}}})");

  replica.Write(Replacing(R"({"a":{"b":{"x":3,"n":null,"l":["p","p"]}}})", {"/a/b"}));

  EXPECT_EQ(replica.Text(), R"({"a":{"b":{"l":["p","p"],"x":3}}})");
}

TEST(OperatorsTest, ReplaceOfTheRootReplacesTheDocument) {
  Replica replica = Holding(R"({"a":1,"b":2})");

  const Compiled compiled = replica.Write(Replacing(R"({"b":3})", {""}));

  EXPECT_EQ(replica.Text(), R"({"b":3})");
  EXPECT_EQ(compiled.changed_keys, (std::vector<std::string>{"a", "b"}));
}

TEST(OperatorsTest, ReplaceOntoTheSameIsNothing) {
  Replica replica = Holding(R"({"files":["a"],"o":{"x":1}})");

  EXPECT_FALSE(
      replica.Write(Replacing(R"({"files":["a"],"o":{"x":1}})", {"/files", "/o"})).changed);
}

TEST(OperatorsTest, ReplaceInsideAnAtomTakesTheValueItself) {
  Replica replica = Holding(R"({"a":{"b":{"x":1},"c":1}})", Strategy::kLastWriteWins);
  Update update = Replacing(R"({"a":{"b":{"y":2}}})", {"/a/b"});
  update.on_conflict = Strategy::kLastWriteWins;

  replica.Write(update);

  EXPECT_EQ(replica.Text(), R"({"a":{"b":{"y":2},"c":1}})");
}

TEST(OperatorsTest, ReplaceOfNullDeletes) {
  Replica replica = Holding(R"({"a":1,"b":2})");

  replica.Write(Replacing(R"({"a":null})", {"/a"}));

  EXPECT_EQ(replica.Text(), R"({"b":2})");
}

TEST(OperatorsTest, ReplaceMustPointIntoData) {
  Replica replica = Holding(R"({"a":[1]})");

  EXPECT_EQ(FaultOf(replica, Replacing(R"({"a":[1]})", {"/b"})), CompileFault::kInvalid);
  EXPECT_EQ(FaultOf(replica, Replacing(R"({"a":[1]})", {"/a/0"})), CompileFault::kInvalid);
  EXPECT_EQ(FaultOf(replica, Replacing(R"({"a":[1]})", {"a"})), CompileFault::kInvalid);
}

TEST(OperatorsTest, RemoveTakesOutEveryEqualValue) {
  Replica replica = Holding(R"({"todo":["a","b","a"],"insights":["a","a"]})");

  Update update = Removing("/todo", R"(["a"])");
  update.remove.emplace_back("/insights", std::vector<Json>{"a"});
  replica.Write(update);

  EXPECT_EQ(replica.Text(), R"({"insights":[],"todo":["b"]})");
}

TEST(OperatorsTest, RemoveAndAddInOneCallLeavesItPresentAtTheEnd) {
  Replica replica = Holding(R"({"files":["a","b"]})");

  replica.Write(Removing("/files", R"(["a"])", R"({"files":["a"]})"));

  EXPECT_EQ(replica.Text(), R"({"files":["b","a"]})");
}

TEST(OperatorsTest, RemoveAndAddOfTheOnlyValueIsNothing) {
  Replica replica = Holding(R"({"files":["a"]})");
  const State before = replica.state();

  const Compiled compiled = replica.Write(Removing("/files", R"(["a"])", R"({"files":["a"]})"));

  EXPECT_FALSE(compiled.changed);
  EXPECT_EQ(compiled.after, before);
}

TEST(OperatorsTest, RemoveInsideAnAtomRewritesIt) {
  Replica replica = Holding(R"({"a":{"l":["p","q"]}})", Strategy::kLastWriteWins);

  const Compiled compiled = replica.Write(Removing("/a/l", R"(["p"])"));

  EXPECT_EQ(replica.Text(), R"({"a":{"l":["q"]}})");
  EXPECT_EQ(FindCell(compiled.delta, "d/a")->head->kind, CellKind::kAtom);
  EXPECT_NE(FindCell(compiled.delta, "d"), nullptr);
}

TEST(OperatorsTest, RemoveDoesNotAssert) {
  Replica replica = Holding(R"({"a":{"l":["p"]}})");

  EXPECT_EQ(FindCell(replica.Write(Removing("/a/l", R"(["p"])")).delta, "d/a"), nullptr);
}

TEST(OperatorsTest, RemoveWhereNoListIsHasNoEffect) {
  Replica replica = Holding(R"({"a":1,"files":["x"]})");

  const Compiled compiled = replica.Write(Removing("/a/l", R"(["p"])"));

  EXPECT_FALSE(compiled.changed);
  EXPECT_EQ(compiled.ignored_keys, std::vector<std::string>{"a"});
  EXPECT_EQ(replica.Write(Removing("/files", R"(["y"])")).stored_keys,
            std::vector<std::string>{"files"});
  EXPECT_EQ(FaultOf(replica, Removing("a", "[]")), CompileFault::kInvalid);
}

TEST(LimitsTest, DepthAndKeysBindTheUpdate) {
  Replica replica(1);
  Json deep = 1;
  for (int i = 0; i < 65; ++i)
    deep = Json{{"a", std::move(deep)}};
  Update too_deep;
  too_deep.data = deep;
  Update long_key;
  long_key.data = Json{{"a", Json{{std::string(257, 'k'), 1}}}};

  const CompileError error = replica.Try(long_key).failure();

  EXPECT_EQ(FaultOf(replica, too_deep), CompileFault::kDepth);
  EXPECT_EQ(error.fault, CompileFault::kKeyBytes);
  EXPECT_EQ(error.path, "/a");
  EXPECT_EQ(error.limit, 256U);
  EXPECT_EQ(error.actual, 257U);
}

Update Numbers(std::size_t from, std::size_t count) {
  Update update;
  update.data["files"] = Json::array();
  for (std::size_t i = 0; i < count; ++i)
    update.data["files"].push_back(from + i);
  return update;
}

TEST(LimitsTest, ListsStopGrowingAtTheirLimit) {
  Replica replica(1);
  replica.Write(Numbers(0, limits::kListElements));

  const CompileError error = replica.Try(Numbers(limits::kListElements, 1)).failure();

  EXPECT_EQ(error.fault, CompileFault::kListLength);
  EXPECT_EQ(error.path, "/files");
  EXPECT_EQ(error.actual, limits::kListElements + 1);
  EXPECT_TRUE(replica.Try(Numbers(0, 1)).ok());
}

TEST(LimitsTest, ListsInsideAtomsCountToo) {
  Replica replica(1);
  Update update = Numbers(0, limits::kListElements + 1);
  update.on_conflict = Strategy::kLastWriteWins;

  EXPECT_EQ(FaultOf(replica, update), CompileFault::kListLength);
}

// What two lawful writers add up to stays; it may be made smaller, and other keys written.
TEST(LimitsTest, AnOverlongListCanBeShortened) {
  Replica left(1);
  Replica right(2);
  const Compiled first = left.Write(Numbers(0, limits::kListElements));
  right.Take(first.delta);
  left.Write(Removing("/files", "[0]"));
  const Compiled one = left.Write(Numbers(20'000, 1));
  right.Write(Removing("/files", "[1]"));
  const Compiled two = right.Write(Numbers(30'000, 1));
  right.Take(one.delta);

  EXPECT_EQ(right.view().data["files"].size(), limits::kListElements + 1);
  EXPECT_TRUE(right.Write(Removing("/files", "[2]")).changed);
  EXPECT_TRUE(right.Write(R"({"other":1})").changed);
}

Update Text(const std::string& key, std::size_t bytes) {
  Update update;
  update.data[key] = std::string(bytes, 'x');
  return update;
}

TEST(LimitsTest, ContextsStopGrowingAtTheirLimit) {
  Replica left(1);
  Replica right(2);
  left.Write(Text("a", limits::kContextBytes - 100));
  const Compiled other = right.Write(Text("b", 1000));

  EXPECT_EQ(FaultOf(left, Text("b", 1000)), CompileFault::kContextBytes);

  left.Take(other.delta);
  EXPECT_EQ(FaultOf(left, Text("c", 1)), CompileFault::kContextBytes);
  EXPECT_TRUE(left.Write(Text("b", 999)).changed);
  EXPECT_TRUE(left.Write(R"({"a":null})").changed);
}

}  // namespace
}  // namespace contextsync::operators_test
