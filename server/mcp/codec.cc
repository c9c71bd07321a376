#include "server/mcp/codec.h"

#include "server/mcp/json_text.h"
#include "server/mcp/tuning.h"

namespace contextsync::mcp {
namespace {

constexpr std::string_view kCapabilities = R"({"tools":{}})";
constexpr std::string_view kResultHead = R"({"jsonrpc":"2.0","id":)";
constexpr std::string_view kResultKey = R"(,"result":)";
constexpr std::string_view kSubscriptionIdKey = R"("io.modelcontextprotocol/subscriptionId":)";

// Appends `"key":"text",` unless the text is empty.
void AppendMember(std::string& out, std::string_view key, std::string_view text) {
  if (text.empty()) return;
  AppendJsonString(out, key);
  out += ':';
  AppendJsonString(out, text);
  out += ',';
}

void CloseObject(std::string& out) {
  if (out.back() == ',') out.pop_back();
  out += '}';
}

std::string Implementation(const ServerInfo& info, bool with_details) {
  std::string out = "{";
  AppendMember(out, "name", info.name);
  AppendMember(out, "title", info.title);
  AppendMember(out, "version", info.version);
  if (with_details) {
    AppendMember(out, "description", info.description);
    AppendMember(out, "websiteUrl", info.website_url);
  }
  CloseObject(out);
  return out;
}

std::string CacheHint(int ttl_ms, std::string_view scope) {
  std::string out = R"("ttlMs":)" + std::to_string(ttl_ms) + R"(,"cacheScope":)";
  AppendJsonString(out, scope);
  return out;
}

// `{"jsonrpc":"2.0","id":7,"result":` with room for `size` more bytes, the end and the line end.
std::string ResultHead(const RequestId& id, std::size_t size) {
  std::string out;
  out.reserve(kResultHead.size() + id.wire.size() + kResultKey.size() + size + 2);
  out.append(kResultHead).append(id.wire).append(kResultKey);
  return out;
}

std::string ResultAnswer(const RequestId& id, std::string_view result) {
  std::string out = ResultHead(id, result.size());
  out.append(result) += '}';
  return out;
}

std::string ErrorBody(const RpcError& error) {
  std::string out = R"("error":{"code":)" + std::to_string(static_cast<int>(error.code));
  out += R"(,"message":)";
  AppendJsonString(out, error.message);
  if (!error.data_json.empty()) out.append(R"(,"data":)").append(error.data_json);
  out += "}}";
  return out;
}

bool IsLineObject(std::string_view json) {
  return json.size() >= 2 && json.front() == '{' && json.back() == '}' &&
         json.find('\n') == std::string_view::npos && json.find('\r') == std::string_view::npos;
}

}  // namespace

Codec::Codec(const ServerInfo& info, std::string_view tools_json) {
  server_meta_ = R"("io.modelcontextprotocol/serverInfo":)" + Implementation(info, false);
  const std::string meta = R"(,"_meta":{)" + server_meta_ + "}";

  discover_ = R"({"resultType":"complete","supportedVersions":[)" + JsonString(kModernVersion);
  discover_.append(R"(],"capabilities":)").append(kCapabilities) += ',';
  AppendMember(discover_, "instructions", info.instructions);
  discover_ += CacheHint(kDiscoverTtlMs, "private") + meta + "}";

  const std::string tools = R"("tools":)" + std::string(tools_json);
  tools_legacy_ = "{" + tools + "}";
  tools_modern_ = R"({"resultType":"complete",)" + tools + "," + CacheHint(kToolsTtlMs, "public");
  tools_modern_ += meta + "}";

  initialize_end_ = R"(,"capabilities":)" + std::string(kCapabilities);
  initialize_end_ += R"(,"serverInfo":)" + Implementation(info, true) + ",";
  AppendMember(initialize_end_, "instructions", info.instructions);
  CloseObject(initialize_end_);
}

std::string Codec::DiscoverAnswer(const RequestId& id) const {
  return ResultAnswer(id, discover_);
}

std::string Codec::InitializeAnswer(const RequestId& id, std::string_view version) const {
  std::string result = R"({"protocolVersion":)" + JsonString(version);
  result += initialize_end_;
  return ResultAnswer(id, result);
}

std::string Codec::ToolsAnswer(const RequestId& id, Era era) const {
  return ResultAnswer(id, era == Era::kModern ? tools_modern_ : tools_legacy_);
}

std::string Codec::CallAnswer(const RequestId& id, Era era, const ToolAnswer& answer) const {
  if (!IsLineObject(answer.json)) return ErrorAnswer(id, {RpcCode::kInternal, "Internal error"});
  // The text block repeats the object with its quotes escaped: about a quarter longer.
  const std::size_t size = answer.json.size() * 2 + answer.json.size() / 2 + server_meta_.size();
  std::string out = ResultHead(id, size + 256);
  out += era == Era::kModern ? R"({"resultType":"complete","content":[{"type":"text","text":)"
                             : R"({"content":[{"type":"text","text":)";
  AppendJsonString(out, answer.json);
  out.append(R"(}],"structuredContent":)").append(answer.json);
  out += answer.is_error ? R"(,"isError":true)" : R"(,"isError":false)";
  if (era == Era::kModern) out.append(R"(,"_meta":{)").append(server_meta_) += '}';
  out += "}}";
  return out;
}

std::string Codec::ListenAcknowledged(const RequestId& id) {
  std::string out =
      R"({"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{"_meta":{)";
  // Nothing we serve changes yet, so whatever was asked for, the filter narrows to nothing.
  out.append(kSubscriptionIdKey).append(id.wire).append(R"(},"notifications":{}}})");
  return out;
}

std::string Codec::ListenEnded(const RequestId& id) const {
  std::string result = R"({"resultType":"complete","_meta":{)";
  result.append(kSubscriptionIdKey).append(id.wire).append(",").append(server_meta_).append("}}");
  return ResultAnswer(id, result);
}

std::string EmptyAnswer(const RequestId& id) {
  return ResultAnswer(id, "{}");
}

std::string ErrorAnswer(const RequestId& id, const RpcError& error) {
  return R"({"jsonrpc":"2.0","id":)" + id.wire + "," + ErrorBody(error);
}

std::string UnmatchedError(const RpcError& error, bool null_id) {
  return std::string(R"({"jsonrpc":"2.0",)") + (null_id ? R"("id":null,)" : "") + ErrorBody(error);
}

}  // namespace contextsync::mcp
