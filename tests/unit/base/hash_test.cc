#include "core/base/hash.h"

#include <string>

#include <gtest/gtest.h>

namespace contextsync::hash_test {
namespace {

TEST(HashTest, Sha256MatchesThePublishedVectors) {
  EXPECT_EQ(Sha256Hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Sha256Hex(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(HashTest, ShortHashIsTheFrontOfTheDigest) {
  EXPECT_EQ(ShortHash("abc"), "ba7816bf8f01cfea");
  EXPECT_EQ(Sha256("abc")[0], 0xba);
}

TEST(HashTest, SeesBytesBehindAZero) {
  EXPECT_NE(Sha256Hex(std::string("a\0b", 3)), Sha256Hex(std::string("a\0c", 3)));
  EXPECT_NE(Crc32(std::string("a\0b", 3)), Crc32(std::string("a\0c", 3)));
}

TEST(HashTest, Crc32MatchesTheCheckValue) {
  EXPECT_EQ(Crc32("123456789"), 0xCBF43926U);
  EXPECT_EQ(Crc32(""), 0U);
}

TEST(HashTest, Crc32NoticesEveryFlippedBit) {
  const std::string original = "seq=42";
  for (std::size_t bit = 0; bit < original.size() * 8; ++bit) {
    std::string damaged = original;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_NE(Crc32(damaged), Crc32(original)) << "bit " << bit;
  }
}

}  // namespace
}  // namespace contextsync::hash_test
