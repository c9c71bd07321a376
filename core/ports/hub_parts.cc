#include "core/ports/hub_parts.h"

#include <nlohmann/json.hpp>

namespace contextsync {
namespace {

constexpr std::size_t kEpochDigits = 32;
constexpr std::size_t kCheckDigits = 16;
constexpr std::size_t kEntryIdBytes = 36;  // a UUID in its text form

Json TextOrNull(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

Result<TxPart> TxFromJson(const Json& json) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint32_t>::max();
  JsonReader reader(json);
  TxPart tx;
  tx.id = reader.Text("id");
  tx.index = static_cast<std::uint32_t>(reader.Number("i", kMost));
  tx.count = static_cast<std::uint32_t>(reader.Number("of", kMost));
  if (reader.ok() && tx.index >= tx.count) {
    reader.Fail(Error(ErrorCode::kInvalidArgument, "i is not below of"));
  }
  return Finish(reader, std::move(tx));
}

}  // namespace

void WriteClaim(const HistoryClaim& claim, Json& json) {
  json["known"] = claim.known.value;
  json["check"] = TextOrNull(claim.check.value);
  json["epoch"] = TextOrNull(claim.epoch.value);
}

HistoryClaim ReadClaim(JsonReader& reader) {
  HistoryClaim claim;
  claim.known = HubSequence(reader.NumberOr("known", 0));
  claim.check = FeedCheck(reader.HexOr("check", kCheckDigits, ""));
  claim.epoch = Epoch(reader.HexOr("epoch", kEpochDigits, ""));
  return claim;
}

void WriteContext(const ContextRef& context, Json& json) {
  json["level"] = ToString(context.level);
  json["context_id"] = context.id;
}

ContextRef ReadContext(JsonReader& reader) {
  ContextRef context;
  context.level = reader.Word("level", &ParseLevel);
  context.id = reader.Text("context_id");
  if (!reader.ok()) return context;
  if (Status status = ValidateContextRef(context); !status.ok()) {
    reader.Fail(std::move(status).error().WithContext("context_id"));
  }
  return context;
}

void WriteTx(const std::optional<TxPart>& tx, Json& json) {
  if (!tx) return;
  json["tx"] = Json{{"id", tx->id}, {"i", tx->index}, {"of", tx->count}};
}

std::optional<TxPart> ReadTx(JsonReader& reader) {
  if (!reader.Has("tx")) return std::nullopt;
  return reader.Object("tx", &TxFromJson);
}

void WriteAnswer(const Epoch& epoch, HubSequence head, UnixMillis server_time, Json& json) {
  json["epoch"] = epoch.value;
  json["head"] = head.value;
  json["server_time"] = server_time;
}

Epoch ReadEpoch(JsonReader& reader) {
  return Epoch(reader.Hex("epoch", kEpochDigits));
}

HubSequence ReadSequence(JsonReader& reader, std::string_view name) {
  return HubSequence(reader.Number(name));
}

EntryNumber ReadEntryNumber(JsonReader& reader, std::string_view name) {
  return EntryNumber(reader.Number(name));
}

EntryId ReadEntryId(JsonReader& reader, std::string_view name) {
  std::string text = reader.Text(name);
  // An id is compared and ordered as text; a bound is all its reader needs.
  if (reader.ok() && (text.empty() || text.size() > kEntryIdBytes)) {
    reader.Fail(Error(ErrorCode::kInvalidArgument, std::string(name) + " is not an entry id"));
  }
  return EntryId(std::move(text));
}

FeedCheck ReadCheck(JsonReader& reader) {
  return FeedCheck(reader.Hex("check", kCheckDigits));
}

}  // namespace contextsync
