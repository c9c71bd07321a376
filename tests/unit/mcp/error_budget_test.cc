#include "server/mcp/error_budget.h"

#include "gtest/gtest.h"

namespace contextsync::mcp::error_budget_test {
namespace {

TEST(ErrorBudgetTest, AllowsABurstThenRefillsSlowly) {
  const ErrorBudget::TimePoint start{};
  ErrorBudget budget(start);

  for (int i = 0; i < kUnmatchedErrorBurst; ++i)
    EXPECT_TRUE(budget.Take(start));
  EXPECT_FALSE(budget.Take(start));
  EXPECT_FALSE(budget.Take(start + kUnmatchedErrorRefill / 2));
  EXPECT_TRUE(budget.Take(start + kUnmatchedErrorRefill));
  EXPECT_FALSE(budget.Take(start + kUnmatchedErrorRefill));
}

TEST(ErrorBudgetTest, NeverSavesUpMoreThanTheBurst) {
  const ErrorBudget::TimePoint start{};
  ErrorBudget budget(start);
  const auto much_later = start + std::chrono::hours(24 * 365);

  int taken = 0;
  while (budget.Take(much_later))
    ++taken;

  EXPECT_EQ(taken, kUnmatchedErrorBurst);
}

}  // namespace
}  // namespace contextsync::mcp::error_budget_test
