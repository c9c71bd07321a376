#include "core/base/hex.h"

#include <limits>
#include <string>

#include <gtest/gtest.h>

namespace contextsync::hex_test {
namespace {

TEST(HexTest, WritesEachByteAsTwoLowerCaseDigits) {
  EXPECT_EQ(ToHex(""), "");
  EXPECT_EQ(ToHex(std::string("\0\x7f\xAb", 3)), "007fab");
}

TEST(HexTest, SixteenDigitsRoundTrip) {
  for (const std::uint64_t value :
       {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{0x0123456789abcdefU},
        std::numeric_limits<std::uint64_t>::max()}) {
    const std::string text = ToHex16(value);
    EXPECT_EQ(text.size(), 16U);
    EXPECT_EQ(FromHex16(text), value);
  }
  EXPECT_EQ(ToHex16(0xbeef), "000000000000beef");
}

TEST(HexTest, RefusesEveryOtherForm) {
  for (const char* text : {"", "beef", "000000000000beefa", "000000000000bee", "000000000000BEEF",
                           "000000000000bee ", "0x0000000000beef", "-00000000000beef"}) {
    EXPECT_EQ(FromHex16(text), std::nullopt) << text;
  }
}

TEST(HexTest, KnowsItsDigitsAndTheirNumber) {
  EXPECT_TRUE(IsHex("0af9", 4));
  EXPECT_TRUE(IsHex("", 0));
  EXPECT_FALSE(IsHex("0af9", 3));
  EXPECT_FALSE(IsHex("0ag9", 4));
  EXPECT_FALSE(IsHex(std::string("00\0"
                                 "0",
                                 4),
                     4));
}

}  // namespace
}  // namespace contextsync::hex_test
