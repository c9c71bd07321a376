#include "core/base/bytes.h"

#include <limits>
#include <string>

#include <gtest/gtest.h>

namespace contextsync::bytes_test {
namespace {

constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();

std::string VarintOf(std::uint64_t value) {
  ByteWriter out;
  out.Varint(value);
  return std::move(out).Take();
}

std::string OneOfEach() {
  ByteWriter out;
  out.U8(7);
  out.Varint(300);
  out.Fixed64(0x0102030405060708U);
  out.Text("hello");
  return std::move(out).Take();
}

TEST(BytesTest, ReadsBackWhatWasWritten) {
  const std::string bytes = OneOfEach();
  ByteReader in(bytes);

  EXPECT_EQ(in.U8(), 7);
  EXPECT_EQ(in.Varint(), 300U);
  EXPECT_EQ(in.Fixed64(), 0x0102030405060708U);
  EXPECT_EQ(in.Text(), "hello");
  EXPECT_TRUE(in.ok());
  EXPECT_TRUE(in.AtEnd());
}

TEST(BytesTest, NoticesEveryCut) {
  const std::string bytes = OneOfEach();
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    ByteReader in(std::string_view(bytes).substr(0, cut));

    in.U8();
    in.Varint();
    in.Fixed64();
    in.Text();

    EXPECT_FALSE(in.ok()) << "cut after " << cut << " bytes";
  }
}

TEST(BytesTest, GivesNothingAfterTheFirstFault) {
  ByteReader in(
      "\x05"
      "abc");

  EXPECT_EQ(in.Text(), "");
  EXPECT_EQ(in.U8(), 0);
  EXPECT_EQ(in.Varint(), 0U);
  EXPECT_EQ(in.Fixed64(), 0U);
  EXPECT_FALSE(in.ok());
}

TEST(BytesTest, VarintsAreShortestAndCoverTheRange) {
  EXPECT_EQ(VarintOf(0), std::string(1, '\0'));
  EXPECT_EQ(VarintOf(127).size(), 1U);
  EXPECT_EQ(VarintOf(128), "\x80\x01");
  EXPECT_EQ(VarintOf(kMax).size(), 10U);
  for (const std::uint64_t value :
       {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{16'384}, kMax}) {
    const std::string bytes = VarintOf(value);
    ByteReader in(bytes);
    EXPECT_EQ(in.Varint(), value);
    EXPECT_TRUE(in.ok() && in.AtEnd());
  }
}

TEST(BytesTest, RefusesASecondEncodingOfOneValue) {
  const std::string nine_ff(9, '\xff');
  for (const std::string& bytes :
       {std::string("\x80\x00", 2), nine_ff + '\x02', nine_ff + "\xff\x01"}) {
    ByteReader in(bytes);
    EXPECT_EQ(in.Varint(), 0U);
    EXPECT_FALSE(in.ok());
  }
}

TEST(BytesTest, RefusesALengthBeyondTheEnd) {
  const std::string bytes = VarintOf(kMax) + "abc";
  ByteReader in(bytes);

  EXPECT_EQ(in.Text(), "");
  EXPECT_FALSE(in.ok());
}

TEST(BytesTest, FixedNumbersSortLikeNumbers) {
  std::string previous;
  for (const std::uint64_t value :
       {std::uint64_t{0}, std::uint64_t{255}, std::uint64_t{256}, kMax}) {
    ByteWriter out;
    out.Fixed64(value);
    const std::string bytes = std::move(out).Take();
    EXPECT_EQ(bytes.size(), 8U);
    EXPECT_LT(previous, bytes);
    previous = bytes;
  }
}

TEST(BytesTest, TextKeepsEveryByte) {
  const std::string text("\0\xff\n", 3);
  ByteWriter out;
  out.Text(text);
  out.Text("");
  EXPECT_EQ(out.size(), 5U);

  const std::string bytes = std::move(out).Take();
  ByteReader in(bytes);
  EXPECT_EQ(in.Text(), text);
  EXPECT_EQ(in.rest().size(), 1U);
  EXPECT_EQ(in.Text(), "");
  EXPECT_TRUE(in.ok() && in.AtEnd());
}

}  // namespace
}  // namespace contextsync::bytes_test
