// Surroundings: what every answer says beside its data: sync state, conflicts, notices.

#pragma once

#include "core/tools/envelope.h"
#include "core/tools/session.h"
#include "core/tools/workspace.h"

namespace contextsync {

/// The surroundings of a finished operation. Moves the session past the notices it shows.
Around SurroundingsOf(const Operation& operation, bool durable, const OpenWorkspace& workspace,
                      Session& session);

/// Of a call refused before it reached the notebook: never waits, shows no notices.
Around ClosedOrQuickSurroundings(Workspace& workspace, Clock::Instant now);

/// When no notebook is open.
SyncBlock ClosedSyncBlock(bool has_hub);

}  // namespace contextsync
