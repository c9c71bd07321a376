// SyncBoard: where the engine posts what is known, and where tool calls read it or wait for it to
// change.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "core/base/mutex.h"
#include "core/sync/checkpoint.h"
#include "core/sync/freshness.h"
#include "core/sync/hub_clock.h"
#include "core/sync/latency_ring.h"
#include "core/sync/sync_gate.h"

namespace contextsync {

/// Everything other threads may know; posted whole after each step.
struct SyncView {
  LinkState link = LinkState::kOffline;
  ChannelState channel = ChannelState::kNone;
  CircuitState circuit = CircuitState::kClosed;
  std::string role;
  std::optional<SyncError> last_error;
  std::optional<std::chrono::milliseconds> last_sync;  // boot time
  Freshness freshness;
  HubClock hub_clock;
  Checkpoint checkpoint;
  bool awaits_records = false;     // what the hub said of our entries is not all here yet
  std::uint64_t pulls_served = 0;  // pull tickets up to this one
  bool pull_worth_waiting = true;  // false: the link is known not to bring one soon
  bool push_worth_waiting = true;
  Clock::Instant not_before;  // no exchange begins earlier
  bool stopped = false;
  std::uint64_t attempts = 0;  // exchanges begun
  std::uint64_t pushed = 0;    // entries the hub confirmed
  std::uint64_t pulled = 0;    // feed items applied
  std::uint64_t rearmed =
      0;  // times the liveness check found a journal that nobody was going to push
};

/// Thread-safety: any thread.
class SyncBoard {
 public:
  /// Lifetime: `clock` must outlive the board.
  explicit SyncBoard(Clock& clock) : clock_(clock) {}

  void Post(const SyncView& view);

  [[nodiscard]] SyncView View() const;

  /// Waits until `settled` holds for the posted view or `deadline`; returns whether it holds.
  bool WaitUntil(Clock::Instant deadline, const std::function<bool(const SyncView&)>& settled);

  /// A request to the hub begins.
  void BeginExchange();

  /// The request is over.
  void RecordExchange(std::chrono::nanoseconds latency, bool succeeded);

  /// True when the running request has been without an answer for twice as long as is left until
  /// `deadline`: whoever needs the next one would wait in vain.
  [[nodiscard]] bool IsHubTooSlowFor(Clock::Instant deadline) const;

  /// A call that wanted to be up to date: `proven` without asking the hub.
  void RecordPreSync(bool proven);

  [[nodiscard]] SyncMetrics Metrics() const;

 private:
  // Constant after construction.
  Clock& clock_;

  mutable Mutex mu_;
  CondVar posted_;
  SyncView view_ GUARDED_BY(mu_);
  std::optional<Clock::Instant> exchange_began_ GUARDED_BY(mu_);
  LatencyRing latencies_ GUARDED_BY(mu_);
  std::uint64_t exchanges_ GUARDED_BY(mu_) = 0;
  std::uint64_t succeeded_ GUARDED_BY(mu_) = 0;
  std::uint64_t pre_syncs_ GUARDED_BY(mu_) = 0;
  std::uint64_t proven_ GUARDED_BY(mu_) = 0;
};

}  // namespace contextsync
