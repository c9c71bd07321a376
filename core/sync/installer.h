// Installer: takes contexts from the hub whole, one page an exchange. All of them when histories
// parted or the feed no longer reaches back; one when the hub numbered another content than we
// pushed. Source: docs/sync_protocol.md#snapshot

#pragma once

#include <string>
#include <vector>

#include "core/sync/hub_calls.h"
#include "core/sync/replica.h"
#include "core/sync/sync_session.h"

namespace contextsync {

/// Thread-safety: none; lives on the engine's thread.
class Installer {
 public:
  /// Lifetime: all references must outlive it.
  Installer(Replica& replica, HubCalls& hub, SyncSession& session)
      : replica_(replica), hub_(hub), session_(session) {}

  /// Fetches the next page of `session.install`, or installs what was fetched.
  /// Precondition: session.install.
  Exchange RunSnapshot();

  /// Rebuilds the first context of `session.rebuilds`. Precondition: it is not empty.
  Exchange RunRebuild();

 private:
  Exchange FetchPage();
  Exchange Install();
  Exchange StartOver();
  [[nodiscard]] bool IsStale(const SnapshotPage& page, const SyncPosition& position) const;

  Replica& replica_;
  HubCalls& hub_;
  SyncSession& session_;
  Epoch fetched_from_;  // the epoch `pages_` belong to
  std::vector<SnapshotPage> pages_;
  bool complete_ = false;
};

}  // namespace contextsync
