// The JSON form of every hub message, used by both ends. Source: docs/sync_protocol.md

#pragma once

#include <nlohmann/json_fwd.hpp>

#include "core/base/result.h"
#include "core/document/json.h"
#include "core/ports/hub_messages.h"

namespace contextsync {

/// SHA-256 (64 hex digits) of the entry's canonical bytes without n: what makes two pushes of one
/// entry equal.
std::string EntryHash(const PushEntry& entry);

Json ToJson(const HelloRequest& message);
Json ToJson(const HelloResponse& message);
Json ToJson(const PushRequest& message);
Json ToJson(const PushResponse& message);
Json ToJson(const ChangesPage& message);
Json ToJson(const SnapshotPage& message);
Json ToJson(const FeedItem& item);
Json ToJson(const ConflictRecord& record);
Json ToJson(const EventFrame& frame);
Json ToJson(const HubFailure& failure);

// Errors of all readers: kInvalidArgument names the member at fault; kCorruption an item of a page
// that no hub may number; kUnavailable ("upgrade
// required") for a kind, delta version or tree letter this build does not know, so that the reader
// stops instead of skipping.

Result<HelloRequest> HelloRequestFromJson(const Json& json);
Result<HelloResponse> HelloResponseFromJson(const Json& json);
Result<PushRequest> PushRequestFromJson(const Json& json);
Result<PushResponse> PushResponseFromJson(const Json& json);
Result<ChangesPage> ChangesPageFromJson(const Json& json);
Result<SnapshotPage> SnapshotPageFromJson(const Json& json);
Result<FeedItem> FeedItemFromJson(const Json& json);
Result<ConflictRecord> ConflictRecordFromJson(const Json& json);
Result<EventFrame> EventFrameFromJson(const Json& json);

/// The failure behind a non-2xx answer: status code, parsed body (may be null), Retry-After.
HubFailure FailureFromHttp(int status, const Json* body,
                           std::optional<std::chrono::milliseconds> retry_after);

/// The HTTP status that carries `fault`.
int HttpStatusOf(HubFault fault);

}  // namespace contextsync
