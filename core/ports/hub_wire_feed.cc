// Conflict records, feed items and event frames as JSON.

#include <nlohmann/json.hpp>

#include "core/base/hex.h"
#include "core/document/wire.h"
#include "core/ports/hub_names.h"
#include "core/ports/hub_parts.h"
#include "core/ports/hub_wire.h"

namespace contextsync {
namespace {

// A side may be a whole context, and writers' limits do not bind what they add up to.
constexpr JsonLimits kAnyStoredValue = {limits::kMessageDepth,
                                        std::numeric_limits<std::size_t>::max()};

Json SideToJson(const ConflictSide& side) {
  Json json = Json::object();
  if (side.value) {
    Result<Json> value = ParseStrict(*side.value, kAnyStoredValue);
    CONTEXTSYNC_CHECK(value.ok());  // `value` is canonical JSON by contract
    json["value"] = std::move(value).value();
  } else {
    json["deleted"] = true;
  }
  json["stamp"] = StampToJson(side.stamp);
  json["agent"] = side.agent;
  json["device"] = ToHex16(side.device.value);
  json["n"] = side.n.value;
  if (!side.id.empty()) json["id"] = side.id.value;
  json["seq"] = side.seq.value;
  json["at"] = FormatTimestamp(side.at);
  return json;
}

Result<ConflictSide> SideFromJson(const Json& json) {
  JsonReader reader(json);
  ConflictSide side;
  const bool is_deleted = reader.BoolOr("deleted", false);
  // Not Find(): null is a value here, not an absent member.
  if (reader.ok() && json.contains("value")) side.value = CanonicalBytes(json["value"]);
  if (reader.ok() && is_deleted == side.value.has_value()) {
    reader.Fail(Error(ErrorCode::kInvalidArgument, "value or deleted is missing"));
  }
  side.stamp = reader.Object("stamp", &StampFromJson);
  side.agent = reader.Text("agent");
  side.device = DeviceId(reader.Hex16("device"));
  side.n = ReadEntryNumber(reader, "n");
  if (reader.Has("id")) side.id = ReadEntryId(reader, "id");
  side.seq = ReadSequence(reader, "seq");
  side.at = reader.Timestamp("at");
  return Finish(reader, std::move(side));
}

Result<ConflictResolution> ResolutionFromJson(const Json& json) {
  JsonReader reader(json);
  ConflictResolution resolution;
  resolution.choose = reader.Text("choose");
  resolution.by = reader.Text("by");
  resolution.seq = ReadSequence(reader, "seq");
  return Finish(reader, std::move(resolution));
}

/// What needs more than a join, a drop or a purge must stop a build that cannot do that.
bool IsKnownItemKind(std::string_view kind) {
  return kind == "delta" || kind == "resolve" || kind == "repair" || kind == kCollection ||
         kind == kPurging;
}

std::string ReadItemKind(JsonReader& reader) {
  std::string kind = reader.Text("kind");
  if (reader.ok() && !IsKnownItemKind(kind)) {
    reader.Fail(Error(ErrorCode::kUnavailable, "upgrade required: unknown kind of change"));
  }
  return kind;
}

void WriteContent(const FeedItem& item, Json& json) {
  if (!item.has_delta) return;
  if (item.kind == kCollection) {
    json["drop"] = DropsToJson(item.drops);
    if (!item.forgotten.empty()) json["forget"] = item.forgotten;
  } else if (item.kind == kPurging) {
    WritePurge(item.purge, json);
  } else {
    json["delta"] = DeltaToWire(item.delta);
  }
}

void ReadContent(JsonReader& reader, FeedItem& item) {
  if (item.kind == kCollection) {
    item.has_delta = reader.Has("drop");
    if (item.has_delta) item.drops = reader.List("drop", &DropFromJson);
    if (reader.Has("forget")) item.forgotten = reader.List("forget", &TextFromJson);
    return;
  }
  if (item.kind == kPurging) {
    item.has_delta = reader.Has("path");
    if (item.has_delta) item.purge = ReadPurge(reader);
    return;
  }
  item.has_delta = reader.Has("delta");
  if (item.has_delta) item.delta = reader.Object("delta", &DeltaFromWire);
}

void WriteFrameOfChange(const EventFrame& frame, Json& json) {
  WriteItem(frame.item, json);
  json["prev"] = frame.prev.value;
  json["epoch"] = frame.epoch.value;
  json["check"] = frame.check.value;
}

void ReadFrameOfChange(JsonReader& reader, EventFrame& frame) {
  frame.item = ReadItem(reader);
  frame.prev = ReadSequence(reader, "prev");
  frame.epoch = ReadEpoch(reader);
  frame.check = ReadCheck(reader);
}

/// ready and heartbeat: where the feed stands.
void ReadFrameOfHead(JsonReader& reader, EventFrame& frame) {
  frame.epoch = ReadEpoch(reader);
  frame.head = ReadSequence(reader, "head");
  frame.check = ReadCheck(reader);
  frame.server_time = reader.Millis("server_time");
}

EventFrame::Type ReadEventType(JsonReader& reader) {
  const std::string name = reader.Text("event");
  const auto type = ParseEventType(name);
  if (reader.ok() && !type) {
    reader.Fail(Error(ErrorCode::kUnavailable, "upgrade required: unknown kind of event"));
  }
  return type.value_or(EventFrame::Type::kHeartbeat);
}

}  // namespace

Json ConflictsToJson(const std::vector<ConflictRecord>& records) {
  Json list = Json::array();
  for (const ConflictRecord& record : records)
    list.push_back(ToJson(record));
  return list;
}

Json ToJson(const ConflictRecord& record) {
  Json json = Json::object();
  json["id"] = record.id;
  json["status"] = ToString(record.status);
  WriteContext(record.context, json);
  json["path"] = record.path;
  json["kind"] = ToString(record.kind);
  json["strategy"] = ToString(record.strategy);
  json["seq"] = record.seq.value;
  json["rev"] = record.rev.value;
  json["current"] = SideToJson(record.current);
  json["incoming"] = SideToJson(record.incoming);
  if (record.resolution) {
    json["resolution"] = Json{{"choose", record.resolution->choose},
                              {"by", record.resolution->by},
                              {"seq", record.resolution->seq.value}};
  }
  if (!record.left_out.empty()) json["left_out"] = StateToWire(record.left_out.delta());
  return json;
}

Result<ConflictRecord> ConflictRecordFromJson(const Json& json) {
  JsonReader reader(json);
  ConflictRecord record;
  record.id = reader.Text("id");
  record.status = reader.Word("status", &ParseConflictStatus);
  record.context = ReadContext(reader);
  record.path = reader.Text("path");
  record.kind = reader.Word("kind", &ParseClashKind);
  record.strategy = reader.Word("strategy", &ParseStrategy);
  record.seq = ReadSequence(reader, "seq");
  record.rev = ReadSequence(reader, "rev");
  record.current = reader.Object("current", &SideFromJson);
  record.incoming = reader.Object("incoming", &SideFromJson);
  if (reader.Has("resolution")) {
    record.resolution = reader.Object("resolution", &ResolutionFromJson);
  }
  if (reader.Has("left_out")) record.left_out = LeftOut(reader.Object("left_out", &StateFromWire));
  return Finish(reader, std::move(record));
}

void WriteItem(const FeedItem& item, Json& json) {
  json["seq"] = item.seq.value;
  json["kind"] = item.kind;
  WriteContext(item.context, json);
  json["change_type"] = item.change_type;
  json["changed_by"] = item.changed_by;
  json["agent"] = item.changed_by;
  if (!item.author.empty()) json["author"] = item.author;
  json["source"] = item.source;
  if (!item.reason.empty()) json["reason"] = item.reason;
  json["timestamp"] = FormatTimestamp(item.timestamp);
  json["device"] = ToHex16(item.device.value);
  json["n"] = item.n.value;
  json["id"] = item.id.value;
  json["hash"] = item.hash;
  WriteTx(item.tx, json);
  json["rev"] = item.rev.value;
  WriteContent(item, json);
  if (!item.conflicts.empty()) json["conflicts"] = ConflictsToJson(item.conflicts);
}

FeedItem ReadItem(JsonReader& reader) {
  FeedItem item;
  item.seq = ReadSequence(reader, "seq");
  item.kind = ReadItemKind(reader);
  item.context = ReadContext(reader);
  item.change_type = reader.Text("change_type");
  item.changed_by = reader.Text("changed_by");
  item.author = reader.TextOr("author", "");
  item.source = reader.Text("source");
  item.reason = reader.TextOr("reason", "");
  item.timestamp = reader.Timestamp("timestamp");
  item.device = DeviceId(reader.Hex16("device"));
  item.n = ReadEntryNumber(reader, "n");
  item.id = ReadEntryId(reader, "id");
  item.hash = reader.Hex("hash", kSha256Digits);
  item.tx = ReadTx(reader);
  item.rev = ReadSequence(reader, "rev");
  ReadContent(reader, item);
  if (reader.Has("conflicts")) item.conflicts = reader.List("conflicts", &ConflictRecordFromJson);
  return item;
}

Json ToJson(const FeedItem& item) {
  Json json = Json::object();
  WriteItem(item, json);
  return json;
}

Result<FeedItem> FeedItemFromJson(const Json& json) {
  JsonReader reader(json);
  FeedItem item = ReadItem(reader);
  return Finish(reader, std::move(item));
}

Json ToJson(const EventFrame& frame) {
  Json json = Json::object();
  json["event"] = ToString(frame.type);
  switch (frame.type) {
    case EventFrame::Type::kReady:
    case EventFrame::Type::kHeartbeat:
      WriteAnswer(frame.epoch, frame.head, frame.server_time, json);
      json["check"] = frame.check.value;
      break;
    case EventFrame::Type::kChanged:
      WriteFrameOfChange(frame, json);
      break;
    case EventFrame::Type::kLagged:
      if (!frame.epoch.empty()) json["epoch"] = frame.epoch.value;
      json["head"] = frame.head.value;
      break;
  }
  return json;
}

Result<EventFrame> EventFrameFromJson(const Json& json) {
  JsonReader reader(json);
  EventFrame frame;
  frame.type = ReadEventType(reader);
  switch (frame.type) {
    case EventFrame::Type::kReady:
    case EventFrame::Type::kHeartbeat:
      ReadFrameOfHead(reader, frame);
      break;
    case EventFrame::Type::kChanged:
      ReadFrameOfChange(reader, frame);
      break;
    case EventFrame::Type::kLagged:
      frame.epoch = Epoch(reader.TextOr("epoch", ""));
      frame.head = ReadSequence(reader, "head");
      break;
  }
  return Finish(reader, std::move(frame));
}

}  // namespace contextsync
