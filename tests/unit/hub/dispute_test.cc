// Random disputes: whatever three notebooks do to one path, above and below it, replicas agree, one
// record stands for each challenger, and what is left out is in a record.

#include <cstdlib>
#include <string>

#include <gtest/gtest.h>

#include "tests/support/seed.h"
#include "tests/unit/hub/dispute_schedule.h"

namespace contextsync::dispute_test {
namespace {

constexpr int kSteps = 40;

/// CONTEXTSYNC_DISPUTES, or as many as a quick run bears.
std::uint64_t Schedules() {
  const char* text = std::getenv("CONTEXTSYNC_DISPUTES");
  return text == nullptr ? 60 : std::strtoull(text, nullptr, 10);
}

TEST(DisputeTest, EveryScheduleEndsAgreed) {
  const std::uint64_t first = TestSeed();
  for (std::uint64_t seed = first; seed < first + Schedules(); ++seed) {
    SCOPED_TRACE("CONTEXTSYNC_SEED=" + std::to_string(seed));
    DisputeSchedule schedule(seed);
    schedule.Run(kSteps);
    schedule.CheckReplicas();
    schedule.CheckItems();
    schedule.CheckWhatIsLeftOut();
    schedule.EndWithAKnowingWrite();
    ASSERT_FALSE(::testing::Test::HasFailure());
  }
}

}  // namespace
}  // namespace contextsync::dispute_test
