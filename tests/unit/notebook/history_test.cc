// What a context showed at its versions, going back to one, and how long versions are kept.

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/document/join.h"
#include "tests/support/seed.h"
#include "tests/unit/notebook/fixture.h"
#include "tests/unit/notebook/tiny_hub.h"

namespace contextsync::history_test {
namespace {

using test::Deleting;
using test::Desk;
using test::SyncAll;
using test::Task;
using test::TinyHub;
using test::Updating;

constexpr UnixMillis kDay = 24LL * 60 * 60 * 1000;

const ContextRef kRef = Task("t");

/// What `desk` shows of `ref` at `version`; null when it was deleted then. The version must be
/// kept.
Json DataAt(const Desk& desk, const ContextRef& ref, std::uint64_t version) {
  const auto span = desk.notebook->Span({ref, 0, version});
  EXPECT_TRUE(span.ok()) << version << ": " << span.failure().message;
  if (!span.ok()) return "refused";
  return span.value().after.exists ? span.value().after.data : Json();
}

/// The `oldest` of the refusal that a version which is not kept must meet.
std::uint64_t OldestTold(const Desk& desk, const ContextRef& ref, std::uint64_t version) {
  const auto span = desk.notebook->Span({ref, 0, version});
  EXPECT_FALSE(span.ok()) << version;
  if (span.ok()) return 0;
  EXPECT_EQ(span.failure().code, RefusalCode::kNotFound);
  return span.failure().details.at("oldest").get<std::uint64_t>();
}

HistoryPage HistoryOf(const Desk& desk, const ContextRef& ref, std::size_t limit = 1'000) {
  return desk.notebook->History({ref, limit, ""}).value();
}

ContextWrite Reverting(const ContextRef& ref, std::uint64_t version) {
  ContextWrite write;
  write.context = ref;
  write.revert_to = version;
  write.source = "revert";
  return write;
}

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

// ── collections ──

/// What there is to drop of `key` in the list /list of `ref`.
std::vector<Drop> DropsOf(const TinyHub& hub, const ContextRef& ref, const std::string& key) {
  const Element& element = hub.states().at(ref).cells.at("d/list").elems.at(key);
  std::vector<Drop> drops;
  for (const auto& [component, stamp] :
       {std::pair{Component::kFirst, element.first}, std::pair{Component::kLast, element.last},
        std::pair{Component::kRm, element.rm}}) {
    if (!stamp.IsNever()) drops.push_back({"d/list", component, key, stamp});
  }
  return drops;
}

ContextWrite Removing(const ContextRef& ref, const std::string& pointer, Json value) {
  ContextWrite write;
  write.context = ref;
  write.update.remove = {{pointer, {std::move(value)}}};
  return write;
}

class CollectionTest : public ::testing::Test {
 protected:
  /// "x" was added and removed again, and everybody has seen it.
  CollectionTest() {
    SyncAll(*a.notebook, hub);
    SyncAll(*b.notebook, hub);
    a.Update(kRef, {{"list", {"x", "y"}}});
    a.Write(Removing(kRef, "/list", "x"));
    SyncAll(*a.notebook, hub);
    SyncAll(*b.notebook, hub);
  }

  void ExpectEqual() {
    EXPECT_EQ(a.notebook->Fingerprint().value().state_hash,
              b.notebook->Fingerprint().value().state_hash);
    EXPECT_EQ(a.notebook->Fingerprint().value().cursor, b.notebook->Fingerprint().value().cursor);
  }

  TinyHub hub;
  Desk a{true, 1};
  Desk b{true, 2};
};

TEST_F(CollectionTest, DropsExactlyAndChangesNothingThatPeopleSee) {
  const auto before = b.notebook->Fingerprint().value().state_hash;
  const auto info = b.notebook->Read(kRef).value().found->info;
  const auto position = b.notebook->Latest();

  hub.Collect(kRef, DropsOf(hub, kRef, "\"x\"#0"));
  SyncAll(*a.notebook, hub);
  SyncAll(*b.notebook, hub);

  ExpectEqual();
  EXPECT_NE(b.notebook->Fingerprint().value().state_hash, before);
  EXPECT_EQ(b.Data(kRef), Json({{"list", {"y"}}}));
  const auto after = b.notebook->Read(kRef).value().found->info;
  EXPECT_EQ(after.version, info.version);
  EXPECT_EQ(after.updated_at, info.updated_at);
  EXPECT_EQ(HistoryOf(b, kRef).versions.size(), 2U);
  ChangesQuery since;
  since.since = position;
  EXPECT_TRUE(b.notebook->Changes(since).value().changes.empty());
  EXPECT_EQ(DataAt(b, kRef, 1), Json({{"list", {"x", "y"}}}));
}

TEST_F(CollectionTest, LeavesAPendingAdditionOfTheSameElementAlone) {
  a.Update(kRef, {{"list", {"x"}}});  // not sent yet

  hub.Collect(kRef, DropsOf(hub, kRef, "\"x\"#0"));
  SyncAll(*b.notebook, hub);
  const auto page = hub.Changes(a.notebook->Position().cursor);
  ASSERT_EQ(a.notebook->ApplyPage(page).value().applied, 1U);
  EXPECT_EQ(a.Data(kRef), Json({{"list", {"y", "x"}}}));
  SyncAll(*a.notebook, hub);
  SyncAll(*b.notebook, hub);

  ExpectEqual();
  EXPECT_EQ(b.Data(kRef), Json({{"list", {"y", "x"}}}));
}

TEST_F(CollectionTest, OfARebuiltContextIsNotAppliedTwice) {
  hub.Collect(kRef, DropsOf(hub, kRef, "\"x\"#0"));
  b.Update(kRef, {{"list", {"x"}}});
  const auto sent = b.notebook->NextPush(16, 1 << 20).value();
  ASSERT_TRUE(b.notebook->NoteResults(hub.Push(b.notebook->Position(), sent)).ok());
  ASSERT_TRUE(b.notebook->InstallContext(hub.SnapshotOf(kRef)).ok());

  SyncAll(*b.notebook, hub);
  SyncAll(*a.notebook, hub);

  ExpectEqual();
  EXPECT_EQ(a.Data(kRef), Json({{"list", {"y", "x"}}}));
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

// ── revert ──

TEST(RevertTest, WritesWhatWasShownAsANewVersion) {
  Desk desk(false);
  const Json before = {{"status", "open"}, {"tags", {"b", "a"}}, {"deep", {{"x", 1}, {"y", {2}}}}};
  desk.Update(kRef, before);
  desk.Update(kRef, {{"status", "done"}, {"tags", {"c"}}, {"deep", {{"x", nullptr}}}, {"new", 1}});

  const auto receipt = desk.Write(Reverting(kRef, 1));

  EXPECT_EQ(desk.Data(kRef), before);
  EXPECT_TRUE(receipt.writes.front().changed);
  EXPECT_EQ(receipt.writes.front().version, 3U);
  EXPECT_EQ(HistoryOf(desk, kRef).versions.front().source, "revert");
  EXPECT_EQ(HistoryOf(desk, kRef).versions.front().change_type, "update");
}

TEST(RevertTest, ToWhatIsShownAlreadyChangesNothing) {
  Desk desk(false);
  desk.Update(kRef, {{"n", 1}});

  const auto receipt = desk.Write(Reverting(kRef, 1));

  EXPECT_FALSE(receipt.writes.front().changed);
  EXPECT_EQ(desk.Version(kRef).version, 1U);
}

TEST(RevertTest, RevivesADeletedContextWhereItWas) {
  Desk desk(false);
  auto write = Updating(kRef, {{"list", {2, 1}}, {"n", 1}});
  write.parents = {test::Branch("b")};
  desk.Write(std::move(write));
  desk.Write(Deleting(kRef));

  const auto receipt = desk.Write(Reverting(kRef, 1));

  EXPECT_TRUE(receipt.writes.front().created);
  EXPECT_EQ(desk.Data(kRef), Json({{"list", {2, 1}}, {"n", 1}}));
  EXPECT_EQ(desk.notebook->Read(kRef).value().found->info.parent, test::Branch("b"));
}

TEST(RevertTest, ToAVersionInWhichItWasDeletedDeletes) {
  Desk desk(false);
  desk.Update(kRef, {{"n", 1}});
  desk.Write(Deleting(kRef));
  desk.Update(kRef, {{"n", 2}});

  desk.Write(Reverting(kRef, 2));

  EXPECT_EQ(desk.Data(kRef), Json());
}

TEST(RevertTest, RefusesWhatIsNotKeptAndSaysWhatIs) {
  Desk desk(false);
  desk.Update(kRef, {{"n", 1}});

  const auto refused = desk.Try(Reverting(kRef, 7));
  const auto never = desk.Try(Reverting(Task("never"), 1));

  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.failure().code, RefusalCode::kNotFound);
  EXPECT_EQ(refused.failure().details["oldest"], 1);
  EXPECT_EQ(never.failure().code, RefusalCode::kNotFound);
}

TEST(RevertTest, RefusesWhenTheContextIsNotTheOneExpected) {
  Desk desk(false);
  desk.Update(kRef, {{"n", 1}});
  desk.Update(kRef, {{"n", 2}});
  auto write = Reverting(kRef, 1);
  write.expected_version = 1;

  const auto refused = desk.Try(write);

  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.failure().code, RefusalCode::kVersionMismatch);
  write.expected_version = 2;
  EXPECT_TRUE(desk.Try(write).ok());
}

TEST(RevertTest, TheSameCallAgainHasOneEffect) {
  Desk desk(false);
  desk.Update(kRef, {{"n", 1}});
  desk.Update(kRef, {{"n", 2}});
  const auto first = desk.Write(Reverting(kRef, 1), "op");
  desk.Update(kRef, {{"n", 3}});

  const auto again = desk.Write(Reverting(kRef, 1), "op");

  EXPECT_TRUE(again.repeated);
  EXPECT_EQ(again.writes.front().version, first.writes.front().version);
  EXPECT_EQ(desk.Data(kRef), Json({{"n", 3}}));
}

TEST(RevertTest, LaterWritesOfOthersMergeWithIt) {
  TinyHub hub;
  Desk a(true, 1);
  Desk b(true, 2);
  a.Update(kRef, {{"n", 1}});
  a.Update(kRef, {{"n", 2}});
  SyncAll(*a.notebook, hub);
  SyncAll(*b.notebook, hub);
  a.Write(Reverting(kRef, 1));
  b.Update(kRef, {{"theirs", 1}});
  SyncAll(*a.notebook, hub);
  SyncAll(*b.notebook, hub);
  SyncAll(*a.notebook, hub);

  EXPECT_EQ(a.Data(kRef), Json({{"n", 1}, {"theirs", 1}}));
  EXPECT_EQ(b.Data(kRef), a.Data(kRef));
}

Json RandomValue(std::mt19937_64& chance, int depth) {
  switch (chance() % (depth > 0 ? 5U : 3U)) {
    case 0:
      return chance() % 3;
    case 1:
      return "text " + std::to_string(chance() % 3);
    case 2:
      return Json::array({chance() % 3, "x", {{"a", nullptr}}});
    default: {
      Json object = Json::object();
      for (std::uint64_t i = 0; i < chance() % 3; ++i)
        object["k" + std::to_string(chance() % 3)] = RandomValue(chance, depth - 1);
      return object;
    }
  }
}

TEST(RevertTest, AnyVersionOfARandomHistoryCanBeHadAgain) {
  const auto seed = TestSeed();
  SCOPED_TRACE(seed);
  std::mt19937_64 chance(seed);
  Desk desk(false, seed);
  desk.Update(kRef, Json::object());
  for (int step = 0; step < 300; ++step) {
    const auto version = desk.Version(kRef).version;
    if (chance() % 4 != 0) {
      auto write = Updating(kRef, {{"k" + std::to_string(chance() % 3), RandomValue(chance, 3)}});
      if (chance() % 4 == 0) write.update.on_conflict = Strategy::kLastWriteWins;
      desk.Write(std::move(write));
      if (chance() % 20 == 0 && !desk.Data(kRef).is_null()) desk.Write(Deleting(kRef));
      continue;
    }
    const auto wanted = 1 + chance() % version;
    const Json then = DataAt(desk, kRef, wanted);
    desk.Write(Reverting(kRef, wanted));
    ASSERT_EQ(desk.Data(kRef), then) << step;
  }
}

}  // namespace
}  // namespace contextsync::history_test
