// SetUpLogging: what a process does about its log before its first thread starts.

#pragma once

#include "core/base/log.h"

namespace contextsync {

/// Sets the level, sends whatever a library logs through spdlog to stderr as well (spdlog's own
/// default is stdout, which belongs to the protocol), and keeps quiet when stderr itself cannot be
/// written.
void SetUpLogging(LogLevel level);

}  // namespace contextsync
