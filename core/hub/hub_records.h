// The stored form of the hub's rows. Common to all: the first byte is the format version (1);
// numbers are varints, texts have a length prefix, device ids and clock readings are 8 bytes
// big-endian, a missing optional is a 0 byte and a present one a 1 byte before its value. Fields
// follow in the order of the structs of hub_store.h and hub_messages.h; states and deltas are in
// the form of docs/storage_format.md#cells. Rejected: JSON rows (2.9 times the bytes), and a writer
// table keyed like the state (it would tie the two formats together). Source:
// docs/storage_format.md#hub-tables

#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/hub/hub_store.h"

namespace contextsync {

std::string EncodeHead(const WorkspaceHead& head);
std::string EncodeDevice(const HubDevice& device);
std::string EncodeResult(const StoredResult& result);
std::string EncodeItem(const StoredItem& item);
std::string EncodeContext(const HubContext& context);
std::string EncodeConflict(const ConflictRecord& record);

/// What the running hash of the feed covers: the item without its sequence.
std::string EncodeItemBody(const FeedItem& item);

// Errors of all: kCorruption for anything their encoder does not write; kUnavailable for a newer
// format version.

Result<WorkspaceHead> DecodeHead(std::string_view bytes);
Result<HubDevice> DecodeDevice(std::string_view bytes);
Result<StoredResult> DecodeResult(std::string_view bytes);
Result<StoredItem> DecodeItem(std::string_view bytes);
Result<HubContext> DecodeContext(std::string_view bytes);
Result<ConflictRecord> DecodeConflict(std::string_view bytes);

}  // namespace contextsync
