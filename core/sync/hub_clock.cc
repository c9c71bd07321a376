#include "core/sync/hub_clock.h"

#include <cstdlib>

#include "core/sync/tuning.h"

namespace contextsync {

void HubClock::Add(const ClockSample& sample) {
  const auto round_trip = sample.received - sample.sent;
  // Rounded up, and one more for the millisecond grain of both clocks.
  const auto error = (round_trip + std::chrono::milliseconds(1)) / 2 + std::chrono::milliseconds(1);
  const std::int64_t offset = sample.server_time - (sample.sent + round_trip / 2).count();
  const bool is_old = sample.received - taken_ >= sync_tuning::kHelloPeriod;
  const bool was_set = std::abs(offset - offset_) > (error + error_).count();
  if (known_ && !is_old && !was_set && error > error_) return;
  known_ = true;
  offset_ = offset;
  error_ = error;
  taken_ = sample.received;
}

}  // namespace contextsync
