// RetrySchedule: how long to wait after the k-th failure in a row. Full jitter below a doubling
// ceiling, for ever. Source: docs/sync_protocol.md#retry

#pragma once

#include <cstdint>
#include <optional>

#include "core/ports/clock.h"
#include "core/sync/tuning.h"

namespace contextsync {

/// Thread-safety: none; a value of its owner's thread.
class RetrySchedule {
 public:
  using Duration = sync_tuning::Duration;

  /// Lifetime: `random` must outlive the schedule.
  explicit RetrySchedule(Random& random, Duration ceiling = sync_tuning::kRetryCeiling)
      : random_(&random), ceiling_(ceiling) {}

  /// Counts a failure and draws the delay before the next attempt:
  /// max(0.1 s, U(0, min(ceiling, 2^k s))), never below `at_least` (what Retry-After asked for).
  Duration Fail(std::optional<Duration> at_least = std::nullopt);

  void Reset() { failures_ = 0; }

  [[nodiscard]] std::uint64_t failures() const { return failures_; }

 private:
  Random* random_;
  Duration ceiling_;
  std::uint64_t failures_ = 0;
};

}  // namespace contextsync
