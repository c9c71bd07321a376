// What a notebook does with conflict records: keeps them, shows them, has them resolved; and what
// it takes back when the hub refuses a write whose caller wanted to know.

#include <gtest/gtest.h>

#include "core/notebook/chosen_update.h"
#include "core/notebook/shown_versions.h"
#include "tests/unit/notebook/fixture.h"
#include "tests/unit/notebook/states.h"
#include "tests/unit/notebook/tiny_hub.h"

namespace contextsync::test::conflicts_test {
namespace {

constexpr std::size_t kNoBound = 1 << 20;
constexpr const char* kId = "c-0123456789abcdef";

ConflictSide Side(std::optional<std::string> value, std::uint64_t seq) {
  ConflictSide side;
  side.value = std::move(value);
  side.seq = HubSequence(seq);
  return side;
}

/// `current` beside `incoming` at /status of task t1, found at item `seq`.
ConflictRecord Record(Strategy strategy, std::uint64_t seq, std::string id = kId) {
  ConflictRecord record;
  record.id = std::move(id);
  record.seq = record.rev = HubSequence(seq);
  record.context = Task("t1");
  record.path = "/status";
  record.current = Side("\"done\"", seq);
  record.incoming = Side("\"blocked\"", 1);
  record.strategy = strategy;
  if (strategy == Strategy::kManual) record.status = ConflictStatus::kOpen;
  return record;
}

class NotebookConflictsTest : public ::testing::Test {
 protected:
  NotebookConflictsTest() : a_(true, 1), b_(true, 2) {
    Greet(*a_.notebook, hub_);
    Greet(*b_.notebook, hub_);
  }

  /// B writes, and the hub files `record` with it; both notebooks hold it then.
  void File(const ConflictRecord& record) {
    hub_.files = [record](const FeedItem&) { return std::vector<ConflictRecord>{record}; };
    b_.Update(record.context, {{"n", ++n_}});
    SyncAll(*b_.notebook, hub_);
    hub_.files = [](const FeedItem&) { return std::vector<ConflictRecord>(); };
    SyncAll(*a_.notebook, hub_);
  }

  PushEffects PushAll(Desk& desk) {
    const auto entries = desk.notebook->NextPush(256, kNoBound).value();
    return desk.notebook->NoteResults(hub_.Push(desk.notebook->Position(), entries)).value();
  }

  Checked<WriteReceipt> Resolve(Desk& desk, const std::string& choose, Json value = nullptr,
                                std::string op_id = {}) {
    ContextWrite write;
    write.context = Task("t1");
    write.resolution = ResolutionChoice{kId, choose, std::move(value)};
    write.source = "resolve";
    return desk.Try(std::move(write), std::move(op_id));
  }

  [[nodiscard]] std::vector<PathVersions> Versions(const Desk& desk) const {
    return desk.notebook->Versions(Task("t1")).value();
  }

  TinyHub hub_;
  Desk a_;
  Desk b_;
  int n_ = 0;
};

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

class WithdrawTest : public NotebookConflictsTest {
 protected:
  WithdrawTest() {
    hub_.rejects = [](const PushEntry& entry) { return entry.fail; };
    hub_.refusal_code = "VERSION_MISMATCH";
    b_.Update(Task("t1"), {{"status", "done"}});
    SyncAll(*b_.notebook, hub_);
    SyncAll(*a_.notebook, hub_);
  }

  WriteReceipt WriteOrFail(const ContextRef& ref, Json data, const std::string& op_id) {
    auto write = Updating(ref, std::move(data));
    write.fail_on_conflict = true;
    return a_.Write(std::move(write), op_id);
  }
};

TEST_F(WithdrawTest, ARefusedWriteIsTakenBackWhole) {
  const Json before = a_.Data(Task("t1"));
  const auto version = a_.Version(Task("t1")).version;
  WriteOrFail(Task("t1"), {{"status", "mine"}}, "op");
  b_.Update(Task("t1"), {{"status", "theirs"}});
  SyncAll(*b_.notebook, hub_);
  SyncAll(*a_.notebook, hub_);
  ASSERT_EQ(a_.notebook->Summary().parked, 1U);

  const auto refusal = a_.notebook->Withdraw("op");

  ASSERT_TRUE(refusal.has_value());
  EXPECT_EQ(refusal->code, RefusalCode::kVersionMismatch);
  EXPECT_EQ(refusal->details["expected"], version);
  EXPECT_EQ(refusal->details["version"], 2);
  EXPECT_EQ(refusal->details["changed_keys"], Json::array({"status"}));
  EXPECT_EQ(a_.notebook->Summary().parked, 0U);
  EXPECT_EQ(a_.Data(Task("t1")), (Json{{"status", "theirs"}}));
  EXPECT_EQ(a_.Version(Task("t1")).version, 2U);
  EXPECT_FALSE(a_.Version(Task("t1")).pending);
  EXPECT_EQ(StatesOf(a_), hub_.states());
  EXPECT_NE(a_.Data(Task("t1")), before);
}

TEST_F(WithdrawTest, TakingBackIsNoWordOfTheHub) {
  WriteOrFail(Task("t1"), {{"status", "mine"}}, "op");
  const auto speak = [this] {
    a_.notebook->HubSpoke({a_.clock.BootTime(), hub_.Hello({}).epoch, HubSequence(0)});
  };
  speak();
  SyncAll(*a_.notebook, hub_);
  const auto synced_at = a_.notebook->Position().last_sync_at;
  ASSERT_TRUE(synced_at.has_value());
  a_.clock.Advance(60'000);
  speak();

  ASSERT_TRUE(a_.notebook->Withdraw("op").has_value());

  EXPECT_EQ(a_.notebook->Position().last_sync_at, synced_at);
}

TEST_F(WithdrawTest, ItsOpIdMayBeUsedAgain) {
  WriteOrFail(Task("t1"), {{"status", "mine"}}, "op");
  SyncAll(*a_.notebook, hub_);
  ASSERT_TRUE(a_.notebook->Withdraw("op").has_value());

  EXPECT_FALSE(WriteOrFail(Task("t1"), {{"status", "mine"}}, "op").repeated);
}

TEST_F(WithdrawTest, NobodyIsToldOfIt) {
  const auto before = a_.notebook->Latest();
  WriteOrFail(Task("t1"), {{"status", "mine"}}, "op");
  SyncAll(*a_.notebook, hub_);
  ASSERT_TRUE(a_.notebook->Withdraw("op").has_value());

  ChangesQuery query;
  query.since = before;
  query.session = "another";
  EXPECT_TRUE(a_.notebook->Changes(query).value().changes.empty());
}

TEST_F(WithdrawTest, NothingElseIsTakenBack) {
  WriteOrFail(Task("t2"), {{"status", "other"}}, "op-2");
  SyncAll(*a_.notebook, hub_);

  EXPECT_FALSE(a_.notebook->Withdraw("op").has_value());
  EXPECT_EQ(a_.notebook->Summary().parked, 1U);
}

TEST_F(WithdrawTest, AnotherRefusalIsNotTheCallersBusiness) {
  hub_.refusal_code = "FORBIDDEN";
  WriteOrFail(Task("t1"), {{"status", "mine"}}, "op");
  SyncAll(*a_.notebook, hub_);

  EXPECT_FALSE(a_.notebook->Withdraw("op").has_value());
  EXPECT_EQ(a_.Data(Task("t1")).at("status"), "mine") << "parked and shown";
}

TEST_F(WithdrawTest, AllContextsOfATransactionAreTakenBack) {
  auto write = Updating(Task("t9"), {{"status", "mine"}});
  write.fail_on_conflict = true;
  write.parents = {Branch("main")};
  hub_.rejects = [](const PushEntry& entry) { return entry.tx.has_value(); };
  a_.Write(std::move(write), "op");
  SyncAll(*a_.notebook, hub_);
  ASSERT_EQ(a_.notebook->Summary().parked, 2U);

  ASSERT_TRUE(a_.notebook->Withdraw("op").has_value());

  EXPECT_EQ(a_.notebook->Summary().parked, 0U);
  EXPECT_TRUE(a_.Data(Task("t9")).is_null());
  EXPECT_TRUE(a_.Data(Branch("main")).is_null());
}

TEST_F(WithdrawTest, LaterTheRefusalIsNoticedByTheWriterToo) {
  const auto before = a_.notebook->Latest();
  WriteOrFail(Task("t1"), {{"status", "mine"}}, "op");
  SyncAll(*a_.notebook, hub_);

  ChangesQuery query;
  query.since = before;
  query.session = "session-a";
  const auto changes = a_.notebook->Changes(query).value().changes;
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].change_type, "conflict");
  EXPECT_EQ(changes[0].keys, std::vector<std::string>{"status"});
  EXPECT_FALSE(changes[0].seq.has_value());
}

TEST(ShownVersionsTest, OnlyLiveRecordsOfTheStrategyCount) {
  ConflictRecord closed = Record(Strategy::kVersion, 5, "c-1");
  closed.status = ConflictStatus::kResolved;

  EXPECT_TRUE(ShownVersions(
                  {closed, Record(Strategy::kMerge, 6, "c-2"), Record(Strategy::kManual, 7, "c-3")})
                  .empty());
}

TEST(ShownVersionsTest, TheShownSideIsFirstAndEachStandsOnce) {
  ConflictRecord first = Record(Strategy::kVersion, 5, "c-1");
  first.current = Side("\"done\"", 5);
  first.incoming = Side("\"open\"", 3);
  ConflictRecord second = Record(Strategy::kVersion, 6, "c-2");
  second.current = Side("\"done\"", 5);
  second.incoming = Side(std::nullopt, 6);

  const auto versions = ShownVersions({first, second});

  ASSERT_EQ(versions.size(), 1U);
  EXPECT_EQ(versions[0].path, "/status");
  ASSERT_EQ(versions[0].sides.size(), 3U);
  EXPECT_EQ(versions[0].sides[0].value, "\"done\"");
  EXPECT_EQ(versions[0].sides[1].value, std::nullopt);
  EXPECT_EQ(versions[0].sides[2].value, "\"open\"");
}

Update Chosen(const ConflictRecord& record, const std::string& choose, Json value = nullptr) {
  return ChosenUpdate(record, {record.id, choose, std::move(value)}, {{"a", 1}, {"b", 2}})
      .value()
      .value();
}

/// The record of a delta that begins with a clear at its path.
ConflictRecord OfReplacement(std::string path, std::string incoming) {
  ConflictRecord record = Record(Strategy::kManual, 2);
  record.path = std::move(path);
  record.incoming.value = std::move(incoming);
  Delta delta;
  delta.cells["d" + record.path].clr = Stamp{Hlc(1), DeviceId(1), 0};
  record.left_out = LeftOut(std::move(delta));
  return record;
}

TEST(ChosenUpdateTest, CurrentNeedsNoWrite) {
  const auto update = ChosenUpdate(Record(Strategy::kManual, 2), {kId, "current", {}}, Json());

  EXPECT_FALSE(update.value().has_value());
}

TEST(ChosenUpdateTest, ADeletionIsWrittenAsNull) {
  ConflictRecord record = Record(Strategy::kManual, 2);
  record.path = "/a~1b/c";
  record.incoming.value = std::nullopt;

  const Update update = Chosen(record, "incoming");

  EXPECT_EQ(update.data, Json::parse(R"({"a/b":{"c":null}})"));
  EXPECT_TRUE(update.replace.empty());
}

TEST(ChosenUpdateTest, WhatMergedIsMergedAndWhatReplacedReplaces) {
  ConflictRecord merged = Record(Strategy::kManual, 2);
  merged.path = "/l";
  merged.incoming.value = "[1]";
  EXPECT_TRUE(Chosen(merged, "incoming").replace.empty());

  const Update update = Chosen(OfReplacement("/l", "[1]"), "incoming");
  EXPECT_EQ(update.data, Json::parse(R"({"l":[1]})"));
  EXPECT_EQ(update.replace, std::vector<std::string>{"/l"});
}

TEST(ChosenUpdateTest, AValueOfOnesOwnReplaces) {
  const Update update = Chosen(Record(Strategy::kManual, 2), "value", Json::array({1}));

  EXPECT_EQ(update.data, Json::parse(R"({"status":[1]})"));
  EXPECT_EQ(update.replace, std::vector<std::string>{"/status"});
}

TEST(ChosenUpdateTest, AWholeContextIsDeletedMergedOrReplaced) {
  ConflictRecord record = Record(Strategy::kManual, 2);
  record.path = "";
  record.incoming.value = std::nullopt;
  EXPECT_TRUE(Chosen(record, "incoming").erase_context);

  record.incoming.value = R"({"b":[1]})";
  EXPECT_EQ(Chosen(record, "incoming").data, Json::parse(R"({"b":[1]})"));

  const Update update = Chosen(OfReplacement("", R"({"b":[1]})"), "incoming");
  EXPECT_EQ(update.data, Json::parse(R"({"a":null,"b":[1]})"));
  EXPECT_EQ(update.replace, std::vector<std::string>{"/b"});
}

TEST(ChosenUpdateTest, AParentIsMovedTo) {
  ConflictRecord record = Record(Strategy::kManual, 2);
  record.path = "@parent";
  record.incoming.value = R"({"context_id":"main","level":"branch"})";
  EXPECT_EQ(Chosen(record, "incoming").parent, Branch("main"));

  const auto wrong = ChosenUpdate(record, {kId, "value", 17}, Json());
  ASSERT_FALSE(wrong.ok());
  EXPECT_EQ(wrong.error().code(), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace contextsync::test::conflicts_test
