// GuardedClock: a wall clock that does not follow a jump. Notebooks measure their stamps against
// the hub's clock, so one bad NTP answer there would let stamps of the future into the feed, where
// a maximum never goes down again. Source: docs/sync_protocol.md#clock-skew

#pragma once

#include <atomic>

#include "core/ports/clock.h"

namespace contextsync {

/// Thread-safety: any thread.
class GuardedClock final : public Clock {
 public:
  /// More than this between two looks is a jump. Corrections below it are followed.
  static constexpr std::chrono::minutes kMaxStep{10};

  explicit GuardedClock(const Clock& machine);

  /// The machine's wall clock; after a jump what it would show had it not jumped.
  [[nodiscard]] UnixMillis WallMillis() const override;
  [[nodiscard]] Instant Now() const override { return machine_.Now(); }
  [[nodiscard]] std::chrono::milliseconds BootTime() const override { return machine_.BootTime(); }

  /// True while the machine's clock is off by a jump.
  [[nodiscard]] bool HasJumped() const;

 private:
  [[nodiscard]] UnixMillis Offset() const {
    return machine_.WallMillis() - machine_.BootTime().count();
  }

  const Clock& machine_;
  mutable std::atomic<UnixMillis> offset_;  // wall clock minus boot time, as last believed
};

}  // namespace contextsync
