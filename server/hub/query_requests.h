// The GET requests of the protocol, read from a query. Source: docs/sync_protocol.md#changes,
// #snapshot, #events

#pragma once

#include "core/base/result.h"
#include "core/ports/hub_messages.h"
#include "server/hub/url_query.h"

namespace contextsync {

// Errors of all: kInvalidArgument names the parameter at fault.

Result<ChangesRequest> ChangesFromQuery(const UrlQuery& query);
Result<SnapshotRequest> SnapshotFromQuery(const UrlQuery& query);
Result<EventsRequest> EventsFromQuery(const UrlQuery& query);

}  // namespace contextsync
