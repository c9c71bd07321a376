#include "core/document/join.h"

#include <algorithm>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/document/element_key.h"
#include "core/document/render.h"
#include "core/document/wire.h"
#include "tests/unit/document/random_update.h"
#include "tests/unit/document/replica.h"

namespace contextsync::join_test {
namespace {

Stamp At(std::uint64_t hlc, std::uint64_t device = 1, std::uint32_t index = 0) {
  return {Hlc{hlc}, DeviceId(device), index};
}

// Cells as no writer would make them: equal stamps with unequal content, missing parts, everything
// in few places.
State RandomState(RandomUpdates& random) {
  constexpr std::array kPaths = {"d", "d/a", "d/a/b", "d/todo", "m"};
  constexpr std::array kBytes = {"1", "2", "\"x\""};
  const auto stamp = [&random] {
    return random.OneIn(3) ? Stamp{} : At(1 + random.Below(3), random.Below(2));
  };
  State state;
  for (const char* path : kPaths) {
    Cell cell;
    if (random.OneIn(2)) {
      const auto kind = static_cast<CellKind>(random.Below(4));
      cell.head = Head{At(1 + random.Below(3)), kind,
                       kind == CellKind::kAtom ? kBytes[random.Below(3)] : ""};
    }
    cell.clr = stamp();
    for (std::uint64_t i = random.Below(3); i > 0; --i) {
      const std::string key = random.OneIn(2) ? "k" : "l";
      cell.elems[key] = Element{stamp(), stamp(), stamp(), kBytes[random.Below(3)]};
    }
    if (!IsNeutral(cell)) state.cells.emplace(path, std::move(cell));
  }
  return state;
}

State Joined(State left, const State& right) {
  Join(left, right);
  return left;
}

TEST(JoinTest, IsALattice) {
  const std::uint64_t seed = TestSeed();
  RandomUpdates random(seed);
  for (int i = 0; i < 20'000; ++i) {
    const State a = RandomState(random);
    const State b = RandomState(random);
    const State c = RandomState(random);

    ASSERT_EQ(Joined(a, b), Joined(b, a)) << "step " << i << " of seed " << seed;
    ASSERT_EQ(Joined(Joined(a, b), c), Joined(a, Joined(b, c)))
        << "step " << i << " of seed " << seed;
    ASSERT_EQ(Joined(a, a), a) << "step " << i << " of seed " << seed;
    ASSERT_EQ(Joined(State{}, a), a) << "step " << i << " of seed " << seed;
  }
}

TEST(JoinTest, PatchedViewsEqualRenderedOnes) {
  const std::uint64_t seed = TestSeed();
  RandomUpdates random(seed);
  for (int i = 0; i < 20'000; ++i) {
    State state = RandomState(random);
    View view = Render(state);
    View patched = view;
    const State delta = RandomState(random);

    ApplyDelta(state, view, delta);
    PatchView(patched, state, delta);

    ASSERT_EQ(view, Render(state)) << "step " << i << " of seed " << seed;
    ASSERT_EQ(patched, view) << "step " << i << " of seed " << seed;
  }
}

TEST(JoinTest, TrimmedDeltaSaysExactlyWhatWasRaised) {
  const std::uint64_t seed = TestSeed();
  RandomUpdates random(seed);
  for (int i = 0; i < 20'000; ++i) {
    const State before = RandomState(random);
    const State delta = RandomState(random);
    State after = before;

    const Delta raised = JoinAndTrim(after, delta);

    ASSERT_EQ(after, Joined(before, delta)) << "step " << i << " of seed " << seed;
    ASSERT_EQ(Joined(before, raised), after) << "step " << i << " of seed " << seed;
    const Delta above = Above(before, delta);
    ASSERT_EQ(Joined(before, above), after) << "step " << i << " of seed " << seed;
    ASSERT_EQ(above.cells.empty(), raised.cells.empty()) << "step " << i << " of seed " << seed;
    ASSERT_TRUE(Above(after, delta).cells.empty()) << "step " << i << " of seed " << seed;
  }
}

TEST(JoinTest, AnEarlierAdditionAboveAStateCanBeSent) {
  State state;
  state.cells["d/l"].elems["1#0"] = Element{At(5), At(7), {}, "1"};
  State earlier;
  earlier.cells["d/l"].elems["1#0"] = Element{At(3), At(3), {}, "1"};

  const Delta above = Above(state, earlier);

  EXPECT_EQ(above, earlier);
  const auto sent = DeltaFromWire(DeltaToWire(above));
  ASSERT_TRUE(sent.ok()) << sent.error().message();
  EXPECT_EQ(sent.value(), above);
}

TEST(JoinTest, FirstNeverMovesUpAgain) {
  State state;
  state.cells["d/l"].elems["1#0"] = Element{At(5), At(5), {}, "1"};
  State removed;
  removed.cells["d/l"].elems["1#0"] = Element{{}, {}, At(6), ""};
  State again;
  again.cells["d/l"].elems["1#0"] = Element{At(7), At(7), {}, "1"};

  Join(state, removed);
  Join(state, again);

  EXPECT_EQ(state.cells["d/l"].elems["1#0"], (Element{At(5), At(7), At(6), "1"}));
}

TEST(JoinTest, EqualStampsFallToKindThenBytes) {
  Cell cell;
  cell.head = Head{At(5), CellKind::kAtom, "1"};
  Cell object;
  object.head = Head{At(5), CellKind::kObj, ""};
  Cell larger;
  larger.head = Head{At(5), CellKind::kAtom, "2"};

  Join(cell, object);
  EXPECT_EQ(cell.head->kind, CellKind::kAtom);
  Join(cell, larger);
  EXPECT_EQ(cell.head->bytes, "2");
}

// Two copies of one directory mint the same stamps for different writes; both must stay.
TEST(JoinTest, ClonesKeepBothLogEntries) {
  Replica left(1);
  Replica right(1);
  const Delta from_left = left.Write(R"({"insights":["from left"]})").delta;
  const Delta from_right = right.Write(R"({"insights":["from right"]})").delta;

  left.Take(from_right);
  right.Take(from_left);

  EXPECT_EQ(left.view().data["insights"].size(), 2U);
  EXPECT_EQ(left.state(), right.state());
}

TEST(ElementKeyTest, LogKeysCarryTheirStamp) {
  const Stamp stamp = At(0x0123'4567'89ab'cdef, 7, 42);
  const std::string key = LogKey(stamp, "\"x\"");

  EXPECT_EQ(key.substr(0, 37), "0123456789abcdef.0000000000000007.42.");
  EXPECT_EQ(LogKeyStamp(key), stamp);
  EXPECT_EQ(RestampLogKey(key, At(1, 2, 3)), LogKey(At(1, 2, 3), "\"x\""));
  EXPECT_FALSE(LogKeyStamp("1#0"));
  EXPECT_FALSE(LogKeyStamp(key.substr(1)));
  EXPECT_FALSE(RestampLogKey("\"x\"#0", stamp));
}

TEST(ElementKeyTest, ValueKeysCarryTheirOccurrence) {
  EXPECT_EQ(ValueKey("\"a#1\"", 2), "\"a#1\"#2");
  EXPECT_EQ(OccurrenceIn("\"a#1\"#2", "\"a#1\""), 2U);
  EXPECT_FALSE(OccurrenceIn("1#02", "1"));
  EXPECT_FALSE(OccurrenceIn("1#", "1"));
  EXPECT_FALSE(OccurrenceIn("1#0", "2"));
}

}  // namespace
}  // namespace contextsync::join_test
