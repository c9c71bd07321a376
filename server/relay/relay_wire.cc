#include "server/relay/relay_wire.h"

#include <array>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/base/limits.h"
#include "core/ports/json_reader.h"

namespace contextsync {

namespace {

// The arguments were within the limits of a message; the line around them adds a little.
constexpr JsonLimits kLineLimits = {.depth = limits::kMessageDepth + 4,
                                    .elements = limits::kElements + 64};

constexpr std::string_view kHelloStart = R"({"relay":)";

constexpr std::array<std::pair<JsonDefectKind, const char*>, 4> kDefects = {{
    {JsonDefectKind::kDuplicateKey, "duplicate_key"},
    {JsonDefectKind::kNumberChanges, "number_changes"},
    {JsonDefectKind::kNulInKey, "nul_in_key"},
    {JsonDefectKind::kKeyTooLong, "key_too_long"},
}};

Json DefectToJson(const JsonDefect& defect) {
  const char* kind = kDefects.front().second;
  for (const auto& [known, name] : kDefects) {
    if (known == defect.kind) kind = name;
  }
  return {{"kind", kind}, {"pointer", defect.pointer}, {"message", defect.message}};
}

Result<JsonDefect> DefectFromJson(const Json& json) {
  JsonReader reader(json);
  JsonDefect defect{JsonDefectKind::kDuplicateKey, reader.Text("pointer"), reader.Text("message")};
  const std::string kind = reader.Text("kind");
  CONTEXTSYNC_RETURN_IF_ERROR(reader.status());
  for (const auto& [known, name] : kDefects) {
    if (name == kind) defect.kind = known;
  }
  return defect;
}

void AddPosition(Json& json, const SessionPosition& position) {
  json["started"] = position.has_started;
  json["noticed"] = ToString(position.noticed);
  json["looked"] = ToString(position.looked);
  std::string shown;
  for (const ChangePosition& place : position.shown)
    shown += (shown.empty() ? "" : " ") + ToString(place);
  if (!shown.empty()) json["shown"] = std::move(shown);
}

ChangePosition ReadPlace(JsonReader& reader, std::string_view name) {
  const auto place = ParseChangePosition(reader.Text(name));
  if (!place) {
    reader.Fail(Error(ErrorCode::kInvalidArgument, std::string(name) + " is not a position"));
  }
  return place.value_or(ChangePosition{});
}

std::vector<ChangePosition> ReadShown(JsonReader& reader) {
  std::vector<ChangePosition> shown;
  std::istringstream places(reader.TextOr("shown", ""));
  for (std::string text; places >> text;) {
    const auto place = ParseChangePosition(text);
    if (!place) reader.Fail(Error(ErrorCode::kInvalidArgument, "shown is no list of positions"));
    shown.push_back(place.value_or(ChangePosition{}));
  }
  return shown;
}

SessionPosition ReadPosition(JsonReader& reader) {
  return {reader.BoolOr("started", false), ReadPlace(reader, "noticed"),
          ReadPlace(reader, "looked"), ReadShown(reader)};
}

/// Put together around the arguments, which may be large and are not copied.
std::string EncodeRelay(const RelayCall& call) {
  std::string text = R"({"call":)" + std::to_string(call.number) + R"(,"tool":)";
  AppendCompactString(text, call.tool);
  text += R"(,"client":)";
  AppendCompactString(text, call.client_name);
  if (!call.branch.empty()) {
    text += R"(,"branch":)";
    AppendCompactString(text, call.branch);
  }
  if (call.defect) {
    text += R"(,"defect":)";
    AppendCompactText(text, DefectToJson(*call.defect));
  }
  text += R"(,"arguments":)";
  AppendCompactText(text, *call.arguments);
  return text + "}";
}

std::string EncodeRelay(const RelayCancel& cancel) {
  return CompactText({{"cancel", cancel.number}});
}

std::string EncodeRelay(const RelayEnd& /*end*/) {
  return R"({"end":true})";
}

std::string EncodeRelay(const RelayPing& /*ping*/) {
  return R"({"ping":true})";
}

std::string EncodeRelay(const RelayWelcome& welcome) {
  Json json = {{"welcome", welcome.protocol}, {"build", welcome.build}, {"pid", welcome.pid}};
  AddPosition(json, welcome.position);
  return CompactText(json);
}

std::string EncodeRelay(const RelayDenial& denial) {
  return CompactText({{"denied", denial.reason}, {"leaves", denial.leaves}});
}

std::string EncodeRelay(const RelayAnswer& answer) {
  Json json = {{"answer", answer.number}, {"error", answer.is_error}};
  AddPosition(json, answer.position);
  return CompactText(json);
}

Result<Json> ParseLine(std::string_view line) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(ParsedJson parsed, ParseMessage(line, kLineLimits));
  if (!parsed.value->is_object()) return Error(ErrorCode::kInvalidArgument, "not an object");
  return std::move(*parsed.value);
}

Result<RelayRequest> CallFromJson(Json& json) {
  JsonReader reader(json);
  RelayCall call{.number = reader.Number("call"),
                 .tool = reader.Text("tool"),
                 .client_name = reader.Text("client"),
                 .arguments = nullptr,
                 .defect = std::nullopt,
                 .branch = reader.TextOr("branch", "")};
  if (const Json* defect = reader.Find("defect")) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(call.defect, DefectFromJson(*defect));
  }
  CONTEXTSYNC_RETURN_IF_ERROR(reader.status());
  const auto arguments = json.find("arguments");
  if (arguments == json.end() || !arguments->is_object())
    return Error(ErrorCode::kInvalidArgument, "arguments is not an object");
  call.arguments = std::make_shared<const Json>(std::move(*arguments));
  return RelayRequest(std::move(call));
}

Result<RelayReply> WelcomeFromJson(JsonReader& reader) {
  RelayWelcome welcome{reader.Number("welcome"), reader.Text("build"), reader.Number("pid"),
                       ReadPosition(reader)};
  CONTEXTSYNC_RETURN_IF_ERROR(reader.status());
  return RelayReply(std::move(welcome));
}

Result<RelayReply> AnswerFromJson(JsonReader& reader) {
  const RelayAnswer answer{reader.Number("answer"), reader.BoolOr("error", false),
                           ReadPosition(reader)};
  CONTEXTSYNC_RETURN_IF_ERROR(reader.status());
  return RelayReply(answer);
}

}  // namespace

bool IsRelayHello(std::string_view line) {
  return line.starts_with(kHelloStart);
}

std::string Encode(const RelayHello& hello) {
  Json rest = {{"build", hello.build},
               {"session", hello.session},
               {"agent", hello.agent},
               {"hub", hello.hub},
               {"project", hello.project},
               {"branch", hello.branch},
               {"task", hello.task ? Json(*hello.task) : Json()}};
  if (!hello.client.empty()) rest["client"] = hello.client;
  AddPosition(rest, hello.position);
  // This member first: it tells a relay from a command.
  return std::string(kHelloStart) + std::to_string(hello.protocol) + "," +
         CompactText(rest).substr(1);
}

std::string Encode(const RelayRequest& request) {
  return std::visit([](const auto& one) { return EncodeRelay(one); }, request);
}

std::string Encode(const RelayReply& reply) {
  return std::visit([](const auto& one) { return EncodeRelay(one); }, reply);
}

Result<RelayHello> ReadRelayHello(std::string_view line) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const Json json, ParseLine(line));
  JsonReader reader(json);
  RelayHello hello;
  hello.protocol = reader.Number("relay");
  hello.build = reader.Text("build");
  CONTEXTSYNC_RETURN_IF_ERROR(reader.status());
  // Of another protocol nothing else need be understood to refuse it by name.
  if (hello.protocol != kRelayProtocol) return hello;
  hello.session = reader.Text("session");
  hello.position = ReadPosition(reader);
  hello.agent = reader.Text("agent");
  hello.hub = reader.Text("hub");
  hello.project = reader.Text("project");
  hello.branch = reader.Text("branch");
  if (reader.Has("task")) hello.task = reader.Text("task");
  hello.client = reader.TextOr("client", "");
  CONTEXTSYNC_RETURN_IF_ERROR(reader.status());
  return hello;
}

Result<RelayRequest> ReadRelayRequest(std::string_view line) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(Json json, ParseLine(line));
  if (json.contains("call")) return CallFromJson(json);
  if (json.contains("ping")) return RelayRequest(RelayPing{});
  if (json.contains("end")) return RelayRequest(RelayEnd{});
  JsonReader reader(json);
  const RelayCancel cancel{reader.Number("cancel")};
  CONTEXTSYNC_RETURN_IF_ERROR(reader.status());
  return RelayRequest(cancel);
}

Result<RelayReply> ReadRelayReply(std::string_view line) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const Json json, ParseLine(line));
  JsonReader reader(json);
  if (reader.Has("answer")) return AnswerFromJson(reader);
  if (reader.Has("welcome")) return WelcomeFromJson(reader);
  if (reader.Has("ping")) return RelayReply(RelayPing{});
  RelayDenial denial{reader.Text("denied"), reader.BoolOr("leaves", false)};
  CONTEXTSYNC_RETURN_IF_ERROR(reader.status());
  return RelayReply(std::move(denial));
}

}  // namespace contextsync
