// Refiling: a repair brings back the conflict records that a restored hub has lost. Source:
// docs/sync_protocol.md#epochs

#pragma once

#include <string>

#include "core/hub/conflict_book.h"
#include "core/hub/hub_stage.h"

namespace contextsync {

/// True when a record of the repair `entry` says something the hub does not know.
Result<bool> BringsRecords(HubStage& stage, const PushEntry& entry);

/// Files the records of the repair by their ids: what several notebooks bring is one record with
/// the join of what was left out. `after` is the context's state with the repair.
Status RefileRecords(HubStage& stage, const NumberedEntry& numbered, const State& after,
                     RecordChanges& changes);

/// Why the records of `entry` can be none of its context; empty when they can.
std::string FaultOfRecords(const PushEntry& entry);

}  // namespace contextsync
