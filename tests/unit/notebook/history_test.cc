// What a context showed at its versions, and how long versions are kept.

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/document/join.h"
#include "tests/support/seed.h"
#include "tests/unit/notebook/past.h"
#include "tests/unit/notebook/tiny_hub.h"

namespace contextsync::test::history_test {
namespace {

constexpr UnixMillis kDay = 24LL * 60 * 60 * 1000;

/// What the hub's feed makes of `ref` up to `version`.
Json FoldOf(const TinyHub& hub, const ContextRef& ref, std::uint64_t version) {
  State state;
  for (const auto& item : hub.feed()) {
    if (item.context != ref || item.seq.value > version) continue;
    Join(state, item.delta);
    ApplyDrops(state, item.drops);
  }
  const View view = Render(state);
  return view.exists ? view.data : Json();
}

// ── views at versions ──

TEST(PastTest, EveryVersionMadeWithoutAHubShowsWhatItShowed) {
  Desk desk(false);
  for (int i = 1; i <= 120; ++i)
    desk.Update(kRef, {{"n", i}, {"seen", {i % 7}}});

  for (std::uint64_t version = 1; version <= 120; ++version)
    EXPECT_EQ(DataAt(desk, kRef, version)["n"], version);
  EXPECT_EQ(DataAt(desk, kRef, 3)["seen"], Json({1, 2, 3}));
  EXPECT_EQ(HistoryOf(desk, kRef).oldest, 1U);
}

TEST(PastTest, VersionsThatLeftTheJournalStillShowWhatTheyShowed) {
  Desk desk(false);
  desk.Update(kRef, {{"n", 1}});
  desk.Update(kRef, {{"n", 2}});
  for (int i = 0; i < 1'100; ++i)
    desk.Update(Task("other"), {{"n", i}});

  EXPECT_EQ(DataAt(desk, kRef, 1), Json({{"n", 1}}));
  EXPECT_EQ(DataAt(desk, kRef, 2), Json({{"n", 2}}));
}

TEST(PastTest, ADeletedContextHasItsVersionsStill) {
  Desk desk(false);
  desk.Update(kRef, {{"a", 1}});
  desk.Write(Deleting(kRef));
  desk.Update(kRef, {{"b", 2}});

  EXPECT_EQ(DataAt(desk, kRef, 1), Json({{"a", 1}}));
  EXPECT_EQ(DataAt(desk, kRef, 2), Json());
  EXPECT_EQ(DataAt(desk, kRef, 3), Json({{"b", 2}}));
}

TEST(PastTest, ForeignItemsWithSmallerNumbersComeBeforeOwnOnes) {
  TinyHub hub;
  Desk a(true, 1);
  Desk b(true, 2);
  SyncAll(*a.notebook, hub);
  SyncAll(*b.notebook, hub);
  a.Update(kRef, {{"mine", 1}});
  b.Update(kRef, {{"theirs", 1}});
  SyncAll(*b.notebook, hub);
  SyncAll(*a.notebook, hub);

  EXPECT_EQ(DataAt(a, kRef, 1), Json({{"theirs", 1}}));
  EXPECT_EQ(DataAt(a, kRef, 2), Json({{"mine", 1}, {"theirs", 1}}));
}

TEST(PastTest, OwnChangesWithoutANumberStandOnTop) {
  TinyHub hub;
  Desk desk;
  desk.Update(kRef, {{"n", 1}});
  SyncAll(*desk.notebook, hub);
  desk.Update(kRef, {{"n", 2}});
  desk.Update(kRef, {{"n", 3}});

  EXPECT_EQ(DataAt(desk, kRef, 1), Json({{"n", 1}}));
  EXPECT_EQ(DataAt(desk, kRef, 2), Json({{"n", 2}}));
  EXPECT_EQ(DataAt(desk, kRef, 3), Json({{"n", 3}}));
  EXPECT_EQ(OldestTold(desk, kRef, 4), 1U);
}

TEST(PastTest, ANumberedVersionIsToldWithTheHubsTime) {
  TinyHub hub;
  Desk desk;
  desk.Update(kRef, {{"n", 1}});
  SyncAll(*desk.notebook, hub);
  const auto entries_before = HistoryOf(desk, kRef).versions.size();
  desk.Update(kRef, {{"n", 2}});
  auto response = hub.Push(desk.notebook->Position(), desk.notebook->NextPush(16, 1 << 20).value());
  response.server_time = 1'900'000'000'000;
  ASSERT_TRUE(desk.notebook->NoteResults(response).ok());

  const auto history = HistoryOf(desk, kRef);
  ASSERT_EQ(history.versions.size(), entries_before + 1);
  EXPECT_EQ(history.versions.front().timestamp, 1'900'000'000'000);
}

TEST(PastTest, ASnapshotBeginsTheHistoryOfWhatChangedAnew) {
  TinyHub hub;
  Desk a(true, 1);
  Desk b(true, 2);
  SyncAll(*b.notebook, hub);
  a.Update(kRef, {{"n", 1}});
  a.Update(Task("still"), {{"n", 1}});
  SyncAll(*a.notebook, hub);
  SyncAll(*b.notebook, hub);
  for (int i = 2; i <= 5; ++i)
    a.Update(kRef, {{"n", i}});
  SyncAll(*a.notebook, hub);

  ASSERT_TRUE(b.notebook->InstallSnapshot({hub.Snapshot()}).ok());

  const auto rev = b.Version(kRef).version;
  EXPECT_EQ(HistoryOf(b, kRef).oldest, rev);
  EXPECT_EQ(DataAt(b, kRef, rev)["n"], 5);
  EXPECT_EQ(OldestTold(b, kRef, 1), rev);
  EXPECT_EQ(DataAt(b, Task("still"), 2)["n"], 1) << "nothing of it happened unseen";
  EXPECT_EQ(HistoryOf(b, Task("still")).versions.size(), 1U);

  b.Update(kRef, {{"n", 6}});
  SyncAll(*b.notebook, hub);
  EXPECT_EQ(DataAt(b, kRef, rev)["n"], 5);
  EXPECT_EQ(DataAt(b, kRef, b.Version(kRef).version)["n"], 6);
  EXPECT_EQ(OldestTold(b, kRef, rev - 1), rev);
}

TEST(PastTest, ASnapshotUnderPendingChangesShowsThemOnTopOnly) {
  TinyHub hub;
  Desk a(true, 1);
  Desk b(true, 2);
  SyncAll(*b.notebook, hub);
  a.Update(kRef, {{"n", 1}});
  SyncAll(*a.notebook, hub);
  b.Update(kRef, {{"mine", 1}});

  ASSERT_TRUE(b.notebook->InstallSnapshot({hub.Snapshot()}).ok());

  EXPECT_EQ(DataAt(b, kRef, 1), Json({{"n", 1}}));
  EXPECT_EQ(DataAt(b, kRef, 2), Json({{"n", 1}, {"mine", 1}}));
}

TEST(PastTest, VersionsOfAHistoryThatWasLeftAreGone) {
  TinyHub hub;
  Desk desk;
  for (int i = 1; i <= 4; ++i) {
    desk.Update(kRef, {{"n", i}});
    SyncAll(*desk.notebook, hub);
  }
  hub.Restore(HubSequence(2), std::string(32, 'b'));
  Desk other(true, 2);
  other.Update(Task("o"), {{"n", 1}});
  SyncAll(*other.notebook, hub);
  SyncAll(*desk.notebook, hub);

  for (const auto& version : HistoryOf(desk, kRef).versions)
    EXPECT_EQ(DataAt(desk, kRef, version.version), FoldOf(hub, kRef, version.version));
  EXPECT_EQ(DataAt(desk, kRef, desk.Version(kRef).version), Json({{"n", 4}}));
  EXPECT_EQ(OldestTold(desk, kRef, 1), HistoryOf(desk, kRef).oldest);
}

TEST(PastTest, EveryVersionOnEveryNotebookIsTheFoldOfTheFeed) {
  const auto seed = TestSeed();
  SCOPED_TRACE(seed);
  std::mt19937_64 chance(seed);
  TinyHub hub;
  std::vector<std::unique_ptr<Desk>> desks;
  for (std::uint64_t i = 1; i <= 3; ++i)
    desks.push_back(std::make_unique<Desk>(true, seed + i));
  for (auto& desk : desks)
    SyncAll(*desk->notebook, hub);
  for (int step = 0; step < 600; ++step) {
    Desk& desk = *desks[chance() % desks.size()];
    desk.clock.Advance(static_cast<UnixMillis>(chance() % 1'000));
    const auto roll = chance() % 10;
    if (roll == 0) {
      SyncAll(*desk.notebook, hub);
    } else if (roll == 1 && !desk.Data(kRef).is_null()) {
      desk.Write(Deleting(kRef));
    } else {
      desk.Update(kRef, {{"k" + std::to_string(chance() % 4), chance() % 5},
                         {"list", {chance() % 6}},
                         {"todo", {chance() % 3, chance() % 3}}});
    }
  }
  for (int round = 0; round < 2; ++round) {
    for (auto& desk : desks)
      SyncAll(*desk->notebook, hub);
  }

  for (auto& desk : desks) {
    const auto history = HistoryOf(*desk, kRef);
    ASSERT_EQ(history.versions.size(), hub.feed().size());
    for (const auto& version : history.versions)
      ASSERT_EQ(DataAt(*desk, kRef, version.version), FoldOf(hub, kRef, version.version))
          << version.version;
  }
}

TEST(PastTest, AVersionHoldsWhatTheHubNumberedAndNotWhatItLeftOut) {
  TinyHub hub;
  Desk a(true, 1);
  Desk b(true, 2);
  SyncAll(*a.notebook, hub);
  SyncAll(*b.notebook, hub);
  a.Update(kRef, {{"n", 1}, {"waits", 1}});
  hub.trims = [](const PushEntry&, Delta& delta) -> std::optional<std::string> {
    delta.cells.erase("d/waits");
    return "c-1";
  };
  const auto sent = a.notebook->NextPush(16, 1 << 20).value();
  hub.Push(a.notebook->Position(), sent);

  // The event leaves the delta out: its writer has it, but not what became of it.
  ChangesPage event = hub.Changes(a.notebook->Position().cursor);
  event.changes.front().has_delta = false;
  event.changes.front().delta = {};
  EXPECT_TRUE(a.notebook->ApplyPage(event).value().hole);
  SyncAll(*a.notebook, hub);
  SyncAll(*b.notebook, hub);

  EXPECT_EQ(DataAt(a, kRef, 1), Json({{"n", 1}}));
  EXPECT_EQ(DataAt(b, kRef, 1), Json({{"n", 1}}));
}

// ── what is kept ──

TEST(HistoryKeepTest, TheLast200StayHoweverOldAndOldestIsExact) {
  TinyHub hub;
  Desk desk;
  for (int i = 1; i <= 400; ++i) {
    desk.clock.Advance(kDay);
    desk.Update(kRef, {{"n", i}});
    auto entries = desk.notebook->NextPush(16, 1 << 20).value();
    if (i == 1) SyncAll(*desk.notebook, hub);
    if (i == 1) continue;
    auto response = hub.Push(desk.notebook->Position(), entries);
    response.server_time = desk.clock.WallMillis();
    ASSERT_TRUE(desk.notebook->NoteResults(response).ok());
  }
  const auto history = HistoryOf(desk, kRef);

  EXPECT_GE(history.versions.size(), 200U);
  EXPECT_LE(history.versions.size(), 300U);
  EXPECT_EQ(history.oldest, history.versions.back().version);
  for (const auto& version : history.versions)
    ASSERT_EQ(DataAt(desk, kRef, version.version)["n"], version.version);
  EXPECT_EQ(OldestTold(desk, kRef, history.oldest - 1), history.oldest);
}

TEST(HistoryKeepTest, TheLast30DaysStayHoweverMany) {
  TinyHub hub;
  Desk desk;
  SyncAll(*desk.notebook, hub);
  for (int i = 1; i <= 400; ++i) {
    desk.clock.Advance(1'000);
    desk.Update(kRef, {{"n", i}});
    auto response =
        hub.Push(desk.notebook->Position(), desk.notebook->NextPush(16, 1 << 20).value());
    response.server_time = desk.clock.WallMillis();
    ASSERT_TRUE(desk.notebook->NoteResults(response).ok());
  }

  EXPECT_EQ(HistoryOf(desk, kRef).versions.size(), 400U);
  EXPECT_EQ(DataAt(desk, kRef, 1)["n"], 1);
}

TEST(HistoryKeepTest, WithoutAHubOldVersionsGoToo) {
  Desk desk(false);
  for (int i = 1; i <= 1'400; ++i) {
    desk.clock.Advance(kDay);
    desk.Update(kRef, {{"n", i}});
  }
  const auto history = HistoryOf(desk, kRef, 2'000);

  EXPECT_GT(history.oldest, 1U);
  EXPECT_EQ(history.oldest, history.versions.back().version);
  EXPECT_EQ(DataAt(desk, kRef, history.oldest)["n"], history.oldest);
  EXPECT_EQ(DataAt(desk, kRef, history.oldest + 1)["n"], history.oldest + 1);
  EXPECT_EQ(OldestTold(desk, kRef, history.oldest - 1), history.oldest);
}

// ── spans ──

TEST(SpanTest, DefaultsAreTheCurrentVersionAndTheOneBefore) {
  Desk desk(false);
  desk.Update(kRef, {{"n", 1}});
  desk.Update(kRef, {{"n", 2}});

  const auto span = desk.notebook->Span({kRef, {}, {}}).value();

  EXPECT_EQ(span.from, 1U);
  EXPECT_EQ(span.to, 2U);
  EXPECT_EQ(span.before.data, Json({{"n", 1}}));
  EXPECT_EQ(span.after.data, Json({{"n", 2}}));
}

TEST(SpanTest, BeforeTheFirstVersionIsTheEmptyContext) {
  Desk desk(false);
  desk.Update(kRef, {{"n", 1}});

  const auto span = desk.notebook->Span({kRef, {}, {}}).value();

  EXPECT_EQ(span.from, 0U);
  EXPECT_FALSE(span.before.exists);
}

TEST(SpanTest, AContextNeverSeenIsNotFound) {
  Desk desk(false);
  EXPECT_EQ(desk.notebook->Span({kRef, {}, {}}).failure().code, RefusalCode::kNotFound);
}

}  // namespace
}  // namespace contextsync::test::history_test
