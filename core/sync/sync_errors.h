// What an exchange that went wrong is called in status: a code, a sentence and what to do. Constant
// texts, because what a hub or a proxy wrote is not for a model to read as ours.

#pragma once

#include <optional>

#include "core/notebook/requests.h"
#include "core/sync/exchange.h"
#include "core/sync/sync_gate.h"

namespace contextsync {

/// Nothing when the exchange is no cause for concern.
std::optional<SyncError> DescribeTrouble(const Exchange& exchange, UnixMillis now);

/// The feed holds what this build cannot take. Precondition: `stop` is not kNone.
SyncError DescribeStop(FeedStop stop, UnixMillis now);

}  // namespace contextsync
