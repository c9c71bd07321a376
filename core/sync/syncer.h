// Syncer: knows what has to be said to the hub and says one thing at a time. When is the engine's
// business.

#pragma once

#include <utility>

#include "core/sync/greeter.h"
#include "core/sync/hub_calls.h"
#include "core/sync/installer.h"
#include "core/sync/puller.h"
#include "core/sync/pusher.h"
#include "core/sync/replica.h"
#include "core/sync/restamping.h"
#include "core/sync/sync_session.h"

namespace contextsync {

enum class ExchangeKind { kNone, kHello, kSnapshot, kRestamp, kRebuild, kPush, kPull };

/// Thread-safety: none; lives on the engine's thread.
class Syncer {
 public:
  /// Lifetime: all references must outlive it.
  Syncer(Replica& replica, HubCalls& hub, HubIdentity identity);

  /// What `Run` would do.
  [[nodiscard]] ExchangeKind Next() const;

  /// One exchange: at most one request to the hub. Precondition: Next() is not kNone.
  Exchange Run();

  /// Applies a `changed` frame of our epoch, or asks for a pull.
  Exchange OnChanged(const EventFrame& frame) { return puller_.OnChanged(frame); }

  /// From the next hello on the hub's history is taken over, even if it is a stranger's.
  void AdoptHub() { greeter_.AdoptHub(); }

  [[nodiscard]] SyncSession& session() { return session_; }
  [[nodiscard]] const SyncSession& session() const { return session_; }

 private:
  SyncSession session_;
  Greeter greeter_;
  Installer installer_;
  Restamping restamping_;
  JournalPusher pusher_;
  Puller puller_;
  bool push_was_last_ = false;
};

}  // namespace contextsync
