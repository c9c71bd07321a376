#include "server/net/retry_after.h"

#include <gtest/gtest.h>

namespace contextsync::retry_after_test {
namespace {

using namespace std::chrono_literals;

constexpr char kDate[] = "Sun, 22 Nov 2026 19:00:00 GMT";

TEST(RetryAfterTest, SecondsAreSeconds) {
  EXPECT_EQ(ParseRetryAfter("0", kDate), 0ms);
  EXPECT_EQ(ParseRetryAfter("120", kDate), 120s);
}

TEST(RetryAfterTest, ADateCountsFromTheAnswersOwnDate) {
  EXPECT_EQ(ParseRetryAfter("Sun, 22 Nov 2026 19:00:30 GMT", kDate), 30s);
  EXPECT_EQ(ParseRetryAfter("Sunday, 22-Nov-26 19:01:00 GMT", kDate), 60s);
  EXPECT_EQ(ParseRetryAfter("Sun Nov 22 19:02:00 2026", kDate), 120s);
}

TEST(RetryAfterTest, ADateThatIsOverAsksForNothing) {
  EXPECT_EQ(ParseRetryAfter("Sun, 22 Nov 2026 18:00:00 GMT", kDate), 0ms);
}

TEST(RetryAfterTest, NobodyIsAskedToStayAwayForMoreThanADay) {
  EXPECT_EQ(ParseRetryAfter("99999999", kDate), 24h);
  EXPECT_EQ(ParseRetryAfter("99999999999999999999999", kDate), 24h);
  EXPECT_EQ(ParseRetryAfter("Sun, 22 Nov 2036 19:00:00 GMT", kDate), 24h);
}

TEST(RetryAfterTest, AnythingElseIsNoRetryAfter) {
  EXPECT_EQ(ParseRetryAfter("", kDate), std::nullopt);
  EXPECT_EQ(ParseRetryAfter("soon", kDate), std::nullopt);
  EXPECT_EQ(ParseRetryAfter("-5", kDate), std::nullopt);
}

TEST(RetryAfterTest, HeaderNamesHaveNoCase) {
  EXPECT_EQ(HeaderValue("Retry-After:  7 \r\n", "retry-after:"), "7");
  EXPECT_EQ(HeaderValue("RETRY-AFTER:7", "retry-after:"), "7");
  EXPECT_EQ(HeaderValue("Retry-Afterwards: 7", "retry-after:"), std::nullopt);
  EXPECT_EQ(HeaderValue("Retry-After:", "retry-after:"), "");
}

}  // namespace
}  // namespace contextsync::retry_after_test
