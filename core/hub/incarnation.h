// Incarnations: each life of a workspace at the hub has an epoch of its own, so that notebooks
// notice when the hub was restored and bring back what it lost. Source:
// docs/sync_protocol.md#epochs

#pragma once

#include "core/hub/hub_store.h"
#include "core/ports/clock.h"

namespace contextsync {

/// The head of a workspace that has just come into being.
WorkspaceHead MintHead(Random& random);

/// `head` in a new life: a new epoch and hub device; what both lives share ends at `head.seq`.
WorkspaceHead MintNextLife(const WorkspaceHead& head, Random& random);

/// Begins a new life of every workspace in `store`. Each one is durable by itself: after a failure
/// it may be called again, at the price of one more epoch.
Status BeginNewLives(HubStore& store, Random& random);

}  // namespace contextsync
