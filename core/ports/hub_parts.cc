#include "core/ports/hub_parts.h"

#include <algorithm>
#include <array>
#include <limits>

#include <nlohmann/json.hpp>

#include "core/base/hex.h"
#include "core/document/wire.h"

namespace contextsync {
namespace {

constexpr std::size_t kEpochDigits = 32;
constexpr std::size_t kCheckDigits = 16;
constexpr std::size_t kEntryIdBytes = 36;  // a UUID in its text form

// In the order of the enumeration.
constexpr std::array<std::string_view, 5> kComponentNames = {"head", "clr", "first", "last", "rm"};

bool IsOfElement(Component component) {
  return component != Component::kHead && component != Component::kClr;
}

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

Result<HubSequence> SequenceFromJson(const Json& json) {
  const auto* number = json.get_ptr<const Json::number_unsigned_t*>();
  if (number == nullptr) return Error(ErrorCode::kInvalidArgument, "is not a number");
  return HubSequence(*number);
}

Result<WriteId> WriteFromJson(const Json& json) {
  const Error malformed(ErrorCode::kInvalidArgument, "is not [hlc, device]");
  if (!json.is_array() || json.size() != 2) return malformed;
  const Result<DeviceId> hlc = DeviceFromJson(json[0]);  // the same 16 hex digits
  const Result<DeviceId> device = DeviceFromJson(json[1]);
  if (!hlc.ok() || !device.ok()) return malformed;
  return WriteId{Hlc{hlc.value().value}, device.value()};
}

}  // namespace

void WriteClaim(const HistoryClaim& claim, Json& json) {
  json["known"] = claim.known.value;
  json["check"] = TextOrNull(claim.check.value);
  json["epoch"] = TextOrNull(claim.epoch.value);
  if (claim.at_check.empty()) return;
  json["at"] = claim.at.value;
  json["at_check"] = claim.at_check.value;
}

HistoryClaim ReadClaim(JsonReader& reader) {
  HistoryClaim claim;
  claim.known = HubSequence(reader.NumberOr("known", 0));
  claim.check = FeedCheck(reader.HexOr("check", kCheckDigits, ""));
  claim.epoch = Epoch(reader.HexOr("epoch", kEpochDigits, ""));
  claim.at = HubSequence(reader.NumberOr("at", 0));
  claim.at_check = FeedCheck(reader.HexOr("at_check", kCheckDigits, ""));
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

Json StampToJson(const Stamp& stamp) {
  return Json::array({ToHex16(stamp.hlc.value), ToHex16(stamp.device.value), stamp.index});
}

Result<Stamp> StampFromJson(const Json& json) {
  const Error malformed(ErrorCode::kInvalidArgument, "is not [hlc, device, index]");
  if (!json.is_array() || json.size() != 3) return malformed;
  const Result<DeviceId> hlc = DeviceFromJson(json[0]);  // the same 16 hex digits
  const Result<DeviceId> device = DeviceFromJson(json[1]);
  const auto* index = json[2].get_ptr<const Json::number_unsigned_t*>();
  if (!hlc.ok() || !device.ok() || index == nullptr) return malformed;
  if (*index > std::numeric_limits<std::uint32_t>::max()) return malformed;
  return Stamp{Hlc{hlc.value().value}, device.value(), static_cast<std::uint32_t>(*index)};
}

Json DropsToJson(const std::vector<Drop>& drops) {
  Json list = Json::array();
  for (const Drop& drop : drops) {
    Json one = Json::array({drop.path, kComponentNames[static_cast<std::size_t>(drop.component)]});
    if (IsOfElement(drop.component)) one.push_back(drop.key);
    one.push_back(StampToJson(drop.stamp));
    list.push_back(std::move(one));
  }
  return list;
}

Result<Drop> DropFromJson(const Json& json) {
  const Error malformed(ErrorCode::kInvalidArgument, "is not [path, component, key?, stamp]");
  if (!json.is_array() || json.size() < 3 || !json[0].is_string() || !json[1].is_string())
    return malformed;
  Drop drop;
  drop.path = json[0].get<std::string>();
  const auto& name = json[1].get_ref<const std::string&>();
  const auto found = std::find(kComponentNames.begin(), kComponentNames.end(), name);
  const bool is_known_tree = IsAtOrBelow(drop.path, kDataRoot) || IsAtOrBelow(drop.path, kMetaRoot);
  if (found == kComponentNames.end() || !is_known_tree)
    return Error(ErrorCode::kUnavailable, "upgrade required: unknown kind of component");
  drop.component = static_cast<Component>(found - kComponentNames.begin());
  const bool is_of_element = IsOfElement(drop.component);
  if (json.size() != (is_of_element ? 4U : 3U)) return malformed;
  if (is_of_element) {
    if (!json[2].is_string()) return malformed;
    drop.key = json[2].get<std::string>();
  }
  CONTEXTSYNC_ASSIGN_OR_RETURN(drop.stamp, StampFromJson(json.back()));
  return drop;
}

void WritePurge(const Purge& purge, Json& json) {
  json["path"] = purge.path;
  if (purge.IsWhole()) json["before"] = purge.before.value;
  if (!purge.seqs.empty()) {
    Json& seqs = json["seqs"] = Json::array();
    for (const HubSequence seq : purge.seqs)
      seqs.push_back(seq.value);
  }
  Json& writes = json["writes"] = Json::array();
  for (const WriteId& write : purge.writes)
    writes.push_back(Json::array({ToHex16(write.hlc.value), ToHex16(write.device.value)}));
}

Purge ReadPurge(JsonReader& reader) {
  Purge purge;
  purge.path = reader.Text("path");
  purge.before = HubSequence(reader.NumberOr("before", 0));
  if (reader.Has("seqs")) purge.seqs = reader.List("seqs", &SequenceFromJson);
  AddWrites(purge.writes, reader.List("writes", &WriteFromJson));
  if (reader.ok() && !ValidatePointer(purge.path)) {
    reader.Fail(Error(ErrorCode::kInvalidArgument, "path is no JSON Pointer"));
  }
  return purge;
}

Json PurgesToJson(const std::vector<Purge>& purges) {
  Json list = Json::array();
  for (const Purge& purge : purges)
    WritePurge(purge, list.emplace_back(Json::object()));
  return list;
}

Result<Purge> PurgeFromJson(const Json& json) {
  JsonReader reader(json);
  Purge purge = ReadPurge(reader);
  return Finish(reader, std::move(purge));
}

}  // namespace contextsync
