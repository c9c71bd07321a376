// Collector: which components of a context nobody needs any more: dead ones that every live
// notebook has seen die. Pure: the same context and bounds give the same drops. Source:
// docs/sync_protocol.md#collection

#pragma once

#include <cstddef>
#include <vector>

#include "core/document/drop.h"
#include "core/hub/hub_store.h"

namespace contextsync {

struct CollectionBounds {
  HubSequence seen;           // every live notebook has seen this and everything before
  UnixMillis older_than = 0;  // only what was written before
  std::size_t max_drops = 0;  // about; what is left is found again
};

/// What can be dropped without changing what is shown now or after any write that has yet to come.
std::vector<Drop> FindCollectable(const HubContext& context, const CollectionBounds& bounds);

/// Forgets the writers of what was dropped. `state` is the one after the drops.
void DropWriters(WriterTable& writers, const State& state);

}  // namespace contextsync
