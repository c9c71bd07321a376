// Choices: when they close a record, when they wait themselves.

#include <gmock/gmock.h>

#include "tests/unit/hub/conflict_fixture.h"

namespace contextsync::resolve_test {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

class ResolveTest : public ConflictFixture {
 protected:
  PushEntry Choose(TestNotebook& by, const std::string& choose, PushEntry entry) {
    entry.op = EntryOp::kResolve;
    entry.conflict = first_record_;
    entry.choose = choose;
    entry.base = by.claim.known;
    TestNotebook::Seal(entry);
    return entry;
  }

  PushEntry Keep(TestNotebook& by) { return Choose(by, "current", by.Enter({})); }

  /// B's 3 waits behind A's 2, and everybody has seen the record.
  void LetWaitForAll() {
    LetWait();
    first_record_ = Only().id;
    a_.Pull();
    b_.Pull();
    c_.Pull();
    Later();
  }

  /// A's 2 and B's 3 were settled by the larger stamp, and everybody has seen the record.
  void SettleForAll() {
    Begin(R"({"x":1})");
    Cross(R"({"x":2})", R"({"x":3})");
    first_record_ = Only().id;
    a_.Pull();
    b_.Pull();
    c_.Pull();
    Later();
  }

  ConflictRecord First() {
    for (const ConflictRecord& record : hub_.Records()) {
      if (record.id == first_record_) return record;
    }
    return {};
  }

  TestNotebook c_{hub_, 0xC};
  std::string first_record_ = "c-0123456789abcdef";
};

TEST_F(ResolveTest, ChoiceClosesTheRecord) {
  SettleForAll();

  const PushResult result = a_.PushOne(Choose(a_, "incoming", a_.Set(R"({"x":2})")));

  EXPECT_EQ(result.status, PushStatus::kAccepted);
  EXPECT_EQ(First().status, ConflictStatus::kResolved);
  EXPECT_EQ(First().resolution->choose, "incoming");
  EXPECT_EQ(First().resolution->by, "agent-10");
  EXPECT_EQ(hub_.Feed().back().change_type, "resolve");
  EXPECT_EQ(hub_.Feed().back().kind, "resolve");
}

TEST_F(ResolveTest, ChoosingCurrentNeedsNoDelta) {
  SettleForAll();

  a_.PushOne(Keep(a_));

  EXPECT_EQ(First().resolution->choose, "current");
  EXPECT_EQ(Shown(), R"({"x":3})");
}

TEST_F(ResolveTest, WhatWaitedIsShownWhenItIsChosen) {
  LetWaitForAll();

  a_.PushOne(Choose(a_, "incoming", a_.Set(R"({"x":3})")));

  EXPECT_EQ(First().resolution->choose, "incoming");
  EXPECT_EQ(Shown(), R"({"x":3})");
}

TEST_F(ResolveTest, AnotherValueMayBeChosen) {
  LetWaitForAll();

  b_.PushOne(Choose(b_, "value", b_.Set(R"({"x":9})")));

  EXPECT_EQ(First().resolution->choose, "value");
  EXPECT_EQ(Shown(), R"({"x":9})");
}

TEST_F(ResolveTest, ChoiceAtARecordNothingChangedIsNeverLeftOut) {
  LetWaitForAll();
  PushEntry choice = a_.Set(R"({"x":9})");
  // Somebody writes what is shown already: unseen, but nothing that changes the record.
  PushEntry same = c_.Set(R"({"y":1})");
  same.delta.cells["d/x"].head = Head{Stamp{c_.hlc, c_.device, 7}, CellKind::kAtom, "2"};
  TestNotebook::Seal(same);
  c_.PushOne(same);

  a_.PushOne(Choose(a_, "value", Manual(choice)));

  EXPECT_EQ(First().resolution->choose, "value");
  EXPECT_THAT(Open(), IsEmpty());
}

TEST_F(ResolveTest, RecordThatChangedMeanwhileStaysOpen) {
  LetWaitForAll();
  const PushEntry late = Keep(a_);
  c_.PushOne(c_.Set(R"({"x":7})"));

  a_.PushOne(late);

  EXPECT_EQ(First().status, ConflictStatus::kOpen);
  EXPECT_EQ(First().current.value, Value("7"));
}

TEST_F(ResolveTest, SecondOfTwoChoicesWaitsItself) {
  LetWaitForAll();
  const PushEntry first = Choose(a_, "incoming", a_.Set(R"({"x":3})"));
  const PushEntry second = Choose(c_, "value", c_.Set(R"({"x":8})"));
  a_.PushOne(first);

  EXPECT_EQ(c_.PushOne(second).status, PushStatus::kConflict);

  EXPECT_EQ(First().status, ConflictStatus::kResolved);
  EXPECT_EQ(Shown(), R"({"x":3})");
  ASSERT_THAT(Open(), SizeIs(1));
  EXPECT_EQ(Open()[0].current.value, Value("3"));
  EXPECT_EQ(Open()[0].incoming.value, Value("8"));
  EXPECT_EQ(Open()[0].incoming.device, c_.device);
}

TEST_F(ResolveTest, SecondChoiceWaitsEvenWhereTheTableFindsNoClash) {
  Begin(R"({"l":["a"]})");
  a_.PushOne(a_.Set(R"({"l":["b"]})"));
  Later();
  b_.PushOne(Manual(b_.Write(Replace(R"({"l":["c"]})", "/l"))));
  first_record_ = Only().id;
  a_.Pull();
  c_.Pull();
  const PushEntry first = Choose(a_, "value", a_.Set(R"({"l":["d"]})"));
  const PushEntry second = Choose(c_, "value", c_.Set(R"({"l":["e"]})"));
  a_.PushOne(first);

  c_.PushOne(second);

  EXPECT_EQ(Shown(), R"({"l":["a","b","d"]})");
  ASSERT_THAT(Open(), SizeIs(1));
  EXPECT_EQ(Open()[0].incoming.value, Value(R"(["e"])"));
}

TEST_F(ResolveTest, SecondChoiceWaitsWhole) {
  LetWaitForAll();
  const PushEntry first = Choose(a_, "value", a_.Set(R"({"x":{"k":1,"m":1}})"));
  const PushEntry second = Choose(c_, "value", c_.Set(R"({"x":{"k":2,"n":2}})"));
  a_.PushOne(first);

  c_.PushOne(second);

  EXPECT_EQ(Shown(), R"({"x":{"k":1,"m":1}})");
  ASSERT_THAT(Open(), SizeIs(1));
  EXPECT_EQ(Open()[0].path, "/x");
  EXPECT_EQ(Open()[0].incoming.value, Value(R"({"k":2,"n":2})"));
}

TEST_F(ResolveTest, SecondChoiceOfTheSameValueIsNothing) {
  LetWaitForAll();
  const PushEntry first = Choose(a_, "incoming", a_.Set(R"({"x":3})"));
  const PushEntry second = Choose(c_, "incoming", c_.Set(R"({"x":3})"));
  a_.PushOne(first);

  EXPECT_EQ(c_.PushOne(second).status, PushStatus::kMerged);

  EXPECT_THAT(Open(), IsEmpty());
}

TEST_F(ResolveTest, SecondChoiceThatKeptWhatWasShownWaitsToo) {
  LetWaitForAll();
  const PushEntry first = Choose(a_, "incoming", a_.Set(R"({"x":3})"));
  const PushEntry second = Keep(c_);
  a_.PushOne(first);

  EXPECT_EQ(c_.PushOne(second).status, PushStatus::kConflict);

  EXPECT_EQ(Shown(), R"({"x":3})");
  ASSERT_THAT(Open(), SizeIs(1));
  EXPECT_EQ(Open()[0].current.value, Value("3"));
  EXPECT_EQ(Open()[0].incoming.value, Value("2"));
}

TEST_F(ResolveTest, TwoThatKeepWhatIsShownAgree) {
  LetWaitForAll();
  const PushEntry first = Keep(a_);
  const PushEntry second = Keep(c_);
  a_.PushOne(first);

  EXPECT_EQ(c_.PushOne(second).status, PushStatus::kMerged);

  EXPECT_THAT(Open(), IsEmpty());
}

TEST_F(ResolveTest, NotebookThatChoosesAgainKnowsItsFirstChoice) {
  LetWaitForAll();
  const PushEntry first = Choose(a_, "incoming", a_.Set(R"({"x":3})"));
  Later();
  const PushEntry second = Choose(a_, "value", a_.Set(R"({"x":4})"));

  a_.Push({first, second});

  EXPECT_EQ(Shown(), R"({"x":4})");
  EXPECT_THAT(Open(), IsEmpty());
}

TEST_F(ResolveTest, ChoiceAboutAnUnknownRecordIsAWriteLikeAnyOther) {
  Begin(R"({"x":1})");

  EXPECT_EQ(a_.PushOne(Choose(a_, "value", a_.Set(R"({"x":4})"))).status, PushStatus::kAccepted);

  EXPECT_EQ(Shown(), R"({"x":4})");
  EXPECT_THAT(hub_.Records(), IsEmpty());
}

TEST_F(ResolveTest, WhatIsNoChoiceIsRefused) {
  SettleForAll();
  const PushEntry odd = Choose(a_, "superseded", a_.Enter({}));
  EXPECT_EQ(a_.PushOne(odd).code, "invalid");
  first_record_ = "c-1";
  EXPECT_EQ(a_.PushOne(Keep(a_)).code, "invalid");
}

TEST_F(ResolveTest, TwoSettledVersionsEndWithAChoice) {
  const ContextRef project = {Level::kProject, "p"};
  a_.PushOne(a_.Set(R"({"x":1})", project));
  b_.PushOne(b_.Set(R"({"x":2})", project));
  ASSERT_EQ(Only().strategy, Strategy::kVersion);
  first_record_ = Only().id;
  a_.Pull();
  PushEntry choice = a_.Enter({}, project);

  a_.PushOne(Choose(a_, "current", choice));

  EXPECT_THAT(hub_.Records(/*with_resolved=*/false), IsEmpty());
}

}  // namespace
}  // namespace contextsync::resolve_test
