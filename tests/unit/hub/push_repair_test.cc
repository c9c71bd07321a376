// A repair is numbered as far as the hub lacks what it brings.

#include <gtest/gtest.h>

#include "tests/unit/hub/push_fixture.h"

namespace contextsync::push_repair_test {
namespace {

class PushRepairTest : public PushFixture {};

TEST_F(PushRepairTest, RepairIsTrimmedToWhatIsMissing) {
  a_.PushOne(a_.Set(R"({"x":1})"));
  b_.Pull();
  PushEntry entry = b_.Set(R"({"y":1})");
  entry.op = EntryOp::kRepair;
  entry.delta = b_.See();
  entry.base = HubSequence();
  TestNotebook::Seal(entry);

  const PushResult result = b_.PushOne(entry);

  EXPECT_EQ(result.seq, HubSequence(2));
  EXPECT_EQ(result.hash, entry.hash);
  const FeedItem item = hub_.Feed().at(1);
  EXPECT_EQ(item.kind, "repair");
  EXPECT_TRUE(item.delta.cells.contains("d/y"));
  EXPECT_FALSE(item.delta.cells.contains("d/x"));
}

TEST_F(PushRepairTest, RepairOfNothingUsesItsNumberUp) {
  a_.PushOne(a_.Set(R"({"x":1})"));
  b_.Pull();
  PushEntry entry = b_.Enter(b_.See());
  entry.op = EntryOp::kRepair;
  TestNotebook::Seal(entry);

  const auto reply = b_.TryPush({entry}).value();

  EXPECT_EQ(reply.results[0].status, PushStatus::kAccepted);
  EXPECT_EQ(reply.results[0].seq, HubSequence(1));
  EXPECT_EQ(reply.last_n, EntryNumber(1));
  EXPECT_EQ(hub_.Feed().size(), 1U);
}

}  // namespace
}  // namespace contextsync::push_repair_test
