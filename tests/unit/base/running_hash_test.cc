#include "core/base/running_hash.h"

#include <gtest/gtest.h>

#include "core/base/hash.h"

namespace contextsync::running_hash_test {
namespace {

TEST(RunningHashTest, IsTheHashOfThePiecesTogether) {
  RunningHash hash;
  hash.Add("ab");
  hash.Add("");
  hash.Add("c");

  EXPECT_EQ(hash.Finish(), Sha256Hex("abc"));
}

TEST(RunningHashTest, OfNothingIsTheHashOfTheEmptyText) {
  EXPECT_EQ(RunningHash().Finish(), Sha256Hex(""));
}

}  // namespace
}  // namespace contextsync::running_hash_test
