#include "server/mcp/session.h"

#include <array>
#include <chrono>
#include <utility>

#include <nlohmann/json.hpp>

#include "server/mcp/batch_collector.h"
#include "server/mcp/binder.h"
#include "server/mcp/json_text.h"
#include "server/mcp/reply_once.h"
#include "server/mcp/tuning.h"

namespace contextsync::mcp {
namespace {

constexpr JsonLimits kMessageLimits = {.depth = limits::kMessageDepth,
                                       .elements = limits::kElements};
constexpr std::string_view kArgumentsPath = "/params/arguments/";

std::string Quoted(std::string_view what, std::string_view text) {
  return std::string(what).append(CutUtf8(text, kQuotedBytes));
}

// The defect as the tool should see it: its place counted from the arguments. Nothing if it lies
// elsewhere.
std::optional<JsonDefect> DefectInArguments(const JsonDefect& defect) {
  if (!defect.pointer.starts_with(kArgumentsPath)) return std::nullopt;
  JsonDefect inside = defect;
  inside.pointer.erase(0, kArgumentsPath.size() - 1);
  return inside;
}

// A defect anywhere else makes the message itself ambiguous. It is refused even where it looks
// harmless, because only the first one of a text is known and it may hide another one in the
// arguments.
std::optional<RpcError> RefuseDefect(const Inbound& inbound, std::string_view method) {
  if (!inbound.defect) return std::nullopt;
  const JsonDefect& defect = *inbound.defect;
  if (method == "tools/call" && DefectInArguments(defect)) return std::nullopt;
  const bool in_params = defect.pointer.starts_with("/params/");
  return RpcError{in_params ? RpcCode::kInvalidParams : RpcCode::kInvalidRequest,
                  Quoted(in_params ? "Invalid params: " : "Invalid request: ", defect.message)};
}

// The arguments of a call, sharing the message they came in.
std::shared_ptr<const Json> ShareArguments(const Inbound& inbound, const CallParams& params) {
  if (params.arguments == nullptr) return std::make_shared<const Json>(Json::object());
  return {inbound.frame, params.arguments};
}

std::optional<RequestId> FindRequestId(const OversizedLine& line) {
  const auto parsed = ParseMessage(line.id_text(), {.depth = 1, .elements = 1});
  if (!parsed.ok() || parsed.value().defect) return std::nullopt;
  return ReadRequestId(*parsed.value().value);
}

const RpcError kTooManyInFlight = {
    RpcCode::kInternal, "Too many requests in flight: wait for answers before you send more"};

}  // namespace

Session::Session(std::string id, Peers peers)
    : id_(std::move(id)),
      peers_(std::move(peers)),
      unmatched_errors_(std::chrono::steady_clock::now()) {}

Session::~Session() {
  Close();
}

Session::Run Session::FindMethod(std::string_view name, Era era) {
  struct Method {
    std::string_view name;
    bool legacy;
    bool modern;
    Run run;
  };
  static constexpr std::array<Method, 6> kMethods = {{
      {"tools/call", true, true, kBind<&Session::CallTool>},
      {"tools/list", true, true, kBind<&Session::ListTools>},
      {"server/discover", false, true, kBind<&Session::Discover>},
      {"subscriptions/listen", false, true, kBind<&Session::Listen>},
      {"initialize", true, false, kBind<&Session::Initialize>},
      {"ping", true, false, kBind<&Session::Ping>},
  }};
  for (const Method& method : kMethods) {
    if (method.name != name) continue;
    return (era == Era::kModern ? method.modern : method.legacy) ? method.run : nullptr;
  }
  return nullptr;
}

void Session::Receive(std::string_view text) {
  auto parsed = ParseMessage(text, kMessageLimits);
  if (!parsed.ok()) return RefuseUnreadable(text);
  ParsedJson& message = parsed.value();
  if (message.value->is_array()) return ReceiveBatch(message, text.size());
  const Json& value = *message.value;
  Dispatch({.frame = std::move(message.value),
            .value = value,
            .defect = std::move(message.defect),
            .bytes = text.size(),
            .sink = peers_.sink,
            .is_in_batch = false});
}

void Session::RefuseUnreadable(std::string_view text) {
  const RpcError error = {RpcCode::kParseError,
                          "Parse error: not one JSON value in valid UTF-8 within the limits of "
                          "depth and number of values"};
  OversizedLine line;
  // Only of well-formed text can an id be trusted: it was the limits that refused it. The library
  // takes a byte 0 for the end.
  const bool is_text = text.find('\0') == std::string_view::npos;
  if (is_text && Json::accept(text.begin(), text.end())) line.Take(text);
  const auto id = FindRequestId(line);
  if (!id || calls_->InFlight(*id)) return FailUnmatched(error, *peers_.sink);
  peers_.sink->Send(ErrorAnswer(*id, error));
}

void Session::RefuseOversized(const OversizedLine& line) {
  if (!line.could_be_message()) {
    return FailUnmatched({RpcCode::kParseError, "Parse error: not JSON"}, *peers_.sink);
  }
  const RpcError error = {RpcCode::kInvalidRequest, "Invalid request: a message may have at most " +
                                                        std::to_string(limits::kMessageBytes) +
                                                        " bytes"};
  const auto id = FindRequestId(line);
  if (!id || calls_->InFlight(*id)) return FailUnmatched(error, *peers_.sink);
  peers_.sink->Send(ErrorAnswer(*id, error));
}

void Session::ReceiveBatch(const ParsedJson& parsed, std::size_t bytes) {
  if (!gate_.allows_batches()) {
    return FailUnmatched({RpcCode::kInvalidRequest, "Invalid request: send one message per line"},
                         *peers_.sink);
  }
  if (parsed.value->empty()) {
    return FailUnmatched({RpcCode::kInvalidRequest, "Invalid request: empty batch"}, *peers_.sink);
  }
  if (parsed.defect) {
    return FailUnmatched(
        {RpcCode::kInvalidRequest, Quoted("Invalid request: ", parsed.defect->message)},
        *peers_.sink);
  }
  const auto collector = std::make_shared<BatchCollector>(peers_.sink);
  for (const Json& value : *parsed.value) {
    Dispatch({.frame = parsed.value,
              .value = value,
              .defect = std::nullopt,
              .bytes = bytes / parsed.value->size(),
              .sink = collector,
              .is_in_batch = true});
  }
}

void Session::Dispatch(const Inbound& inbound) {
  Message message = ReadMessage(inbound.value);
  // Written twice, it is not known which id was meant.
  if (inbound.defect && inbound.defect->pointer == "/id") {
    message.id.reset();
    message.kind = MessageKind::kInvalid;
    message.problem = inbound.defect->message;
  }
  switch (message.kind) {
    case MessageKind::kRequest:
      return OnRequest(message, inbound);
    case MessageKind::kNotification:
      return OnNotification(message, inbound);
    case MessageKind::kResponse:
      return;  // we never ask, so it answers nothing
    case MessageKind::kInvalid:
      break;
  }
  const RpcError error = {RpcCode::kInvalidRequest, Quoted("Invalid request: ", message.problem)};
  if (!message.id) return FailUnmatched(error, *inbound.sink);
  inbound.sink->Send(ErrorAnswer(*message.id, error));
}

void Session::OnRequest(const Message& message, const Inbound& inbound) {
  if (calls_->InFlight(*message.id)) {
    // Carrying the id, this would count as the first request's answer.
    return FailUnmatched({RpcCode::kInvalidRequest, "Invalid request: this id is in flight already",
                          R"({"requestId":)" + message.id->wire + "}"},
                         *inbound.sink);
  }
  Request request = {.id = *message.id,
                     .era = Era::kLegacy,
                     .client_name = {},
                     .params = message.params,
                     .inbound = inbound};
  if (const auto error = RefuseDefect(inbound, message.method)) return request.Fail(*error);
  if (message.params != nullptr && !message.params->is_object()) {
    return request.Fail({RpcCode::kInvalidParams, "Invalid params: params must be an object"});
  }
  const OrRpcError<Admission> admitted = gate_.Admit(message);
  if (const auto* error = std::get_if<RpcError>(&admitted)) return request.Fail(*error);
  const auto& admission = *std::get_if<Admission>(&admitted);
  request.era = admission.era;
  request.client_name = admission.client_name;
  if (inbound.is_in_batch && (request.era == Era::kModern || message.method == "initialize")) {
    return request.Fail({RpcCode::kInvalidRequest, "Invalid request: not allowed in a batch"});
  }
  const Run run = FindMethod(message.method, request.era);
  if (run == nullptr) {
    return request.Fail({RpcCode::kMethodNotFound, Quoted("Method not found: ", message.method)});
  }
  run(*this, request);
}

void Session::OnNotification(const Message& message, const Inbound& inbound) {
  if (message.method != "notifications/cancelled" || inbound.defect || message.params == nullptr) {
    return;
  }
  const Json* id = FindMember(*message.params, "requestId");
  if (id == nullptr) return;
  if (const auto request_id = ReadRequestId(*id)) calls_->Cancel(*request_id);
}

void Session::FailUnmatched(const RpcError& error, MessageSink& sink) {
  if (!unmatched_errors_.Take(std::chrono::steady_clock::now())) return;
  sink.Send(UnmatchedError(error, gate_.wants_null_id()));
}

void Session::EndListens() {
  for (const RequestId& id : calls_->TakeListens())
    peers_.sink->Send(peers_.codec->ListenEnded(id));
}

void Session::Discover(const Request& request, const NoParams& /*params*/) {
  request.Answer(peers_.codec->DiscoverAnswer(request.id));
}

void Session::Initialize(const Request& request, const InitializeParams& params) {
  const std::string_view version = NegotiateLegacyVersion(params.version);
  gate_.Initialise(version, params.client_name);
  request.Answer(peers_.codec->InitializeAnswer(request.id, version));
}

void Session::Ping(const Request& request, const NoParams& /*params*/) {
  request.Answer(EmptyAnswer(request.id));
}

void Session::ListTools(const Request& request, const ListParams& /*params*/) {
  request.Answer(peers_.codec->ToolsAnswer(request.id, request.era));
}

void Session::CallTool(const Request& request, const CallParams& params) {
  if (!peers_.tools.HasTool(params.name)) {
    return request.Fail({RpcCode::kInvalidParams, Quoted("Unknown tool: ", params.name)});
  }
  const Inbound& inbound = request.inbound;
  auto call = calls_->Begin(request.id, CallKind::kTool, inbound.bytes);
  if (call == nullptr) return request.Fail(kTooManyInFlight);
  ToolRequest tool_request = {
      .tool = std::string(params.name),
      .arguments = ShareArguments(inbound, params),
      .defect = inbound.defect ? DefectInArguments(*inbound.defect) : std::nullopt,
      .session_id = id_,
      .client_name = std::string(request.client_name),
      .cancelled = call->stop.get_token()};
  auto reply = std::make_shared<ReplyOnce>(ReplyOnce::Route{.calls = calls_,
                                                            .call = std::move(call),
                                                            .codec = peers_.codec,
                                                            .session_sink = peers_.sink,
                                                            .sink = inbound.sink,
                                                            .era = request.era});
  peers_.tools.Call(std::move(tool_request), [reply = std::move(reply)](const ToolAnswer& answer) {
    reply->Answer(answer);
  });
}

void Session::Listen(const Request& request, const ListenParams& /*params*/) {
  if (calls_->Begin(request.id, CallKind::kListen, request.inbound.bytes) == nullptr) {
    return request.Fail(kTooManyInFlight);
  }
  request.Answer(Codec::ListenAcknowledged(request.id));
}

}  // namespace contextsync::mcp
