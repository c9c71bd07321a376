#include "core/base/uuid.h"

#include <limits>
#include <string>

#include <gtest/gtest.h>

namespace contextsync::uuid_test {
namespace {

constexpr std::uint64_t kAllOnes = std::numeric_limits<std::uint64_t>::max();

TEST(UuidTest, Version7HasItsFieldsInPlace) {
  EXPECT_EQ(MakeUuidV7(0x0123456789abU, 0, 0), "01234567-89ab-7000-8000-000000000000");
  EXPECT_EQ(MakeUuidV7(0, kAllOnes, kAllOnes), "00000000-0000-7fff-bfff-ffffffffffff");
}

TEST(UuidTest, Version7SortsByTimeThenByRandomBits) {
  EXPECT_LT(MakeUuidV7(1, kAllOnes, kAllOnes), MakeUuidV7(2, 0, 0));
  EXPECT_LT(MakeUuidV7(255, 0, 0), MakeUuidV7(256, 0, 0));
  EXPECT_LT(MakeUuidV7(5, 1, kAllOnes), MakeUuidV7(5, 2, 0));
  EXPECT_LT(MakeUuidV7(5, 1, 1), MakeUuidV7(5, 1, 2));
}

// The value is stored in notebooks for ever: it must not change from one release to the next.
TEST(UuidTest, Version5IsAFunctionOfTheName) {
  EXPECT_EQ(MakeUuidV5("op-1"), MakeUuidV5("op-1"));
  EXPECT_NE(MakeUuidV5("op-1"), MakeUuidV5("op-2"));
  EXPECT_NE(MakeUuidV5(""), MakeUuidV5(std::string(1, '\0')));
  const std::string uuid = MakeUuidV5("op-1");
  EXPECT_EQ(uuid.size(), 36U);
  EXPECT_EQ(uuid[14], '5');
  EXPECT_NE(std::string("89ab").find(uuid[19]), std::string::npos);
}

TEST(UuidTest, OneAfterAnotherIsOfTheNextMillisecond) {
  EXPECT_EQ(UuidV7After("01234567-89ab-7fff-bfff-ffffffffffff", 0, 0),
            "01234567-89ac-7000-8000-000000000000");
  EXPECT_EQ(UuidV7After("01234567-ffff-7000-8000-000000000000", 0, 0),
            "01234568-0000-7000-8000-000000000000");
}

TEST(UuidTest, TwoAfterTheSameOneDiffer) {
  const std::string uuid = MakeUuidV7(42, 7, 7);

  EXPECT_NE(UuidV7After(uuid, 1, 2), UuidV7After(uuid, 1, 3));
}

TEST(UuidTest, OneAfterAnotherIsAlwaysGreater) {
  std::string uuid = MakeUuidV7(42, 0xFFE, kAllOnes - 40);
  for (int i = 0; i < 100; ++i) {
    const std::string next = UuidV7After(uuid, 0, 0);
    ASSERT_GT(next, uuid);
    uuid = next;
  }
}

}  // namespace
}  // namespace contextsync::uuid_test
