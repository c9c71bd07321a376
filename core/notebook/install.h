// Installing what the hub holds in place of what is here: one context (rebuild), or all of them
// (snapshot). Source: docs/sync_protocol.md#snapshot

#pragma once

#include <vector>

#include "core/notebook/changeset.h"
#include "core/ports/clock.h"

namespace contextsync {

/// `ref` := the hub's copy ⊔ its own entries the hub has not numbered. `page` holds the one
/// context, or none when the hub does not know it.
///
/// Errors: kConflict when the page is older than what is contained here, or a trimmed entry's
/// record did not come
///         along: ask again.
Status InstallContext(Changeset& changes, const ContextRef& ref, const SnapshotPage& page);

/// All contexts := the snapshot ⊔ pending entries, written beside the old ones and switched to by
/// `changes`. Entries older than anything the hub remembers are reissued.
///
/// Precondition: `changes` stands directly on the committed notebook, alone in its batch.
/// Errors:       kConflict when the snapshot is older than what is contained here.
Status InstallSnapshot(Changeset& changes, TableStore& store, const Clock& clock,
                       const std::vector<SnapshotPage>& pages);

/// Removes all copies of the contexts but the one in force: what an interrupted install, or a
/// finished one, left.
Status DropOtherGenerations(TableStore& store, keys::Generation in_force);

}  // namespace contextsync
