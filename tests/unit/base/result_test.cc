#include "core/base/result.h"

#include <memory>
#include <string>

#include <gtest/gtest.h>

namespace contextsync::result_test {
namespace {

Error NotFound() {
  return {ErrorCode::kNotFound, "no such context"};
}

Result<int> Half(int number) {
  if (number % 2 != 0) return Error{ErrorCode::kInvalidArgument, "odd"};
  return number / 2;
}

Result<int> Quarter(int number) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const int half, Half(number));
  CONTEXTSYNC_ASSIGN_OR_RETURN(const int quarter, Half(half));
  return quarter;
}

Status CheckDivisible(int number) {
  CONTEXTSYNC_RETURN_IF_ERROR(Quarter(number));
  return {};
}

TEST(ResultTest, HoldsAValueOrAnError) {
  const Result<int> good = 42;
  const Result<int> bad = NotFound();

  EXPECT_TRUE(good.ok());
  EXPECT_EQ(good.value(), 42);
  EXPECT_FALSE(bad.ok());
  EXPECT_EQ(bad.error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(bad.error().message(), "no such context");
}

TEST(ResultTest, CarriesWhatCanOnlyBeMoved) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(7);

  const std::unique_ptr<int> value = std::move(result).value();

  EXPECT_EQ(*value, 7);
}

TEST(ResultTest, TheMacrosReturnTheFirstError) {
  EXPECT_EQ(Quarter(8).value(), 2);
  EXPECT_EQ(Quarter(6).error().message(), "odd");
  EXPECT_TRUE(CheckDivisible(4).ok());
  EXPECT_EQ(CheckDivisible(5).error().code(), ErrorCode::kInvalidArgument);
}

TEST(ResultTest, StatusIsGoodUnlessToldOtherwise) {
  EXPECT_TRUE(Status().ok());
  Status failed = NotFound();
  EXPECT_FALSE(failed.ok());
  std::move(failed).IgnoreBecause("the test only shows that it can be ignored");
}

TEST(ResultTest, ContextGoesInFrontOfTheMessage) {
  const Error error = NotFound().WithContext("push batch 7");

  EXPECT_EQ(error.message(), "push batch 7: no such context");
  EXPECT_EQ(error.code(), ErrorCode::kNotFound);
}

TEST(ResultTest, OnlyTemporaryErrorsAreRetriable) {
  EXPECT_TRUE(Error(ErrorCode::kUnavailable, "").retriable());
  EXPECT_TRUE(Error(ErrorCode::kTimeout, "").retriable());
  EXPECT_FALSE(Error(ErrorCode::kStorageFull, "").retriable());
  EXPECT_FALSE(Error(ErrorCode::kUnauthorized, "").retriable());
}

TEST(ResultDeathTest, EndsTheProcessWhenTheWrongSideIsTaken) {
  const Result<int> bad = NotFound();
  const Result<int> good = 1;
  const Status fine;

  EXPECT_DEATH(static_cast<void>(bad.value()), "check failed: ok\\(\\)");
  EXPECT_DEATH(static_cast<void>(good.error()), "check failed: !ok\\(\\)");
  EXPECT_DEATH(static_cast<void>(fine.error()), "check failed");
}

}  // namespace
}  // namespace contextsync::result_test
