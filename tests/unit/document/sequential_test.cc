// One writer alone: cells must show exactly what plain merging gives, and whatever changes nothing
// must write nothing.

#include <gtest/gtest.h>

#include "tests/unit/document/random_update.h"
#include "tests/unit/document/replica.h"
#include "tests/unit/document/sequential_oracle.h"

namespace contextsync::sequential_test {
namespace {

constexpr int kStepsPerDocument = 20;

std::uint64_t DocumentCount() {
  return FromEnvironment("CONTEXTSYNC_SCHEDULES", 100'000) / 4;
}

// Half of the updates arrive as whole atoms, so that atoms and cells turn into each other all the
// time.
Update NextUpdate(RandomUpdates& random) {
  Update update;
  update.data = random.Object(0);
  if (random.OneIn(2)) update.on_conflict = Strategy::kLastWriteWins;
  return update;
}

TEST(SequentialTest, ReplacedListsAndAtomsEqualMergePatch) {
  const std::uint64_t seed = TestSeed();
  for (std::uint64_t i = 0; i < DocumentCount(); ++i) {
    RandomUpdates random(seed + i);
    Replica replica(1);
    replica.policy = PolicyOf(R"({"lists":{"/**":"replace"}})");
    Json expected = Json::object();

    for (int step = 0; step < kStepsPerDocument; ++step) {
      const Update update = NextUpdate(random);
      const std::string before = replica.Text();
      const bool existed = replica.view().exists;
      expected = MergePatch(expected, update.data);
      const Compiled compiled = replica.Write(update);
      ASSERT_EQ(replica.Text(), CanonicalBytes(expected))
          << "seed " << seed + i << ": " << update.data;
      ASSERT_EQ(compiled.changed, !existed || before != replica.Text())
          << "seed " << seed + i << ": " << update.data;
      ASSERT_EQ(compiled.changed, !compiled.delta.cells.empty());
    }
    ASSERT_EQ(replica.view(), Render(replica.state())) << "seed " << seed + i;
  }
}

TEST(SequentialTest, GrowingListsEqualTheirOracle) {
  const std::uint64_t seed = TestSeed();
  for (std::uint64_t i = 0; i < DocumentCount(); ++i) {
    RandomUpdates random(seed + i);
    Replica replica(1);
    Json expected = Json::object();

    for (int step = 0; step < kStepsPerDocument; ++step) {
      const Update update = NextUpdate(random);
      const std::string before = replica.Text();
      const bool existed = replica.view().exists;
      expected = MergeGrowing(&expected, update.data, "");
      const Compiled compiled = replica.Write(update);
      ASSERT_EQ(replica.Text(), CanonicalBytes(expected))
          << "seed " << seed + i << ": " << update.data;
      ASSERT_EQ(compiled.changed, !existed || before != replica.Text())
          << "seed " << seed + i << ": " << update.data;
    }
    ASSERT_EQ(replica.view(), Render(replica.state())) << "seed " << seed + i;
  }
}

// The whole language: operators, deletions of the context, moves.
TEST(SequentialTest, WhatChangesNothingWritesNothing) {
  const std::uint64_t seed = TestSeed();
  for (std::uint64_t i = 0; i < DocumentCount(); ++i) {
    RandomUpdates random(seed + i);
    Replica replica(1);

    for (int step = 0; step < kStepsPerDocument; ++step) {
      const View before = replica.view();
      const Compiled compiled = replica.Write(random.Any(before.data));
      ASSERT_EQ(compiled.changed, !(before == replica.view()))
          << "seed " << seed + i << " step " << step;
      ASSERT_EQ(compiled.changed, !compiled.delta.cells.empty());
      ASSERT_EQ(replica.view(), Render(replica.state())) << "seed " << seed + i << " step " << step;
    }
  }
}

}  // namespace
}  // namespace contextsync::sequential_test
