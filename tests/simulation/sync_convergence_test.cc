// Notebooks and a hub in one process, with everything going wrong by a seed. Whatever was
// acknowledged is there in the end, and every notebook is byte-identical.

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/simulation/machine.h"
#include "tests/support/seed.h"

namespace contextsync {
namespace {

using namespace std::chrono_literals;

constexpr int kMachines = 3;
constexpr int kSteps = 300;
constexpr int kRounds = 20;
constexpr auto kHealing = 10min;  // the longest back-off, several times

class World {
 public:
  explicit World(std::uint64_t seed) : random_(seed) {
    for (int i = 0; i < kMachines; ++i) {
      machines_.push_back(
          std::make_unique<Machine>("m" + std::to_string(i), hub_, clock_,
                                    static_cast<std::int64_t>(Below(40'000)) - 20'000));
    }
  }

  [[nodiscard]] std::vector<std::unique_ptr<Machine>>& machines() { return machines_; }

  /// One random event.
  void Happen(const LinkFaults& faults) {
    Machine& machine = *machines_[Below(machines_.size())];
    const std::uint64_t what = Below(100);
    if (what < 45) {
      WriteSomething(machine);
    } else if (what < 85) {
      Pass(std::chrono::milliseconds(Below(900)));
    } else if (what < 92) {
      machine.faults = Below(2) == 0 ? faults : LinkFaults{};
      machine.faults.is_cut = Below(4) == 0;
    } else if (what < 95) {
      machine.Crash(Below(2) == 0);
    } else if (what < 97) {
      machine.channel().Break();
    } else if (what < 98) {
      hub_.Restart();
    } else {
      Pass(std::chrono::seconds(Below(30)));
    }
  }

  /// Everything works again, for as long as it takes.
  void Heal() {
    for (auto& machine : machines_) {
      machine->faults = {};
    }
    const auto end = clock_.Now() + kHealing;
    while (clock_.Now() < end && !IsQuiet()) {
      Pass(1s);
    }
    Pass(20s);
  }

  void CheckOutcome() {
    EXPECT_FALSE(acknowledged_.empty());
    const Machine& first = *machines_.front();
    for (const auto& machine : machines_) {
      EXPECT_EQ(machine->Position().unsent, 0U) << machine->name();
      EXPECT_EQ(machine->Summary().parked, 0U) << machine->name();
      EXPECT_EQ(machine->Position().cursor, first.Position().cursor) << machine->name();
      EXPECT_EQ(machine->StateHash(), first.StateHash()) << machine->name();
    }
    for (const auto& [task, tokens] : acknowledged_) {
      const Json view = first.Read(task);
      const Json& list = view.at("done");
      const std::set<std::string> held(list.begin(), list.end());
      for (const std::string& token : tokens) {
        EXPECT_TRUE(held.contains(token)) << token << " was acknowledged and is lost";
      }
      EXPECT_EQ(held.size(), list.size()) << "something was applied twice in " << task;
    }
  }

 private:
  std::uint64_t Below(std::uint64_t bound) { return random_.Next() % bound; }

  void WriteSomething(Machine& machine) {
    const std::string task = "t" + std::to_string(Below(4));
    const std::string token = machine.name() + "#" + std::to_string(++tokens_);
    Json data = {{"done", Json::array({token})}};
    data["status"] = Below(5);
    if (Below(3) == 0) data["todo"] = Json::array({Below(9), Below(9)});
    if (Below(6) == 0) data["note"] = nullptr;
    if (Below(6) == 1) data["note"] = {{"by", machine.name()}, {"k" + std::to_string(Below(3)), 1}};
    if (machine.Write(task, std::move(data))) acknowledged_[task].insert(token);
  }

  /// Lets time pass; engines run when they want to, and the hub's heart beats.
  void Pass(Clock::Instant::duration time) {
    const auto end = clock_.Now() + time;
    while (true) {
      Clock::Instant next = end;
      for (auto& machine : machines_) {
        next = std::min(next, Rest(machine->engine()));
      }
      if (clock_.Now() >= next_beat_) {
        next_beat_ = clock_.Now() + 5s;
        hub_.service().Heartbeat();
        hub_.RunAll();
      }
      if (clock_.Now() >= end) return;
      next = std::max(std::min(next, next_beat_), clock_.Now() + 1ms);
      clock_.Advance(std::min(next, end) - clock_.Now());
    }
  }

  /// Steps until the engine has nothing to do now; returns when it next wants to run.
  Clock::Instant Rest(SyncEngine& engine) {
    for (int i = 0; i < 2'000; ++i) {
      const Clock::Instant next = engine.Step();
      if (next > clock_.Now()) return next;
    }
    ADD_FAILURE() << "an engine never comes to rest";
    return Clock::Instant::max();
  }

  [[nodiscard]] bool IsQuiet() const {
    const HubSequence cursor = machines_.front()->Position().cursor;
    return std::all_of(machines_.begin(), machines_.end(), [&](const auto& machine) {
      const SyncPosition position = machine->Position();
      return position.unsent == 0 && position.cursor == cursor && position.head <= cursor;
    });
  }

  SeededRandom random_;
  FakeClock clock_;
  LoopbackHub hub_{clock_, random_};
  std::vector<std::unique_ptr<Machine>> machines_;
  std::map<std::string, std::set<std::string>> acknowledged_;
  std::uint64_t tokens_ = 0;
  Clock::Instant next_beat_{};
};

TEST(SyncConvergenceTest, AWriteReachesTheOtherNotebook) {
  World world(1);
  Machine& writer = *world.machines()[0];
  ASSERT_TRUE(writer.Write("t", {{"status", "done"}}));

  world.Heal();

  EXPECT_EQ(world.machines()[1]->Read("t"), Json({{"status", "done"}}));
}

TEST(SyncConvergenceTest, NothingAcknowledgedIsLostAndAllEndByteIdentical) {
  const std::uint64_t seed = TestSeed();
  for (std::uint64_t round = 0; round < kRounds && !testing::Test::HasFailure(); ++round) {
    SCOPED_TRACE("CONTEXTSYNC_SEED=" + std::to_string(seed + round) + " replays this round first");
    World world(seed + round);
    const LinkFaults faults{.lose_request = 10,
                            .lose_answer = 10,
                            .repeat_request = 10,
                            .delay_request = 50,
                            .lose_frame = 20};

    for (int step = 0; step < kSteps && !testing::Test::HasFailure(); ++step)
      world.Happen(faults);
    world.Heal();

    world.CheckOutcome();
  }
}

}  // namespace
}  // namespace contextsync
