// SyncGate: what the tool decorator needs of synchronisation, and nothing else. Sync never decides
// whether a call succeeds. Source: docs/sync_protocol.md#freshness

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "core/base/ids.h"
#include "core/ports/clock.h"

namespace contextsync {

enum class LinkState { kNone, kOnline, kOffline, kStalled, kUnauthorized, kUpgradeRequired };
enum class ChannelState { kNone, kConnected, kConnecting, kClosed };
enum class CircuitState { kNone, kClosed, kOpen, kHalfOpen };

struct SyncError {
  std::string code;
  std::string message;
  std::string hint;
  UnixMillis at = 0;
};

/// Rates are fractions 0–1 and absent before the first sample.
struct SyncMetrics {
  std::uint64_t total_syncs = 0;
  std::optional<double> success_rate;
  std::optional<double> avg_latency_ms;
  std::optional<double> p50_ms;
  std::optional<double> p99_ms;
  std::optional<double> cache_hit_rate;
};

struct SyncStatus {
  LinkState link = LinkState::kNone;  // kNone: no hub configured
  ChannelState channel = ChannelState::kNone;
  CircuitState circuit = CircuitState::kNone;
  std::optional<std::chrono::milliseconds>
      age;  // since the last sync or proof of freshness; absent: never
  std::optional<UnixMillis> last_sync_at;
  std::string role;  // read | write | admin, as the hub last told; empty: not told
  std::optional<SyncError> last_error;
  SyncMetrics metrics;
};

/// Thread-safety: any thread.
class SyncGate {
 public:
  virtual ~SyncGate() = default;

  /// Brings the notebook up to date if that is worth waiting for: returns at once when freshness is
  /// proven or the link is known to be down, else after a pull or at `deadline`. `force` pulls even
  /// when fresh.
  virtual void BeforeCall(Clock::Instant deadline, bool force) = 0;

  /// Waits until the hub has given its word on every entry up to `last` and the conflict records
  /// that word was about are here, or `deadline`, or until the link is known to be down.
  virtual void AfterWrite(EntryNumber last, Clock::Instant deadline) = 0;

  /// What the hub said about own entry `n`, if it is not simply confirmed or unknown.
  [[nodiscard]] virtual bool IsConfirmed(EntryNumber n) const = 0;

  [[nodiscard]] virtual SyncStatus Status() const = 0;
};

}  // namespace contextsync
