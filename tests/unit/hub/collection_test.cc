// What the hub forgets: tombstones that every live notebook has seen, and old feed items.

#include <algorithm>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/document/drop.h"
#include "core/document/join.h"
#include "core/hub/collector.h"
#include "core/hub/hub_audit.h"
#include "core/hub/retention.h"
#include "core/hub/writer_table.h"
#include "core/ports/hub_wire.h"
#include "tests/support/seed.h"
#include "tests/unit/hub/hub_fixture.h"

namespace contextsync::collection_test {
namespace {

constexpr UnixMillis kDay = 24LL * 60 * 60 * 1000;

/// Tells the hub what `notebook` has, as its hello does.
HelloResponse Report(TestHub& hub, TestNotebook& notebook) {
  HelloRequest request;
  request.device = notebook.device;
  request.next_n = notebook.next_n;
  request.acked_n = notebook.acked_n;
  request.cursor = request.low_base = notebook.claim.known;
  for (const PushEntry& entry : notebook.pending)
    request.low_base = std::min(request.low_base, entry.base);
  request.claim = notebook.claim;
  return hub.Hello({"alice", Role::kWrite}, std::move(request)).value();
}

void Collect(TestHub& hub) {
  hub.service.Collect();
  hub.executor.RunAll();
}

Update Removing(std::string pointer, Json value) {
  Update update;
  update.remove = {{std::move(pointer), {std::move(value)}}};
  return update;
}

void ExpectSound(TestHub& hub) {
  const auto audit = AuditWorkspace(hub.store, kWorkspace);
  ASSERT_TRUE(audit.ok());
  EXPECT_THAT(audit.value().problems, testing::IsEmpty());
}

class CollectionTest : public ::testing::Test {
 protected:
  void TearDown() override { ExpectSound(hub); }

  void PushAll(TestNotebook& notebook) {
    if (!notebook.pending.empty()) notebook.Push(notebook.pending);
    notebook.Pull();
  }

  /// Everybody has everything and has said so.
  void MeetAll() {
    for (TestNotebook* notebook : {&a, &b}) {
      notebook->Pull();
      Report(hub, *notebook);
    }
  }

  /// "x" was in /list and is removed; both have seen it.
  void RemoveX() {
    a.Set(R"({"list":["x","y"]})");
    PushAll(a);
    a.Write(Removing("/list", "x"));
    PushAll(a);
    MeetAll();
  }

  [[nodiscard]] HubSequence Floor() { return hub.store.ReadHead(kWorkspace).value()->gc_floor; }

  /// Both write /x without having seen each other; then `b` says how the clash is settled.
  void Clash(std::optional<Strategy> strategy) {
    a.Set(R"({"x":1})");
    PushEntry entry = b.Set(R"({"x":2})");
    entry.on_conflict = b.pending.back().on_conflict = strategy;
    TestNotebook::Seal(b.pending.back());
    PushAll(a);
    PushAll(b);
    MeetAll();
    ASSERT_EQ(hub.Records().size(), 1U);
  }

  /// So much time passes that everything written before leaves the feed, and then a pass more.
  void MonthsPass() {
    for (int pass = 0; pass < 2; ++pass) {
      hub.clock.Advance(91 * kDay);
      a.Set(("{\"n\":" + std::to_string(hub.clock.WallMillis()) + "}").c_str());
      PushAll(a);
      MeetAll();
      Collect(hub);
    }
  }

  std::size_t CountKind(std::string_view kind) {
    const auto feed = hub.Feed();
    return static_cast<std::size_t>(std::count_if(
        feed.begin(), feed.end(), [&](const FeedItem& item) { return item.kind == kind; }));
  }

  void ExpectEqualEverywhere(const ContextRef& ref = kTask) {
    a.Pull();
    b.Pull();
    EXPECT_EQ(a.contexts[ref], hub.Context(ref).state);
    EXPECT_EQ(b.contexts[ref], hub.Context(ref).state);
  }

  TestHub hub;
  TestNotebook a{hub, 1};
  TestNotebook b{hub, 2};
};

TEST_F(CollectionTest, ARemovedElementGoesWithItsTombstoneAfterAMonth) {
  RemoveX();
  const View before = Render(hub.Context().state);
  hub.clock.Advance(31 * kDay);
  MeetAll();

  Collect(hub);

  const State state = hub.Context().state;
  EXPECT_FALSE(state.cells.at("d/list").elems.contains("\"x\"#0"));
  EXPECT_TRUE(state.cells.at("d/list").elems.contains("\"y\"#0"));
  EXPECT_EQ(Render(state), before);
  EXPECT_EQ(CountKind(kCollection), 1U);
  EXPECT_FALSE(FindWriters(hub.Context().writers, "d/list")->elems.contains("\"x\"#0"));
  ExpectEqualEverywhere();
}

TEST_F(CollectionTest, NothingGoesWithinAMonth) {
  RemoveX();
  hub.clock.Advance(29 * kDay);
  MeetAll();

  Collect(hub);

  EXPECT_EQ(CountKind(kCollection), 0U);
  EXPECT_EQ(Floor(), HubSequence());
}

TEST_F(CollectionTest, NothingGoesThatALiveNotebookHasNotSeen) {
  a.Set(R"({"list":["x","y"]})");
  PushAll(a);
  MeetAll();
  a.Write(Removing("/list", "x"));
  PushAll(a);
  hub.clock.Advance(31 * kDay);
  Report(hub, a);
  Report(hub, b);  // still where it was

  Collect(hub);

  EXPECT_EQ(CountKind(kCollection), 0U);
  MeetAll();
  Collect(hub);
  EXPECT_EQ(CountKind(kCollection), 1U);
  ExpectEqualEverywhere();
}

TEST_F(CollectionTest, NothingGoesThatAnUnsentEntryMayNotHaveSeen) {
  a.Set(R"({"list":["x","y"]})");
  PushAll(a);
  b.Pull();
  b.Set(R"({"other":1})");  // waits with the base of now
  a.Write(Removing("/list", "x"));
  PushAll(a);
  hub.clock.Advance(31 * kDay);
  MeetAll();

  Collect(hub);

  EXPECT_EQ(CountKind(kCollection), 0U);
}

TEST_F(CollectionTest, IsNoVersionOfItsContext) {
  RemoveX();
  const HubContext before = hub.Context();
  hub.clock.Advance(31 * kDay);
  MeetAll();

  Collect(hub);

  const FeedItem item = hub.Feed().back();
  EXPECT_EQ(item.change_type, "gc");
  EXPECT_EQ(item.source, "hub");
  EXPECT_EQ(item.rev, before.last.seq);
  EXPECT_EQ(hub.Context().last, before.last);
  EXPECT_EQ(hub.Context().updated_at, before.updated_at);
  EXPECT_EQ(hub.Context().last_of_other, before.last_of_other);
}

TEST_F(CollectionTest, ADeletedContextLeavesNothingAndCanBeWrittenAgain) {
  a.Set(R"({"n":1,"list":["x"],"deep":{"y":2}})");
  PushAll(a);
  a.Erase();
  PushAll(a);
  MeetAll();
  hub.clock.Advance(31 * kDay);
  MeetAll();

  Collect(hub);

  EXPECT_TRUE(hub.Context().state.cells.empty());
  EXPECT_TRUE(hub.Context().writers.empty());
  EXPECT_NE(hub.Context().last.seq, HubSequence());
  ExpectEqualEverywhere();
  b.Set(R"({"n":2})");
  PushAll(b);
  EXPECT_EQ(Render(hub.Context().state).data, Json::parse(R"({"n":2})"));
  ExpectEqualEverywhere();
}

TEST_F(CollectionTest, TheTimeOfCreationAndTheParentStay) {
  Update first;
  first.data = Json::parse(R"({"n":1})");
  first.parent = ContextRef{Level::kBranch, "main"};
  a.Write(first);
  PushAll(a);
  a.Erase();
  PushAll(a);
  hub.clock.Advance(kDay);
  a.Write(first);
  PushAll(a);
  MeetAll();
  const View before = Render(hub.Context().state);
  hub.clock.Advance(31 * kDay);
  MeetAll();

  Collect(hub);

  EXPECT_EQ(Render(hub.Context().state), before);
  ExpectEqualEverywhere();
}

TEST_F(CollectionTest, AReplacedListKeepsItsOrder) {
  a.Set(R"({"todo":["a","b","c"]})");
  PushAll(a);
  a.Set(R"({"todo":["c","a"]})");
  PushAll(a);
  MeetAll();
  hub.clock.Advance(31 * kDay);
  MeetAll();

  Collect(hub);

  EXPECT_EQ(Render(hub.Context().state).data, Json::parse(R"({"todo":["c","a"]})"));
  EXPECT_TRUE(hub.Context().state.cells.at("d/todo").clr.IsNever()) << "nothing is left to kill";
  ExpectEqualEverywhere();
}

TEST_F(CollectionTest, WhatIsCollectedOnceIsFoundNoMore) {
  RemoveX();
  hub.clock.Advance(31 * kDay);
  MeetAll();
  Collect(hub);
  MeetAll();

  Collect(hub);

  EXPECT_EQ(CountKind(kCollection), 1U);
}

TEST_F(CollectionTest, ManyContextsAreLookedAtPieceByPiece) {
  constexpr int kMany = 150;
  for (int i = 0; i < kMany; ++i) {
    const ContextRef ref = {Level::kTask, "t" + std::to_string(i)};
    a.Set(R"({"n":1,"m":2})", ref);
    PushAll(a);
    a.Set(R"({"n":null})", ref);
    PushAll(a);
  }
  MeetAll();
  hub.clock.Advance(31 * kDay);
  MeetAll();

  Collect(hub);

  EXPECT_EQ(CountKind(kCollection), static_cast<std::size_t>(kMany));
  for (int i = 0; i < kMany; ++i)
    ExpectEqualEverywhere({Level::kTask, "t" + std::to_string(i)});
}

TEST_F(CollectionTest, ANotebookIsToldAtOnce) {
  RemoveX();
  hub.clock.Advance(31 * kDay);
  MeetAll();
  Collect(hub);
  const FeedItem item = hub.Feed().back();

  const auto read = FeedItemFromJson(ToJson(item));

  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read.value().drops, item.drops);
  EXPECT_GE(item.drops.size(), 2U);
}

// ── notebooks that were away ──

TEST_F(CollectionTest, ANotebookSilentForThreeMonthsIsNotWaitedForAndTakesASnapshot) {
  RemoveX();
  a.Set(R"({"n":1})");
  PushAll(a);
  hub.clock.Advance(91 * kDay);
  a.Pull();
  Report(hub, a);

  Collect(hub);

  ASSERT_GT(Floor(), b.claim.known);
  EXPECT_EQ(Report(hub, b).verdict, HelloVerdict::kCursorGone);
  ChangesRequest changes;
  changes.since = b.claim.known;
  changes.claim = b.claim;
  const auto page = hub.service.Changes(kWorkspace, changes);
  ASSERT_FALSE(page.ok());
  EXPECT_EQ(page.failure().fault, HubFault::kCursorGone);
  EXPECT_EQ(page.failure().gc_floor, Floor());
}

TEST_F(CollectionTest, AnEntryBelowTheFloorMustBeIssuedAgain) {
  RemoveX();
  PushEntry late = b.Set(R"({"list":["late"]})");
  hub.clock.Advance(91 * kDay);
  a.Set(R"({"n":1})");
  PushAll(a);
  Report(hub, a);
  Collect(hub);
  a.Pull();
  b.claim = a.claim;  // it has taken the snapshot
  ASSERT_LT(late.base, Floor());

  const auto refused = b.TryPush({late});
  late.reissue = true;
  late.on_conflict = Strategy::kManual;
  TestNotebook::Seal(late);
  const auto taken = b.TryPush({late});

  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.failure().fault, HubFault::kCursorGone);
  ASSERT_TRUE(taken.ok());
  EXPECT_NE(taken.value().results.at(0).seq, HubSequence());
}

TEST(SeenByAllTest, IsTheLeastOfTheLiveOnesCursorsAndBases) {
  const auto device = [](std::uint64_t cursor, std::uint64_t low_base, UnixMillis seen_at) {
    HubDevice d;
    d.cursor = HubSequence(cursor);
    d.low_base = HubSequence(low_base);
    d.seen_at = seen_at;
    return d;
  };
  const HubSequence head(50);

  EXPECT_EQ(SeenByAll({}, head, 100), head);
  EXPECT_EQ(SeenByAll({device(40, 30, 100), device(35, 35, 200)}, head, 100), HubSequence(30));
  EXPECT_EQ(SeenByAll({device(5, 5, 99), device(35, 36, 200)}, head, 100), HubSequence(35));
}

// ── the feed ──

TEST_F(CollectionTest, OldFeedItemsGoAndTheFloorSaysWhereTheFeedBegins) {
  for (int i = 0; i < 5; ++i) {
    a.Set(("{\"n\":" + std::to_string(i) + "}").c_str());
    PushAll(a);
  }
  const EntryId first_id = hub.Feed().front().id;
  MeetAll();
  hub.clock.Advance(91 * kDay);
  a.Set(R"({"n":99})");
  PushAll(a);
  MeetAll();

  Collect(hub);

  const auto feed = hub.Feed();
  ASSERT_FALSE(feed.empty());
  EXPECT_GT(feed.front().seq, HubSequence(1));
  EXPECT_GE(Floor(), feed.front().seq);
  EXPECT_FALSE(hub.store.FindEntry(kWorkspace, first_id).value().has_value());
  ChangesRequest changes;
  changes.since = Floor();
  EXPECT_TRUE(hub.service.Changes(kWorkspace, changes).ok());
  changes.since = HubSequence(Floor().value - 1);
  EXPECT_EQ(hub.service.Changes(kWorkspace, changes).failure().fault, HubFault::kCursorGone);
}

// ── conflict records ──

TEST_F(CollectionTest, ARecordNobodyHasToDecideGoesWithItsFeedItem) {
  Clash(Strategy::kMerge);
  const std::string id = hub.Records().front().id;

  MonthsPass();

  EXPECT_TRUE(hub.Records().empty());
  const auto feed = hub.Feed();
  const auto told = std::count_if(feed.begin(), feed.end(), [&id](const FeedItem& item) {
    return item.forgotten == std::vector<std::string>{id};
  });
  EXPECT_EQ(told, 1);
  ExpectEqualEverywhere();
}

TEST_F(CollectionTest, ARecordWhoseItemIsStillInTheFeedStays) {
  Clash(Strategy::kMerge);
  hub.clock.Advance(89 * kDay);
  MeetAll();

  Collect(hub);
  Collect(hub);

  EXPECT_EQ(hub.Records().size(), 1U);
}

TEST_F(CollectionTest, ARecordThatIsShownStaysUntilItIsClosed) {
  Clash(Strategy::kVersion);
  MonthsPass();
  ASSERT_EQ(hub.Records().size(), 1U);

  a.Set(R"({"x":3})");  // knowing
  PushAll(a);
  ASSERT_EQ(hub.Records().front().status, ConflictStatus::kResolved);
  MonthsPass();

  EXPECT_TRUE(hub.Records().empty());
}

TEST_F(CollectionTest, AnOpenRecordStaysHoweverOld) {
  Clash(Strategy::kManual);

  MonthsPass();

  ASSERT_EQ(hub.Records().size(), 1U);
  EXPECT_EQ(hub.Records().front().status, ConflictStatus::kOpen);
}

TEST_F(CollectionTest, TheLastItemStaysHoweverOld) {
  a.Set(R"({"n":1})");
  PushAll(a);
  MeetAll();
  hub.clock.Advance(400 * kDay);
  MeetAll();

  Collect(hub);

  EXPECT_EQ(hub.Feed().size(), 1U);
  EXPECT_EQ(Report(hub, a).verdict, HelloVerdict::kOk);
}

TEST_F(CollectionTest, AnItemThatALiveNotebookLacksStaysHoweverOld) {
  MeetAll();
  for (int i = 0; i < 5; ++i) {
    a.Set(("{\"n\":" + std::to_string(i) + "}").c_str());
    PushAll(a);
  }
  hub.clock.Advance(100 * kDay);
  Report(hub, a);
  Report(hub, b);

  Collect(hub);

  EXPECT_EQ(hub.Feed().size(), 5U);
  EXPECT_EQ(Report(hub, b).verdict, HelloVerdict::kOk);
}

// ── at random ──

/// Notebooks that write, push, pull and report as they like while months go by.
class Months {
 public:
  explicit Months(std::uint64_t seed) : chance_(seed) {
    for (std::uint64_t i = 1; i <= 3; ++i)
      notebooks_.push_back(std::make_unique<TestNotebook>(hub_, i));
  }

  std::uint64_t Below(std::uint64_t bound) { return chance_() % bound; }

  void Step() {
    TestNotebook& notebook = *notebooks_[Below(notebooks_.size())];
    switch (Below(10)) {
      case 0:
        hub_.clock.Advance(static_cast<UnixMillis>(Below(12)) * kDay);
        break;
      case 1:
        Sync(notebook);
        break;
      case 2:
        Report(hub_, notebook);
        break;
      case 3:
        if (Below(2) == 0) SyncAll();
        // So that nobody is silent for too long.
        for (auto& each : notebooks_)
          Report(hub_, *each);
        Collect(hub_);
        Remember();
        break;
      default:
        Write(notebook, RandomUpdate());
    }
  }

  void Sync(TestNotebook& notebook) {
    if (!notebook.pending.empty()) notebook.Push(notebook.pending);
    notebook.Pull();
    Report(hub_, notebook);
    Remember();
  }

  void SyncAll() {
    for (int round = 0; round < 2; ++round) {
      for (auto& notebook : notebooks_)
        Sync(*notebook);
    }
  }

  void ExpectEqual() {
    ExpectSound(hub_);
    for (const ContextRef& ref : {Ref(0), Ref(1)}) {
      const State state = hub_.Context(ref).state;
      for (auto& notebook : notebooks_)
        ASSERT_EQ(notebook->contexts[ref], state);
      // The same without any collection: nothing that people see ever depends on one.
      const View plain = Render(uncollected_[ref]);
      const View shown = Render(state);
      ASSERT_EQ(shown.exists, plain.exists);
      ASSERT_EQ(Sorted(shown.data), Sorted(plain.data));
      ASSERT_EQ(shown.parent, plain.parent);
    }
  }

  void Write(TestNotebook& notebook, const Update& update) {
    const ContextRef ref = Ref(Below(2));
    State state = notebook.See(ref);
    View view = Render(state);
    notebook.hlc =
        Hlc{std::max(notebook.hlc.value + 1, Hlc::FromMillis(hub_.clock.WallMillis()).value)};
    auto compiled = Compile(std::move(state), std::move(view), update, Policy::BuiltIn(),
                            WriteStamp{ref.level, notebook.hlc, notebook.device});
    ASSERT_TRUE(compiled.ok());
    if (compiled.value().changed) notebook.Enter(std::move(compiled).value().delta, ref);
  }

  static ContextRef Ref(std::uint64_t i) { return {Level::kTask, "t" + std::to_string(i)}; }

  TestHub& hub() { return hub_; }
  TestNotebook& notebook(std::size_t i) { return *notebooks_[i]; }
  [[nodiscard]] std::size_t collections() const { return collections_; }

 private:
  Update RandomUpdate() {
    Update update;
    const std::string key = "k" + std::to_string(Below(3));
    switch (Below(8)) {
      case 0:
        update.data = {{key, nullptr}};
        break;
      case 1:
        update.data = {{key, {{"a", Below(3)}, {"b", {{"c", Below(3)}}}}}};
        break;
      case 2:
        update.data = {{"todo", Json::array({Below(4), Below(4)})}};
        break;
      case 3:
        update.remove = {{"/list", {Below(5)}}};
        break;
      case 4:
        if (Below(3) == 0) {
          update.erase_context = true;
          break;
        }
        [[fallthrough]];
      case 5:
        update.data = {{"list", Json::array({Below(5), Below(5)})}};
        break;
      case 6:
        update.data = {{key, Json::array({Below(3)})}};
        update.replace = {"/" + key};
        break;
      default:
        update.data = {{key, Below(4)}};
    }
    return update;
  }

  /// What the feed says, before it is forgotten.
  void Remember() {
    for (const FeedItem& item : hub_.Feed()) {
      if (item.seq <= remembered_) continue;
      remembered_ = item.seq;
      Join(uncollected_[item.context], item.delta);
      if (item.kind == kCollection) ++collections_;
    }
  }

  /// Lists in one order: with its first addition forgotten, an element added again by two at once
  /// stands at the earlier of the two places, not at the later.
  static Json Sorted(const Json& value) {
    if (!value.is_structured()) return value;
    Json sorted = value;
    for (Json& member : sorted)
      member = Sorted(member);
    if (sorted.is_array()) std::sort(sorted.begin(), sorted.end());
    return sorted;
  }

  std::mt19937_64 chance_;
  TestHub hub_;
  std::vector<std::unique_ptr<TestNotebook>> notebooks_;
  std::map<ContextRef, State> uncollected_;
  HubSequence remembered_;
  std::size_t collections_ = 0;
};

TEST(CollectionPropertyTest, EqualCursorsMeanEqualStatesAndNothingSeenChanges) {
  const std::uint64_t seed = TestSeed();
  std::size_t collections = 0;
  for (std::uint64_t round = 0; round < 15 && !testing::Test::HasFailure(); ++round) {
    SCOPED_TRACE("CONTEXTSYNC_SEED=" + std::to_string(seed + round) + " replays this round first");
    Months months(seed + round);
    for (int step = 0; step < 200 && !testing::Test::HasFailure(); ++step)
      months.Step();
    months.SyncAll();
    months.ExpectEqual();
    collections += months.collections();
  }
  EXPECT_GT(collections, 30U) << "the test must see what it tests";
}

TEST(CollectionPropertyTest, ANotebookLongAwayNeitherRaisesTheDeadNorLosesAnything) {
  const std::uint64_t seed = TestSeed();
  for (std::uint64_t round = 0; round < 20 && !testing::Test::HasFailure(); ++round) {
    SCOPED_TRACE("CONTEXTSYNC_SEED=" + std::to_string(seed + round) + " replays this round first");
    Months months(seed + round);
    TestNotebook away(months.hub(), 77);
    for (int step = 0; step < 60; ++step)
      months.Step();
    months.SyncAll();
    away.Pull();
    Report(months.hub(), away);
    away.Set(R"({"kept":"from far away"})", Months::Ref(0));
    months.hub().clock.Advance(60 * kDay);
    for (int step = 0; step < 60; ++step)
      months.Step();
    months.SyncAll();
    months.hub().clock.Advance(40 * kDay);
    months.SyncAll();
    Collect(months.hub());
    months.SyncAll();

    // What cursor_gone asks for: replace, then issue again.
    const bool is_gone = Report(months.hub(), away).verdict == HelloVerdict::kCursorGone;
    if (is_gone) {
      SnapshotRequest request;
      request.claim = away.claim;
      const auto page = months.hub().service.Snapshot(kWorkspace, request);
      away.contexts.clear();
      for (const ContextSnapshot& context : page.value().contexts)
        away.contexts[context.context] = context.state;
      away.claim.known = page.value().start;
      away.claim.check = page.value().check;
      for (PushEntry& entry : away.pending) {
        entry.reissue = true;
        entry.on_conflict = Strategy::kManual;
        TestNotebook::Seal(entry);
      }
    }
    const auto answered = away.TryPush(away.pending);
    ASSERT_TRUE(answered.ok()) << answered.failure().message;
    away.Pull();
    months.SyncAll();
    away.Pull();

    for (const ContextRef& ref : {Months::Ref(0), Months::Ref(1)})
      ASSERT_EQ(away.contexts[ref], months.hub().Context(ref).state);
    const Json data = Render(months.hub().Context(Months::Ref(0)).state).data;
    const bool is_shown = data.value("kept", "") == "from far away";
    ASSERT_TRUE(is_shown || !months.hub().Records().empty());
  }
}

}  // namespace
}  // namespace contextsync::collection_test
