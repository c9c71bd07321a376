// Receipts: what each op_id was answered, so that a repeated call gets the first answer again.

#pragma once

#include <optional>
#include <string>

#include "core/notebook/changeset.h"

namespace contextsync::receipts {

Result<std::optional<OperationRecord>> Find(const TableReader& tables, std::string_view op_id);

/// Stores `record` and drops what is old: a receipt is kept for 24 h and as long as an entry of
/// that time is not confirmed, but never more than 100 000. The last 1 000 stay however old the
/// clock makes them: it may have been set a day ahead since the call that is now repeated.
Status Keep(Changeset& changes, std::string_view op_id, const OperationRecord& record);

/// The write was taken back: its op_id may be used again.
Status Forget(Changeset& changes, std::string_view op_id);

}  // namespace contextsync::receipts
