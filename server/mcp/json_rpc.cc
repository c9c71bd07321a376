#include "server/mcp/json_rpc.h"

#include <cstdint>
#include <string>

#include <nlohmann/json.hpp>

#include "server/mcp/json_text.h"
#include "server/mcp/tuning.h"

namespace contextsync::mcp {
namespace {

Message Invalid(Message message, std::string_view problem) {
  message.kind = MessageKind::kInvalid;
  message.problem = problem;
  return message;
}

bool IsResponse(const Json& object) {
  return FindMember(object, "method") == nullptr &&
         (FindMember(object, "result") != nullptr || FindMember(object, "error") != nullptr);
}

}  // namespace

const Json* FindMember(const Json& object, std::string_view key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

std::optional<std::string_view> ReadString(const Json* value) {
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return value->get_ref<const std::string&>();
}

std::optional<RequestId> ReadRequestId(const Json& value) {
  if (value.is_number_unsigned()) return RequestId{std::to_string(value.get<std::uint64_t>())};
  if (value.is_number_integer()) return RequestId{std::to_string(value.get<std::int64_t>())};
  const auto text = ReadString(&value);
  if (!text || text->size() > kRequestIdBytes) return std::nullopt;
  return RequestId{JsonString(*text)};
}

Message ReadMessage(const Json& value) {
  Message message;
  if (!value.is_object()) return Invalid(message, "a message is a JSON object");
  if (IsResponse(value)) {
    message.kind = MessageKind::kResponse;
    return message;
  }
  const Json* id = FindMember(value, "id");
  if (id != nullptr) message.id = ReadRequestId(*id);
  const auto method = ReadString(FindMember(value, "method"));
  if (!method) return Invalid(message, "method is missing or no string");
  message.method = *method;
  message.params = FindMember(value, "params");
  if (id == nullptr) {
    message.kind = MessageKind::kNotification;
    return message;
  }
  if (!message.id) return Invalid(message, "id must be an integer or a string");
  if (ReadString(FindMember(value, "jsonrpc")) != "2.0") {
    return Invalid(message, "jsonrpc must be \"2.0\"");
  }
  message.kind = MessageKind::kRequest;
  return message;
}

}  // namespace contextsync::mcp
