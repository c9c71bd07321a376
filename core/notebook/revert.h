// Revert: back to what a context showed at an earlier version, as an ordinary update: nothing is
// undone, and what others write later merges with it. Source: docs/tools.md#actions

#pragma once

#include "core/notebook/changeset.h"
#include "core/notebook/refusal.h"

namespace contextsync {

/// `write` with the update that leads from what is seen now to what was seen at write.revert_to.
/// Refuses with NOT_FOUND: no such context, or a version that is not kept; then `oldest` says which
/// are.
Checked<ContextWrite> RevertOf(const Changeset& changes, const ContextWrite& write);

/// The two views that `query` asks for.
Checked<VersionSpan> ReadSpan(const Changeset& changes, const SpanQuery& query);

}  // namespace contextsync
