// What a notebook does with conflict records: keeps them, shows them, has them resolved.

#include <gtest/gtest.h>

#include "tests/unit/notebook/conflicts_fixture.h"
#include "tests/unit/notebook/states.h"

namespace contextsync::test::conflicts_test {
namespace {

class NotebookConflictsTest : public ConflictsFixture {};

TEST_F(NotebookConflictsTest, ARecordIsKeptInItsLatestFormAndCounted) {
  File(Record(Strategy::kManual, 1));
  EXPECT_EQ(a_.notebook->Summary().conflicts_open, 1U);

  ConflictRecord closed = Record(Strategy::kManual, 1);
  closed.rev = HubSequence(2);
  closed.status = ConflictStatus::kResolved;
  closed.resolution = ConflictResolution{"incoming", "agent-a", HubSequence(2)};
  File(closed);

  EXPECT_EQ(a_.notebook->Summary().conflicts_open, 0U);
  EXPECT_EQ(a_.notebook->Summary().conflicts_total, 1U);
  EXPECT_EQ(a_.notebook->FindConflict(kId).value(), closed);
  EXPECT_EQ(b_.notebook->FindConflict(kId).value(), closed)
      << "the writer's own item brings it too";
}

TEST_F(NotebookConflictsTest, ARecordGoesWhenTheFeedSaysSo) {
  ConflictRecord closed = Record(Strategy::kManual, 1);
  closed.status = ConflictStatus::kResolved;
  File(closed);
  File(Record(Strategy::kManual, 2, "c-2222222222222222"));

  hub_.Collect(Task("t1"), {}, {kId});
  SyncAll(*a_.notebook, hub_);

  const auto page = a_.notebook->Conflicts({}).value();
  ASSERT_EQ(page.records.size(), 1U);
  EXPECT_EQ(page.records[0].id, "c-2222222222222222");
  EXPECT_EQ(a_.notebook->Summary().conflicts_open, 1U);
  EXPECT_TRUE(a_.notebook->Audit().value().empty());
}

TEST_F(NotebookConflictsTest, ARecordFiledAgainLaterStays) {
  ConflictRecord again = Record(Strategy::kManual, 1);
  again.rev = HubSequence(9);  // as a snapshot brought it
  File(again);

  hub_.Collect(Task("t1"), {}, {kId});
  SyncAll(*a_.notebook, hub_);

  EXPECT_EQ(a_.notebook->Conflicts({}).value().records.size(), 1U);
}

TEST_F(NotebookConflictsTest, WhatTheHubForgotBeforeItWasRestoredGoesWithTheNewEpoch) {
  ConflictRecord closed = Record(Strategy::kManual, 1);
  closed.status = ConflictStatus::kResolved;
  File(closed);
  hub_.Collect(Task("t1"), {}, {kId});  // `a_` is away
  SyncAll(*b_.notebook, hub_);
  hub_.Restore(HubSequence(1), std::string(32, 'b'));

  SyncAll(*a_.notebook, hub_);

  EXPECT_TRUE(a_.notebook->Conflicts({}).value().records.empty());
}

TEST_F(NotebookConflictsTest, AnOwnItemThatMayCarryARecordIsPulled) {
  File(Record(Strategy::kVersion, 1));
  ASSERT_EQ(Versions(a_).size(), 1U);
  ConflictRecord closed = Record(Strategy::kVersion, 1);
  closed.rev = HubSequence(2);
  closed.status = ConflictStatus::kResolved;
  hub_.files = [closed](const FeedItem&) { return std::vector<ConflictRecord>{closed}; };
  a_.Update(Task("t1"), {{"status", "known"}});

  const auto effects = PushAll(a_);

  EXPECT_TRUE(effects.needs_pull) << "the answer does not hold the record";
  EXPECT_TRUE(effects.touched_records);
  SyncAll(*a_.notebook, hub_);
  EXPECT_TRUE(Versions(a_).empty()) << "a knowing write ends the versions for its writer as well";
}

TEST_F(NotebookConflictsTest, AWriteFarFromAllRecordsStaysAPageByItself) {
  File(Record(Strategy::kVersion, 1));
  a_.Update(Task("t2"), {{"status", "new"}});

  const auto effects = PushAll(a_);

  EXPECT_FALSE(effects.needs_pull);
  EXPECT_FALSE(effects.touched_records);
}

TEST_F(NotebookConflictsTest, PagesAreNewestFirstAndFollowEachOther) {
  File(Record(Strategy::kManual, 1, "c-1111111111111111"));
  File(Record(Strategy::kManual, 2, "c-2222222222222222"));
  File(Record(Strategy::kMerge, 3, "c-3333333333333333"));

  ConflictQuery query{
      .level = {}, .context_id = {}, .status = ConflictStatus::kOpen, .limit = 1, .cursor = {}};
  const auto first = a_.notebook->Conflicts(query).value();
  query.cursor = first.next_cursor;
  const auto second = a_.notebook->Conflicts(query).value();

  ASSERT_EQ(first.records.size(), 1U);
  EXPECT_EQ(first.records[0].id, "c-2222222222222222");
  ASSERT_EQ(second.records.size(), 1U);
  EXPECT_EQ(second.records[0].id, "c-1111111111111111");
  EXPECT_TRUE(second.next_cursor.empty());
}

TEST_F(NotebookConflictsTest, AQueryIsNarrowedByLevelContextAndStatus) {
  File(Record(Strategy::kManual, 1));
  const auto count = [this](const ConflictQuery& query) {
    return a_.notebook->Conflicts(query).value().records.size();
  };

  ConflictQuery query;
  EXPECT_EQ(count(query), 1U);
  query.level = Level::kTask;
  query.context_id = "t1";
  query.status = ConflictStatus::kOpen;
  EXPECT_EQ(count(query), 1U);
  query.status = ConflictStatus::kAuto;
  EXPECT_EQ(count(query), 0U);
  query.status = std::nullopt;
  query.level = Level::kBranch;
  EXPECT_EQ(count(query), 0U);
  query.level = std::nullopt;
  query.context_id = "t2";
  EXPECT_EQ(count(query), 0U);
}

TEST_F(NotebookConflictsTest, ACursorNobodyGaveOutIsRefused) {
  ConflictQuery query;
  for (const char* cursor : {"x", "17", ".c", "9x.c-1"}) {
    query.cursor = cursor;
    const auto page = a_.notebook->Conflicts(query);
    ASSERT_FALSE(page.ok()) << cursor;
    EXPECT_EQ(page.failure().code, RefusalCode::kInvalidArgument);
  }
}

TEST_F(NotebookConflictsTest, AnUnknownRecordIsNotFound) {
  const auto receipt = Resolve(a_, "incoming");

  ASSERT_FALSE(receipt.ok());
  EXPECT_EQ(receipt.failure().code, RefusalCode::kNotFound);
  EXPECT_EQ(JournalSize(a_), 0U);
}

TEST_F(NotebookConflictsTest, AResolutionIsAnEntryWithTheValueItsWriterSaw) {
  a_.Update(Task("t1"), {{"status", "done"}, {"owner", "x"}});
  SyncAll(*a_.notebook, hub_);
  SyncAll(*b_.notebook, hub_);
  File(Record(Strategy::kManual, 2));

  const auto receipt = Resolve(a_, "incoming").value();

  EXPECT_TRUE(receipt.writes.at(0).changed);
  EXPECT_EQ(receipt.writes.at(0).context, Task("t1"));
  const auto entry = a_.notebook->NextPush(1, kNoBound).value().at(0);
  EXPECT_EQ(entry.op, EntryOp::kResolve);
  EXPECT_EQ(entry.conflict, kId);
  EXPECT_EQ(entry.choose, "incoming");
  EXPECT_EQ(entry.source, "resolve");
  EXPECT_EQ(entry.base, HubSequence(2));
  EXPECT_EQ(a_.Data(Task("t1")).at("status"), "blocked");
  EXPECT_EQ(a_.Data(Task("t1")).at("owner"), "x");
  EXPECT_EQ(a_.notebook->FindConflict(kId).value()->status, ConflictStatus::kOpen)
      << "closing it is the hub's";
}

TEST_F(NotebookConflictsTest, ChoosingWhatIsShownIsToldWithoutAWrite) {
  File(Record(Strategy::kManual, 1));
  const Json before = a_.Data(Task("t1"));

  const auto receipt = Resolve(a_, "current").value();

  EXPECT_TRUE(receipt.writes.at(0).changed);
  const auto entry = a_.notebook->NextPush(1, kNoBound).value().at(0);
  EXPECT_EQ(entry.op, EntryOp::kResolve);
  EXPECT_TRUE(entry.delta.cells.empty());
  EXPECT_EQ(a_.Data(Task("t1")), before);
}

TEST_F(NotebookConflictsTest, ARepeatedResolutionIsOneEntry) {
  File(Record(Strategy::kManual, 1));

  ASSERT_TRUE(Resolve(a_, "value", "third", "op").ok());
  const auto again = Resolve(a_, "value", "third", "op").value();

  EXPECT_TRUE(again.repeated);
  EXPECT_EQ(JournalSize(a_), 1U);
  EXPECT_EQ(a_.Data(Task("t1")).at("status"), "third");
}

TEST_F(NotebookConflictsTest, AClosedRecordIsLeftAsItIs) {
  ConflictRecord closed = Record(Strategy::kManual, 1);
  closed.status = ConflictStatus::kResolved;
  closed.resolution = ConflictResolution{"current", "agent-b", HubSequence(1)};
  File(closed);

  const auto receipt = Resolve(a_, "incoming").value();

  EXPECT_FALSE(receipt.writes.at(0).changed);
  EXPECT_EQ(receipt.writes.at(0).version, a_.Version(Task("t1")).version);
  EXPECT_EQ(JournalSize(a_), 0U);
}

TEST_F(NotebookConflictsTest, WithoutAHubARecordIsClosedHere) {
  File(Record(Strategy::kManual, 1));
  auto alone = Notebook::Open(a_.store, a_.mark, a_.clock, a_.random, {WorkspaceId("w"), false});
  ASSERT_TRUE(alone.ok());
  a_.notebook = std::move(alone).value();

  ASSERT_TRUE(Resolve(a_, "incoming").ok());

  const auto record = a_.notebook->FindConflict(kId).value();
  EXPECT_EQ(record->status, ConflictStatus::kResolved);
  EXPECT_EQ(record->resolution->choose, "incoming");
  EXPECT_EQ(a_.notebook->Summary().conflicts_open, 0U);
}

TEST_F(NotebookConflictsTest, TheItemOfAnOwnConflictIsNotToldAsSomebodyElses) {
  hub_.trims = [](const PushEntry&, Delta& delta) -> std::optional<std::string> {
    delta.cells.clear();
    return kId;
  };
  a_.Update(Task("t1"), {{"status", "challenger"}});
  PushAll(a_);
  ASSERT_TRUE(a_.notebook->InstallContext(hub_.SnapshotOf(Task("t1"))).ok());
  ASSERT_EQ(JournalSize(a_), 0U) << "the rebuild came before the item";

  SyncAll(*a_.notebook, hub_);

  ChangesQuery query;
  query.session = "session-a";
  EXPECT_TRUE(a_.notebook->Changes(query).value().changes.empty());
}

TEST_F(NotebookConflictsTest, ATrimmedItemWithoutItsContentIsAHole) {
  hub_.trims = [](const PushEntry&, Delta& delta) -> std::optional<std::string> {
    delta.cells.clear();
    return kId;
  };
  a_.Update(Task("t1"), {{"status", "challenger"}});
  PushAll(a_);
  auto page = hub_.Changes(HubSequence(0));
  page.changes.at(0).has_delta = false;

  EXPECT_TRUE(a_.notebook->ApplyPage(page).value().hole)
      << "what we pushed is not what the item holds";
}

TEST_F(NotebookConflictsTest, ARebuildWithoutTheRecordIsAskedForAgain) {
  hub_.trims = [](const PushEntry&, Delta& delta) -> std::optional<std::string> {
    delta.cells.clear();
    return kId;
  };
  a_.Update(Task("t1"), {{"status", "challenger"}});
  PushAll(a_);
  auto page = hub_.SnapshotOf(Task("t1"));
  page.conflicts.clear();

  const auto installed = a_.notebook->InstallContext(page);

  ASSERT_FALSE(installed.ok());
  EXPECT_EQ(installed.error().code(), ErrorCode::kConflict);
  EXPECT_EQ(a_.Data(Task("t1")).at("status"), "challenger") << "nothing is lost meanwhile";
}

TEST_F(NotebookConflictsTest, BelowTheFloorATrimmedEntryGoesWithoutItsForgottenRecord) {
  hub_.trims = [](const PushEntry&, Delta& delta) {
    delta = {};
    return std::optional<std::string>(kId);
  };
  a_.Update(Task("t1"), {{"status", "mine"}});
  PushAll(a_);
  hub_.Collect(Task("t1"), {}, {kId});
  SnapshotPage page = hub_.SnapshotOf(Task("t1"));
  ASSERT_TRUE(page.conflicts.empty());
  EXPECT_FALSE(a_.notebook->InstallContext(page).ok());

  ASSERT_TRUE(a_.notebook->NoteHub(hub_.head(), HubSequence(2), 0).ok());
  EXPECT_TRUE(a_.notebook->InstallContext(page).ok());

  EXPECT_EQ(a_.notebook->Position().unsent, 0U);
  EXPECT_TRUE(a_.notebook->Audit().value().empty());
}

TEST_F(NotebookConflictsTest, WhatWasWrittenAfterATrimmedEntryIsJoinedAgain) {
  hub_.trims = [](const PushEntry&, Delta& delta) -> std::optional<std::string> {
    delta.cells.clear();
    return kId;
  };
  a_.Update(Task("t1"), {{"status", "challenger"}});
  PushAll(a_);
  hub_.trims = [](const PushEntry&, Delta&) { return std::nullopt; };
  a_.Update(Task("t1"), {{"note", "later"}});
  a_.Open();  // the mark, not this process, knows that the rebuild is due

  SyncAll(*a_.notebook, hub_);

  EXPECT_EQ(a_.Data(Task("t1")), (Json{{"note", "later"}}));
  EXPECT_EQ(StatesOf(a_), hub_.states());
}

TEST_F(NotebookConflictsTest, EntriesNameTheFirstOneThatWaits) {
  a_.Update(Task("t1"), {{"n", 1}});
  a_.Update(Task("t1"), {{"n", 2}});
  a_.Update(Task("t2"), {{"n", 3}});

  const auto entries = a_.notebook->NextPush(3, kNoBound).value();

  EXPECT_FALSE(entries.at(0).over.has_value());
  EXPECT_EQ(entries.at(1).over, entries.at(0).id);
  EXPECT_FALSE(entries.at(2).over.has_value()) << "another context";
}

}  // namespace
}  // namespace contextsync::test::conflicts_test
