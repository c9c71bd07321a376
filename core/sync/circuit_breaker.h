// CircuitBreaker: after enough transport failures in a row nothing but one hello at a time is
// tried. Source: docs/sync_protocol.md#retry

#pragma once

#include <cstdint>

#include "core/sync/sync_gate.h"
#include "core/sync/tuning.h"

namespace contextsync {

/// Thread-safety: none; a value of its owner's thread.
class CircuitBreaker {
 public:
  /// The hub could not be reached, or did not answer in time.
  void OnTransportFailure() {
    ++failures_;
    if (failures_ >= sync_tuning::kBreakerTrips) state_ = CircuitState::kOpen;
  }

  /// The hub answered, whatever it said.
  void OnAnswer() {
    failures_ = 0;
    state_ = CircuitState::kClosed;
  }

  /// The retry timer fired: lets one hello through when open.
  void OnTimer() {
    if (state_ == CircuitState::kOpen) state_ = CircuitState::kHalfOpen;
  }

  [[nodiscard]] CircuitState state() const { return state_; }

 private:
  std::uint64_t failures_ = 0;
  CircuitState state_ = CircuitState::kClosed;
};

}  // namespace contextsync
