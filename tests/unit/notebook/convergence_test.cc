// The invariant: at every step a notebook's state is the fold of the feed up to its cursor, joined
// with its own pending entries; and when all is delivered all notebooks hold the same bytes.

#include <cstdlib>
#include <random>

#include <gtest/gtest.h>

#include "core/document/codec.h"
#include "core/document/join.h"
#include "core/notebook/keys.h"
#include "core/notebook/records.h"
#include "core/notebook/tables.h"
#include "tests/unit/notebook/fixture.h"
#include "tests/unit/notebook/states.h"
#include "tests/unit/notebook/tiny_hub.h"

namespace contextsync::test::convergence_test {
namespace {

std::uint64_t Seed() {
  const char* const given = std::getenv("CONTEXTSYNC_SEED");
  return given == nullptr ? 20'261'122 : std::strtoull(given, nullptr, 10);
}

/// fold(feed 1..c) ⊔ pending, computed from the hub's feed and the journal alone; c is the
/// context's own.
std::map<ContextRef, State> Expected(const Desk& desk, const TinyHub& hub) {
  const auto cursor = desk.notebook->Position().cursor;
  const auto meta =
      Decode<Meta>(*desk.store.Get(tables::kMeta, keys::MetaRecord()).value()).value();
  std::map<ContextRef, State> states;
  for (const auto& item : hub.feed()) {
    HubSequence contained = cursor;
    const auto header =
        desk.store.Get(tables::kDocuments, keys::Header(meta.generation, item.context)).value();
    if (header) contained = std::max(contained, Decode<DocumentHeader>(*header).value().asof);
    if (item.seq <= contained) Join(states[item.context], item.delta);
  }
  const auto add = [&states](std::string_view, std::string_view value) {
    const auto entry = Decode<JournalEntry>(value).value();
    Join(states[entry.push.context], entry.DecodeDelta().value());
    return true;
  };
  EXPECT_TRUE(desk.store.Scan(tables::kJournal, PrefixRange(keys::Entries()), add).ok());
  return states;
}

class World {
 public:
  explicit World(std::uint64_t seed) : chance_(seed) {
    for (std::uint64_t i = 0; i < 3; ++i) {
      desks_.push_back(std::make_unique<Desk>(true, seed * 10 + i));
      desks_.back()->clock.Advance(static_cast<UnixMillis>(Below(20'000)));
      Greet(*desks_.back()->notebook, hub_);
    }
  }

  void Step() {
    Desk& desk = *desks_[Below(desks_.size())];
    desk.clock.Advance(static_cast<UnixMillis>(Below(50)));
    switch (Below(12)) {
      case 0:
        Push(desk, false);
        break;
      case 1:
      case 2:
        Push(desk, true);
        break;
      case 3:
      case 4:
        Pull(desk, desk.notebook->Position().cursor);
        break;
      case 5:  // an old answer comes late
        Pull(desk, HubSequence(Below(desk.notebook->Position().cursor.value + 1)));
        break;
      case 6:
        Disturb(desk);
        break;
      default:
        Write(desk);
    }
    ASSERT_EQ(StatesOf(desk), Expected(desk, hub_));
  }

  void Heal() {
    for (int round = 0; round < 2; ++round) {
      for (auto& desk : desks_)
        SyncAll(*desk->notebook, hub_);
    }
    for (const auto& desk : desks_) {
      ASSERT_EQ(StatesOf(*desk), hub_.states());
      ASSERT_EQ(JournalSize(*desk), 0U);
      ASSERT_EQ(desk->notebook->Summary().pending, 0U);
    }
    for (const auto& [ref, state] : held_)
      ASSERT_TRUE(Above(hub_.states().at(ref), state).cells.empty())
          << "lost what a notebook held: " << ref.id;
  }

  /// The hub forgets its end; every notebook meets the new epoch before it goes on.
  void RestoreHub() {
    for (const auto& desk : desks_) {
      for (const auto& [ref, state] : StatesOf(*desk))
        Join(held_[ref], state);
    }
    hub_.Restore(HubSequence(Below(hub_.head().value + 1)), std::string(32, 'b'));
    for (auto& desk : desks_)
      Greet(*desk->notebook, hub_);
  }

 private:
  std::uint64_t Below(std::uint64_t bound) { return chance_() % bound; }

  void Write(Desk& desk) {
    const auto ref = Task("t" + std::to_string(Below(3)));
    const auto value = static_cast<std::int64_t>(Below(5));
    switch (Below(8)) {
      case 0: {
        auto deletion = Deleting(ref);
        deletion.expectation = Expectation::kAnything;
        desk.Write(deletion);
        break;
      }
      case 1:
        desk.Update(ref, {{"list", {value}}});
        break;
      case 2:
        desk.Update(ref, {{"nested", {{"k" + std::to_string(Below(3)), value}}}});
        break;
      case 3:
        EXPECT_TRUE(desk.notebook
                        ->Write(desk.Request({Updating(Task("t0"), {{"tx", value}}),
                                              Updating(Task("t1"), {{"tx", value}})}))
                        .ok());
        break;
      default:
        desk.Update(ref, {{"status", value}});
    }
  }

  void Push(Desk& desk, bool is_answer_heard) {
    const auto entries = desk.notebook->NextPush(1 + Below(8), 1 << 20).value();
    const auto answer = hub_.Push(desk.notebook->Position(), entries);
    if (!is_answer_heard) return;
    ASSERT_TRUE(desk.notebook->NoteResults(answer).ok());
  }

  void Pull(Desk& desk, HubSequence since) {
    const auto effects = desk.notebook->ApplyPage(hub_.Changes(since, 1 + Below(6)));
    ASSERT_TRUE(effects.ok()) << effects.error().message();
    ASSERT_FALSE(effects.value().forked);
  }

  void Disturb(Desk& desk) {
    switch (Below(6)) {
      case 0:
        desk.notebook.reset();
        desk.store.Crash(Below(desk.store.unsynced_batches() + 1));
        desk.mark.Crash();
        desk.Open();
        break;
      case 1:
        desk.Open();
        break;
      case 2:
        ASSERT_TRUE(desk.notebook->TakeNewDevice().ok());
        break;
      case 3:
        ASSERT_TRUE(desk.notebook->Flush().ok());
        break;
      case 4:
        // May be refused as stale; then nothing changed.
        desk.notebook->InstallSnapshot({hub_.Snapshot()})
            .IgnoreBecause("the state is checked either way");
        break;
      default:
        desk.notebook->InstallContext(Task("t1"), hub_.SnapshotOf(Task("t1")))
            .IgnoreBecause("the state is checked either way");
    }
  }

  std::mt19937_64 chance_;
  TinyHub hub_;
  std::vector<std::unique_ptr<Desk>> desks_;
  std::map<ContextRef, State> held_;  // by any notebook, when the hub was restored
};

TEST(ConvergenceTest, TheInvariantHoldsAtEveryStepAndAllEndEqual) {
  constexpr int kWorlds = 40;
  constexpr int kSteps = 150;
  for (int i = 0; i < kWorlds; ++i) {
    const std::uint64_t seed = Seed() + static_cast<std::uint64_t>(i);
    SCOPED_TRACE("CONTEXTSYNC_SEED=" + std::to_string(seed));
    World world(seed);
    for (int step = 0; step < kSteps; ++step) {
      ASSERT_NO_FATAL_FAILURE(world.Step()) << "step " << step;
    }
    ASSERT_NO_FATAL_FAILURE(world.Heal());
  }
}

TEST(ConvergenceTest, AHubRestoredAtAnyPointIsHealedByItsNotebooks) {
  constexpr int kWorlds = 20;
  constexpr int kSteps = 60;
  for (int i = 0; i < kWorlds; ++i) {
    const std::uint64_t seed = Seed() + 1'000 + static_cast<std::uint64_t>(i);
    SCOPED_TRACE("CONTEXTSYNC_SEED=" + std::to_string(seed - 1'000));
    World world(seed);
    for (int step = 0; step < kSteps; ++step) {
      ASSERT_NO_FATAL_FAILURE(world.Step()) << "step " << step;
    }
    ASSERT_NO_FATAL_FAILURE(world.RestoreHub());
    ASSERT_NO_FATAL_FAILURE(world.Heal());
  }
}

}  // namespace
}  // namespace contextsync::test::convergence_test
