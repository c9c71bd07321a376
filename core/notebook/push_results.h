// What the hub's answer to a push means for the notebook. Source: docs/sync_protocol.md#push

#pragma once

#include <string_view>

#include "core/notebook/changeset.h"

namespace contextsync {

/// A PushResult's code when an entry with `fail` met a concurrent write.
inline constexpr std::string_view kVersionMismatchCode = "VERSION_MISMATCH";

/// Notes every result; see Notebook::NoteResults. `at` is the time for what is parked.
Result<PushEffects> NoteResults(Changeset& changes, const PushResponse& response, UnixMillis at);

}  // namespace contextsync
