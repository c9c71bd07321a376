// ChosenUpdate: what was decided about a conflict record, as an ordinary update of its context. A
// resolution is a write like any other: it holds the concrete value its writer saw, so it may lose
// against a later one and never blocks anybody. Source: docs/sync_protocol.md#conflicts

#pragma once

#include <optional>

#include "core/notebook/requests.h"

namespace contextsync {

/// Nothing when the record's current value was chosen: that is shown already. `shown` is the
/// context's data now.
///
/// Errors: kInvalidArgument when the chosen value cannot stand at the record's path; kCorruption.
Result<std::optional<Update>> ChosenUpdate(const ConflictRecord& record,
                                           const ResolutionChoice& choice, const Json& shown);

}  // namespace contextsync
