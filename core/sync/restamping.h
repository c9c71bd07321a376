// Restamping: own entries that the hub refused as ahead of its clock get fresh stamps. First the
// hub's copies of their contexts, one an exchange, while local writers go on; then one batch.
// Source: docs/sync_protocol.md#clock-skew

#pragma once

#include <map>

#include "core/sync/hub_calls.h"
#include "core/sync/replica.h"
#include "core/sync/sync_session.h"

namespace contextsync {

/// Thread-safety: none; lives on the engine's thread.
class Restamping {
 public:
  /// Lifetime: all references must outlive it.
  Restamping(Replica& replica, HubCalls& hub, SyncSession& session)
      : replica_(replica), hub_(hub), session_(session) {}

  /// Fetches the next context, or restamps. Precondition: session.restamp.
  Exchange Run();

 private:
  Exchange Fetch(const ContextRef& context);
  Exchange Restamp();

  Replica& replica_;
  HubCalls& hub_;
  SyncSession& session_;
  EntryNumber from_;  // what `pages_` were fetched for
  std::map<ContextRef, SnapshotPage> pages_;
};

}  // namespace contextsync
