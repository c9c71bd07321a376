// Tool: what an MCP client can call. Prepare validates; the decorators do the rest.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/document/json.h"
#include "core/notebook/refusal.h"
#include "core/ports/clock.h"
#include "core/tools/operation.h"
#include "core/tools/session.h"

namespace contextsync {

struct ToolCall {
  const Json& arguments;  // an object
  const std::optional<JsonDefect>& defect;
  Session& session;
  std::string branch = {};  // from git, at the moment of the call; empty: as the identity says
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

/// A call that has found nothing yet and waits for a change of the notebook.
///
/// Thread-safety: one thread at a time.
/// Lifetime:      the session of its call must outlive it.
class WaitingCall {
 public:
  virtual ~WaitingCall() = default;

  [[nodiscard]] virtual Clock::Instant deadline() const = 0;

  /// Looks again; nothing while there is nothing to say.
  virtual std::optional<ToolResult> Look() = 0;

  /// Looks a last time and answers, if only that nothing came.
  virtual ToolResult GiveUp() = 0;

  /// The answer that it may not wait, because `limit` calls do already.
  virtual ToolResult Refuse(std::size_t limit) = 0;
};

/// An answer, or a call that waits for one.
struct ToolOutcome {
  ToolResult result;
  std::unique_ptr<WaitingCall> waiting;  // null: `result` is the answer
};

/// A tool with everything around it.
class CallableTool {
 public:
  virtual ~CallableTool() = default;

  virtual ToolOutcome Start(const ToolCall& call) = 0;

  /// As Start, for callers who never wait for a change.
  ToolResult Call(const ToolCall& call) {
    auto outcome = Start(call);
    return outcome.waiting == nullptr ? std::move(outcome.result) : outcome.waiting->GiveUp();
  }
};

}  // namespace contextsync
