// LocalGate: the sync gate of a notebook without a hub. Nothing to bring up to date, nothing to
// wait for.

#pragma once

#include "core/sync/sync_gate.h"

namespace contextsync {

class LocalGate final : public SyncGate {
 public:
  void BeforeCall(Clock::Instant /*deadline*/, bool /*force*/) override {}
  void AfterWrite(EntryNumber /*last*/, Clock::Instant /*deadline*/) override {}
  [[nodiscard]] bool IsConfirmed(EntryNumber /*n*/) const override { return false; }
  [[nodiscard]] SyncStatus Status() const override { return {}; }
};

}  // namespace contextsync
