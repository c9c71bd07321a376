// The handshake as JSON.

#include <nlohmann/json.hpp>

#include "core/base/hex.h"
#include "core/ports/hub_names.h"
#include "core/ports/hub_parts.h"
#include "core/ports/hub_wire.h"

namespace contextsync {
namespace {

constexpr auto kOurProtocol = static_cast<std::uint64_t>(kProtocolVersion);

Error UpgradeRequired() {
  return {ErrorCode::kUnavailable, "upgrade required: no protocol version in common"};
}

struct ProtocolRange {
  std::uint64_t min = 0;
  std::uint64_t max = 0;
};

Result<ProtocolRange> ProtocolFromJson(const Json& json) {
  JsonReader reader(json);
  ProtocolRange range{reader.Number("min"), reader.Number("max")};
  if (reader.ok() && (kOurProtocol < range.min || kOurProtocol > range.max)) {
    reader.Fail(UpgradeRequired());
  }
  return Finish(reader, range);
}

Json LimitsToJson(const HubLimits& limits) {
  return Json{{"entry_bytes", limits.entry_bytes},
              {"batch_entries", limits.batch_entries},
              {"batch_bytes", limits.batch_bytes},
              {"page_bytes", limits.page_bytes},
              {"context_bytes", limits.context_bytes}};
}

Result<HubLimits> LimitsFromJson(const Json& json) {
  JsonReader reader(json);
  HubLimits limits;
  limits.entry_bytes = reader.Number("entry_bytes");
  limits.batch_entries = reader.Number("batch_entries");
  limits.batch_bytes = reader.Number("batch_bytes");
  limits.page_bytes = reader.Number("page_bytes");
  limits.context_bytes = reader.Number("context_bytes");
  return Finish(reader, limits);
}

/// Long enough for any sane heartbeat, short enough to add to a clock without overflow.
constexpr std::uint64_t kMostHeartbeatMs = 3'600'000;

}  // namespace

Json ToJson(const HelloRequest& message) {
  Json json = Json::object();
  json["protocol"] = Json{{"min", kProtocolVersion}, {"max", kProtocolVersion}};
  json["build"] = message.build;
  json["device"] = ToHex16(message.device.value);
  json["former"] = Json::array();
  for (const DeviceId& id : message.former)
    json["former"].push_back(ToHex16(id.value));
  json["next_n"] = message.next_n.value;
  json["acked_n"] = message.acked_n.value;
  json["low_base"] = message.low_base.value;
  json["cursor"] = message.cursor.value;
  WriteClaim(message.claim, json);
  json["agent"] = message.agent;
  return json;
}

Result<HelloRequest> HelloRequestFromJson(const Json& json) {
  JsonReader reader(json);
  reader.Object("protocol", &ProtocolFromJson);
  HelloRequest message;
  message.build = reader.TextOr("build", "");
  message.device = DeviceId(reader.Hex16("device"));
  if (reader.Has("former")) message.former = reader.List("former", &DeviceFromJson);
  message.next_n = ReadEntryNumber(reader, "next_n");
  message.acked_n = ReadEntryNumber(reader, "acked_n");
  message.low_base = ReadSequence(reader, "low_base");
  message.cursor = ReadSequence(reader, "cursor");
  message.claim = ReadClaim(reader);
  message.agent = reader.TextOr("agent", "");
  return Finish(reader, std::move(message));
}

Json ToJson(const HelloResponse& message) {
  Json json = Json::object();
  json["protocol"] = kProtocolVersion;
  json["verdict"] = ToString(message.verdict);
  WriteAnswer(message.epoch, message.head, message.server_time, json);
  json["check"] = message.check.value;
  json["fork_seq"] = message.fork_seq.value;
  json["gc_floor"] = message.gc_floor.value;
  json["last_n"] = message.last_n.value;
  json["hub_device"] = ToHex16(message.hub_device.value);
  json["role"] = message.role;
  json["build"] = message.build;
  json["heartbeat_ms"] = message.heartbeat.count();
  json["limits"] = LimitsToJson(message.limits);
  return json;
}

Result<HelloResponse> HelloResponseFromJson(const Json& json) {
  JsonReader reader(json);
  if (reader.Number("protocol") != kOurProtocol) reader.Fail(UpgradeRequired());
  HelloResponse message;
  message.verdict = reader.Word("verdict", &ParseHelloVerdict);
  message.epoch = ReadEpoch(reader);
  message.head = ReadSequence(reader, "head");
  message.server_time = reader.Millis("server_time");
  message.check = ReadCheck(reader);
  message.fork_seq = ReadSequence(reader, "fork_seq");
  message.gc_floor = ReadSequence(reader, "gc_floor");
  message.last_n = ReadEntryNumber(reader, "last_n");
  message.hub_device = DeviceId(reader.Hex16("hub_device"));
  message.role = reader.Text("role");
  message.build = reader.TextOr("build", "");
  message.heartbeat = std::chrono::milliseconds(reader.Number("heartbeat_ms", kMostHeartbeatMs));
  message.limits = reader.Object("limits", &LimitsFromJson);
  return Finish(reader, std::move(message));
}

}  // namespace contextsync
