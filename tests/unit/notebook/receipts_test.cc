// Repeated calls: a known op_id has its first receipt again, for as long as receipts are kept.

#include <gtest/gtest.h>

#include "tests/unit/notebook/fixture.h"
#include "tests/unit/notebook/tiny_hub.h"

namespace contextsync::test::receipts_test {
namespace {

class ReceiptTest : public ::testing::Test {
 protected:
  Desk desk_;
};

TEST_F(ReceiptTest, KnownOpIdAnswersTheFirstReceiptAgain) {
  const auto first = desk_.Write(Updating(Task("t1"), {{"a", 1}}), "op-x");
  desk_.Update(Task("t1"), {{"a", 2}});

  const auto again = desk_.Write(Updating(Task("t1"), {{"a", 1}}), "op-x");

  EXPECT_TRUE(again.repeated);
  EXPECT_EQ(again.writes.at(0).version, first.writes.at(0).version);
  EXPECT_EQ(desk_.Data(Task("t1")), (Json{{"a", 2}}));
}

TEST_F(ReceiptTest, KnownOpIdSurvivesReopening) {
  desk_.Write(Updating(Task("t1"), {{"a", 1}}), "op-x");
  desk_.Open();

  EXPECT_TRUE(desk_.Write(Updating(Task("t1"), {{"a", 1}}), "op-x").repeated);
}

TEST_F(ReceiptTest, KnownOpIdWithOtherArgumentsIsRefused) {
  desk_.Write(Updating(Task("t1"), {{"a", 1}}), "op-x");
  auto request = desk_.Request({Updating(Task("t1"), {{"a", 2}})}, "op-x");
  request.arguments_hash = "another";

  const auto refused = desk_.notebook->Write(request);

  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.failure().code, RefusalCode::kInvalidArgument);
  EXPECT_EQ(refused.failure().details["parameter"], "op_id");
}

constexpr std::int64_t kMoreThanADay = 25LL * 60 * 60 * 1000;

/// Later than what is there.
void WriteMany(Desk& desk, int count) {
  desk.clock.Advance(1);
  for (int n = 0; n < count; ++n)
    desk.Update(Task("many"), {{"n", n}});
}

TEST_F(ReceiptTest, ReceiptStaysForMoreThanADayWhileItsWriteIsNotConfirmed) {
  desk_.Write(Updating(Task("t1"), {{"a", 1}}), "op-x");
  WriteMany(desk_, 1'001);
  desk_.clock.Advance(kMoreThanADay);
  desk_.Update(Task("t2"), {{"a", 1}});

  EXPECT_TRUE(desk_.Write(Updating(Task("t1"), {{"a", 1}}), "op-x").repeated);
}

TEST_F(ReceiptTest, ReceiptOfAConfirmedWriteIsForgottenAfterADayAndAThousandOthers) {
  TinyHub hub;
  desk_.Write(Updating(Task("t1"), {{"a", 1}}), "op-x");
  WriteMany(desk_, 1'001);
  SyncAll(*desk_.notebook, hub);
  desk_.clock.Advance(kMoreThanADay);
  desk_.Update(Task("t2"), {{"a", 1}});

  EXPECT_FALSE(desk_.Write(Updating(Task("t1"), {{"a", 1}}), "op-x").repeated);
}

TEST_F(ReceiptTest, LastThousandReceiptsStayWhenTheClockIsSetADayAhead) {
  TinyHub hub;
  desk_.Write(Updating(Task("t1"), {{"a", 1}}), "op-x");
  WriteMany(desk_, 900);
  SyncAll(*desk_.notebook, hub);
  desk_.clock.Advance(kMoreThanADay);
  desk_.Update(Task("t2"), {{"a", 1}});

  EXPECT_TRUE(desk_.Write(Updating(Task("t1"), {{"a", 1}}), "op-x").repeated);
}

}  // namespace
}  // namespace contextsync::test::receipts_test
