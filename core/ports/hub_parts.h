// The pieces that several hub messages share, each in one place: claim, context, transaction,
// times.

#pragma once

#include <cstddef>

#include <nlohmann/json_fwd.hpp>

#include "core/ports/hub_messages.h"
#include "core/ports/json_reader.h"

namespace contextsync {

/// Of a SHA-256.
inline constexpr std::size_t kSha256Digits = 64;

/// known, check, epoch; check and epoch are null while never synced.
void WriteClaim(const HistoryClaim& claim, Json& json);
HistoryClaim ReadClaim(JsonReader& reader);

void WriteContext(const ContextRef& context, Json& json);

/// Errors: also kInvalidArgument for an id that breaks ValidateContextRef.
ContextRef ReadContext(JsonReader& reader);

/// Nothing is written without a transaction.
void WriteTx(const std::optional<TxPart>& tx, Json& json);
std::optional<TxPart> ReadTx(JsonReader& reader);

/// The members of every answer of the hub.
void WriteAnswer(const Epoch& epoch, HubSequence head, UnixMillis server_time, Json& json);

Epoch ReadEpoch(JsonReader& reader);
HubSequence ReadSequence(JsonReader& reader, std::string_view name);
EntryNumber ReadEntryNumber(JsonReader& reader, std::string_view name);
EntryId ReadEntryId(JsonReader& reader, std::string_view name);
FeedCheck ReadCheck(JsonReader& reader);

/// [hlc, device, index], the first two as 16 hex digits.
Json StampToJson(const Stamp& stamp);
Result<Stamp> StampFromJson(const Json& json);

/// [[path, component, stamp] or [path, component, key, stamp] …].
/// Errors of the reader: also kUnavailable for a component or tree this build does not know.
Json DropsToJson(const std::vector<Drop>& drops);
Result<Drop> DropFromJson(const Json& json);

/// The members path, whole, seqs and writes.
void WritePurge(const Purge& purge, Json& json);
Purge ReadPurge(JsonReader& reader);
Json PurgesToJson(const std::vector<Purge>& purges);
Result<Purge> PurgeFromJson(const Json& json);

/// Decodes the whole message or tells the first fault.
template <typename T>
Result<T> Finish(const JsonReader& reader, T message) {
  CONTEXTSYNC_RETURN_IF_ERROR(reader.status());
  return message;
}

// Records and items, as elements of pages and frames.

void WriteItem(const FeedItem& item, Json& json);
FeedItem ReadItem(JsonReader& reader);

Json ConflictsToJson(const std::vector<ConflictRecord>& records);

}  // namespace contextsync
