// A number that is given up: its answer is never taken for the entry's own.

#include "core/hub/skip.h"

#include <gtest/gtest.h>

#include "tests/unit/hub/hub_fixture.h"

namespace contextsync::skip_test {
namespace {

class SkipTest : public ::testing::Test {
 protected:
  static PushEntry SkipOf(const PushEntry& entry) {
    PushEntry skip;
    skip.n = entry.n;
    skip.id = entry.id;
    skip.op = EntryOp::kSkip;
    skip.hash = entry.hash;
    return skip;
  }

  TestHub hub_;
  TestNotebook a_{hub_, 1};
};

TEST_F(SkipTest, TheAnswerIsMarkedAlsoWhenItIsRepeated) {
  const PushEntry skip = SkipOf(a_.Set(R"({"x":1})"));

  const PushResult first = a_.PushOne(skip);
  const PushResult again = a_.PushOne(skip);

  EXPECT_EQ(first.status, PushStatus::kAccepted);
  EXPECT_EQ(first.code, "skipped");
  EXPECT_EQ(again.status, PushStatus::kDuplicate);
  EXPECT_EQ(again.code, "skipped");
}

TEST_F(SkipTest, ALateOriginalIsAnsweredAsSkippedToo) {
  const PushEntry entry = a_.Set(R"({"x":1})");
  a_.PushOne(SkipOf(entry));

  const PushResult late = a_.PushOne(entry);

  EXPECT_EQ(late.code, "skipped");
  EXPECT_TRUE(hub_.Feed().empty());
}

TEST_F(SkipTest, TheSkipOfATakenEntryIsAnsweredAsTheEntry) {
  const PushEntry entry = a_.Set(R"({"x":1})");
  const PushResult taken = a_.PushOne(entry);

  const PushResult result = a_.PushOne(SkipOf(entry));

  EXPECT_EQ(result.status, PushStatus::kDuplicate);
  EXPECT_EQ(result.code, "");
  EXPECT_EQ(result.seq, taken.seq);
  EXPECT_EQ(result.hash, taken.hash);
}

TEST_F(SkipTest, TheRestOfABatchGoesOnBehindASkip) {
  const PushEntry bad = a_.Set(R"({"x":1})");
  const PushEntry good = a_.Set(R"({"y":1})", {Level::kTask, "t2"});

  const auto results = a_.Push({SkipOf(bad), good});

  EXPECT_EQ(results.at(1).status, PushStatus::kAccepted);
  EXPECT_EQ(hub_.Feed().size(), 1U);
}

TEST_F(SkipTest, OfferedAgainUnderAnotherNumberTheEntryIsNumbered) {
  PushEntry entry = a_.Set(R"({"x":1})");
  a_.PushOne(SkipOf(entry));
  entry.n = entry.n.Next();

  const PushResult result = a_.PushOne(entry);

  EXPECT_EQ(result.status, PushStatus::kAccepted);
  EXPECT_EQ(result.code, "");
  EXPECT_EQ(hub_.Feed().size(), 1U);
}

}  // namespace
}  // namespace contextsync::skip_test
