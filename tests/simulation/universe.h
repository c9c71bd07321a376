// Universe: the time, the chance and the record of one simulated run. Everything that happens is an
// event of one queue, so a seed alone decides everything.

#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <queue>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "core/ports/clock.h"

namespace contextsync::simulation {

using Duration = Clock::Instant::duration;
using Instant = Clock::Instant;

class Chance final : public Random {
 public:
  explicit Chance(std::uint64_t seed) : engine_(seed) {}

  std::uint64_t Next() override { return engine_(); }

  /// Uniform in [0, bound). Precondition: bound > 0.
  std::uint64_t Below(std::uint64_t bound) { return engine_() % bound; }
  bool Percent(unsigned percent) { return percent != 0 && Below(100) < percent; }
  Duration UpTo(Duration longest) {
    if (longest <= Duration::zero()) return Duration::zero();
    return Duration(
        static_cast<Duration::rep>(Below(static_cast<std::uint64_t>(longest.count()) + 1)));
  }

 private:
  std::mt19937_64 engine_;
};

/// Thread-safety: one thread.
class Universe {
 public:
  explicit Universe(std::uint64_t seed, bool is_traced) : chance(seed), is_traced_(is_traced) {}

  [[nodiscard]] Instant now() const { return now_; }

  /// Milliseconds since 1970 on a clock that is right.
  [[nodiscard]] UnixMillis true_millis() const;

  void At(Instant when, std::function<void()> what);
  void After(Duration delay, std::function<void()> what) { At(now_ + delay, std::move(what)); }

  /// Lets everything happen up to `end`, in order.
  void RunUntil(Instant end);

  // ── record ──

  [[nodiscard]] bool is_traced() const { return is_traced_; }
  void Trace(const std::string& line);
  void Fail(const std::string& what);
  [[nodiscard]] const std::vector<std::string>& failures() const { return failures_; }
  [[nodiscard]] bool has_failed() const { return !failures_.empty(); }

  /// Of everything that happened: equal seeds have equal digests.
  [[nodiscard]] std::uint64_t digest() const { return digest_; }
  void Mix(std::uint64_t value);

  Chance chance;

 private:
  struct Event {
    Instant when;
    std::uint64_t order;  // equal times: first come, first served
    std::function<void()> what;
  };
  struct Later {
    bool operator()(const Event& left, const Event& right) const {
      return std::pair(left.when, left.order) > std::pair(right.when, right.order);
    }
  };

  const bool is_traced_;
  Instant now_{std::chrono::hours(100)};
  std::uint64_t order_ = 0;
  std::priority_queue<Event, std::vector<Event>, Later> events_;
  std::vector<std::string> failures_;
  std::uint64_t digest_ = 0;
};

/// Adds a line to the trace; `text` is not evaluated when nobody reads it.
#define SIMULATION_TRACE(universe, text)                \
  do {                                                  \
    if ((universe).is_traced()) (universe).Trace(text); \
  } while (false)

/// The clock of one computer: its wall clock may be wrong and may jump, and it may be suspended.
class SimClock final : public Clock {
 public:
  explicit SimClock(const Universe& universe) : universe_(universe) {}

  [[nodiscard]] UnixMillis WallMillis() const override {
    return universe_.true_millis() + skew_.count();
  }
  [[nodiscard]] Instant Now() const override { return universe_.now() - slept_; }
  [[nodiscard]] std::chrono::milliseconds BootTime() const override;

  /// When this computer's monotonic clock will show `local`, unless it is suspended before.
  [[nodiscard]] Instant WorldTime(Instant local) const { return local + slept_; }

  void SetSkew(std::chrono::milliseconds skew) { skew_ = skew; }

  /// While it runs; a clock that is behind `skew` already stays as it is.
  void SetBack(std::chrono::milliseconds skew) {
    was_set_back_ = was_set_back_ || skew < skew_;
    skew_ = std::min(skew, skew_);
  }
  void SetForward(std::chrono::milliseconds skew) { skew_ = std::max(skew, skew_); }
  [[nodiscard]] bool was_set_back() const { return was_set_back_; }
  void AddSleep(Duration slept) { slept_ += slept; }

 private:
  const Universe& universe_;
  std::chrono::milliseconds skew_{};
  Duration slept_{};
  bool was_set_back_ = false;
};

}  // namespace contextsync::simulation
