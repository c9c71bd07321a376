#include "server/relay/call_order.h"

#include <gtest/gtest.h>

namespace contextsync::call_order_test {
namespace {

/// Submits calls and records which have started.
class CallOrderTest : public ::testing::Test {
 protected:
  void Submit(const std::string& name, bool is_write, const std::string& key) {
    order_.Submit({is_write, key, [this, name](std::uint64_t ticket) {
                     started_.push_back(name);
                     tickets_[name] = ticket;
                   }});
  }
  void Finish(const std::string& name) { order_.Finish(tickets_.at(name)); }

  CallOrder order_;
  std::vector<std::string> started_;
  std::map<std::string, std::uint64_t> tickets_;
};

using Names = std::vector<std::string>;

TEST_F(CallOrderTest, ReadWaitsForAnEarlierWriteOfItsContext) {
  Submit("write a", true, "a");
  Submit("read a", false, "a");
  EXPECT_EQ(started_, Names({"write a"}));

  Finish("write a");
  EXPECT_EQ(started_, Names({"write a", "read a"}));
}

TEST_F(CallOrderTest, WritesOfDifferentContextsRunTogether) {
  Submit("write a", true, "a");
  Submit("write b", true, "b");
  Submit("read c", false, "c");

  EXPECT_EQ(started_, Names({"write a", "write b", "read c"}));
}

TEST_F(CallOrderTest, WritesOfOneContextRunOneAfterTheOther) {
  Submit("first", true, "a");
  Submit("second", true, "a");
  Submit("third", true, "a");
  Finish("first");
  EXPECT_EQ(started_, Names({"first", "second"}));

  Finish("second");
  EXPECT_EQ(started_, Names({"first", "second", "third"}));
}

TEST_F(CallOrderTest, CallWithoutContextWaitsForAllEarlierWrites) {
  Submit("write a", true, "a");
  Submit("write b", true, "b");
  Submit("list", false, "");
  Finish("write a");
  EXPECT_EQ(started_, Names({"write a", "write b"}));

  Finish("write b");
  EXPECT_EQ(started_.back(), "list");
}

TEST_F(CallOrderTest, WriteWithoutContextHoldsAllLaterCalls) {
  Submit("write ?", true, "");
  Submit("read a", false, "a");
  Submit("write b", true, "b");
  EXPECT_EQ(started_, Names({"write ?"}));

  Finish("write ?");
  EXPECT_EQ(started_, Names({"write ?", "read a", "write b"}));
}

TEST_F(CallOrderTest, ReadsHoldNobody) {
  Submit("list", false, "");
  Submit("read a", false, "a");
  Submit("write a", true, "a");

  EXPECT_EQ(started_, Names({"list", "read a", "write a"}));
}

}  // namespace
}  // namespace contextsync::call_order_test
