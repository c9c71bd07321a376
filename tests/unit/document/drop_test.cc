#include "core/document/drop.h"

#include <gtest/gtest.h>

#include "core/document/join.h"

namespace contextsync::drop_test {
namespace {

Stamp At(std::uint64_t hlc) {
  return {Hlc{hlc}, DeviceId(1), 0};
}

/// d/list: "a" added at 1 and 3, removed at 2; d/old: a tombstone at 5 with a clear at 4.
State Sample() {
  State state;
  Element& element = state.cells["d/list"].elems["\"a\"#0"];
  element = {At(1), At(3), At(2), "\"a\""};
  state.cells["d/list"].head = Head{At(1), CellKind::kList, ""};
  state.cells["d/old"].head = Head{At(5), CellKind::kDel, ""};
  state.cells["d/old"].clr = At(4);
  return state;
}

const Element& TheElement(const State& state) {
  return state.cells.at("d/list").elems.at("\"a\"#0");
}

TEST(DropTest, TakesOutWhatStillIsWhatItWas) {
  State state = Sample();

  ApplyDrops(state, {{"d/list", Component::kFirst, "\"a\"#0", At(1)},
                     {"d/old", Component::kClr, "", At(4)}});

  EXPECT_TRUE(TheElement(state).first.IsNever());
  EXPECT_EQ(TheElement(state).last, At(3));
  EXPECT_TRUE(state.cells.at("d/old").clr.IsNever());
  EXPECT_TRUE(state.cells.at("d/old").head.has_value());
}

TEST(DropTest, LeavesWhatHasChangedSince) {
  State state = Sample();

  ApplyDrops(state, {{"d/list", Component::kLast, "\"a\"#0", At(2)},
                     {"d/list", Component::kRm, "\"b\"#0", At(2)},
                     {"d/old", Component::kHead, "", At(4)},
                     {"d/gone", Component::kClr, "", At(4)}});

  EXPECT_EQ(state, Sample());
}

TEST(DropTest, LeavesNoEmptyCellOrElementBehind) {
  State state = Sample();

  ApplyDrops(state, {{"d/list", Component::kFirst, "\"a\"#0", At(1)},
                     {"d/list", Component::kLast, "\"a\"#0", At(3)},
                     {"d/old", Component::kHead, "", At(5)},
                     {"d/old", Component::kClr, "", At(4)}});

  EXPECT_FALSE(state.cells.contains("d/old"));
  EXPECT_EQ(TheElement(state).bytes, "");  // as where only the removal was ever known
  ApplyDrops(state, {{"d/list", Component::kRm, "\"a\"#0", At(2)}});
  EXPECT_TRUE(state.cells.at("d/list").elems.empty());
}

TEST(DropTest, TwiceIsOnce) {
  const std::vector<Drop> drops = {{"d/list", Component::kFirst, "\"a\"#0", At(1)},
                                   {"d/old", Component::kHead, "", At(5)}};
  State once = Sample();
  ApplyDrops(once, drops);
  State twice = once;

  ApplyDrops(twice, drops);

  EXPECT_EQ(twice, once);
}

TEST(DropTest, ADroppedElementComesBackWholeWithItsNextAddition) {
  State state = Sample();
  ApplyDrops(state, {{"d/list", Component::kFirst, "\"a\"#0", At(1)},
                     {"d/list", Component::kLast, "\"a\"#0", At(3)}});
  Delta again;
  again.cells["d/list"].elems["\"a\"#0"] = {At(9), At(9), {}, "\"a\""};

  Join(state, again);

  EXPECT_EQ(TheElement(state), (Element{At(9), At(9), At(2), "\"a\""}));
}

TEST(DropTest, StoredFormReadsBackAndNothingElseDoes) {
  const std::vector<Drop> drops = {{"d/list", Component::kRm, "\"a\"#0", At(1)},
                                   {"m", Component::kClr, "", At(4)}};
  const std::string bytes = EncodeDrops(drops);

  EXPECT_EQ(DecodeDrops(bytes).value(), drops);
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(DecodeDrops(bytes.substr(0, size)).ok()) << size;
  EXPECT_FALSE(DecodeDrops(bytes + "x").ok());
}

}  // namespace
}  // namespace contextsync::drop_test
