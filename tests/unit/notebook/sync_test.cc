// The notebook's side of the hub protocol: outcomes, pages, rebuilds.

#include <gtest/gtest.h>

#include "tests/unit/notebook/states.h"
#include "tests/unit/notebook/sync_fixture.h"

namespace contextsync::test::sync_test {
namespace {

class SyncTest : public SyncFixture {};

TEST_F(SyncTest, AcceptedRightAfterTheCursorIsAPageByItself) {
  a_.Update(Task("t1"), {{"a", 1}});

  const auto effects = PushAll(a_);

  EXPECT_EQ(effects.confirmed, 1U);
  EXPECT_FALSE(effects.needs_pull);
  EXPECT_EQ(a_.notebook->Position().cursor, HubSequence(1));
  EXPECT_EQ(a_.notebook->Position().check, hub_.Changes(HubSequence(0)).check);
  EXPECT_EQ(a_.Version(Task("t1")).version, 1U);
  EXPECT_FALSE(a_.Version(Task("t1")).pending);
  EXPECT_EQ(JournalSize(a_), 0U);
  EXPECT_EQ(a_.notebook->Summary().own_confirmed, 1U);
}

TEST_F(SyncTest, AcceptedFurtherOnStaysJournalledUntilItsItemIsContained) {
  b_.Update(Task("t2"), {{"b", 1}});
  PushAll(b_);
  a_.Update(Task("t1"), {{"a", 1}});

  const auto effects = PushAll(a_);

  EXPECT_TRUE(effects.needs_pull);
  EXPECT_EQ(a_.notebook->Position().cursor, HubSequence(0));
  EXPECT_EQ(JournalSize(a_), 1U);
  EXPECT_EQ(a_.notebook->Summary().pending, 0U);
  EXPECT_FALSE(a_.Version(Task("t1")).pending);
  EXPECT_TRUE(a_.notebook->NextPush(256, kAnyBytes).value().empty());

  EXPECT_EQ(Pull(a_).applied, 2U);
  EXPECT_EQ(JournalSize(a_), 0U);
  EXPECT_EQ(StatesOf(a_), hub_.states());
}

TEST_F(SyncTest, AnAnswerBeyondTheCursorIsNoSync) {
  b_.Update(Task("t2"), {{"b", 1}});
  PushAll(b_);
  a_.Update(Task("t1"), {{"a", 1}});
  const auto answer = Answer(a_);
  a_.notebook->HubSpoke({a_.clock.BootTime(), answer.epoch, answer.head});
  const UnixMillis spoken = a_.clock.WallMillis();
  a_.clock.Advance(1'000);

  ASSERT_TRUE(a_.notebook->NoteResults(answer).ok());

  EXPECT_EQ(a_.notebook->Position().last_sync_at, std::nullopt);
  Pull(a_);
  EXPECT_EQ(a_.notebook->Position().last_sync_at, spoken) << "not when it was applied";
}

TEST_F(SyncTest, WhatIsOnlyLookedAtStaysYoungAcrossARestart) {
  a_.Update(Task("t1"), {{"a", 1}});
  PushAll(a_);
  const auto epoch = a_.notebook->Position().claim.epoch;
  const auto heartbeat = [&] { a_.notebook->HubSpoke({a_.clock.BootTime(), epoch, hub_.head()}); };
  heartbeat();
  const auto first = a_.notebook->Position().last_sync_at;
  EXPECT_EQ(first, a_.clock.WallMillis());

  a_.clock.Advance(14'999);
  heartbeat();
  EXPECT_EQ(a_.notebook->Position().last_sync_at, first) << "not worth a write";
  a_.clock.Advance(1);
  heartbeat();
  EXPECT_EQ(a_.notebook->Position().last_sync_at, a_.clock.WallMillis());

  a_.clock.Advance(60'000);
  a_.notebook->HubSpoke({a_.clock.BootTime(), epoch, HubSequence(hub_.head().value + 1)});
  EXPECT_EQ(a_.notebook->Position().SinceLastSync("", a_.clock.WallMillis()),
            std::chrono::seconds(60))
      << "we lag behind";
  EXPECT_EQ(a_.notebook->Position().SinceLastSync("", *first), std::nullopt) << "set back";
}

TEST_F(SyncTest, AHubThatIsAcceptedNowHasNothingOfWhatTheFormerOneSaid) {
  a_.Update(Task("t1"), {{"a", 1}});
  PushAll(a_);
  ASSERT_TRUE(a_.notebook->PinHubOrigin("https://former").ok());
  const auto epoch = a_.notebook->Position().claim.epoch;
  const auto speak = [&] { a_.notebook->HubSpoke({a_.clock.BootTime(), epoch, hub_.head()}); };
  speak();
  const auto since = [&](std::string_view hub) {
    return a_.notebook->Position().SinceLastSync(hub, a_.clock.WallMillis());
  };
  EXPECT_EQ(since("https://former"), std::chrono::seconds(0));
  EXPECT_EQ(since("https://hub"), std::nullopt);

  a_.clock.Advance(1'000);
  a_.notebook->HubSpoke({a_.clock.BootTime(), epoch, HubSequence(hub_.head().value + 1)});
  ASSERT_TRUE(a_.notebook->PinHubOrigin("https://hub").ok());
  EXPECT_EQ(since("https://hub"), std::nullopt) << "there is more at the hub";

  speak();
  EXPECT_EQ(since("https://hub"), std::chrono::seconds(0));
}

TEST_F(SyncTest, AWordOfAnotherHistoryIsNoSync) {
  a_.notebook->HubSpoke({a_.clock.BootTime(), Epoch(std::string(32, 'b')), HubSequence(0)});
  a_.Update(Task("t1"), {{"a", 1}});

  PushAll(a_);

  EXPECT_EQ(a_.notebook->Position().last_sync_at, std::nullopt);
}

TEST_F(SyncTest, AnAnswerIsNoPageWhereItsItemMayTouchARecord) {
  b_.Update(Task("t1"), {{"a", 1}});
  PushAll(b_);
  auto page = hub_.Changes(HubSequence(0));
  ConflictRecord record;
  record.id = "c-0123456789abcdef";
  record.context = Task("t1");
  record.path = "/a";
  page.changes.front().conflicts.push_back(record);
  ASSERT_EQ(a_.notebook->ApplyPage(page).value().applied, 1U);
  a_.Update(Task("t1"), {{"a", 2}});

  const auto effects = PushAll(a_);

  EXPECT_TRUE(effects.needs_pull);
  EXPECT_EQ(a_.notebook->Position().cursor, HubSequence(1));
}

TEST_F(SyncTest, AnEntryThatNeededNoItemIsNoPage) {
  b_.Update(Task("t1"), {{"b", 1}});
  PushAll(b_);
  a_.Update(Task("t1"), {{"a", 1}});
  const auto version = a_.Version(Task("t1")).version;
  // What a hub answers to a repair it needs nothing of: its head, which is the item of another.
  PushResponse response;
  response.head = hub_.head();
  const auto entry = a_.notebook->NextPush(256, kAnyBytes).value().front();
  PushResult result;
  result.n = entry.n;
  result.status = PushStatus::kAccepted;
  result.seq = hub_.head();
  result.check = hub_.Changes(HubSequence(0)).check;
  result.hash = entry.hash;
  response.results.push_back(result);

  const auto effects = a_.notebook->NoteResults(response).value();

  EXPECT_EQ(effects.confirmed, 1U);
  EXPECT_TRUE(effects.needs_pull);
  EXPECT_EQ(a_.notebook->Position().cursor, HubSequence(0)) << "the item of b_ was skipped";
  EXPECT_LT(a_.Version(Task("t1")).version, version) << "no item of this context was numbered";
  Pull(a_);
  EXPECT_EQ(a_.Data(Task("t1")), (Json{{"a", 1}, {"b", 1}}));
}

TEST_F(SyncTest, ALostAnswerIsAcknowledgedByTheFeed) {
  a_.Update(Task("t1"), {{"a", 1}});
  Answer(a_);

  Pull(a_);

  EXPECT_EQ(a_.notebook->Position().unsent, 0U);
  EXPECT_EQ(a_.notebook->Position().acked_n, EntryNumber(0))
      << "told to the hub before it was synced";
  ASSERT_TRUE(a_.notebook->Flush().ok());
  EXPECT_EQ(a_.notebook->Position().acked_n, EntryNumber(1));
  EXPECT_EQ(a_.Version(Task("t1")).version, 1U);
}

TEST_F(SyncTest, TheClaimNamesTheHighestNumberHeardOf) {
  b_.Update(Task("t2"), {{"b", 1}});
  PushAll(b_);
  a_.Update(Task("t1"), {{"a", 1}});
  PushAll(a_);

  const auto claim = a_.notebook->Position().claim;

  EXPECT_EQ(claim.known, HubSequence(2));
  EXPECT_EQ(claim.check, hub_.Changes(HubSequence(0)).check);
}

TEST_F(SyncTest, APageWithAHoleAppliesNothing) {
  b_.Update(Task("t1"), {{"a", 1}});
  b_.Update(Task("t1"), {{"a", 2}});
  PushAll(b_);

  const auto effects = a_.notebook->ApplyPage(hub_.Changes(HubSequence(1))).value();

  EXPECT_TRUE(effects.hole);
  EXPECT_EQ(a_.notebook->Position().cursor, HubSequence(0));
  EXPECT_TRUE(a_.Data(Task("t1")).is_null());
}

TEST_F(SyncTest, APageTwiceIsAppliedOnce) {
  b_.Update(Task("t1"), {{"a", 1}});
  PushAll(b_);
  const auto page = hub_.Changes(HubSequence(0));
  ASSERT_EQ(a_.notebook->ApplyPage(page).value().applied, 1U);

  const auto again = a_.notebook->ApplyPage(page).value();

  EXPECT_EQ(again.applied, 0U);
  EXPECT_FALSE(again.hole);
}

TEST_F(SyncTest, APageThatEndsInsideATransactionAppliesNothing) {
  ASSERT_TRUE(
      b_.notebook
          ->Write(b_.Request({Updating(Task("t1"), {{"a", 1}}), Updating(Task("t2"), {{"a", 1}})}))
          .ok());
  PushAll(b_);
  auto page = hub_.Changes(HubSequence(0));
  page.changes.pop_back();
  page.next = HubSequence(1);

  EXPECT_TRUE(a_.notebook->ApplyPage(page).value().hole);
  EXPECT_TRUE(a_.Data(Task("t1")).is_null());
}

TEST_F(SyncTest, AnUnknownKindStopsTheFeed) {
  b_.Update(Task("t1"), {{"a", 1}});
  PushAll(b_);
  auto page = hub_.Changes(HubSequence(0));
  page.changes[0].kind = "from-the-future";

  const auto effects = a_.notebook->ApplyPage(page).value();

  EXPECT_EQ(effects.stop, FeedStop::kUpgradeRequired);
  EXPECT_EQ(effects.applied, 0U);
  EXPECT_EQ(a_.notebook->Position().cursor, HubSequence(0));
}

TEST_F(SyncTest, AnItemThatBreaksTheHubsOwnLimitsStopsTheFeed) {
  b_.Update(Task("t1"), {{"a", 1}});
  PushAll(b_);
  const auto lawful = hub_.Changes(HubSequence(0));
  auto bad_name = lawful;
  bad_name.changes[0].context.id = std::string(10'000, 'x');
  auto bad_agent = lawful;
  bad_agent.changes[0].changed_by = std::string(10'000, 'x');
  auto from_the_future = lawful;
  from_the_future.changes[0].timestamp -= 3'600'000;

  for (const auto& page : {bad_name, bad_agent, from_the_future})
    EXPECT_EQ(a_.notebook->ApplyPage(page).value().stop, FeedStop::kHubInvalid);

  EXPECT_EQ(a_.notebook->Position().cursor, HubSequence(0));
  EXPECT_EQ(a_.notebook->ApplyPage(lawful).value().applied, 1U);
}

TEST_F(SyncTest, ARefusedEntryIsParkedAndStillShown) {
  hub_.rejects = [](const PushEntry& entry) { return entry.context == Task("forbidden"); };
  a_.Update(Task("forbidden"), {{"a", 1}});
  a_.Update(Task("t1"), {{"a", 1}});

  const auto effects = PushAll(a_);

  EXPECT_EQ(effects.parked, 1U);
  EXPECT_EQ(effects.rebuild, std::vector<ContextRef>{Task("forbidden")});
  EXPECT_EQ(a_.notebook->Position().rebuild, effects.rebuild);
  SyncAll(*a_.notebook, hub_);
  EXPECT_EQ(a_.Data(Task("forbidden")), (Json{{"a", 1}})) << "laid over what the state shows";
  EXPECT_TRUE(a_.Version(Task("forbidden")).pending);
  EXPECT_TRUE(StatesOf(a_)[Task("forbidden")].cells.empty()) << "but not in the state";
  EXPECT_EQ(a_.notebook->Summary().parked, 1U);
  a_.Open();
  EXPECT_EQ(a_.Data(Task("forbidden")), (Json{{"a", 1}}));
}

TEST_F(SyncTest, WhatIsOnlyShownThanksToARefusedEntryIsNotInTheFingerprint) {
  hub_.rejects = [](const PushEntry& entry) { return entry.context == Task("forbidden"); };
  a_.Update(Task("t1"), {{"a", 1}});
  a_.Update(Task("forbidden"), {{"a", 1}});
  PushAll(a_);
  SyncAll(*a_.notebook, hub_);
  SyncAll(*b_.notebook, hub_);

  const auto with = a_.notebook->Fingerprint();
  const auto without = b_.notebook->Fingerprint();

  ASSERT_TRUE(with.ok() && without.ok());
  EXPECT_EQ(with.value().state_hash, without.value().state_hash);
  EXPECT_EQ(with.value().contexts, without.value().contexts);
}

TEST_F(SyncTest, ATrimmedEntryStaysUntilItsContextIsRebuilt) {
  hub_.trims = [this](const PushEntry& entry, Delta& delta) -> std::optional<std::string> {
    if (entry.agent != "challenger") return std::nullopt;
    delta.cells.clear();
    return "c-0123456789abcdef";
  };
  b_.Update(Task("t1"), {{"status", "incumbent"}});
  PushAll(b_);
  auto request = a_.Request({Updating(Task("t1"), {{"status", "challenger"}})});
  request.agent = "challenger";
  ASSERT_TRUE(a_.notebook->Write(request).ok());

  const auto effects = PushAll(a_);
  EXPECT_EQ(effects.rebuild, std::vector<ContextRef>{Task("t1")});
  Pull(a_);
  EXPECT_EQ(JournalSize(a_), 1U) << "contained by number, but not rebuilt";
  EXPECT_EQ(a_.notebook->Position().rebuild, std::vector<ContextRef>{Task("t1")});

  ASSERT_TRUE(a_.notebook->InstallContext(hub_.SnapshotOf(Task("t1"))).ok());
  EXPECT_EQ(JournalSize(a_), 0U);
  EXPECT_EQ(a_.Data(Task("t1")), (Json{{"status", "incumbent"}}));
  EXPECT_EQ(StatesOf(a_), hub_.states());
  EXPECT_TRUE(a_.notebook->Position().rebuild.empty());
  EXPECT_EQ(a_.notebook->Summary().conflicts_open, 1U);
}

TEST_F(SyncTest, AStaleRebuildIsRefused) {
  b_.Update(Task("t1"), {{"a", 1}});
  PushAll(b_);
  const auto stale = hub_.SnapshotOf(Task("t1"));
  b_.Update(Task("t1"), {{"a", 2}});
  PushAll(b_);
  Pull(a_);

  const auto status = a_.notebook->InstallContext(stale);

  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code(), ErrorCode::kConflict);
  EXPECT_EQ(a_.Data(Task("t1")), (Json{{"a", 2}}));
}

TEST_F(SyncTest, ItemsARebuildContainsAreNotAppliedAgain) {
  b_.Update(Task("t1"), {{"a", 1}});
  PushAll(b_);
  ASSERT_TRUE(a_.notebook->InstallContext(hub_.SnapshotOf(Task("t1"))).ok());
  EXPECT_EQ(a_.notebook->Position().cursor, HubSequence(0));

  Pull(a_);

  EXPECT_EQ(StatesOf(a_), hub_.states());
  EXPECT_EQ(a_.Version(Task("t1")).version, 1U);
}

TEST_F(SyncTest, AProvisionalVersionStaysGoodAfterItsNumber) {
  b_.Update(Task("other"), {{"b", 1}});
  PushAll(b_);
  const auto told = a_.Update(Task("t1"), {{"a", 1}}).writes.at(0).version;
  SyncAll(*a_.notebook, hub_);
  ASSERT_NE(a_.Version(Task("t1")).version, told);
  auto write = Updating(Task("t1"), {{"a", 2}});
  write.expected_version = told;

  EXPECT_TRUE(a_.Try(write).ok());
}

TEST_F(SyncTest, AProvisionalVersionIsVoidAfterAForeignChange) {
  const auto told = a_.Update(Task("t1"), {{"a", 1}}).writes.at(0).version;
  SyncAll(*a_.notebook, hub_);
  SyncAll(*b_.notebook, hub_);
  b_.Update(Task("t1"), {{"b", 1}});
  SyncAll(*b_.notebook, hub_);
  SyncAll(*a_.notebook, hub_);
  auto write = Updating(Task("t1"), {{"a", 2}});
  write.expected_version = told;

  EXPECT_FALSE(a_.Try(write).ok());
}

TEST_F(SyncTest, APushNeverSplitsATransaction) {
  a_.Update(Task("t0"), {{"a", 1}});
  ASSERT_TRUE(
      a_.notebook
          ->Write(a_.Request({Updating(Task("t1"), {{"a", 1}}), Updating(Task("t2"), {{"a", 1}})}))
          .ok());

  EXPECT_EQ(a_.notebook->NextPush(2, kAnyBytes).value().size(), 1U);
  EXPECT_EQ(a_.notebook->NextPush(3, kAnyBytes).value().size(), 3U);
  PushAll(a_);
  ASSERT_TRUE(
      a_.notebook
          ->Write(a_.Request({Updating(Task("t1"), {{"a", 2}}), Updating(Task("t2"), {{"a", 2}})}))
          .ok());
  EXPECT_EQ(a_.notebook->NextPush(1, 1).value().size(), 2U) << "at least one whole transaction";
}

TEST_F(SyncTest, SkewGapAndRetryAreTold) {
  a_.Update(Task("t1"), {{"a", 1}});
  PushResponse response;
  response.last_n = EntryNumber(4);
  for (const auto status : {PushStatus::kClockSkew, PushStatus::kGap, PushStatus::kRetry}) {
    PushResult result;
    result.n = EntryNumber(1);
    result.status = status;
    response.results.push_back(result);
  }

  const auto effects = a_.notebook->NoteResults(response).value();

  EXPECT_EQ(effects.skewed_from, EntryNumber(1));
  EXPECT_TRUE(effects.retry);
  EXPECT_EQ(effects.resend_from, EntryNumber(5));
  EXPECT_EQ(a_.notebook->Position().unsent, 1U);
}

TEST_F(SyncTest, ForeignStampsMoveTheClock) {
  b_.clock.Advance(50'000);
  b_.Update(Task("t1"), {{"a", "theirs"}});
  PushAll(b_);
  Pull(a_);

  a_.Update(Task("t1"), {{"a", "mine"}});

  EXPECT_EQ(a_.Data(Task("t1")), (Json{{"a", "mine"}}));
}

}  // namespace
}  // namespace contextsync::test::sync_test
