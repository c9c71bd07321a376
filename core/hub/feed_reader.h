// Reads of one workspace: pages of the feed and of the snapshot. They run beside its writes.
// Source: docs/sync_protocol.md#changes, #snapshot

#pragma once

#include "core/hub/hub_stage.h"

namespace contextsync {

/// A page of the feed: within the bounds of request and protocol, but never cut inside a
/// transaction and never empty while there is more.
Result<HubReply<ChangesPage>> ReadChanges(HubStore& store, const WorkspaceId& workspace,
                                          const ChangesRequest& request, UnixMillis now);

/// A page of contexts with the records that are not closed. `start` is the head at the first page,
/// carried in `after`; each context is as of its own `asof`, so nothing needs to be pinned between
/// pages.
Result<HubReply<SnapshotPage>> ReadSnapshot(HubStore& store, const WorkspaceId& workspace,
                                            const SnapshotRequest& request, UnixMillis now);

}  // namespace contextsync
