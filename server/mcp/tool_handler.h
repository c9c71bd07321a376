// ToolHandler: the one edge between the protocol and the application. A transport and its session
// know nothing of notebooks; a handler knows nothing of revisions, ids or framing.

#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "core/document/json.h"

namespace contextsync {

/// One call of a tool, the same whatever revision or transport it came by.
struct ToolRequest {
  std::string tool;
  std::shared_ptr<const Json>
      arguments;                     // an object, never null; shares the parsed message, no copy
  std::optional<JsonDefect> defect;  // of `arguments`; its pointer is relative to them
  std::string session_id;            // the connection it came by
  std::string client_name;           // as the client calls itself; empty when it did not say
  std::stop_token cancelled;         // the answer is no longer wanted
  std::string branch = {};           // as in ToolCall
};

/// What a tool says.
struct ToolAnswer {
  std::string
      json;  // one compact JSON object; goes out byte for byte, as text and as structured content
  bool is_error = false;
};

class ToolHandler {
 public:
  ToolHandler() = default;
  ToolHandler(const ToolHandler&) = delete;
  ToolHandler& operator=(const ToolHandler&) = delete;
  virtual ~ToolHandler() = default;

  /// Compact JSON array of the tools' descriptions, in their fixed order.
  ///
  /// Lifetime: the same bytes for the life of the handler.
  [[nodiscard]] virtual std::string_view ToolsJson() const = 0;

  [[nodiscard]] virtual bool HasTool(std::string_view name) const = 0;

  /// Starts a call and returns at once.
  ///
  /// Thread-safety: called from any session's thread. `done` may be called on any thread, also
  /// before this
  ///                returns, and is called once; further calls are ignored, and dropping every copy
  ///                of it uncalled answers "internal error".
  virtual void Call(ToolRequest request, std::function<void(ToolAnswer)> done) = 0;

  /// Nothing more comes from this session's client: calls of it that only wait for something to
  /// happen are answered as it stands.
  virtual void EndInput(const std::string& session_id) { static_cast<void>(session_id); }
};

/// How this server introduces itself. All texts are UTF-8; an empty one is left out.
struct ServerInfo {
  std::string name;
  std::string title;
  std::string version;
  std::string description;
  std::string website_url;
  std::string instructions;
};

}  // namespace contextsync
