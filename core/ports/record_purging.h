// What conflict records lose to a purge. Source: docs/sync_protocol.md#purge

#pragma once

#include <vector>

#include "core/ports/hub_messages.h"

namespace contextsync {

/// Takes out of both sides, and of what was left out, what `purge` names. True: there was
/// something.
bool PurgeRecord(ConflictRecord& record, const Purge& purge);

/// As above for records that are filed again.
void PurgeRecords(std::vector<ConflictRecord>& records, const std::vector<Purge>& purges);

}  // namespace contextsync
