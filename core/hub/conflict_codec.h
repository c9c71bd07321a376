// The stored form of a conflict record, in rows of its own and inside feed items. Source:
// docs/storage_format.md#hub-tables

#pragma once

#include "core/base/bytes.h"
#include "core/ports/hub_messages.h"

namespace contextsync {

void WriteConflict(ByteWriter& out, const ConflictRecord& record);

/// False for anything WriteConflict does not write.
bool ReadConflict(ByteReader& in, ConflictRecord& record);

}  // namespace contextsync
