// Pacer: when the next exchange with the hub may begin, and what that makes of the link.
// Source: docs/sync_protocol.md#retry

#pragma once

#include "core/sync/circuit_breaker.h"
#include "core/sync/exchange.h"
#include "core/sync/retry_schedule.h"
#include "core/sync/sync_gate.h"

namespace contextsync {

/// Thread-safety: none; lives on the engine's thread.
class Pacer {
 public:
  /// Lifetime: `random` must outlive it.
  explicit Pacer(Random& random);

  /// Notes how an exchange that began at `begun` ended at `now`.
  void OnExchange(const Exchange& exchange, bool was_hello, Clock::Instant begun,
                  Clock::Instant now);

  /// Nothing is left to say to the hub: whatever failed before has succeeded since.
  void OnCaughtUp();

  /// A new local write: worth an early attempt while the circuit is closed.
  void OnWrite(Clock::Instant now);

  /// The hub is known to be there again, or a person asks: worth an early attempt whatever the
  /// state.
  void OnSignOfLife(Clock::Instant now);

  /// The timer is due. Returns true when only a hello may be tried.
  bool OnTimer();

  /// No exchange may begin earlier.
  [[nodiscard]] Clock::Instant not_before() const { return not_before_; }
  [[nodiscard]] CircuitState circuit() const { return breaker_.state(); }
  [[nodiscard]] LinkState link() const;

  /// The hub failed and its timer runs, but nothing forbids a look whether it is there again.
  [[nodiscard]] bool MayProbe(Clock::Instant now) const;

  /// False when the latest exchanges failed: waiting for the next one is no use.
  [[nodiscard]] bool IsHealthy() const;

 private:
  void OnHubFailure(const HubFailure& failure, Clock::Instant now);
  void Hurry(Clock::Instant now);

  CircuitBreaker breaker_;
  RetrySchedule failures_;  // exchanges that failed at the hub
  RetrySchedule detours_;   // exchanges that only led to another one
  RetrySchedule local_;     // exchanges that failed in our own store
  Clock::Instant not_before_{};
  Clock::Instant floor_{};  // Retry-After: nothing goes below
  Clock::Instant last_attempt_{};
  LinkState barred_ =
      LinkState::kNone;       // kUnauthorized, kUpgradeRequired: not a matter of retrying
  bool met_ = false;          // the hub has answered once
  bool unreachable_ = false;  // the last failure was one of transport
};

}  // namespace contextsync
