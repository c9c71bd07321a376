// What history keeps: checkpoints of the cells, so that a version is a few changes away from one,
// and no more versions than anybody may ask for. Source: docs/storage_format.md#history

#pragma once

#include "core/notebook/changeset.h"

namespace contextsync::history {

/// After version `seq` of `ref` was added at `at`: takes a checkpoint when one is due and nothing
/// own waits for the hub, and then drops the versions before a checkpoint that are neither among
/// the last 200 nor of the last 30 days. `document` is the context's, to be stored by the caller.
///
/// Precondition: `document` holds all items of `ref` up to `seq`.
Status Checkpoint(Changeset& changes, const ContextRef& ref, HubSequence seq, UnixMillis at,
                  Document& document);

/// As above for a version made without a hub.
Status CheckpointLocal(Changeset& changes, const ContextRef& ref, Document& document);

/// The items up to `asof` were not seen one by one: history begins anew with `cells`, as of version
/// `rev`. What was kept before is out of reach at once and dropped by the next Add.
void BeginAt(Overlay& tables, const ContextRef& ref, HubSequence rev, const State& cells,
             DocumentHeader& header);

/// Forgets what was kept beyond `last`: another history has other versions there.
Status DropAbove(Changeset& changes, const ContextRef& ref, HubSequence last,
                 DocumentHeader& header);

/// Drops what BeginAt left behind.
Status DropBelowStart(Changeset& changes, const ContextRef& ref, const DocumentHeader& header);

/// Drops everything made without a hub: numbered versions take its place.
Status DropLocal(Changeset& changes);

}  // namespace contextsync::history
