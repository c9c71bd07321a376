#include "core/base/timestamp.h"

#include <limits>

#include <gtest/gtest.h>

namespace contextsync::timestamp_test {
namespace {

TEST(TimestampTest, WritesUtcWithMilliseconds) {
  EXPECT_EQ(FormatTimestamp(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(FormatTimestamp(1'795'348'800'123), "2026-11-22T12:00:00.123Z");
  EXPECT_EQ(FormatTimestamp(-1), "1969-12-31T23:59:59.999Z");
}

TEST(TimestampTest, ClampsToFourDigitYears) {
  EXPECT_EQ(FormatTimestamp(std::numeric_limits<UnixMillis>::min()), "0000-01-01T00:00:00.000Z");
  EXPECT_EQ(FormatTimestamp(std::numeric_limits<UnixMillis>::max()), "9999-12-31T23:59:59.999Z");
}

TEST(TimestampTest, ReadsBackWhatItWrites) {
  for (const UnixMillis time :
       {UnixMillis{0}, UnixMillis{951'782'400'000}, UnixMillis{1'795'348'800'123},
        UnixMillis{-62'167'219'200'000}, UnixMillis{253'402'300'799'999}}) {
    EXPECT_EQ(ParseTimestamp(FormatTimestamp(time)), time);
  }
}

TEST(TimestampTest, ReadsOffsetsAndFractions) {
  constexpr UnixMillis kNoon = 1'795'348'800'000;
  EXPECT_EQ(ParseTimestamp("2026-11-22T12:00:00Z"), kNoon);
  EXPECT_EQ(ParseTimestamp("2026-11-22t12:00:00z"), kNoon);
  EXPECT_EQ(ParseTimestamp("2026-11-22 14:30:00+02:30"), kNoon);
  EXPECT_EQ(ParseTimestamp("2026-11-22T07:00:00-05:00"), kNoon);
  EXPECT_EQ(ParseTimestamp("2026-11-22T12:00:00.5Z"), kNoon + 500);
  EXPECT_EQ(ParseTimestamp("2026-11-22T12:00:00.123999999Z"), kNoon + 123);
}

TEST(TimestampTest, KnowsLeapDays) {
  EXPECT_TRUE(ParseTimestamp("2024-02-29T00:00:00Z").has_value());
  EXPECT_TRUE(ParseTimestamp("2000-02-29T00:00:00Z").has_value());
  EXPECT_FALSE(ParseTimestamp("2026-02-29T00:00:00Z").has_value());
  EXPECT_FALSE(ParseTimestamp("1900-02-29T00:00:00Z").has_value());
}

TEST(TimestampTest, ALeapSecondIsTheNextSecond) {
  EXPECT_EQ(ParseTimestamp("2016-12-31T23:59:60Z"), ParseTimestamp("2017-01-01T00:00:00Z"));
}

class RefusedTimestampTest : public testing::TestWithParam<const char*> {};

TEST_P(RefusedTimestampTest, IsNotATime) {
  EXPECT_EQ(ParseTimestamp(GetParam()), std::nullopt);
}

INSTANTIATE_TEST_SUITE_P(
    All, RefusedTimestampTest,
    testing::Values("", "2026", "2026-11-22", "2026-11-22T12:00:00", "2026-11-22T12:00Z",
                    "2026-11-22T12:00:00.Z", "2026-11-22T12:00:00.1234567890Z",
                    "2026-13-22T12:00:00Z", "2026-00-22T12:00:00Z", "2026-11-31T12:00:00Z",
                    "2026-11-00T12:00:00Z", "2026-11-22T24:00:00Z", "2026-11-22T12:60:00Z",
                    "2026-11-22T12:00:61Z", "2026-11-22T12:00:00+24:00", "2026-11-22T12:00:00+0200",
                    "2026-11-22T12:00:00Z ", " 2026-11-22T12:00:00Z", "+026-11-22T12:00:00Z",
                    "20261-11-22T12:00:00Z", "2026/11/22T12:00:00Z", "2026-11-22T-1:00:00Z"));

}  // namespace
}  // namespace contextsync::timestamp_test
