// `contextsync demo`: the main job on real processes, for a person to watch.

#pragma once

namespace contextsync {

/// Starts a hub and two agents in a temporary directory, lets them work through an outage and a
/// kill, and checks what was promised. Under 20 s. Returns kExitFailed when anything did not hold.
int RunDemo(bool json);

}  // namespace contextsync
