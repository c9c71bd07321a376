#include "core/sync/checkpoint.h"

#include <gtest/gtest.h>

#include "core/sync/tuning.h"

namespace contextsync::checkpoint_test {
namespace {

TEST(CheckpointTest, KnowsNothingAtFirst) {
  const Checkpoint checkpoint;

  EXPECT_FALSE(checkpoint.IsSettled(EntryNumber(1)));
  EXPECT_FALSE(checkpoint.IsConfirmed(EntryNumber(1)));
}

TEST(CheckpointTest, SettlesEverythingBeforeTheFirstUnsettled) {
  Checkpoint checkpoint;

  checkpoint.OnUnsettledFrom(EntryNumber(4));

  EXPECT_TRUE(checkpoint.IsConfirmed(EntryNumber(3)));
  EXPECT_FALSE(checkpoint.IsSettled(EntryNumber(4)));
}

TEST(CheckpointTest, RefusedIsSettledButNotConfirmed) {
  Checkpoint checkpoint;
  checkpoint.OnUnsettledFrom(EntryNumber(4));

  checkpoint.OnRefused(EntryNumber(2));

  EXPECT_TRUE(checkpoint.IsSettled(EntryNumber(2)));
  EXPECT_FALSE(checkpoint.IsConfirmed(EntryNumber(2)));
  EXPECT_TRUE(checkpoint.IsConfirmed(EntryNumber(3)));
}

TEST(CheckpointTest, ClaimsNothingAboutNumbersFromBeforeARenumbering) {
  Checkpoint checkpoint;
  checkpoint.OnUnsettledFrom(EntryNumber(4));

  checkpoint.OnRenumbered(EntryNumber(103));
  checkpoint.OnUnsettledFrom(EntryNumber(105));

  EXPECT_FALSE(checkpoint.IsConfirmed(EntryNumber(3)));
  EXPECT_TRUE(checkpoint.IsConfirmed(EntryNumber(103)));
}

TEST(CheckpointTest, RemembersABoundedNumberOfRefusals) {
  Checkpoint checkpoint;
  for (std::uint64_t n = 1; n <= 2 * sync_tuning::kRefusedKept; ++n) {
    checkpoint.OnRefused(EntryNumber(n));
  }
  checkpoint.OnUnsettledFrom(EntryNumber(10 * sync_tuning::kRefusedKept));

  EXPECT_FALSE(checkpoint.IsConfirmed(EntryNumber(2 * sync_tuning::kRefusedKept)));
  EXPECT_TRUE(checkpoint.IsConfirmed(EntryNumber(1)));
}

}  // namespace
}  // namespace contextsync::checkpoint_test
