// Clock and Random: time and chance as ports, so that a seeded simulator can drive the code that
// ships.

#pragma once

#include <chrono>
#include <cstdint>

#include "core/base/timestamp.h"

namespace contextsync {

/// Thread-safety: any thread.
class Clock {
 public:
  using Instant = std::chrono::steady_clock::time_point;

  virtual ~Clock() = default;

  /// Wall clock. May be wrong by days and may jump; never used for waiting or for order alone.
  [[nodiscard]] virtual UnixMillis WallMillis() const = 0;

  /// Monotonic; for deadlines and measuring. Stands still while the machine is suspended.
  [[nodiscard]] virtual Instant Now() const = 0;

  /// Monotonic and counts suspend: what the freshness proof ages by.
  [[nodiscard]] virtual std::chrono::milliseconds BootTime() const = 0;
};

/// Thread-safety: any thread.
class Random {
 public:
  virtual ~Random() = default;

  /// 64 uniformly distributed bits. Cryptographic in production (ids and tokens come from here).
  virtual std::uint64_t Next() = 0;
};

}  // namespace contextsync
