// RunHello: a notebook introduces itself and learns whether its history and its identity are still
// good. Source: docs/sync_protocol.md#hello

#pragma once

#include "core/hub/hub_stage.h"
#include "core/hub/principal.h"

namespace contextsync {

/// Registers the device with its first hello. Only a verdict of kOk takes over what the notebook
/// says of its progress.
Result<HelloResponse> RunHello(HubStage& stage, const Principal& principal,
                               const HelloRequest& request, UnixMillis now);

}  // namespace contextsync
