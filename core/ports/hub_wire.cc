// Requests and answers as JSON.

#include "core/ports/hub_wire.h"

#include <nlohmann/json.hpp>

#include "core/base/hash.h"
#include "core/base/hex.h"
#include "core/document/wire.h"
#include "core/ports/hub_names.h"
#include "core/ports/hub_parts.h"

namespace contextsync {
namespace {

void WriteDevices(const DeviceId& device, const std::vector<DeviceId>& former, Json& json) {
  json["device"] = ToHex16(device.value);
  json["former"] = Json::array();
  for (const DeviceId& id : former)
    json["former"].push_back(ToHex16(id.value));
}

std::vector<DeviceId> ReadFormer(JsonReader& reader) {
  if (!reader.Has("former")) return {};
  return reader.List("former", &DeviceFromJson);
}

/// The members of `json` that hold an entry, but n and hash.
void WriteEntry(const PushEntry& entry, Json& json) {
  json["id"] = entry.id.value;
  json["op"] = ToString(entry.op);
  if (entry.op == EntryOp::kSkip) return;  // it only gives its number up
  WriteTx(entry.tx, json);
  WriteContext(entry.context, json);
  json["base"] = entry.base.value;
  if (entry.over) json["over"] = entry.over->value;
  json["hlc"] = ToHex16(entry.hlc.value);
  json["agent"] = entry.agent;
  json["source"] = entry.source;
  if (!entry.reason.empty()) json["reason"] = entry.reason;
  if (entry.on_conflict) json["on_conflict"] = ToString(*entry.on_conflict);
  if (entry.fail) json["fail"] = true;
  if (entry.reissue) {
    json["reissue"] = true;
    if (*entry.reissue > HubSequence()) json["seen"] = entry.reissue->value;
  }
  if (entry.op == EntryOp::kResolve) {
    json["conflict"] = entry.conflict;
    json["choose"] = entry.choose;
  }
  if (!entry.records.empty()) json["conflicts"] = ConflictsToJson(entry.records);
  if (entry.op == EntryOp::kPurge) WritePurge(entry.purge, json);
  json["delta"] = DeltaToWire(entry.delta);
}

Json EntryToJson(const PushEntry& entry) {
  Json json = Json::object();
  WriteEntry(entry, json);
  json["n"] = entry.n.value;
  json["hash"] = entry.hash;
  return json;
}

/// What every entry but a skip holds.
void ReadEntryContent(JsonReader& reader, PushEntry& entry) {
  entry.tx = ReadTx(reader);
  entry.context = ReadContext(reader);
  entry.base = ReadSequence(reader, "base");
  if (reader.Has("over")) entry.over = ReadEntryId(reader, "over");
  entry.hlc = Hlc{reader.Hex16("hlc")};
  entry.agent = reader.Text("agent");
  entry.source = reader.Text("source");
  entry.reason = reader.TextOr("reason", "");
  if (reader.Has("on_conflict")) entry.on_conflict = reader.Word("on_conflict", &ParseStrategy);
  entry.fail = reader.BoolOr("fail", false);
  if (reader.BoolOr("reissue", false))
    entry.reissue = reader.Has("seen") ? ReadSequence(reader, "seen") : HubSequence();
  if (entry.op == EntryOp::kResolve) {
    entry.conflict = reader.Text("conflict");
    entry.choose = reader.Text("choose");
  }
  if (reader.Has("conflicts")) entry.records = reader.List("conflicts", &ConflictRecordFromJson);
  if (entry.op == EntryOp::kPurge) entry.purge = ReadPurge(reader);
  entry.delta = reader.Object("delta", &DeltaFromWire);
}

Result<PushEntry> EntryFromJson(const Json& json) {
  JsonReader reader(json);
  PushEntry entry;
  entry.n = ReadEntryNumber(reader, "n");
  entry.id = ReadEntryId(reader, "id");
  entry.op = reader.Word("op", &ParseEntryOp);
  entry.hash = reader.Hex("hash", kSha256Digits);
  if (reader.ok() && entry.op != EntryOp::kSkip) ReadEntryContent(reader, entry);
  return Finish(reader, std::move(entry));
}

Json ResultToJson(const PushResult& result) {
  Json json = Json::object();
  json["n"] = result.n.value;
  json["status"] = ToString(result.status);
  if (result.seq != HubSequence()) json["seq"] = result.seq.value;
  if (result.rev != HubSequence()) json["rev"] = result.rev.value;
  if (!result.check.empty()) json["check"] = result.check.value;
  if (!result.hash.empty()) json["hash"] = result.hash;
  if (!result.conflicts.empty()) json["conflicts"] = result.conflicts;
  if (!result.code.empty()) json["code"] = result.code;
  if (!result.message.empty()) json["message"] = result.message;
  return json;
}

Result<PushResult> ResultFromJson(const Json& json) {
  JsonReader reader(json);
  PushResult result;
  result.n = ReadEntryNumber(reader, "n");
  result.status = reader.Word("status", &ParsePushStatus);
  result.seq = HubSequence(reader.NumberOr("seq", 0));
  result.rev = HubSequence(reader.NumberOr("rev", 0));
  if (reader.Has("check")) result.check = ReadCheck(reader);
  result.hash = reader.HexOr("hash", kSha256Digits, "");
  if (reader.Has("conflicts")) result.conflicts = reader.List("conflicts", &TextFromJson);
  result.code = reader.TextOr("code", "");
  result.message = reader.TextOr("message", "");
  return Finish(reader, std::move(result));
}

Json SnapshotToJson(const ContextSnapshot& snapshot) {
  Json json = Json::object();
  WriteContext(snapshot.context, json);
  json["state"] = StateToWire(snapshot.state);
  json["rev"] = snapshot.rev.value;
  json["asof"] = snapshot.asof.value;
  json["state_hash"] = snapshot.state_hash;
  json["updated_at"] = FormatTimestamp(snapshot.updated_at);
  json["updated_by"] = snapshot.updated_by;
  if (!snapshot.purges.empty()) json["purges"] = PurgesToJson(snapshot.purges);
  return json;
}

Result<ContextSnapshot> SnapshotFromJson(const Json& json) {
  JsonReader reader(json);
  ContextSnapshot snapshot;
  snapshot.context = ReadContext(reader);
  snapshot.state = reader.Object("state", &StateFromWire);
  snapshot.rev = ReadSequence(reader, "rev");
  snapshot.asof = ReadSequence(reader, "asof");
  snapshot.state_hash = reader.Hex("state_hash", kSha256Digits);
  snapshot.updated_at = reader.Timestamp("updated_at");
  snapshot.updated_by = reader.Text("updated_by");
  if (reader.Has("purges")) snapshot.purges = reader.List("purges", &PurgeFromJson);
  return Finish(reader, std::move(snapshot));
}

/// An item that cannot be read is the hub's fault, wherever the rest of the answer came from.
Result<FeedItem> LawfulItemFromJson(const Json& json) {
  Result<FeedItem> item = FeedItemFromJson(json);
  if (item.ok() || item.error().code() != ErrorCode::kInvalidArgument) return item;
  return Error(ErrorCode::kCorruption, item.error().message());
}

template <typename T>
Json ListToJson(const std::vector<T>& values, Json (*write)(const T&)) {
  Json list = Json::array();
  for (const T& value : values)
    list.push_back(write(value));
  return list;
}

}  // namespace

std::string EntryHash(const PushEntry& entry) {
  Json json = Json::object();
  WriteEntry(entry, json);
  return Sha256Hex(CanonicalBytes(json));
}

Json ToJson(const PushRequest& message) {
  Json json = Json::object();
  WriteDevices(message.device, message.former, json);
  json["acked_n"] = message.acked_n.value;
  json["low_base"] = message.low_base.value;
  json["cursor"] = message.cursor.value;
  WriteClaim(message.claim, json);
  json["entries"] = ListToJson(message.entries, &EntryToJson);
  return json;
}

Result<PushRequest> PushRequestFromJson(const Json& json) {
  JsonReader reader(json);
  PushRequest message;
  message.device = DeviceId(reader.Hex16("device"));
  message.former = ReadFormer(reader);
  message.acked_n = ReadEntryNumber(reader, "acked_n");
  message.low_base = ReadSequence(reader, "low_base");
  message.cursor = ReadSequence(reader, "cursor");
  message.claim = ReadClaim(reader);
  message.claim.epoch = ReadEpoch(reader);  // a push without an epoch belongs to no history
  message.entries = reader.List("entries", &EntryFromJson);
  return Finish(reader, std::move(message));
}

Json ToJson(const PushResponse& message) {
  Json json = Json::object();
  json["results"] = ListToJson(message.results, &ResultToJson);
  json["last_n"] = message.last_n.value;
  WriteAnswer(message.epoch, message.head, message.server_time, json);
  return json;
}

Result<PushResponse> PushResponseFromJson(const Json& json) {
  JsonReader reader(json);
  PushResponse message;
  message.results = reader.List("results", &ResultFromJson);
  message.last_n = ReadEntryNumber(reader, "last_n");
  message.head = ReadSequence(reader, "head");
  message.epoch = ReadEpoch(reader);
  message.server_time = reader.Millis("server_time");
  return Finish(reader, std::move(message));
}

Json ToJson(const ChangesPage& message) {
  Json json = Json::object();
  json["changes"] = Json::array();
  for (const FeedItem& item : message.changes)
    json["changes"].push_back(ToJson(item));
  json["next"] = message.next.value;
  json["check"] = message.check.value;
  json["more"] = message.more;
  WriteAnswer(message.epoch, message.head, message.server_time, json);
  return json;
}

Result<ChangesPage> ChangesPageFromJson(const Json& json) {
  JsonReader reader(json);
  ChangesPage message;
  message.changes = reader.List("changes", &LawfulItemFromJson);
  message.next = ReadSequence(reader, "next");
  message.check = ReadCheck(reader);
  message.more = reader.BoolOr("more", false);
  message.head = ReadSequence(reader, "head");
  message.epoch = ReadEpoch(reader);
  message.server_time = reader.Millis("server_time");
  return Finish(reader, std::move(message));
}

Json ToJson(const SnapshotPage& message) {
  Json json = Json::object();
  json["start"] = message.start.value;
  json["check"] = message.check.value;
  json["contexts"] = ListToJson(message.contexts, &SnapshotToJson);
  json["conflicts"] = ConflictsToJson(message.conflicts);
  json["next"] = message.next.empty() ? Json(nullptr) : Json(message.next);
  json["hlc"] = ToHex16(message.hlc.value);
  WriteAnswer(message.epoch, message.head, message.server_time, json);
  return json;
}

Result<SnapshotPage> SnapshotPageFromJson(const Json& json) {
  JsonReader reader(json);
  SnapshotPage message;
  message.start = ReadSequence(reader, "start");
  message.check = ReadCheck(reader);
  message.contexts = reader.List("contexts", &SnapshotFromJson);
  message.conflicts = reader.List("conflicts", &ConflictRecordFromJson);
  message.next = reader.TextOr("next", "");
  message.hlc = Hlc{reader.Hex16("hlc")};
  message.head = ReadSequence(reader, "head");
  message.epoch = ReadEpoch(reader);
  message.server_time = reader.Millis("server_time");
  return Finish(reader, std::move(message));
}

}  // namespace contextsync
