// Repair: cells a hub lost, brought back with their original stamps by a notebook that still holds
// them. Source: docs/sync_protocol.md#epochs

#pragma once

#include <vector>

#include "core/notebook/changeset.h"

namespace contextsync {

/// `delta` in parts of about one push each, by path, long lists by elements. Joined together they
/// give `delta`.
std::vector<Delta> SplitRepair(const Delta& delta);

/// Journals `entry`, completed by what follows from `delta`. The state holds the cells already.
Status AppendRepair(Changeset& changes, JournalEntry entry, Delta delta);

/// `lacking`, a part of `mine`, with the objects and lists that hold its parts, where the hub has
/// nothing at their paths. A pending entry may bring them along, but if it is refused the parts
/// would be there and not be shown.
Delta WithContainers(Delta lacking, const State& mine, const State& at_hub);

}  // namespace contextsync
