// StoreLock: the lock of a store for a command that needs it alone. A process that only sends what
// is pending steps aside for it.

#pragma once

#include <optional>

#include <nlohmann/json_fwd.hpp>

#include "core/base/result.h"
#include "core/document/json.h"
#include "server/app/store_place.h"
#include "storage/rocks/notebook_lock.h"

namespace contextsync {

/// Waits some seconds for a process that is ready to leave, and for no other.
///
/// Errors: kConflict when another process has the store open.
Result<NotebookLock> LockStore(const StorePlace& place);

/// What asks a process to leave …
Json LeaveRequest();

/// … and whether `request` is that.
bool IsLeaveRequest(const Json& request);

}  // namespace contextsync
