// A repair brings records back to a hub that has lost them.

#include <algorithm>

#include <gmock/gmock.h>

#include "tests/unit/hub/conflict_fixture.h"

namespace contextsync::refiling_test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class RefilingTest : public ConflictFixture {
 protected:
  /// A record as it was at another hub: 2 is shown, 3 waits.
  ConflictRecord Waiting() {
    TestHub lost;
    TestNotebook a(lost, 0xA);
    TestNotebook b(lost, 0xB);
    a.PushOne(a.Set(R"({"x":1})"));
    b.Pull();
    lost.clock.Advance(1'000);
    a.PushOne(a.Set(R"({"x":2})"));
    b.PushOne(Manual(b.Set(R"({"x":3})")));
    a.Pull();
    state_ = a.contexts[kTask];
    return lost.Records().at(0);
  }

  PushEntry Repair(TestNotebook& by, std::vector<ConflictRecord> records, Delta delta = {}) {
    PushEntry entry = by.Enter(std::move(delta));
    entry.op = EntryOp::kRepair;
    entry.base = HubSequence();
    entry.records = std::move(records);
    TestNotebook::Seal(entry);
    return entry;
  }

  State state_;  // of the other hub
};

TEST_F(RefilingTest, LostRecordComesBackWithWhatWasLeftOut) {
  const ConflictRecord record = Waiting();

  a_.PushOne(Repair(a_, {record}, state_));

  EXPECT_EQ(Only().id, record.id);
  EXPECT_EQ(Only().status, ConflictStatus::kOpen);
  EXPECT_EQ(Only().left_out, record.left_out);
  EXPECT_EQ(Only().current.value, Value("2"));
  EXPECT_EQ(Only().rev, HubSequence(1));
  EXPECT_THAT(hub_.Feed().back().conflicts, ElementsAre(Only()));
}

TEST_F(RefilingTest, RecordAloneIsNumbered) {
  const ConflictRecord record = Waiting();
  a_.PushOne(Repair(a_, {}, state_));

  EXPECT_EQ(a_.PushOne(Repair(a_, {record})).seq, HubSequence(2));

  EXPECT_EQ(hub_.Feed().back().kind, "repair");
  EXPECT_EQ(Only().id, record.id);
}

TEST_F(RefilingTest, WhatTheHubKnowsUsesUpTheNumberOnly) {
  const ConflictRecord record = Waiting();
  a_.PushOne(Repair(a_, {record}, state_));

  const PushResult again = b_.PushOne(Repair(b_, {record}, state_));

  EXPECT_EQ(again.status, PushStatus::kAccepted);
  EXPECT_EQ(again.rev, HubSequence());
  EXPECT_THAT(hub_.Feed(), SizeIs(1));
}

TEST_F(RefilingTest, PartsThatSeveralNotebooksBringAreJoined) {
  const ConflictRecord record = Waiting();
  ConflictRecord more = record;
  Delta left_out = record.left_out.delta();
  const Stamp later = {Hlc{record.incoming.stamp.hlc.value + 1}, record.incoming.device, 0};
  left_out.cells["d/x"].head = Head{later, CellKind::kAtom, "4"};
  more.left_out = LeftOut(left_out);
  more.incoming.id = EntryId(record.incoming.id.value + "+");
  a_.PushOne(Repair(a_, {record}, state_));

  b_.PushOne(Repair(b_, {more}, state_));

  EXPECT_EQ(Only().incoming.value, Value("4"));
  EXPECT_EQ(Only().incoming.id, more.incoming.id);
}

TEST_F(RefilingTest, AChoiceThatWasLostIsKnownAgain) {
  const ConflictRecord record = Waiting();
  ConflictRecord chosen = record;
  chosen.status = ConflictStatus::kResolved;
  chosen.resolution = ConflictResolution{"current", "agent-10", HubSequence(9)};
  a_.PushOne(Repair(a_, {record}, state_));

  b_.PushOne(Repair(b_, {chosen}, state_));
  a_.PushOne(Repair(a_, {record}));

  EXPECT_EQ(Only().status, ConflictStatus::kResolved);
  EXPECT_EQ(Only().resolution->choose, "current");
}

TEST_F(RefilingTest, SecondRecordOfTheSameChallengerIsMergedIntoTheFirst) {
  const ConflictRecord record = Waiting();
  ConflictRecord twin = record;
  twin.id = "c-00000000000000ff";
  Delta left_out;
  left_out.cells["d/x"].head =
      Head{Stamp{Hlc{record.incoming.stamp.hlc.value + 1}, record.incoming.device, 0},
           CellKind::kAtom, "4"};
  twin.left_out = LeftOut(left_out);
  a_.PushOne(Repair(a_, {record}, state_));

  b_.PushOne(Repair(b_, {twin}, state_));

  ASSERT_THAT(Open(), SizeIs(1));
  EXPECT_EQ(Open()[0].id, record.id);
  EXPECT_EQ(Open()[0].incoming.value, Value("4"));
  EXPECT_THAT(hub_.Records(), SizeIs(2));
}

TEST_F(RefilingTest, CurrentIsReadAnew) {
  const ConflictRecord record = Waiting();
  hub_.clock.Advance(60'000);
  b_.PushOne(b_.Set(R"({"x":8})"));

  a_.PushOne(Repair(a_, {record}, state_));

  EXPECT_EQ(Open().at(0).current.value, Value("8"));
}

TEST_F(RefilingTest, RecordIsClosedWhenWhatWaitedIsShown) {
  const ConflictRecord record = Waiting();
  hub_.clock.Advance(60'000);
  b_.PushOne(b_.Set(R"({"x":3})"));

  a_.PushOne(Repair(a_, {record}, state_));

  EXPECT_THAT(Open(), IsEmpty());
}

TEST_F(RefilingTest, NothingIsLeftOutOfARepairButAPersonIsAsked) {
  const ConflictRecord record = Waiting();
  a_.PushOne(a_.Set(R"({"conflict":{"workspace":"manual"}})", {Level::kGlobal, "_policy"}));
  b_.PushOne(b_.Set(R"({"x":8})"));

  const PushEntry repair = Repair(a_, {record}, state_);
  const PushResult result = a_.PushOne(repair);

  EXPECT_EQ(result.hash, repair.hash);
  EXPECT_EQ(Shown(), R"({"x":2})");
  const auto open = Open();
  const auto made = std::find_if(open.begin(), open.end(),
                                 [&](const ConflictRecord& r) { return r.id != record.id; });
  ASSERT_NE(made, open.end());
  EXPECT_EQ(made->current.value, Value("2"));
  EXPECT_EQ(made->incoming.value, Value("8"));
  EXPECT_TRUE(made->left_out.empty());
}

TEST_F(RefilingTest, WritesOfTheLostHistoryDoNotFollowARecordOfARepair) {
  a_.PushOne(a_.Set(R"({"conflict":{"workspace":"manual"}})", {Level::kGlobal, "_policy"}));
  const ConflictRecord record = Waiting();
  b_.PushOne(b_.Set(R"({"x":8})"));
  a_.PushOne(Repair(a_, {}, state_));
  b_.Pull();

  b_.PushOne(b_.Set(R"({"x":9})"));

  EXPECT_EQ(Shown(), R"({"x":9})");
  EXPECT_THAT(Open(), IsEmpty());
}

TEST_F(RefilingTest, RecordsOfAnotherContextAndOtherEntriesAreRefused) {
  ConflictRecord foreign = Waiting();
  foreign.context.id = "other";
  EXPECT_EQ(a_.PushOne(Repair(a_, {foreign})).code, "invalid");

  PushEntry write = a_.Set(R"({"x":1})");
  write.records = {Waiting()};
  TestNotebook::Seal(write);
  EXPECT_EQ(a_.PushOne(write).code, "invalid");
}

}  // namespace
}  // namespace contextsync::refiling_test
