// Freshness: the proof that the notebook holds everything the hub had committed a moment ago,
// without asking. Source: docs/sync_protocol.md#freshness

#pragma once

#include <chrono>
#include <optional>

#include "core/base/ids.h"
#include "core/ports/clock.h"
#include "core/sync/hub_clock.h"

namespace contextsync {

/// Both clocks at one moment. Their distance changes only while the machine is suspended.
struct ClockReading {
  std::chrono::milliseconds boot{};
  std::chrono::milliseconds monotonic{};

  static ClockReading Of(const Clock& clock);

  /// True when the clocks moved apart by more than a jump since `earlier`.
  [[nodiscard]] bool JumpedSince(const ClockReading& earlier) const;
};

/// fresh ⇔ a beat of this connection ∧ cursor ≥ its head ∧ its age ≤ 7.5 s. The age counts from the
/// emission at the hub: after a pause the socket hands over old frames that look new.
///
/// Thread-safety: none; a small value that is copied.
class Freshness {
 public:
  /// Voids the proof: reconnected, another epoch, or the clocks jumped.
  void Reset() { beat_.reset(); }

  /// A `ready` or heartbeat frame of our epoch: the hub's head as read at hub time `emitted`.
  void OnBeat(HubSequence head, UnixMillis emitted, const ClockReading& now);

  void OnCursor(HubSequence cursor) { cursor_ = cursor; }

  [[nodiscard]] bool IsFresh(const HubClock& hub_clock, const ClockReading& now) const;

  /// Boot time of the latest beat that found everything here; nothing when the latest did not.
  [[nodiscard]] std::optional<std::chrono::milliseconds> ProvenAt(const HubClock& hub_clock) const;

 private:
  struct Beat {
    HubSequence head;
    UnixMillis emitted = 0;
    ClockReading seen;
  };

  std::optional<Beat> beat_;
  HubSequence cursor_;
};

}  // namespace contextsync
