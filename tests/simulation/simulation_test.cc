// Notebooks and a hub in one process, with everything going wrong by a seed. Whatever was
// acknowledged is there in the end, exactly once, and every notebook is byte-identical.

#include <cstdint>
#include <cstdlib>
#include <string>

#include <gtest/gtest.h>

#include "core/base/log.h"
#include "tests/simulation/scenario.h"
#include "tests/support/seed.h"

namespace contextsync::simulation::simulation_test {
namespace {

constexpr std::uint64_t kSeeds = 60;

class SimulationTest : public testing::Test {
 protected:
  SimulationTest() { SetLogLevel(LogLevel::kOff); }

  static void ExpectHealed(std::uint64_t seed) {
    const RunResult result = RunSeed(seed, false);
    for (const std::string& failure : result.failures)
      ADD_FAILURE() << "seed " << seed << ": " << failure << "\nsimulate --seed " << seed
                    << " shows how";
  }
};

TEST_F(SimulationTest, EveryPromiseIsKeptAndAllEndByteIdentical) {
  const bool is_given = std::getenv("CONTEXTSYNC_SEED") != nullptr;
  const std::uint64_t seed = is_given ? TestSeed() : 1;
  for (std::uint64_t i = 0; i < kSeeds && !HasFailure(); ++i)
    ExpectHealed(seed + i);
}

TEST_F(SimulationTest, ASeedDecidesEverything) {
  const RunResult once = RunSeed(7, false);
  const RunResult again = RunSeed(7, false);

  EXPECT_EQ(once.digest, again.digest);
  EXPECT_GT(once.promised, 0U);
}

}  // namespace
}  // namespace contextsync::simulation::simulation_test
