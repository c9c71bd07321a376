// Under `manual` what clashes waits for a person: what is left out, and what ends it.

#include <gmock/gmock.h>

#include "core/ports/hub_wire.h"
#include "tests/unit/hub/conflict_fixture.h"

namespace contextsync::manual_test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ManualTest : public ConflictFixture {
 protected:
  static std::vector<std::string> Paths(const Delta& delta) {
    std::vector<std::string> paths;
    for (const auto& [path, cell] : delta.cells)
      paths.push_back(path);
    return paths;
  }
};

// ── what is left out ──

TEST_F(ManualTest, ClashIsLeftOutAndTheIncumbentStaysShown) {
  const PushResult result = LetWait();

  EXPECT_EQ(Shown(), R"({"x":2})");
  const ConflictRecord record = Only();
  EXPECT_EQ(record.status, ConflictStatus::kOpen);
  EXPECT_EQ(record.strategy, Strategy::kManual);
  EXPECT_EQ(record.current.value, Value("2"));
  EXPECT_EQ(record.current.device, a_.device);
  EXPECT_EQ(record.incoming.value, Value("3"));
  EXPECT_EQ(record.incoming.device, b_.device);
  EXPECT_EQ(record.incoming.id, b_.pending.back().id);
  EXPECT_EQ(record.incoming.seq, HubSequence(3));
  EXPECT_THAT(Paths(record.left_out.delta()), ElementsAre("d", "d/x"));
  EXPECT_EQ(result.status, PushStatus::kConflict);
  EXPECT_THAT(result.conflicts, ElementsAre(record.id));
}

TEST_F(ManualTest, ItemWithNothingLeftIsNumberedAllTheSame) {
  const PushResult result = LetWait();

  const FeedItem item = hub_.Feed().back();
  EXPECT_EQ(item.seq, HubSequence(3));
  EXPECT_EQ(item.n, EntryNumber(1));
  EXPECT_EQ(item.change_type, "conflict");
  EXPECT_THAT(item.delta.cells, IsEmpty());
  EXPECT_THAT(item.conflicts, ElementsAre(Only()));
  PushEntry rest = b_.pending.back();
  rest.on_conflict = Strategy::kManual;
  rest.delta = {};
  EXPECT_EQ(item.hash, EntryHash(rest));
  EXPECT_EQ(result.hash, item.hash);
  EXPECT_EQ(hub_.Context().updated_by, "agent-10");
}

TEST_F(ManualTest, DuplicateRepeatsTheRecordAndTheHashOfWhatWasLeft) {
  const PushResult first = LetWait();

  const PushResult again = b_.PushOne(Manual(b_.pending.back()));

  EXPECT_EQ(again.status, PushStatus::kDuplicate);
  EXPECT_EQ(again.hash, first.hash);
  EXPECT_EQ(again.conflicts, first.conflicts);
}

TEST_F(ManualTest, DuplicateUnderAnotherNumberNamesOnlyTheRecordsItIsASideOf) {
  TestNotebook c(hub_, 0xC);
  LetWait();
  c.Pull();
  const PushEntry knowing = c.Set(R"({"x":7})");
  EXPECT_EQ(c.PushOne(knowing).status, PushStatus::kAccepted);  // the open record follows it
  PushEntry again = knowing;
  again.n = EntryNumber(2);

  EXPECT_THAT(c.PushOne(again).conflicts, IsEmpty());
}

TEST_F(ManualTest, TheRestOfTheEntryIsNumbered) {
  Begin(R"({"x":1})");
  a_.PushOne(a_.Set(R"({"x":2})"));
  Later();
  b_.PushOne(Manual(b_.Set(R"({"x":3,"y":4})")));

  EXPECT_EQ(Shown(), R"({"x":2,"y":4})");
  EXPECT_EQ(hub_.Feed().back().change_type, "update");
  EXPECT_THAT(Paths(hub_.Feed().back().delta), ElementsAre("d", "d/y"));
}

TEST_F(ManualTest, HeadThatStillServesAnotherPathStays) {
  Begin(R"({"p":{"x":1}})");
  a_.PushOne(a_.Set(R"({"p":{"x":2}})"));
  Later();
  b_.PushOne(Manual(b_.Set(R"({"p":{"x":3,"y":4}})")));

  EXPECT_THAT(Paths(hub_.Feed().back().delta), ElementsAre("d", "d/p", "d/p/y"));
  EXPECT_THAT(Paths(Only().left_out.delta()), ElementsAre("d/p/x"));
}

TEST_F(ManualTest, IdleHeadDoesNotReviveADeletedParent) {
  TestNotebook c(hub_, 0xC);
  Begin(R"({"p":{"x":1},"q":1})");
  a_.PushOne(a_.Set(R"({"p":{"x":2}})"));
  c.Pull();
  const PushEntry removal = c.Set(R"({"p":null})");  // older than what B is going to write
  Later();
  b_.PushOne(Manual(b_.Set(R"({"p":{"x":3}})")));

  c.PushOne(removal);

  EXPECT_EQ(Shown(), R"({"q":1})");
}

TEST_F(ManualTest, ReplacedListGoesAsOne) {
  Begin(R"({"l":["a"]})");
  a_.PushOne(a_.Set(R"({"l":["b"]})"));
  Later();
  b_.PushOne(Manual(b_.Write(Replace(R"({"l":["c"]})", "/l"))));

  EXPECT_EQ(Shown(), R"({"l":["a","b"]})");
  EXPECT_EQ(Only().incoming.value, Value(R"(["c"])"));
  const ConflictRecord record = Only();
  const Cell* cell = FindCell(record.left_out.delta(), "d/l");
  ASSERT_NE(cell, nullptr);
  EXPECT_FALSE(cell->clr.IsNever());
  EXPECT_THAT(cell->elems, SizeIs(1));
}

TEST_F(ManualTest, DeleteGoesAsOneAndWhatItsWriterHadSeenStays) {
  Begin(R"({"p":{"old":1,"x":1},"q":1})");
  a_.PushOne(a_.Set(R"({"p":{"x":2}})"));
  Later();
  b_.PushOne(Manual(b_.Set(R"({"p":null})")));

  EXPECT_EQ(Shown(), R"({"p":{"old":1,"x":2},"q":1})");
  EXPECT_EQ(Only().path, "/p");
  EXPECT_EQ(Only().incoming.value, kDeleted);
}

TEST_F(ManualTest, DeletedContextWaitsWithBothTrees) {
  Begin(R"({"x":1})");
  a_.PushOne(a_.Set(R"({"x":2})"));
  Later();
  b_.PushOne(Manual(b_.Erase()));

  EXPECT_EQ(Shown(), R"({"x":2})");
  EXPECT_EQ(Only().path, "");
  EXPECT_EQ(Only().incoming.value, kDeleted);
  EXPECT_THAT(hub_.Feed().back().delta.cells, IsEmpty());
  EXPECT_NE(FindCell(Only().left_out.delta(), "m"), nullptr);
}

TEST_F(ManualTest, EditOfADeletedContextWaitsWhole) {
  Begin(R"({"x":1})");
  a_.PushOne(a_.Erase());
  Later();
  b_.PushOne(Manual(b_.Set(R"({"x":2,"y":3})")));

  EXPECT_FALSE(Render(hub_.Context().state).exists);
  EXPECT_EQ(Only().current.value, kDeleted);
  EXPECT_EQ(Only().incoming.value, Value(R"({"x":2,"y":3})"));
  EXPECT_THAT(hub_.Feed().back().delta.cells, IsEmpty());
}

TEST_F(ManualTest, MoveToAnotherParentWaits) {
  Begin(R"({"x":1})");
  Update first;
  first.parent = ContextRef{Level::kBranch, "main"};
  Update second;
  second.parent = ContextRef{Level::kBranch, "dev"};
  a_.PushOne(a_.Write(std::move(first)));
  Later();

  b_.PushOne(Manual(b_.Write(std::move(second))));

  EXPECT_EQ(Only().path, "@parent");
  EXPECT_EQ(Only().incoming.value, Value(R"({"context_id":"dev","level":"branch"})"));
  EXPECT_EQ(Render(hub_.Context().state).parent, (ContextRef{Level::kBranch, "main"}));
}

TEST_F(ManualTest, WhatWaitsIsNothingThatOthersClashWith) {
  TestNotebook c(hub_, 0xC);
  Begin(R"({"x":1})");
  a_.PushOne(a_.Set(R"({"x":2})"));
  c.Pull();
  Later();
  b_.PushOne(Manual(b_.Set(R"({"x":3})")));

  // C has seen A's value but not that B's waits; and its older stamp has nothing to beat.
  EXPECT_NE(c.PushOne(c.Set(R"({"x":7})")).status, PushStatus::kConflict);

  EXPECT_EQ(Shown(), R"({"x":7})");
  EXPECT_EQ(Only().status, ConflictStatus::kOpen);
  EXPECT_EQ(Only().current.value, Value("7"));
}

TEST_F(ManualTest, RefusalIsTestedFirst) {
  Begin(R"({"x":1})");
  a_.PushOne(a_.Set(R"({"x":2})"));
  Later();
  PushEntry entry = b_.Set(R"({"x":3})");
  entry.fail = true;
  const PushResult result = b_.PushOne(Manual(entry));

  EXPECT_EQ(result.status, PushStatus::kRejected);
  EXPECT_EQ(result.code, "VERSION_MISMATCH");
  EXPECT_THAT(hub_.Records(), IsEmpty());
}

TEST_F(ManualTest, RefusalCoversWhatWouldOnlyFollow) {
  Begin(R"({"l":["a"]})");
  a_.PushOne(a_.Set(R"({"l":["b"]})"));
  Later();
  const PushEntry first = Manual(b_.Write(Replace(R"({"l":["c"]})", "/l")));
  PushEntry second = b_.Set(R"({"l":["d"]})");
  second.fail = true;
  TestNotebook::Seal(second);

  EXPECT_EQ(b_.Push({first, second}).at(1).code, "VERSION_MISMATCH");
}

TEST_F(ManualTest, TransactionIsTrimmedPartByPartAndNumberedWhole) {
  const ContextRef other = {Level::kTask, "t2"};
  Begin(R"({"x":1})");
  a_.PushOne(a_.Set(R"({"x":2})"));
  Later();
  std::vector<PushEntry> parts = {b_.Set(R"({"x":3})"), b_.Set(R"({"y":1})", other)};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    parts[i].tx = TxPart{"tx", static_cast<std::uint32_t>(i), 2};
    parts[i] = Manual(parts[i]);
  }

  const auto results = b_.Push(parts);

  EXPECT_EQ(results.at(0).status, PushStatus::kConflict);
  EXPECT_EQ(results.at(1).seq, HubSequence(4));
  EXPECT_EQ(Shown(), R"({"x":2})");
  EXPECT_EQ(Shown(other), R"({"y":1})");
}

TEST_F(ManualTest, PolicyMayAskForIt) {
  Begin(R"({"x":1})");
  a_.PushOne(a_.Set(R"({"conflict":{"paths":{"/x":"manual"}}})", {Level::kGlobal, "_policy"}));

  Cross(R"({"x":2})", R"({"x":3})");

  EXPECT_EQ(Shown(), R"({"x":2})");
}

TEST_F(ManualTest, ReissuedWriteToAForgottenContextWaits) {
  PushEntry entry = b_.Set(R"({"x":3})");
  entry.delta.cells.erase("m");
  entry.delta.cells.erase("m/parent");
  entry.delta.cells.erase("m/created");
  entry.reissue = HubSequence();

  EXPECT_EQ(b_.PushOne(Manual(entry)).status, PushStatus::kConflict);

  EXPECT_EQ(Only().path, "");
  EXPECT_EQ(Only().incoming.value, Value(R"({"x":3})"));
  EXPECT_FALSE(Render(hub_.Context().state).exists);
}

// ── what changes and what ends a record ──

TEST_F(ManualTest, KnowingWriteOfTheChallengerIsShownAndEndsIt) {
  LetWait();
  b_.Pull();

  EXPECT_EQ(b_.PushOne(b_.Set(R"({"x":5})")).status, PushStatus::kAccepted);

  EXPECT_EQ(Shown(), R"({"x":5})");
  EXPECT_EQ(Only().status, ConflictStatus::kResolved);
  EXPECT_EQ(Only().resolution->choose, "superseded");
  EXPECT_EQ(Only().incoming.value, Value("3"));
  EXPECT_FALSE(Only().left_out.empty());
}

TEST_F(ManualTest, KnowingWriteOfAnotherOnlyRenewsWhatIsShown) {
  LetWait();
  a_.Pull();

  a_.PushOne(a_.Set(R"({"x":7})"));

  EXPECT_EQ(Only().status, ConflictStatus::kOpen);
  EXPECT_EQ(Only().current.value, Value("7"));
  EXPECT_EQ(Only().rev, HubSequence(4));
  EXPECT_THAT(hub_.Feed().back().conflicts, ElementsAre(Only()));
}

TEST_F(ManualTest, WriteAboveRenewsWhatIsShown) {
  Begin(R"({"p":{"x":1}})");
  a_.PushOne(a_.Set(R"({"p":{"x":2}})"));
  Later();
  b_.PushOne(Manual(b_.Set(R"({"p":{"x":3}})")));
  a_.Pull();

  a_.PushOne(a_.Write(Replace(R"({"p":{"x":9}})", "/p")));

  EXPECT_EQ(Only().status, ConflictStatus::kOpen);
  EXPECT_EQ(Only().current.value, Value("9"));
}

TEST_F(ManualTest, KnowingDeleteByAnybodyEndsIt) {
  LetWait();
  a_.Pull();

  a_.PushOne(a_.Erase());

  EXPECT_EQ(Only().status, ConflictStatus::kResolved);
}

TEST_F(ManualTest, DeleteThatDoesNotKnowLeavesItOpen) {
  TestNotebook c(hub_, 0xC);
  Begin(R"({"x":1,"y":1})");
  a_.PushOne(a_.Set(R"({"x":2})"));
  c.Pull();
  const PushEntry removal = c.Set(R"({"x":null})");
  b_.PushOne(Manual(b_.Set(R"({"x":3})")));

  c.PushOne(removal);

  EXPECT_EQ(Only().status, ConflictStatus::kOpen);
  EXPECT_EQ(Only().current.value, kDeleted);
}

TEST_F(ManualTest, ItEndsWhenWhatWaitsIsShown) {
  LetWait();
  a_.Pull();

  a_.PushOne(a_.Set(R"({"x":3})"));

  EXPECT_EQ(Only().status, ConflictStatus::kResolved);
  EXPECT_EQ(Only().resolution->choose, "superseded");
}

TEST_F(ManualTest, ItEndsWhenTheChallengerComesToWantWhatIsShown) {
  Begin(R"({"x":1})");
  const std::vector<PushEntry> chain = {Manual(b_.Set(R"({"x":3})")), b_.Set(R"({"x":2})")};
  a_.PushOne(a_.Set(R"({"x":2})"));

  const auto results = b_.Push(chain);

  EXPECT_EQ(Only().status, ConflictStatus::kResolved);
  EXPECT_THAT(results.at(1).conflicts, ElementsAre(Only().id));
}

TEST_F(ManualTest, WriteElsewhereLeavesItAlone) {
  LetWait();
  b_.Pull();
  const HubSequence rev = Only().rev;

  b_.PushOne(b_.Set(R"({"y":1})"));

  EXPECT_EQ(Only().status, ConflictStatus::kOpen);
  EXPECT_EQ(Only().rev, rev);
}

}  // namespace
}  // namespace contextsync::manual_test
