// Tool: what an MCP client can call. Prepare validates; the decorators do the rest.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/document/json.h"
#include "core/notebook/refusal.h"
#include "core/tools/operation.h"
#include "core/tools/session.h"

namespace contextsync {

struct ToolCall {
  const Json& arguments;  // an object
  const std::optional<JsonDefect>& defect;
  Session& session;
};

struct ToolResult {
  std::string json;  // the envelope, one compact line
  bool is_error = false;
};

/// Thread-safety: any thread.
class Tool {
 public:
  virtual ~Tool() = default;

  [[nodiscard]] virtual std::string_view name() const = 0;

  /// What answers to a call with these arguments name as their operation.
  [[nodiscard]] virtual std::string OperationName(const Json& arguments) const {
    static_cast<void>(arguments);
    return std::string(name());
  }

  /// The TOOL object of `tools/list`: title, description, schemas, annotations. Constant.
  [[nodiscard]] virtual Json Describe() const = 0;

  /// Checks every argument and touches nothing else.
  virtual Checked<std::unique_ptr<Operation>> Prepare(const ToolCall& call) = 0;
};

/// A tool with everything around it.
class CallableTool {
 public:
  virtual ~CallableTool() = default;
  virtual ToolResult Call(const ToolCall& call) = 0;
};

}  // namespace contextsync
