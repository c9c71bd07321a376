// Puller: brings the feed here, in pages, or item by item as events arrive. The cursor decides,
// never the event. Source: docs/sync_protocol.md#changes

#pragma once

#include <cstddef>

#include "core/base/limits.h"
#include "core/sync/hub_calls.h"
#include "core/sync/replica.h"
#include "core/sync/sync_session.h"

namespace contextsync {

/// Thread-safety: none; lives on the engine's thread.
class Puller {
 public:
  /// Lifetime: all references must outlive it.
  Puller(Replica& replica, HubCalls& hub, SyncSession& session)
      : replica_(replica), hub_(hub), session_(session) {}

  /// Fetches and applies one page. Clears `session.pull` when it was the last.
  Exchange Run();

  /// Applies the item of a `changed` frame if it is the next one and complete; asks for a pull if
  /// it is neither that nor known.
  Exchange OnChanged(const EventFrame& frame);

 private:
  Exchange OnFailure(HubFailure failure);
  Exchange StopBefore(FeedStop stop);
  Exchange Apply(const ChangesPage& page);

  Replica& replica_;
  HubCalls& hub_;
  SyncSession& session_;
  std::size_t page_items_ = limits::kPageItems;
};

}  // namespace contextsync
