// Two to five replicas write with clocks three hours apart and take each other's deltas in any
// order, late and more than once. In the end all of them are the same, byte by byte.

#include <algorithm>
#include <deque>
#include <vector>

#include <gtest/gtest.h>

#include "core/document/codec.h"
#include "core/document/join.h"
#include "tests/unit/document/random_update.h"
#include "tests/unit/document/replica.h"

namespace contextsync::convergence_test {
namespace {

constexpr UnixMillis kNow = 1'700'000'000'000;
constexpr UnixMillis kSkew = 3 * 60 * 60 * 1000;

class Schedule {
 public:
  explicit Schedule(std::uint64_t seed) : random_(seed) {
    const std::uint64_t count = 2 + random_.Below(4);
    for (std::uint64_t i = 0; i < count; ++i) {
      const auto offset = static_cast<UnixMillis>(random_.Below(2 * kSkew)) - kSkew;
      replicas_.emplace_back(i + 1, kNow + offset);
    }
    inbox_.resize(replicas_.size());
  }

  void Run() {
    for (int step = 0; step < 12; ++step) {
      const std::size_t at = random_.Below(replicas_.size());
      if (random_.OneIn(2)) {
        Write(at);
      } else {
        Deliver(at);
      }
    }
    for (std::size_t at = 0; at < replicas_.size(); ++at)
      DeliverAll(at);
  }

  [[nodiscard]] bool HasConverged() const {
    return std::all_of(replicas_.begin(), replicas_.end(), [this](const Replica& replica) {
      return EncodeState(replica.state()) == EncodeState(replicas_.front().state()) &&
             replica.view() == replicas_.front().view();
    });
  }

  // Every view was patched along; rendering from nothing must give the same.
  [[nodiscard]] bool ViewsAreRendered() const {
    return std::all_of(replicas_.begin(), replicas_.end(), [](const Replica& replica) {
      return replica.view() == Render(replica.state());
    });
  }

 private:
  void Write(std::size_t at) {
    const Compiled compiled = replicas_[at].Write(random_.Any(replicas_[at].view().data));
    if (!compiled.changed) return;
    for (std::size_t other = 0; other < replicas_.size(); ++other) {
      if (other == at) continue;
      inbox_[other].push_back(compiled.delta);
      if (random_.OneIn(5)) inbox_[other].push_back(compiled.delta);
    }
  }

  void Deliver(std::size_t at) {
    auto& inbox = inbox_[at];
    if (inbox.empty()) return;
    const auto chosen = inbox.begin() + static_cast<std::ptrdiff_t>(random_.Below(inbox.size()));
    replicas_[at].Take(*chosen);
    if (!random_.OneIn(6)) inbox.erase(chosen);
  }

  void DeliverAll(std::size_t at) {
    while (!inbox_[at].empty())
      Deliver(at);
  }

  RandomUpdates random_;
  std::vector<Replica> replicas_;
  std::vector<std::deque<Delta>> inbox_;
};

// Split in parts so that they run side by side.
constexpr int kParts = 4;

class ConvergenceTest : public ::testing::TestWithParam<int> {};

TEST_P(ConvergenceTest, ReplicasEndByteIdentical) {
  const std::uint64_t schedules = FromEnvironment("CONTEXTSYNC_SCHEDULES", 100'000) / kParts;
  const std::uint64_t seed = TestSeed() + static_cast<std::uint64_t>(GetParam()) * 1'000'000'007;

  for (std::uint64_t i = 0; i < schedules; ++i) {
    Schedule schedule(seed + i);
    schedule.Run();
    ASSERT_TRUE(schedule.HasConverged()) << "schedule " << i << " from seed " << seed;
    const bool is_rendered = i % 4 != 0 || schedule.ViewsAreRendered();
    ASSERT_TRUE(is_rendered) << "schedule " << i << " from seed " << seed;
  }
}

INSTANTIATE_TEST_SUITE_P(Parts, ConvergenceTest, ::testing::Range(0, kParts));

}  // namespace
}  // namespace contextsync::convergence_test
