// Restamping: fresh stamps for own entries the hub has not numbered, because theirs are ahead of
// the hub's clock, or older than anything it remembers. Nobody else has seen them, but a join
// cannot lower or forget them here, so the contexts are taken from the hub anew, in the same batch.
// Source: docs/sync_protocol.md#clock-skew, docs/sync_protocol.md#reissue

#pragma once

#include <optional>
#include <set>

#include "core/notebook/changeset.h"
#include "core/ports/clock.h"

namespace contextsync {

/// The contexts whose hub copies a restamping of all entries from `from` on needs.
Result<std::set<ContextRef>> ContextsToRestamp(const TableReader& tables, const Meta& meta,
                                               EntryNumber from);

/// See Notebook::Restamp. In one batch: stamps and log keys of all entries from `order.from` on and
/// of parked ones ahead of the hub, their contexts, and the clock, which may go back.
///
/// Errors: kConflict when a page is missing, or older than what is contained here: ask again.
Status Restamp(Changeset& changes, const RestampOrder& order, const Clock& clock);

/// Where restamping has to begin because the hub numbered an entry as it was before it was
/// restamped.
Result<std::optional<EntryNumber>> FirstAfterTwin(const TableReader& tables, const Meta& meta);

/// Fresh stamps, above every other, for the first entry whose base the hub has forgotten, or that
/// follows one numbered as it was before its restamping, and all later ones: else a later one would
/// lose to it. The forgotten ones go for review. The contexts must be replaced in the same batch,
/// by a snapshot from `seen` on.
Status ReissueForgotten(Changeset& changes, HubSequence seen, const Clock& clock);

/// The same for one entry that is in no journal, above all that is held here.
Status ReissueAlone(JournalEntry& entry, Meta& meta, const Clock& clock);

}  // namespace contextsync
