// Months in the life of a workspace: notebooks with their engines, a hub that forgets, and one
// notebook that comes back after its tombstones are gone.

#include <algorithm>
#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/simulation/machine.h"
#include "tests/support/seed.h"

namespace contextsync::collection_test {
namespace {

using namespace std::chrono_literals;

constexpr Clock::Instant::duration kDay = 24h;

class YearOfWork {
 public:
  explicit YearOfWork(std::uint64_t seed) : random_(seed) {
    for (const char* name : {"a", "b", "c"})
      machines_.push_back(std::make_unique<Machine>(name, hub_, clock_, 0));
    Settle();
  }

  [[nodiscard]] Machine& machine(std::size_t i) { return *machines_[i]; }

  std::uint64_t Below(std::uint64_t bound) { return random_.Next() % bound; }

  void WriteSomething(Machine& machine) {
    const std::string key = "k" + std::to_string(Below(3));
    Json data = {{"done", Json::array({machine.name() + "#" + std::to_string(++tokens_)})}};
    acknowledged_.insert(data["done"][0].get<std::string>());
    if (Below(2) == 0) data["todo"] = Json::array({Below(4), Below(4)});
    if (Below(3) == 0) data[key] = nullptr;
    if (Below(3) == 1) data[key] = {{"by", machine.name()}, {"deep", {{"n", Below(3)}}}};
    if (Below(3) == 2) data[key] = Below(5);
    machine.Write("t", std::move(data));
  }

  /// Days pass, on which those who are there meet the hub, and at whose end it forgets.
  void Days(std::uint64_t count) {
    for (std::uint64_t day = 0; day < count; ++day) {
      clock_.Advance(kDay);
      Pass(2s);
    }
    hub_.service().Collect();
    hub_.RunAll();
    Pass(2s);
  }

  /// Engines run until all that can be equal are.
  void Settle() {
    const auto end = clock_.Now() + std::chrono::minutes(10);
    Pass(2s);
    while (clock_.Now() < end && !IsQuiet())
      Pass(5s);
    Pass(70s);
  }

  void ExpectEqualAndWhole() {
    const Machine& first = *machines_.front();
    for (const auto& machine : machines_) {
      EXPECT_EQ(machine->Position().unsent, 0U) << machine->name();
      EXPECT_EQ(machine->Position().cursor, first.Position().cursor) << machine->name();
      EXPECT_EQ(machine->StateHash(), first.StateHash()) << machine->name();
      EXPECT_EQ(machine->Conflicts(), first.Conflicts()) << machine->name();
    }
    const Json view = first.Read("t");
    const std::set<std::string> held(view.at("done").begin(), view.at("done").end());
    EXPECT_EQ(held, acknowledged_);
    EXPECT_EQ(held.size(), view.at("done").size());
  }

  /// Ids of records that were there at one time.
  [[nodiscard]] std::size_t RecordsEverSeen() {
    for (const ConflictRecord& record : machines_.front()->Conflicts())
      records_.insert(record.id);
    return records_.size();
  }

  [[nodiscard]] std::uint64_t gc_floor() {
    HelloRequest hello;
    hello.device = DeviceId(4711);
    std::uint64_t floor = 0;
    hub_.service().Hello(hub_.workspace(), {}, hello,
                         [&](auto reply) { floor = reply.value().gc_floor.value; });
    hub_.RunAll();
    return floor;
  }

 private:
  void Pass(Clock::Instant::duration time) {
    const auto end = clock_.Now() + time;
    while (true) {
      Clock::Instant next = end;
      for (auto& machine : machines_)
        next = std::min(next, Rest(machine->engine()));
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
  std::set<std::string> acknowledged_;
  std::set<std::string> records_;
  std::uint64_t tokens_ = 0;
  Clock::Instant next_beat_{};
};

TEST(CollectionSimulationTest, NotebooksStayEqualWhileTheHubForgets) {
  const std::uint64_t seed = TestSeed();
  YearOfWork months(seed);
  for (int month = 0; month < 8 && !testing::Test::HasFailure(); ++month) {
    for (int i = 0; i < 12; ++i)
      months.WriteSomething(months.machine(months.Below(3)));
    months.Settle();
    months.ExpectEqualAndWhole();
    EXPECT_GT(months.RecordsEverSeen(), 0U);
    months.Days(20);
  }
  EXPECT_GT(months.RecordsEverSeen(), months.machine(0).Conflicts().size())
      << "no conflict record was ever forgotten";
  EXPECT_GT(months.gc_floor(), 0U) << "nothing was ever collected";
}

TEST(CollectionSimulationTest, AMachineAwayForMonthsComesBackWithoutRaisingTheDead) {
  const std::uint64_t seed = TestSeed();
  YearOfWork months(seed);
  for (int i = 0; i < 10; ++i)
    months.WriteSomething(months.machine(months.Below(3)));
  months.Settle();
  Machine& away = months.machine(2);
  away.faults.is_cut = true;
  away.channel().Break();
  for (int month = 0; month < 6; ++month) {
    for (int i = 0; i < 10; ++i)
      months.WriteSomething(months.machine(months.Below(2)));
    months.Days(25);
  }
  ASSERT_GT(months.gc_floor(), away.Position().cursor.value);

  away.faults.is_cut = false;
  months.Settle();

  months.ExpectEqualAndWhole();
}

}  // namespace
}  // namespace contextsync::collection_test
