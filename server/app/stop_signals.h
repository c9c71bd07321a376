// StopSignals: SIGINT, SIGTERM and SIGHUP as a descriptor. Nothing runs in a handler.

#pragma once

#include "core/base/result.h"

namespace contextsync {

/// Blocks the stop signals in this thread and all it starts later, ignores SIGPIPE, and returns a
/// descriptor that is readable when one came. Call before the first thread; as PID 1 a process has
/// no default actions, so this is also what lets a container stop. The descriptor belongs to the
/// process and is never closed.
Result<int> TakeStopSignals();

}  // namespace contextsync
