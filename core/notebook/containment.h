// Containment: from an own entry's number at the hub to its leaving the journal.
// Source: docs/sync_protocol.md#the-invariant

#pragma once

#include <string>
#include <vector>

#include "core/notebook/changeset.h"

namespace contextsync {

/// What the hub made of an own entry.
struct HubOutcome {
  HubSequence seq;
  HubSequence rev;
  std::string hash;
  std::vector<std::string> conflicts;
};

/// Notes the hub's word on `entry`: it is not sent again, and counts as confirmed. It stays joined,
/// and in the journal. `document` is its context's, to be stored by the caller. Another hash than
/// its own marks the context for a rebuild.
Status NoteNumbered(Changeset& changes, JournalEntry& entry, const HubOutcome& numbered,
                    Document& document);

/// Takes all entries out of the journal whose items are contained now. Trimmed ones stay until
/// their rebuild.
Status RemoveContained(Changeset& changes);

/// The rebuild of `ref` is due, across restarts, until InstallContext did it.
Status MarkRebuild(Changeset& changes, const ContextRef& ref);

/// What of `delta` is in the state of `ref` although nobody answers for it any more: it was refused
/// and then given up before the rebuild that takes it out. Nothing when no rebuild is due.
Status Disown(Changeset& changes, const ContextRef& ref, const Delta& delta);
Result<State> Disowned(const TableReader& tables, const ContextRef& ref);

void ClearRebuild(Changeset& changes, const ContextRef& ref);
Result<std::vector<ContextRef>> MarkedRebuilds(const TableReader& tables);

/// Something is stored here from `seq` on, where the feed's check is `check`.
void NoteKnown(Meta& meta, HubSequence seq, const FeedCheck& check);

}  // namespace contextsync
