// FakeClock and SeededRandom: time and chance that only a test moves.

#pragma once

#include <chrono>
#include <cstdint>
#include <random>

#include "core/ports/clock.h"

namespace contextsync {

class FakeClock final : public Clock {
 public:
  [[nodiscard]] UnixMillis WallMillis() const override { return wall_; }
  [[nodiscard]] Instant Now() const override { return now_; }
  [[nodiscard]] std::chrono::milliseconds BootTime() const override {
    return std::chrono::duration_cast<std::chrono::milliseconds>(boot_);
  }

  void Advance(Instant::duration by) {
    now_ += by;
    Suspend(by);
  }

  /// Somebody sets the wall clock.
  void SetWall(UnixMillis wall) { wall_ = wall; }

  /// The machine sleeps: only the monotonic clock stands still.
  void Suspend(Instant::duration by) {
    boot_ += by;
    wall_ += std::chrono::duration_cast<std::chrono::milliseconds>(by).count();
  }

 private:
  UnixMillis wall_ = 1'700'000'000'000;
  Instant now_{std::chrono::hours(1)};
  Instant::duration boot_{std::chrono::hours(2)};
};

/// The machine's own clock, for tests in which threads wait.
class RealClock final : public Clock {
 public:
  [[nodiscard]] UnixMillis WallMillis() const override { return BootTime().count(); }
  [[nodiscard]] Instant Now() const override { return std::chrono::steady_clock::now(); }
  [[nodiscard]] std::chrono::milliseconds BootTime() const override {
    return std::chrono::duration_cast<std::chrono::milliseconds>(Now().time_since_epoch());
  }
};

class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed = 1) : engine_(seed) {}
  std::uint64_t Next() override { return engine_(); }

 private:
  std::mt19937_64 engine_;
};

}  // namespace contextsync
