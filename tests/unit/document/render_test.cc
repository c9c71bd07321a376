#include "core/document/render.h"

#include <gtest/gtest.h>

#include "core/document/element_key.h"
#include "tests/unit/document/replica.h"

namespace contextsync::render_test {
namespace {

Stamp At(std::uint64_t hlc, std::uint32_t index = 0) {
  return {Hlc{hlc}, DeviceId(1), index};
}

State WithRoot() {
  State state;
  state.cells["d"].head = Head{At(1), CellKind::kObj, ""};
  return state;
}

void AddElement(State& state, const std::string& bytes, Element element) {
  Cell& cell = state.cells["d/l"];
  cell.head = Head{At(1), CellKind::kList, ""};
  element.bytes = bytes;
  cell.elems.emplace(ValueKey(bytes, 0), element);
}

std::string Shown(const State& state) {
  return CanonicalBytes(Render(state).data);
}

TEST(RenderTest, NothingIsShownWithoutARoot) {
  State state;
  state.cells["d/a"].head = Head{At(5), CellKind::kAtom, "1"};

  EXPECT_FALSE(Render(state).exists);
  EXPECT_EQ(Shown(state), "{}");
}

TEST(RenderTest, ChildrenOfUnknownOrOtherParentsAreHidden) {
  State state = WithRoot();
  state.cells["d/a/b"].head = Head{At(5), CellKind::kAtom, "1"};
  state.cells["d/c"].head = Head{At(5), CellKind::kAtom, "2"};
  state.cells["d/c/e"].head = Head{At(5), CellKind::kAtom, "3"};

  EXPECT_EQ(Shown(state), R"({"c":2})");
}

TEST(RenderTest, ClearKillsWhatIsNotNewerAtEveryDepth) {
  State state = WithRoot();
  state.cells["d/a"].head = Head{At(9), CellKind::kObj, ""};
  state.cells["d/a"].clr = At(5);
  state.cells["d/a/old"].head = Head{At(5), CellKind::kAtom, "1"};
  state.cells["d/a/new"].head = Head{At(5, 1), CellKind::kAtom, "2"};
  state.cells["d/a/o"].head = Head{At(6), CellKind::kObj, ""};
  state.cells["d/a/o/old"].head = Head{At(4), CellKind::kAtom, "3"};

  EXPECT_EQ(Shown(state), R"({"a":{"new":2,"o":{}}})");
  EXPECT_EQ(FloorAt(state, "d/a/o/old"), At(5));
}

TEST(RenderTest, ListsFollowTheFirstLivingAddition) {
  State state = WithRoot();
  AddElement(state, "1", {At(2), At(9), {}, ""});
  AddElement(state, "2", {At(3), At(3), {}, ""});
  AddElement(state, "3", {At(1), At(8), At(5), ""});
  AddElement(state, "4", {At(1), At(4), At(5), ""});

  EXPECT_EQ(Shown(state), R"({"l":[1,2,3]})");
}

TEST(RenderTest, EqualPositionsFallToTheKey) {
  State state = WithRoot();
  AddElement(state, "\"b\"", {At(2), At(2), {}, ""});
  AddElement(state, "\"a\"", {At(2), At(2), {}, ""});

  EXPECT_EQ(Shown(state), R"({"l":["a","b"]})");
}

TEST(RenderTest, ACollectedFirstCountsAsLast) {
  State state = WithRoot();
  AddElement(state, "1", {{}, At(4), {}, ""});
  AddElement(state, "2", {At(3), At(5), {}, ""});

  EXPECT_EQ(Shown(state), R"({"l":[2,1]})");
}

TEST(RenderTest, RenderAtFindsKindAndValue) {
  Replica replica(1);
  replica.Write(R"({"a":{"b":[1]},"s":"x"})");

  EXPECT_EQ(RenderAt(replica.state(), "d/a")->kind, CellKind::kObj);
  EXPECT_EQ(RenderAt(replica.state(), "d/a/b")->value, J("[1]"));
  EXPECT_EQ(RenderAt(replica.state(), "d/s")->kind, CellKind::kAtom);
  EXPECT_EQ(RenderAt(replica.state(), "d")->value, replica.view().data);
  EXPECT_FALSE(RenderAt(replica.state(), "d/x"));
  EXPECT_FALSE(RenderAt(replica.state(), "d/a/x/y"));
  EXPECT_FALSE(RenderAt(replica.state(), "m/unknown/deep"));
}

TEST(RenderTest, RenderAtLooksIntoAtoms) {
  Replica replica(1);
  Update update = Data(R"({"a":{"b":{"c":1}}})");
  update.on_conflict = Strategy::kLastWriteWins;
  replica.Write(update);

  EXPECT_EQ(RenderAt(replica.state(), "d/a/b/c")->value, 1);
  EXPECT_FALSE(RenderAt(replica.state(), "d/a/x"));
}

TEST(RenderTest, ViewsCompareByBytes) {
  View left;
  View right;
  left.data["n"] = 18446744073709551615U;
  right.data["n"] = 18446744073709551616.0;

  EXPECT_FALSE(left == right);
}

TEST(RenderTest, ParentIsShownThroughARevival) {
  Replica replica(1);
  Update create = Data(R"({"a":1})");
  create.parent = ContextRef{Level::kBranch, "main"};
  replica.Write(create);
  Replica other(2, 1'800'000'000'000);
  other.Take(replica.Write(R"({"a":2})").delta);
  Update erase;
  erase.erase_context = true;

  replica.Write(erase);
  replica.Take(other.Write(R"({"b":1})").delta);

  EXPECT_EQ(replica.view().parent, create.parent);
}

}  // namespace
}  // namespace contextsync::render_test
