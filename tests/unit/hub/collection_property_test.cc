// Months of notebooks that come and go at random, while the hub forgets what all have seen.

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "core/document/drop.h"
#include "core/document/join.h"
#include "core/hub/collector.h"
#include "tests/support/seed.h"
#include "tests/unit/hub/collection_fixture.h"

namespace contextsync::collection_property_test {
namespace {

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
        entry.reissue = page.value().start;
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
}  // namespace contextsync::collection_property_test
