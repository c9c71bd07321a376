// A pushed transaction is numbered whole or not at all.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/hub/push_fixture.h"

namespace contextsync::push_transaction_test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class PushTransactionTest : public PushFixture {
 protected:
  /// Parts of one transaction.
  static std::vector<PushEntry> AsTx(std::vector<PushEntry> parts) {
    for (std::size_t i = 0; i < parts.size(); ++i) {
      parts[i].tx =
          TxPart{"tx-1", static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(parts.size())};
      TestNotebook::Seal(parts[i]);
    }
    return parts;
  }
};

TEST_F(PushTransactionTest, TransactionIsNumberedWhole) {
  const ContextRef other = {Level::kTask, "t2"};
  const auto tx = AsTx({a_.Set(R"({"x":1})"), a_.Set(R"({"y":1})", other)});

  const auto results = a_.Push(tx);

  EXPECT_THAT(Statuses(results), ElementsAre(PushStatus::kAccepted, PushStatus::kAccepted));
  EXPECT_EQ(hub_.Feed().at(1).tx, tx[1].tx);
}

TEST_F(PushTransactionTest, TransactionWithABadPartIsRejectedWhole) {
  const ContextRef other = {Level::kTask, "t2"};
  auto tx = AsTx({a_.Set(R"({"x":1})"), a_.Set(R"({"y":1})", other), a_.Set(R"({"x":2})")});
  tx[1].hash = std::string(64, '0');
  const PushEntry after = a_.Set(R"({"x":3})");

  const auto reply = a_.TryPush({tx[0], tx[1], tx[2], after}).value();

  EXPECT_THAT(Statuses(reply.results), ElementsAre(PushStatus::kRejected, PushStatus::kRejected,
                                                   PushStatus::kRejected, PushStatus::kAccepted));
  EXPECT_EQ(reply.results[0].code, "tx");
  EXPECT_EQ(reply.results[1].code, "invalid");
  EXPECT_EQ(reply.last_n, EntryNumber(4));
  ASSERT_EQ(hub_.Feed().size(), 1U);
  EXPECT_EQ(hub_.Feed()[0].id, after.id);
  EXPECT_TRUE(hub_.Context(other).state.cells.empty());
}

TEST_F(PushTransactionTest, TransactionWithAPartAheadOfTimeWaitsWhole) {
  auto parts = std::vector{a_.Set(R"({"x":1})")};
  a_.skew = 120'000;
  parts.push_back(a_.Set(R"({"x":2})"));

  const auto reply = a_.TryPush(AsTx(parts)).value();

  EXPECT_THAT(Statuses(reply.results), ElementsAre(PushStatus::kRetry, PushStatus::kClockSkew));
  EXPECT_EQ(reply.last_n, EntryNumber());
  EXPECT_THAT(hub_.Feed(), IsEmpty());
}

TEST_F(PushTransactionTest, TornTransactionIsRejected) {
  auto tx = AsTx({a_.Set(R"({"x":1})"), a_.Set(R"({"x":2})")});
  tx.pop_back();

  EXPECT_EQ(a_.Push(tx).at(0).code, "tx");
}

}  // namespace
}  // namespace contextsync::push_transaction_test
