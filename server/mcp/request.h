// Request: one admitted request on its way to its handler, the same for every era and transport.

#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "server/mcp/codec.h"
#include "server/mcp/era.h"
#include "server/mcp/json_rpc.h"
#include "server/mcp/message_sink.h"

namespace contextsync::mcp {

/// A value that arrived, with what is known about its text.
struct Inbound {
  std::shared_ptr<Json> frame;       // the whole message, or the batch around it
  const Json& value;                 // the message itself, inside `frame`
  std::optional<JsonDefect> defect;  // the first one of the text
  std::size_t bytes;                 // of the text
  std::shared_ptr<MessageSink> sink;
  bool is_in_batch;
};

struct Request {
  const RequestId& id;
  Era era;
  std::string_view client_name;
  const Json* params;  // an object, or null
  const Inbound& inbound;

  void Answer(std::string message) const { inbound.sink->Send(std::move(message)); }
  void Fail(const RpcError& error) const { inbound.sink->Send(ErrorAnswer(id, error)); }
};

}  // namespace contextsync::mcp
