// Under `manual`: what its writer wrote after what waits, and several who wait at one path.

#include <gmock/gmock.h>

#include "tests/unit/hub/conflict_fixture.h"

namespace contextsync::manual_chain_test {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

class ManualChainTest : public ConflictFixture {};

// ── chains ──

TEST_F(ManualChainTest, ChainMakesOneRecordAndAsManyItems) {
  Begin(R"({"x":1})");
  const std::vector<PushEntry> chain = {Manual(b_.Set(R"({"x":3})")), b_.Set(R"({"x":4})"),
                                        Under(Strategy::kMerge, b_.Set(R"({"x":5})"))};
  a_.PushOne(a_.Set(R"({"x":2})"));

  const auto results = b_.Push(chain);

  const ConflictRecord record = Only();
  for (const PushResult& result : results) {
    EXPECT_EQ(result.status, PushStatus::kConflict);
    EXPECT_THAT(result.conflicts, ElementsAre(record.id));
  }
  EXPECT_THAT(hub_.Feed(), SizeIs(5));
  EXPECT_EQ(Shown(), R"({"x":2})");
  EXPECT_EQ(record.incoming.value, Value("5"));
  EXPECT_EQ(record.incoming.id, chain[2].id);
  EXPECT_EQ(record.seq, HubSequence(3));
  EXPECT_EQ(record.rev, HubSequence(5));
}

TEST_F(ManualChainTest, WhatDoesNotClashFollowsToo) {
  Begin(R"({"l":["a"]})");
  const PushEntry first = Manual(b_.Write(Replace(R"({"l":["c"]})", "/l")));
  const PushEntry second = b_.Set(R"({"l":["d"],"y":1})");
  a_.PushOne(a_.Set(R"({"l":["b"]})"));

  b_.Push({first, second});

  EXPECT_EQ(Only().incoming.value, Value(R"(["c","d"])"));
  EXPECT_EQ(Shown(), R"({"l":["a","b"],"y":1})");
}

TEST_F(ManualChainTest, ChainIsToldByWhatWasPendingAndNotByTheBase) {
  Begin(R"({"x":1})");
  a_.PushOne(a_.Set(R"({"x":2})"));
  Later();
  b_.PushOne(Manual(b_.Set(R"({"x":3})")));
  PushEntry late = b_.Set(R"({"x":4})");  // the first is still shown to B …
  late.base = HubSequence(3);             // … though the cursor has passed its item
  TestNotebook::Seal(late);

  b_.PushOne(late);

  EXPECT_EQ(Shown(), R"({"x":2})");
  EXPECT_EQ(Only().incoming.value, Value("4"));
}

TEST_F(ManualChainTest, ClashAboveMovesWhatWaitsBelow) {
  Begin(R"({"p":{"x":1,"z":1},"q":1})");
  const PushEntry below = Manual(b_.Set(R"({"p":{"x":3}})"));
  const PushEntry above = Manual(b_.Set(R"({"p":{"x":4,"y":4}})"));
  a_.PushOne(a_.Set(R"({"p":{"x":2}})"));
  Later();
  b_.PushOne(below);
  a_.PushOne(a_.Set(R"({"p":null})"));
  Later();

  b_.PushOne(above);

  EXPECT_EQ(Shown(), R"({"q":1})");
  ASSERT_THAT(Open(), SizeIs(1));
  EXPECT_EQ(Open()[0].path, "/p");
  EXPECT_EQ(Open()[0].incoming.value, Value(R"({"x":4,"y":4})"));
  EXPECT_THAT(hub_.Records(), SizeIs(2));
}

TEST_F(ManualChainTest, ChainedWriteAboveWithoutAClashEndsIt) {
  Begin(R"({"p":{"x":1}})");
  const PushEntry below = Manual(b_.Set(R"({"p":{"x":3}})"));
  const PushEntry above = b_.Write(Replace(R"({"p":{"x":2,"k":1}})", "/p"));
  a_.PushOne(a_.Set(R"({"p":{"x":2}})"));

  b_.Push({below, above});

  EXPECT_EQ(Shown(), R"({"p":{"k":1,"x":2}})");
  EXPECT_EQ(Only().status, ConflictStatus::kResolved);
}

TEST_F(ManualChainTest, AutomaticRecordOpensWithThePartThatIsLeftOut) {
  Begin(R"({"x":1})");
  const PushEntry first = b_.Set(R"({"x":3})");
  const PushEntry second = Manual(b_.Set(R"({"x":4})"));
  Later();
  a_.PushOne(a_.Set(R"({"x":2})"));

  b_.Push({first, second});

  EXPECT_EQ(Only().status, ConflictStatus::kOpen);
  EXPECT_EQ(Only().current.value, Value("2"));
  EXPECT_EQ(Only().incoming.value, Value("4"));
  EXPECT_FALSE(Only().left_out.empty());
}

// ── amending outside a chain, several challengers ──

TEST_F(ManualChainTest, ChallengerThatCameBackAmendsItsRecord) {
  LetWait();
  b_.Pull();
  const PushEntry again = b_.Set(R"({"x":5})");
  a_.PushOne(a_.Set(R"({"x":7})"));

  b_.PushOne(again);

  EXPECT_EQ(Only().status, ConflictStatus::kOpen);
  EXPECT_EQ(Only().current.value, Value("7"));
  EXPECT_EQ(Only().incoming.value, Value("5"));
  EXPECT_EQ(Shown(), R"({"x":7})");
}

TEST_F(ManualChainTest, EachChallengerHasItsOwnRecordAgainstTheSameValue) {
  TestNotebook c(hub_, 0xC);
  Begin(R"({"x":1})");
  c.Pull();
  const PushEntry second = Manual(c.Set(R"({"x":4})"));
  a_.PushOne(a_.Set(R"({"x":2})"));
  b_.PushOne(Manual(b_.Set(R"({"x":3})")));

  c.PushOne(second);

  ASSERT_THAT(Open(), SizeIs(2));
  for (const ConflictRecord& record : Open())
    EXPECT_EQ(record.current.value, Value("2"));
}

TEST_F(ManualChainTest, ForkGoesOnWithTheRecordOfItsFormerId) {
  Begin(R"({"x":1})");
  a_.PushOne(a_.Set(R"({"x":2})"));
  Later();
  b_.PushOne(Manual(b_.Set(R"({"x":3})")));
  b_.Fork(0x5B);
  b_.Push(b_.pending);  // a known id, whoever brings it
  const PushEntry later = b_.Set(R"({"x":4})");

  b_.PushOne(later);

  EXPECT_EQ(Only().incoming.value, Value("4"));
  EXPECT_EQ(Only().incoming.device, b_.device);
}

TEST_F(ManualChainTest, ForkThatFindsTwoOfItsOwnMergesThem) {
  Begin(R"({"x":1})");
  TestNotebook copy = b_;
  const PushEntry mine = Manual(b_.Set(R"({"x":3})"));
  copy.Fork(0x5B);
  const PushEntry theirs = Manual(copy.Set(R"({"x":4})"));
  copy.former.clear();  // two notebooks for now
  a_.PushOne(a_.Set(R"({"x":2})"));
  copy.PushOne(theirs);
  b_.PushOne(mine);
  ASSERT_THAT(Open(), SizeIs(2));

  copy.former = {b_.device};
  copy.PushOne(copy.Set(R"({"x":5})"));

  ASSERT_THAT(Open(), SizeIs(1));
  EXPECT_EQ(Open()[0].incoming.value, Value("5"));
  EXPECT_THAT(hub_.Records(), SizeIs(2));
}

}  // namespace
}  // namespace contextsync::manual_chain_test
