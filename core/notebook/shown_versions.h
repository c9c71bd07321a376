// ShownVersions: what the strategy `version` shows, from the records alone, so that it is equal
// wherever the records are. Source: docs/sync_protocol.md#conflicts

#pragma once

#include <vector>

#include "core/notebook/requests.h"

namespace contextsync {

/// By path. Only records of the strategy `version` that nobody has closed count; each (value,
/// sequence) stands once.
std::vector<PathVersions> ShownVersions(const std::vector<ConflictRecord>& records);

}  // namespace contextsync
