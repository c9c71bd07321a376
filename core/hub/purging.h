// Purging at the hub: takes a value out of everything kept of a context, at one place in the feed.
// Source: docs/sync_protocol.md#purge

#pragma once

#include "core/hub/hub_stage.h"
#include "core/hub/sequencer.h"

namespace contextsync {

/// Numbers a validated entry of op purge. One that names its writes was made before and is filed
/// again: nothing else goes, and without news it is not numbered. Rejects whoever may not.
Result<PushResult> NumberPurge(HubStage& stage, const Pusher& pusher, const PushEntry& entry);

/// Has what was purged leave the store's files, if that is still due. A failure is logged, and made
/// good for by the next call.
void ScrubPurged(HubStore& store, const WorkspaceId& workspace);

}  // namespace contextsync
