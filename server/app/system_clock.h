// SystemClock and SystemRandom: time and chance of the real machine.

#pragma once

#include <array>
#include <cstddef>

#include "core/base/mutex.h"
#include "core/ports/clock.h"

namespace contextsync {

class SystemClock final : public Clock {
 public:
  [[nodiscard]] UnixMillis WallMillis() const override;
  [[nodiscard]] Instant Now() const override;
  [[nodiscard]] std::chrono::milliseconds BootTime() const override;
};

/// The kernel's generator (getrandom), fetched a page at a time.
class SystemRandom final : public Random {
 public:
  std::uint64_t Next() override;

 private:
  static constexpr std::size_t kWords = 32;  // 256 bytes: what getrandom gives without interruption

  Mutex mu_;
  std::array<std::uint64_t, kWords> words_ GUARDED_BY(mu_) = {};
  std::size_t used_ GUARDED_BY(mu_) = kWords;
};

}  // namespace contextsync
