// The wire shapes of what we send, per era. Everything constant is spelled out once at start;
// answers are put together from finished pieces, never through a tree. Source: docs/mcp.md#shapes

#pragma once

#include <string>
#include <string_view>

#include "server/mcp/era.h"
#include "server/mcp/json_rpc.h"
#include "server/mcp/tool_handler.h"

namespace contextsync::mcp {

/// Thread-safety: immutable, any thread.
class Codec {
 public:
  Codec(const ServerInfo& info, std::string_view tools_json);

  [[nodiscard]] std::string DiscoverAnswer(const RequestId& id) const;
  [[nodiscard]] std::string InitializeAnswer(const RequestId& id, std::string_view version) const;
  [[nodiscard]] std::string ToolsAnswer(const RequestId& id, Era era) const;

  /// The answer is spliced in as it stands. What is no single-line object is answered as an
  /// internal error, since it would break the framing or the schema.
  [[nodiscard]] std::string CallAnswer(const RequestId& id, Era era,
                                       const ToolAnswer& answer) const;

  [[nodiscard]] static std::string ListenAcknowledged(const RequestId& id);
  [[nodiscard]] std::string ListenEnded(const RequestId& id) const;

 private:
  std::string server_meta_;  // the member "serverInfo" of a modern result's _meta
  std::string discover_;     // result objects, whole …
  std::string tools_legacy_;
  std::string tools_modern_;
  std::string initialize_end_;  // … and what follows the version in an `initialize` result
};

/// `{}` as the result of a request.
std::string EmptyAnswer(const RequestId& id);

std::string ErrorAnswer(const RequestId& id, const RpcError& error);

/// An error that answers no readable id, which some revisions write as null and others leave out.
std::string UnmatchedError(const RpcError& error, bool null_id);

}  // namespace contextsync::mcp
