// HubClock: what the hub's clock shows now, told from the boot-time clock and the answers'
// server_time. Source: docs/sync_protocol.md#freshness

#pragma once

#include <chrono>
#include <optional>

#include "core/base/timestamp.h"

namespace contextsync {

/// One answer: the hub's clock while it was made, and our boot time before the request and after
/// the answer.
struct ClockSample {
  UnixMillis server_time = 0;
  std::chrono::milliseconds sent{};
  std::chrono::milliseconds received{};
};

/// Thread-safety: none; a small value that is copied.
class HubClock {
 public:
  /// Keeps the sample with the smallest error, unless it grew old or the hub's clock was set.
  void Add(const ClockSample& sample);

  [[nodiscard]] bool known() const { return known_; }

  /// Hub time at boot time `now`; wrong by at most `error()`. Precondition: known().
  [[nodiscard]] UnixMillis At(std::chrono::milliseconds now) const { return now.count() + offset_; }

  /// Our boot time when the hub's clock showed `hub_time`. Precondition: known().
  [[nodiscard]] std::chrono::milliseconds BootAt(UnixMillis hub_time) const {
    return std::chrono::milliseconds(hub_time - offset_);
  }

  /// Half a round trip: where within it the hub looked at its clock is not known.
  [[nodiscard]] std::chrono::milliseconds error() const { return error_; }

 private:
  bool known_ = false;
  std::int64_t offset_ = 0;
  std::chrono::milliseconds error_{};
  std::chrono::milliseconds taken_{};
};

}  // namespace contextsync
