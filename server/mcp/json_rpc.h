// JSON-RPC 2.0 as MCP uses it: what kind of message a value is, ids, and errors.
// Source: docs/mcp.md#errors

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "core/document/json.h"

namespace contextsync::mcp {

enum class RpcCode : int {
  kParseError = -32700,
  kInvalidRequest = -32600,
  kMethodNotFound = -32601,
  kInvalidParams = -32602,
  kInternal = -32603,
  kUnsupportedVersion = -32022,
};

/// A protocol error: the message was misused. What a tool cannot do is a result instead.
struct RpcError {
  RpcCode code;
  std::string message;
  std::string data_json = {};  // one JSON value; empty: no data
};

/// Either what was asked for or why not.
template <typename T>
using OrRpcError = std::variant<T, RpcError>;

/// A request's id as it is written on the wire, so that 1 and "1" differ and an echo is exact.
struct RequestId {
  std::string wire;

  friend bool operator==(const RequestId&, const RequestId&) = default;
};

/// The id `value` stands for: an integer or a string; nothing else is one.
std::optional<RequestId> ReadRequestId(const Json& value);

enum class MessageKind { kRequest, kNotification, kResponse, kInvalid };

/// A message taken apart. Lifetime: points into the value it was read from.
struct Message {
  MessageKind kind = MessageKind::kInvalid;
  std::optional<RequestId> id;   // of a request, and of an invalid message whose id is readable
  std::string_view method;       // of a request or notification
  const Json* params = nullptr;  // null when absent
  std::string_view problem;      // why an invalid message is none
};

Message ReadMessage(const Json& value);

/// The member `key` of `object`; null when there is none or `object` is no object.
const Json* FindMember(const Json& object, std::string_view key);

/// The text of a JSON string; nothing for any other value.
std::optional<std::string_view> ReadString(const Json* value);

}  // namespace contextsync::mcp
