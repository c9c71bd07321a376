// Withdrawal: taking back a write that the hub refused while its caller was still waiting, so that
// the call can fail and leave nothing behind. Source: docs/sync_protocol.md#conflicts

#pragma once

#include <optional>
#include <string_view>

#include "core/notebook/changeset.h"
#include "core/notebook/refusal.h"

namespace contextsync {

/// If the hub refused the write of `op_id` with VERSION_MISMATCH: takes all of its parked entries
/// out, its receipt too, and answers why the call fails. Nothing otherwise. The contexts stay
/// marked for their rebuild until that was done.
Result<std::optional<Refusal>> Withdraw(Changeset& changes, std::string_view op_id);

}  // namespace contextsync
