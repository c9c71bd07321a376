#include "core/sync/retry_schedule.h"

#include <algorithm>

namespace contextsync {
namespace {

// Beyond this the doubled ceiling is above every limit in use; shifting further would overflow.
constexpr std::uint64_t kMaxDoublings = 16;

// Uniform in [0, 1): the upper 53 bits are what a double holds exactly.
double Uniform(Random& random) {
  return static_cast<double>(random.Next() >> 11) * 0x1.0p-53;
}

}  // namespace

RetrySchedule::Duration RetrySchedule::Fail(std::optional<Duration> at_least) {
  const std::uint64_t doublings = std::min(failures_, kMaxDoublings);
  ++failures_;
  const Duration below =
      std::min(ceiling_, sync_tuning::kFirstCeiling * (std::int64_t{1} << doublings));
  const Duration drawn(
      static_cast<Duration::rep>(Uniform(*random_) * static_cast<double>(below.count())));
  return std::max({sync_tuning::kRetryFloor, drawn, at_least.value_or(Duration::zero())});
}

}  // namespace contextsync
