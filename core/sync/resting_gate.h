// RestingGate: the sync gate of a notebook that has a hub, for one call while nobody synchronises
// it.

#pragma once

#include <string_view>

#include "core/notebook/requests.h"
#include "core/sync/sync_gate.h"

namespace contextsync {

class RestingGate final : public SyncGate {
 public:
  /// `hub`: the address in the settings; `now`: of this machine's clock, when the call begins.
  RestingGate(const SyncPosition& position, std::string_view hub, UnixMillis now) {
    status_.link = LinkState::kOffline;
    status_.channel = ChannelState::kClosed;
    status_.circuit = CircuitState::kClosed;
    status_.age = position.SinceLastSync(hub, now);
    if (status_.age) status_.last_sync_at = position.last_sync_at;
  }

  void BeforeCall(Clock::Instant /*deadline*/, bool /*force*/) override {}
  void AfterWrite(EntryNumber /*last*/, Clock::Instant /*deadline*/) override {}
  [[nodiscard]] bool IsConfirmed(EntryNumber /*n*/) const override { return false; }
  [[nodiscard]] SyncStatus Status() const override { return status_; }

 private:
  SyncStatus status_;
};

}  // namespace contextsync
