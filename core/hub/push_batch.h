// RunPush: one push request against what a commit is going to change. Source:
// docs/sync_protocol.md#push

#pragma once

#include "core/hub/hub_stage.h"
#include "core/hub/principal.h"

namespace contextsync {

/// Numbers what can be numbered and answers entry by entry; the answer counts once the stage is
/// committed. A failure of the whole request stages nothing.
///
/// Errors: of the store; then the stage must be dropped.
Result<HubReply<PushResponse>> RunPush(HubStage& stage, const Principal& principal,
                                       const PushRequest& request, UnixMillis now);

/// The answer when nothing of the request could be committed: every entry may come again.
PushResponse RetryAll(const PushRequest& request, const WorkspaceHead& head, EntryNumber last_n,
                      UnixMillis now);

/// Notes what the notebook says of itself; answers it no longer needs are dropped.
void NoteProgress(HubStage& stage, HubDevice& device, EntryNumber acked_n);

}  // namespace contextsync
