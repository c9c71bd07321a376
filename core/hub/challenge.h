// What waits for a person: whose it is, and what belongs to it. Source:
// docs/sync_protocol.md#left-out

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/ports/hub_messages.h"

namespace contextsync {

/// The notebook an entry comes from: the id it pushes under, and those it had before.
///
/// Lifetime: refers to the ids.
struct WriteOrigin {
  DeviceId device;
  const std::vector<DeviceId>& former;

  [[nodiscard]] bool Has(DeviceId id) const;
};

/// True when `record` is open over something of this notebook.
bool IsChallenger(const ConflictRecord& record, const WriteOrigin& origin);

/// True when the entry was compiled on top of what `record` left out: an entry that was pending
/// then is not younger than what was left out. The base does not tell, the cursor may have passed
/// the item before the context was rebuilt.
bool IsChained(const ConflictRecord& record, const PushEntry& entry, const WriteOrigin& origin);

/// True when `delta` says something strictly above `path`, beyond keeping parents alive.
bool WritesAbove(const Delta& delta, std::string_view path);

/// Joins `part` to what the record left out, and says what that wants now.
void AddLeftOut(ConflictRecord& record, const Delta& part);

/// The same after a restore: nothing in it depends on numbers the hub gives.
std::string RecordId(const ContextRef& context, std::string_view path, const EntryId& entry);

/// "c-" and 16 hex digits.
bool IsRecordId(std::string_view id);

/// A record's path as a cell's, and back.
std::string CellPathOf(std::string_view record_path);
std::string RecordPathOf(std::string_view cell_path);

}  // namespace contextsync
